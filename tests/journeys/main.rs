//! Whole journeys through the App's door, on a real encrypted file: what the owner does and what people get.

mod sending;

use ulak_core::clock::{DAY, HOUR, MINUTE, Millis};

/// A Thursday at midnight, UTC.
const THURSDAY: Millis = 1_794_441_600_000;

fn at(day: i64, hour: i64, minute: i64) -> Millis {
    THURSDAY + day * DAY + hour * HOUR + minute * MINUTE
}
