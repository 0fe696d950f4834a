//! Sending hours: the daily clock window in which the outbox may send. Pure.
//!
//! A window is the span from an opening to a closing on the owner's wall clock; it may cross midnight, and its ends
//! are looked up in the zone day by day, so a change of summer time moves them as the wall clock moves.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::clock::{Millis, at_wall, local};
use crate::error::Coded;

/// Minutes since local midnight; `from == to` (or 0 to 1440) is always open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendingHours {
    pub from: u16,
    pub to: u16,
    pub zone: Tz,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "These sending hours never open: they begin and end at the same midnight. Choose an end after their beginning, or 00:00 to 24:00 for the whole day."
)]
pub struct NeverOpen;

impl Coded for NeverOpen {
    fn code(&self) -> &'static str {
        "settings.hours_never_open"
    }
}

pub const MINUTES_A_DAY: u16 = 24 * 60;

impl SendingHours {
    pub fn always(zone: Tz) -> Self {
        Self { from: 0, to: 0, zone }
    }

    pub fn is_always_open(&self) -> bool {
        self.from == self.to || (self.from == 0 && self.to >= MINUTES_A_DAY)
    }

    /// Whether there is a moment of the day at which they are open: midnight to midnight the wrong way round is none.
    pub fn ever_open(&self) -> bool {
        self.is_always_open() || self.from % MINUTES_A_DAY != self.to % MINUTES_A_DAY
    }

    pub fn is_open(&self, at: Millis) -> bool {
        self.closes_at(at).is_some()
    }

    /// When the window that holds `at` closes; none when it is closed. An always open one closes never.
    pub fn closes_at(&self, at: Millis) -> Option<Millis> {
        if self.is_always_open() {
            return Some(Millis::MAX);
        }
        self.windows_around(at).into_iter().find(|(from, to)| (*from..*to).contains(&at)).map(|(_, to)| to)
    }

    /// `at` itself when open, else the next opening.
    pub fn next_open(&self, at: Millis) -> Millis {
        if self.is_open(at) {
            return at;
        }
        let later = self.windows_around(at).into_iter().map(|(from, _)| from).filter(|from| *from > at);
        later.min().unwrap_or(at)
    }

    /// The windows of the days around `at`, in order.
    pub fn windows_around(&self, at: Millis) -> Vec<(Millis, Millis)> {
        let today = local(at, self.zone).date_naive();
        let days = (0..4u64).filter_map(|day| today.checked_sub_days(Days::new(1))?.checked_add_days(Days::new(day)));
        days.filter_map(|day| self.window_of(day)).filter(|(from, to)| from < to).collect()
    }

    fn window_of(&self, day: NaiveDate) -> Option<(Millis, Millis)> {
        let closing_day = if self.to > self.from { day } else { day.succ_opt()? };
        Some((self.resolve(day, self.from)?, self.resolve(closing_day, self.to)?))
    }

    /// The instant of a wall-clock minute; 24:00 is the midnight that ends the day.
    fn resolve(&self, day: NaiveDate, minute: u16) -> Option<Millis> {
        let (day, minute) = if minute >= MINUTES_A_DAY { (day.succ_opt()?, 0) } else { (day, minute) };
        let wall = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
        at_wall(wall, self.zone)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::{America, Asia, Europe};

    use super::*;
    use crate::clock::{HOUR, MINUTE};

    fn at(zone: Tz, text: &str) -> Millis {
        let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        zone.from_local_datetime(&wall).earliest().unwrap().timestamp_millis()
    }

    #[test]
    fn the_edges_are_open_at_nine_and_closed_at_ten() {
        let zone = Europe::Istanbul;
        let hours = SendingHours { from: 9 * 60, to: 22 * 60, zone };
        assert!(!hours.is_open(at(zone, "2026-11-12 08:59")));
        assert!(hours.is_open(at(zone, "2026-11-12 09:00")));
        assert!(hours.is_open(at(zone, "2026-11-12 22:00") - 1));
        assert!(!hours.is_open(at(zone, "2026-11-12 22:00")));
        assert_eq!(hours.next_open(at(zone, "2026-11-12 22:00")), at(zone, "2026-11-13 09:00"));
        assert_eq!(hours.closes_at(at(zone, "2026-11-12 14:00")), Some(at(zone, "2026-11-12 22:00")));
    }

    #[test]
    fn a_window_over_midnight_is_one_window() {
        let zone = Asia::Jakarta;
        let hours = SendingHours { from: 20 * 60, to: 2 * 60, zone };
        assert!(hours.is_open(at(zone, "2026-11-12 23:59")));
        assert!(hours.is_open(at(zone, "2026-11-13 01:59")));
        assert!(!hours.is_open(at(zone, "2026-11-13 02:00")));
        assert_eq!(hours.closes_at(at(zone, "2026-11-12 21:00")), Some(at(zone, "2026-11-13 02:00")));
        assert_eq!(hours.next_open(at(zone, "2026-11-13 12:00")), at(zone, "2026-11-13 20:00"));
    }

    #[test]
    fn summer_time_moves_the_window_with_the_wall_clock() {
        let zone = America::New_York;
        let hours = SendingHours { from: 9 * 60, to: 22 * 60, zone };
        let before = hours.next_open(at(zone, "2026-10-31 23:00"));
        assert_eq!(before, at(zone, "2026-11-01 09:00"));
        assert_eq!(before - at(zone, "2026-10-31 09:00"), 25 * HOUR);
        let spring = hours.next_open(at(zone, "2026-03-07 23:00"));
        assert_eq!(spring - at(zone, "2026-03-07 09:00"), 23 * HOUR);
    }

    #[test]
    fn an_hour_that_comes_twice_opens_once_and_one_left_out_opens_after_the_gap() {
        let zone = America::New_York;
        let twice = SendingHours { from: 30, to: 90, zone };
        let closing = at(zone, "2026-11-01 01:30");
        assert!(twice.is_open(closing - MINUTE));
        assert!(!twice.is_open(closing + HOUR - MINUTE), "the second 01:29 is after the closing");
        let gap = SendingHours { from: 150, to: 240, zone };
        assert_eq!(gap.next_open(at(zone, "2026-03-08 01:00")), at(zone, "2026-03-08 03:00"));
    }

    #[test]
    fn hours_ever_open_are_those_with_a_window_on_an_ordinary_day() {
        let noon = at(Europe::Istanbul, "2026-11-12 12:00");
        for (from, to) in (0..=1440).step_by(180).flat_map(|from| (0..=1440).step_by(180).map(move |to| (from, to))) {
            let hours = SendingHours { from, to, zone: Europe::Istanbul };
            let has_window = hours.is_always_open() || !hours.windows_around(noon).is_empty();
            assert_eq!(hours.ever_open(), has_window, "{from}-{to}");
        }
        assert!(!SendingHours { from: 1440, to: 0, zone: Tz::UTC }.ever_open());
    }

    #[test]
    fn equal_ends_are_always_open() {
        let hours = SendingHours::always(Tz::UTC);
        assert!(hours.is_open(0) && hours.next_open(77) == 77);
        assert!(SendingHours { from: 0, to: 1440, zone: Tz::UTC }.is_open(1));
    }
}
