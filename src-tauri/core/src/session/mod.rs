//! Sessions: the numbers that can send. The practice number is one of them.

pub mod cause;
pub mod client;
mod client_loop;
mod error;
mod key_store;
mod linked;
pub mod linking;
pub mod messenger;
pub mod notes;
pub mod numbers;
pub mod practice;
pub mod registry;
mod server_clock;
pub mod state;
pub mod store;
pub mod supervisor;
pub mod warm_up;

pub use error::NumberError;
pub use server_clock::ServerClock;

use serde::{Deserialize, Serialize};

use crate::clock::{MINUTE, Millis, SECOND};
use crate::error::Coded;
use crate::ids::SessionId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    Practice,
    Whatsapp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub kind: SessionKind,
    pub name: String,
    pub phone: String,
    /// The lowest goes first.
    pub priority: i64,
    pub pace: Pace,
    /// Since when it warms up; none where it never did, or its owner ended it.
    pub warm_since: Option<Millis>,
}

impl Session {
    /// Its pace, and no more than its warm-up allows.
    pub fn pace_at(&self, now: Millis) -> Pace {
        self.pace.within(warm_up::warm_up(self.warm_since, now))
    }

    /// Its name, or its phone while the owner has given it none. Empty for a nameless practice number.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { &self.phone } else { &self.name }
    }
}

/// How fast a session may send. A cap of 0 is no cap, a batch of 0 never rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Pace {
    pub min_ms: Millis,
    pub max_ms: Millis,
    pub batch: u32,
    pub rest_ms: Millis,
    pub hourly_cap: u32,
    pub daily_cap: u32,
}

/// No session ever sends faster than this.
pub const PACE_FLOOR: Millis = SECOND;

impl Pace {
    pub const REAL: Self =
        Self { min_ms: 8 * SECOND, max_ms: 20 * SECOND, batch: 50, rest_ms: 5 * MINUTE, hourly_cap: 0, daily_cap: 0 };
    /// Quick enough to watch a first campaign from beginning to end.
    pub const PRACTICE: Self =
        Self { min_ms: SECOND, max_ms: 3 * SECOND, batch: 50, rest_ms: 20 * SECOND, hourly_cap: 0, daily_cap: 0 };

    /// No wait between two sends is longer.
    pub fn longest_wait(&self) -> Millis {
        self.max_ms.max(self.rest_ms).max(PACE_FLOOR)
    }

    pub fn check(&self) -> Result<(), PaceError> {
        if self.min_ms < PACE_FLOOR {
            return Err(PaceError::TooFast);
        }
        if self.max_ms < self.min_ms || self.rest_ms < 0 {
            return Err(PaceError::Backwards);
        }
        Ok(())
    }

    /// The usual time a part takes, rests spread over the batch.
    pub fn average_ms(&self) -> Millis {
        let gap = self.min_ms.midpoint(self.max_ms);
        let rest = if self.batch == 0 { 0 } else { self.rest_ms / Millis::from(self.batch) };
        (gap + rest).max(PACE_FLOOR)
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    #[error("A number sends at most once a second. Set the shortest wait to 1 second or more.")]
    TooFast,
    #[error("The longest wait must not be shorter than the shortest one.")]
    Backwards,
}

impl Coded for PaceError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFast => "pace.too_fast",
            Self::Backwards => "pace.backwards",
        }
    }
}
