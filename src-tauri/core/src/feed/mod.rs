//! The durable feed of changes: what changed its state, in order, for whoever was not there when it happened.
//!
//! A change is written by triggers in the transaction that makes it, so no writer can forget it. It says where to look
//! and in which state that was. A reader keeps the sequence of the last change it has seen and asks for what came
//! after; where that is no longer there, it is told to begin anew.

pub mod store;

use serde::Serialize;
use uuid::Uuid;

use crate::clock::{DAY, Millis};

/// Changes are kept for so long,
pub const KEPT_FOR: Millis = 7 * DAY;
/// and at most so many of them.
pub const MOST: i64 = 500_000;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Thing {
    Part,
    Queue,
    Contact,
    Number,
    Reply,
}

/// One line of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Change {
    pub seq: i64,
    pub thing: Thing,
    pub id: Uuid,
    /// The state that it came into, in the words of its own table.
    pub state: String,
}

/// What came after a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Page {
    /// In order; none when nothing has changed since.
    Changes { changes: Vec<Change> },
    /// What came after it is not all there: read the things themselves, and go on from `newest`.
    Anew { newest: i64 },
}
