//! What every target asks of a file: a verdict, and of what was prepared that it agrees with itself.
//!
//! `cargo xtask fuzz` runs the targets, from the fixtures on, and puts what it finds into artifacts/fuzz.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a target that finds something ends there")]

#[path = "../../../src-tauri/media/tests/common/consistent.rs"]
mod consistent;

use std::panic::{catch_unwind, set_hook};
use std::sync::Once;

use ulak_media::{Wish, prepare};

/// Ends the process where `bytes` have no verdict.
pub fn judge(bytes: &[u8], wishes: &[Wish]) {
    static QUIET: Once = Once::new();
    // The fuzzer ends at any panic. One that a decoder of others is kept from spreading is a verdict here.
    QUIET.call_once(|| set_hook(Box::new(|_| {})));
    for wish in wishes {
        let judged = catch_unwind(|| {
            if let Ok(prepared) = prepare(bytes, *wish) {
                consistent::consistent(&prepared, "made up");
            }
        });
        if let Err(reason) = judged {
            let words = reason.downcast_ref::<String>().map(String::as_str);
            eprintln!("{wish:?}: {}", words.or(reason.downcast_ref::<&str>().copied()).unwrap_or_default());
            std::process::abort();
        }
    }
}
