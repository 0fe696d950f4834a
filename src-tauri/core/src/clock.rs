//! Time. Logic takes `now` as an argument; only loops hold a `Clock`.
//!
//! The practice number can run faster than the world: its clock maps real time to Ulak's time by a line
//! that is stored with the data, so that a restart goes on where the killed run was.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
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
    /// Neither faster than the world nor ahead of it.
    pub fn is_the_worlds(&self) -> bool {
        self.factor == 1 && self.starts_at == self.since
    }

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

/// Whether a stored time is still to come, where its rule sets none further ahead than `furthest`. One that lies further
/// was written before the clock was set back, and counts as past: else it would silence a number for as long as the
/// clock went back.
pub fn is_ahead(at: Millis, now: Millis, furthest: Millis) -> bool {
    at > now && at <= now.saturating_add(furthest)
}

/// A time in a zone, as the owner reads it.
pub fn local(at: Millis, zone: Tz) -> DateTime<Tz> {
    zone.timestamp_millis_opt(at).single().unwrap_or_else(|| zone.from_utc_datetime(&DateTime::UNIX_EPOCH.naive_utc()))
}

/// The first instant at which a clock on the wall shows this time or a later one: the first of two where the hour comes
/// twice, the end of the gap where it is left out.
pub fn at_wall(wall: NaiveDateTime, zone: Tz) -> Option<Millis> {
    if let Some(at) = zone.from_local_datetime(&wall).earliest() {
        return Some(at.timestamp_millis());
    }
    // Inside a gap, of which the longest was a whole day, the wall clock only goes forward.
    let middle = wall.and_utc().timestamp_millis();
    let (mut before, mut reached) = (middle.checked_sub(2 * DAY)?, middle.checked_add(2 * DAY)?);
    while reached - before > 1 {
        let half = before + (reached - before) / 2;
        if local(half, zone).naive_local() < wall { before = half } else { reached = half }
    }
    Some(reached)
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
    fn a_time_on_the_wall_is_the_first_that_it_can_be_and_the_end_of_a_gap() {
        // What each zone's clock really did: New York skips 02:00–03:00, Lord Howe half an hour, Beirut the hour after
        // midnight, Samoa a whole day; in November New York's hour after one comes twice.
        let cases = [
            ("America/New_York", "2026-03-08T02:30:20", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z"),
            ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"),
            ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
            ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"),
            ("Asia/Beirut", "2026-03-29T00:10:00", "2026-03-28T22:00:00Z"),
            ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z"),
            ("Europe/Istanbul", "2026-11-28T14:30:00", "2026-11-28T11:30:00Z"),
        ];
        for (zone, wall, instant) in cases {
            let instant = DateTime::parse_from_rfc3339(instant).unwrap().timestamp_millis();
            assert_eq!(at_wall(wall.parse().unwrap(), zone.parse().unwrap()), Some(instant), "{zone} {wall}");
        }
    }

    #[test]
    fn a_time_further_ahead_than_its_rule_sets_counts_as_past() {
        for (at, ahead) in [(99, false), (100, false), (101, true), (110, true), (111, false), (Millis::MAX, false)] {
            assert_eq!(is_ahead(at, 100, 10), ahead, "{at}");
        }
        assert!(is_ahead(Millis::MAX, 0, Millis::MAX));
    }

    #[test]
    fn a_timeline_goes_on_where_it_was() {
        let line = TimeLine { since: 1_000, starts_at: 5_000, factor: 60 };
        assert_eq!(line.at(1_000), 5_000);
        assert_eq!(line.at(2_000), 65_000);
    }

    #[test]
    fn only_a_line_that_is_neither_faster_nor_shifted_is_the_worlds() {
        let line = |starts_at, factor| TimeLine { since: 1_000, starts_at, factor };
        assert!(line(1_000, 1).is_the_worlds());
        assert!(![line(1_000, 2), line(5_000, 1), line(5_000, 60)].iter().any(TimeLine::is_the_worlds));
    }
}
