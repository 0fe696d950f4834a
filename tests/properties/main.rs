//! What must hold whatever happens in whatever order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod doubt;
mod forecast;
mod ledger;
mod numbers;
mod pacing;
mod permission;
mod planner;
mod receipts;
mod revising;
mod segments;
