//! Sending hours: when the outbox may send. Pure.
//!
//! A window is the span from an opening to a closing on the owner's wall clock; it may cross midnight, and its ends
//! are looked up in the zone day by day, so a change of summer time moves them as the wall clock moves. Each weekday has
//! its window or none, a closed day has none whatever its weekday, and a campaign may narrow all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, at_wall, local};
use crate::error::Coded;

/// Minutes since local midnight. An end that is not after its beginning lies on the next day; equal ends, and 0 to 1440,
/// are the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DayHours {
    pub from: u16,
    pub to: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingHours {
    /// Monday first; none is a weekday on which nothing goes out.
    pub week: [Option<DayHours>; 7],
    pub closed: Arc<BTreeSet<NaiveDate>>,
    /// What one campaign keeps besides.
    pub narrower: Option<DayHours>,
    pub zone: Tz,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "These sending hours never open. Leave at least one weekday open, with an end after its beginning, or 00:00 to 24:00 for the whole day."
)]
pub struct NeverOpen;

impl Coded for NeverOpen {
    fn code(&self) -> &'static str {
        "settings.hours_never_open"
    }
}

pub const MINUTES_A_DAY: u16 = 24 * 60;

/// So many days ahead an opening or a closing is looked for: near ones first. Hours that stay shut or open for longer
/// than the last do so for ever.
const AHEAD: [u64; 3] = [1, 10, 400];

/// From the first moment to the one that is no longer in it.
type Window = (Millis, Millis);

impl DayHours {
    pub const WHOLE: Self = Self { from: 0, to: MINUTES_A_DAY };

    pub fn is_whole(self) -> bool {
        self.from == self.to || (self.from == 0 && self.to >= MINUTES_A_DAY)
    }

    /// Midnight to midnight the wrong way round has no moment.
    pub fn ever_open(self) -> bool {
        self.is_whole() || self.from % MINUTES_A_DAY != self.to % MINUTES_A_DAY
    }

    fn of(self, day: NaiveDate, zone: Tz) -> Option<Window> {
        if self.is_whole() {
            return Some((at_minute(day, 0, zone)?, at_minute(day, MINUTES_A_DAY, zone)?));
        }
        let closing_day = if self.to > self.from { day } else { day.succ_opt()? };
        Some((at_minute(day, self.from, zone)?, at_minute(closing_day, self.to, zone)?))
    }
}

impl SendingHours {
    /// The same on every day.
    pub fn daily(from: u16, to: u16, zone: Tz) -> Self {
        Self { week: [Some(DayHours { from, to }); 7], closed: Arc::default(), narrower: None, zone }
    }

    pub fn always(zone: Tz) -> Self {
        Self::daily(0, MINUTES_A_DAY, zone)
    }

    /// The part of them that lies in a campaign's own hours.
    #[must_use]
    pub fn narrowed(&self, narrower: Option<DayHours>) -> Self {
        Self { narrower, ..self.clone() }
    }

    /// The same on another wall clock.
    #[must_use]
    pub fn on_clock(&self, zone: Tz) -> Self {
        Self { zone, ..self.clone() }
    }

    /// What something keeps that keeps them or not, and has hours of its own or none; none where it goes at any time.
    pub fn kept(&self, keeps: bool, own: Option<DayHours>) -> Option<Self> {
        match (keeps, own) {
            (true, own) => Some(self.narrowed(own)),
            (false, Some(own)) => Some(Self::always(self.zone).narrowed(Some(own))),
            (false, None) => None,
        }
    }

    pub fn is_always_open(&self) -> bool {
        let whole = |hours: Option<DayHours>| hours.is_some_and(DayHours::is_whole);
        self.week.iter().all(|hours| whole(*hours))
            && self.closed.is_empty()
            && self.narrower.is_none_or(DayHours::is_whole)
    }

    /// Whether an ordinary week has a moment at which they are open.
    pub fn ever_open(&self) -> bool {
        self.week.iter().flatten().any(|hours| hours.ever_open())
    }

    pub fn is_open(&self, at: Millis) -> bool {
        self.is_always_open() || self.windows(at, 0).iter().any(|window| holds(*window, at))
    }

    /// When the window that holds `at` closes; none when it is closed. What is open on and on closes never.
    pub fn closes_at(&self, at: Millis) -> Option<Millis> {
        if self.is_always_open() {
            return Some(Millis::MAX);
        }
        for days in AHEAD {
            let windows = self.windows(at, days);
            let (_, to) = windows.iter().copied().find(|window| holds(*window, at))?;
            if windows.last().is_some_and(|(_, last)| to < *last) || !self.reaches(to, at, days) {
                return Some(to);
            }
        }
        Some(Millis::MAX)
    }

    /// `at` itself when open, else the next opening; none where there is none that anybody would wait for.
    pub fn next_open(&self, at: Millis) -> Option<Millis> {
        if self.is_open(at) {
            return Some(at);
        }
        AHEAD.iter().find_map(|days| self.windows(at, *days).iter().map(|(from, _)| *from).find(|from| *from > at))
    }

    /// What is open of a day, in minutes of it.
    pub fn open_on(&self, day: NaiveDate) -> Vec<(u16, u16)> {
        open_on(std::slice::from_ref(self), day, self.zone)
    }

    /// A window that ends with the days that were looked at may go on behind them.
    fn reaches(&self, to: Millis, at: Millis, days: u64) -> bool {
        let last = local(at, self.zone).date_naive().checked_add_days(Days::new(days));
        last.and_then(|day| at_minute(day, MINUTES_A_DAY, self.zone)).is_none_or(|end| to >= end)
    }

    /// The windows that begin between the day before `at` and so many days after it, in order; those that touch are one.
    fn windows(&self, at: Millis, days: u64) -> Vec<Window> {
        let today = local(at, self.zone).date_naive();
        let days = (0..days + 2).filter_map(|day| today.pred_opt()?.checked_add_days(Days::new(day)));
        joined(days.flat_map(|day| self.of_day(day)).collect())
    }

    /// What opens on a day. A closed day that follows cuts off what would run on over midnight.
    fn of_day(&self, day: NaiveDate) -> Vec<Window> {
        let weekday = day.weekday().num_days_from_monday() as usize;
        let hours = self.week.get(weekday).copied().flatten().filter(|_| !self.closed.contains(&day));
        let Some((from, to)) = hours.and_then(|hours| hours.of(day, self.zone)) else { return Vec::new() };
        let midnight = at_minute(day, MINUTES_A_DAY, self.zone);
        let is_cut = day.succ_opt().is_some_and(|next| self.closed.contains(&next));
        let to = if is_cut { to.min(midnight.unwrap_or(to)) } else { to };
        let Some(narrower) = self.narrower else { return vec![(from, to)] };
        let around = [day.pred_opt(), Some(day), day.succ_opt()].into_iter().flatten();
        let own = around.filter_map(|day| narrower.of(day, self.zone));
        own.map(|(own_from, own_to)| (from.max(own_from), to.min(own_to))).collect()
    }
}

fn holds((from, to): Window, at: Millis) -> bool {
    (from..to).contains(&at)
}

/// What is open of a day of one zone by at least one of these hours, which may be on other clocks.
pub fn open_on(hours: &[SendingHours], day: NaiveDate, zone: Tz) -> Vec<(u16, u16)> {
    let Some((midnight, end)) = DayHours::WHOLE.of(day, zone) else { return Vec::new() };
    let minute = |at: Millis| if at >= end { MINUTES_A_DAY } else { minute_of_day(at, zone) };
    let windows = hours.iter().flat_map(|hours| hours.windows(midnight, 1));
    let of_day = joined(windows.map(|(from, to)| (from.max(midnight), to.min(end))).collect());
    of_day.into_iter().map(|(from, to)| (minute(from), minute(to))).collect()
}

/// In order; what touches is one, and what has no moment is none.
fn joined(mut windows: Vec<Window>) -> Vec<Window> {
    windows.retain(|(from, to)| from < to);
    windows.sort_unstable();
    let mut joined: Vec<Window> = Vec::with_capacity(windows.len());
    for (from, to) in windows {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The instant of a wall-clock minute; 24:00 is the midnight that ends the day.
fn at_minute(day: NaiveDate, minute: u16, zone: Tz) -> Option<Millis> {
    let (day, minute) = if minute >= MINUTES_A_DAY { (day.succ_opt()?, 0) } else { (day, minute) };
    at_wall(day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute)), zone)
}

pub fn minute_of_day(at: Millis, zone: Tz) -> u16 {
    use chrono::Timelike;
    let wall = local(at, zone);
    u16::try_from(wall.hour() * 60 + wall.minute()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::{America, Asia, Europe};

    use super::*;
    use crate::clock::{DAY, HOUR, MINUTE};

    fn at(zone: Tz, text: &str) -> Millis {
        let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        zone.from_local_datetime(&wall).earliest().unwrap().timestamp_millis()
    }

    fn closed(hours: SendingHours, days: &[&str]) -> SendingHours {
        SendingHours { closed: Arc::new(days.iter().map(|day| day.parse().unwrap()).collect()), ..hours }
    }

    #[test]
    fn the_edges_are_open_at_nine_and_closed_at_ten() {
        let zone = Europe::Istanbul;
        let hours = SendingHours::daily(9 * 60, 22 * 60, zone);
        assert!(!hours.is_open(at(zone, "2026-11-12 08:59")));
        assert!(hours.is_open(at(zone, "2026-11-12 09:00")));
        assert!(hours.is_open(at(zone, "2026-11-12 22:00") - 1));
        assert!(!hours.is_open(at(zone, "2026-11-12 22:00")));
        assert_eq!(hours.next_open(at(zone, "2026-11-12 22:00")), Some(at(zone, "2026-11-13 09:00")));
        assert_eq!(hours.closes_at(at(zone, "2026-11-12 14:00")), Some(at(zone, "2026-11-12 22:00")));
    }

    #[test]
    fn a_window_over_midnight_is_one_window() {
        let zone = Asia::Jakarta;
        let hours = SendingHours::daily(20 * 60, 2 * 60, zone);
        assert!(hours.is_open(at(zone, "2026-11-12 23:59")));
        assert!(hours.is_open(at(zone, "2026-11-13 01:59")));
        assert!(!hours.is_open(at(zone, "2026-11-13 02:00")));
        assert_eq!(hours.closes_at(at(zone, "2026-11-12 21:00")), Some(at(zone, "2026-11-13 02:00")));
        assert_eq!(hours.next_open(at(zone, "2026-11-13 12:00")), Some(at(zone, "2026-11-13 20:00")));
        assert_eq!(hours.open_on("2026-11-13".parse().unwrap()), [(0, 120), (1200, 1440)]);
    }

    #[test]
    fn summer_time_moves_the_window_with_the_wall_clock() {
        let zone = America::New_York;
        let hours = SendingHours::daily(9 * 60, 22 * 60, zone);
        let before = hours.next_open(at(zone, "2026-10-31 23:00")).unwrap();
        assert_eq!(before, at(zone, "2026-11-01 09:00"));
        assert_eq!(before - at(zone, "2026-10-31 09:00"), 25 * HOUR);
        let spring = hours.next_open(at(zone, "2026-03-07 23:00")).unwrap();
        assert_eq!(spring - at(zone, "2026-03-07 09:00"), 23 * HOUR);
    }

    #[test]
    fn an_hour_that_comes_twice_opens_once_and_one_left_out_opens_after_the_gap() {
        let zone = America::New_York;
        let twice = SendingHours::daily(30, 90, zone);
        let closing = at(zone, "2026-11-01 01:30");
        assert!(twice.is_open(closing - MINUTE));
        assert!(!twice.is_open(closing + HOUR - MINUTE), "the second 01:29 is after the closing");
        let gap = SendingHours::daily(150, 240, zone);
        assert_eq!(gap.next_open(at(zone, "2026-03-08 01:00")), Some(at(zone, "2026-03-08 03:00")));
    }

    #[test]
    fn hours_ever_open_are_those_with_a_window_on_an_ordinary_day() {
        let noon = at(Europe::Istanbul, "2026-11-12 12:00");
        for (from, to) in (0..=1440).step_by(180).flat_map(|from| (0..=1440).step_by(180).map(move |to| (from, to))) {
            let hours = SendingHours::daily(from, to, Europe::Istanbul);
            assert_eq!(hours.ever_open(), !hours.windows(noon, 1).is_empty(), "{from}-{to}");
        }
        assert!(!SendingHours::daily(1440, 0, Tz::UTC).ever_open());
        assert!(!SendingHours { week: [None; 7], ..SendingHours::always(Tz::UTC) }.ever_open());
    }

    #[test]
    fn equal_ends_are_always_open() {
        let hours = SendingHours::daily(0, 0, Tz::UTC);
        assert!(hours.is_open(0) && hours.next_open(77) == Some(77) && hours.closes_at(5) == Some(Millis::MAX));
        assert!(SendingHours::daily(0, 1440, Tz::UTC).is_open(1));
    }

    #[test]
    fn each_weekday_has_its_own_hours_and_a_weekday_may_have_none() {
        let zone = Europe::Istanbul;
        let mut hours = SendingHours::daily(9 * 60, 22 * 60, zone);
        // 2026-11-14 is a Saturday.
        (hours.week[5], hours.week[6]) = (Some(DayHours { from: 20 * 60, to: 60 }), None);
        assert_eq!(hours.next_open(at(zone, "2026-11-14 12:00")), Some(at(zone, "2026-11-14 20:00")));
        assert_eq!(hours.closes_at(at(zone, "2026-11-14 23:00")), Some(at(zone, "2026-11-15 01:00")), "its own night");
        assert_eq!(hours.next_open(at(zone, "2026-11-15 01:00")), Some(at(zone, "2026-11-16 09:00")));
        assert_eq!(hours.open_on("2026-11-15".parse().unwrap()), [(0, 60)]);
    }

    #[test]
    fn a_closed_day_has_no_moment_and_ends_what_would_run_into_it() {
        let zone = Europe::Istanbul;
        let usual = closed(SendingHours::daily(9 * 60, 22 * 60, zone), &["2027-03-09", "2027-03-10", "2027-03-11"]);
        assert_eq!(usual.next_open(at(zone, "2027-03-08 22:00")), Some(at(zone, "2027-03-12 09:00")));
        let night = closed(SendingHours::daily(20 * 60, 2 * 60, zone), &["2027-03-09"]);
        assert_eq!(night.closes_at(at(zone, "2027-03-08 23:00")), Some(at(zone, "2027-03-09 00:00")));
        assert_eq!(night.next_open(at(zone, "2027-03-09 00:00")), Some(at(zone, "2027-03-10 20:00")));
        let whole = closed(SendingHours::always(zone), &["2027-03-09"]);
        assert_eq!(
            whole.closes_at(at(zone, "2027-03-05 10:00")),
            Some(at(zone, "2027-03-09 00:00")),
            "days that touch are one"
        );
        assert_eq!(whole.closes_at(at(zone, "2027-03-10 10:00")), Some(Millis::MAX));
    }

    #[test]
    fn nothing_opens_where_every_day_to_come_is_closed() {
        let days = (0..2000).map(|day| local(day * DAY, Tz::UTC).date_naive());
        let hours = SendingHours { closed: Arc::new(days.collect()), ..SendingHours::daily(540, 1320, Tz::UTC) };
        assert_eq!(hours.next_open(12 * HOUR), None);
    }

    #[test]
    fn on_another_clock_they_open_in_the_morning_there() {
        let zone = Europe::Istanbul;
        let hours = SendingHours::daily(9 * 60, 22 * 60, zone);
        let tokyo = hours.on_clock(Asia::Tokyo);
        assert_eq!(tokyo.next_open(at(zone, "2026-11-12 17:00")), Some(at(zone, "2026-11-13 03:00")));
        let day = "2026-11-13".parse().unwrap();
        assert_eq!(open_on(&[hours.clone(), tokyo.clone()], day, zone), [(180, 1320)]);
        let far = hours.on_clock(America::Los_Angeles);
        assert_eq!(open_on(std::slice::from_ref(&far), day, zone), [(0, 540), (1200, 1440)]);
        assert_eq!(open_on(&[hours, tokyo, far], day, zone), [(0, 1440)]);
    }

    #[test]
    fn a_campaigns_own_hours_only_take_away() {
        let zone = Europe::Istanbul;
        let hours = SendingHours::daily(9 * 60, 22 * 60, zone);
        let own = |from, to| hours.narrowed(Some(DayHours { from, to }));
        assert_eq!(own(1080, 1439).closes_at(at(zone, "2026-11-12 19:00")), Some(at(zone, "2026-11-12 22:00")));
        assert_eq!(own(1260, 600).open_on("2026-11-12".parse().unwrap()), [(540, 600), (1260, 1320)]);
        assert_eq!(own(0, 540).next_open(at(zone, "2026-11-12 12:00")), None, "they share no moment");
        assert_eq!(own(0, 1440), SendingHours { narrower: Some(DayHours::WHOLE), ..hours.clone() });
    }
}
