//! JPEG, PNG and WEBP, their profiles and orientations.

#![no_main]

use ulak_media::Wish;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ulak_fuzz::judge(bytes, &[Wish::Auto]));
