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
pub mod state;
pub mod store;
pub mod supervisor;

pub use error::NumberError;

use serde::{Deserialize, Serialize};

use crate::clock::{MINUTE, Millis, SECOND};
use crate::error::{Coded, Params};
use crate::ids::SessionId;
use crate::params;

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
    /// Its caps are those of a number that was linked for the first time: the owner has not raised them.
    pub starts_low: bool,
}

impl Session {
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
    /// What a number begins with that is linked for the first time: WhatsApp stops those sooner that write to many.
    pub const STARTING: Self = Self { hourly_cap: 20, daily_cap: 50, ..Self::REAL };
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

    /// Neither cap lets more through than the other pace's.
    pub fn is_capped_as(&self, other: &Self) -> bool {
        let within = |cap: u32, most: u32| most == 0 || (1..=most).contains(&cap);
        within(self.hourly_cap, other.hourly_cap) && within(self.daily_cap, other.daily_cap)
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
    #[error(
        "This number was linked for the first time not long ago. WhatsApp stops such numbers sooner when they write to many people, so Ulak begins with {} messages an hour and {} a day. Raising that is your decision.",
        Pace::STARTING.hourly_cap,
        Pace::STARTING.daily_cap
    )]
    StartsLow,
}

impl Coded for PaceError {
    fn code(&self) -> &'static str {
        match self {
            Self::TooFast => "pace.too_fast",
            Self::Backwards => "pace.backwards",
            Self::StartsLow => "pace.starts_low",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::StartsLow => params! { hourly: Pace::STARTING.hourly_cap, daily: Pace::STARTING.daily_cap },
            Self::TooFast | Self::Backwards => params! {},
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cap_is_more_than_any_cap() {
        let capped = |hourly_cap, daily_cap| Pace { hourly_cap, daily_cap, ..Pace::REAL }.is_capped_as(&Pace::STARTING);
        assert!(capped(20, 50) && capped(1, 1));
        assert!(!capped(21, 50) && !capped(20, 51) && !capped(0, 50) && !capped(20, 0));
        assert!(Pace::STARTING.is_capped_as(&Pace::REAL));
    }
}
