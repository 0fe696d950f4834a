//! The emulator against the real, unpatched client, from the QR code to the blue tick.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]
#![recursion_limit = "512"]

mod faults;
mod harness;
mod linking;
mod media;
mod people;
mod sending;
mod state;
