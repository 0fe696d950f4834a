//! Time. Logic takes `now` as an argument; only loops hold a `Clock`.
//!
//! The practice number can run faster than the world: its clock maps real time to Ulak's time by a line
//! that is stored with the data, so that a restart goes on where the killed run was.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// UTC milliseconds since 1970.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Millis;
    /// How long to sleep in the real world until `until`.
    fn real_wait(&self, until: Millis) -> Duration;
}

pub type SharedClock = Arc<dyn Clock>;

/// The clock of the computer.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Millis {
        Utc::now().timestamp_millis()
    }

    fn real_wait(&self, until: Millis) -> Duration {
        Duration::from_millis(u64::try_from(until - self.now()).unwrap_or(0))
    }
}

/// Ulak's time runs `factor` times as fast as the world since `since`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLine {
    pub since: Millis,
    pub starts_at: Millis,
    pub factor: u32,
}

impl TimeLine {
    pub fn at(&self, real: Millis) -> Millis {
        self.starts_at + (real - self.since).saturating_mul(Millis::from(self.factor))
    }
}

pub struct FastClock(pub TimeLine);

impl Clock for FastClock {
    fn now(&self) -> Millis {
        self.0.at(SystemClock.now())
    }

    fn real_wait(&self, until: Millis) -> Duration {
        let virtual_ms = u64::try_from(until - self.now()).unwrap_or(0);
        Duration::from_micros(virtual_ms.saturating_mul(1000) / u64::from(self.0.factor.max(1)))
    }
}

/// A time in a zone, as the owner reads it.
pub fn local(at: Millis, zone: Tz) -> DateTime<Tz> {
    zone.timestamp_millis_opt(at).single().unwrap_or_else(|| zone.from_utc_datetime(&DateTime::UNIX_EPOCH.naive_utc()))
}

/// The zone of this computer, or the one that `TZ` names; UTC where it cannot be told.
pub fn system_zone() -> Tz {
    let named = std::env::var("TZ").ok().and_then(|name| name.trim_start_matches(':').parse().ok());
    named.or_else(|| iana_time_zone::get_timezone().ok()?.parse().ok()).unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_goes_on_where_it_was() {
        let line = TimeLine { since: 1_000, starts_at: 5_000, factor: 60 };
        assert_eq!(line.at(1_000), 5_000);
        assert_eq!(line.at(2_000), 65_000);
    }
}
