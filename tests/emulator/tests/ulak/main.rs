//! Ulak's own lines at the emulator: what core is told and what people see, from the QR code to the blue tick.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails there"
)]

mod cancelling;
mod conformance;
mod fetching;
mod harness;
mod hearing;
mod linking;
mod media;
mod passkeys;
mod sending;
#[path = "../shop.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod shop;
mod told;
