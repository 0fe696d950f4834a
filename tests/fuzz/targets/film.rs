//! Films: boxes, tracks and codecs, and what is rewritten of them.

#![no_main]

use ulak_media::Wish;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ulak_fuzz::judge(bytes, &[Wish::Auto]));
