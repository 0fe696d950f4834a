//! Sound in every container, as a voice note and as a file.

#![no_main]

use ulak_media::Wish;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ulak_fuzz::judge(bytes, &[Wish::Voice, Wish::Audio]));
