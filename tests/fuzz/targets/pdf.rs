//! PDF: its objects, its pages, and the drawing of the first one.

#![no_main]

use ulak_media::Wish;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ulak_fuzz::judge(bytes, &[Wish::Auto]));
