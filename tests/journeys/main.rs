//! Whole journeys through the App's door, on a real encrypted file: what the owner does and what people get.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that meets the unexpected fails there"
)]

mod accounts;
mod acts;
mod agenda;
mod backup;
mod caps;
mod clock;
mod composing;
mod conformance;
mod costs;
mod direct;
mod doing;
mod doubt;
mod erase;
mod failover;
mod faults;
mod feed;
mod folder;
mod frequency;
mod hours;
mod imports;
mod inbound;
mod limits;
mod link_previews;
mod linking;
mod lists;
mod log;
mod mail;
mod merge;
mod missed;
mod numbers;
mod outside;
mod permission;
mod person;
mod phone_book;
mod pricing;
mod programs;
mod repeats;
mod replies;
mod report;
mod retention;
mod revising;
mod scheduling;
mod segments;
mod sending;
mod smtp;
mod steering;
mod stopping;
mod storage;
mod support;
mod templates;
mod triggers;
mod updates;
mod watched;
mod webhooks;

use ulak_core::clock::{DAY, HOUR, MINUTE, Millis};

/// A Thursday at midnight, UTC.
const THURSDAY: Millis = 1_794_441_600_000;

fn at(day: i64, hour: i64, minute: i64) -> Millis {
    THURSDAY + day * DAY + hour * HOUR + minute * MINUTE
}
