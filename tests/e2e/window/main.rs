//! The real window, driven as an owner drives it: the built app under a virtual display, real files dropped on it, a
//! real database behind it. `cargo xtask test` starts these tests on a display, a session bus and a keyring of their
//! own. There is one pointer on that display, so the tests go one after the other.
//!
//! `ULAK_BINARY` names the app (else the workspace's debug build), `ULAK_EMULATOR_BINARY` the one that was built for the
//! emulator (else `target/emulator/ulak`) and `ULAK_EMULATOR` the emulator itself (else `target/debug/ulak-emulator`). Pictures go to `artifacts/e2e` and
//! `artifacts/screens`; with `ULAK_README_SHOT=1` the README's is made as well.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod consent;
mod content;
mod controls;
mod door;
mod drag;
mod emulator;
mod first_campaign;
mod fit;
mod follow_up;
mod harness;
mod hostile;
mod later;
mod lists;
mod long_lists;
mod missed;
mod news;
mod numbers;
mod owner;
mod page;
mod patience;
mod people;
mod phone_book;
mod phones;
mod readme;
mod refusals;
mod replies;
mod safety;
mod screens;
mod segments;
mod sending;
mod steps;
mod tray;
mod truth;
mod update;
mod x;
