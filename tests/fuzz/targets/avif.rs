//! Pictures in AVIF: boxes, tiles and the AV1 in them.

#![no_main]

use ulak_media::Wish;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ulak_fuzz::judge(bytes, &[Wish::Auto]));
