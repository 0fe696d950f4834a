//! On which days a campaign comes again. Pure: days of the owner's calendar, no clock and no zone.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Nobody plans further ahead, and a rule that matches nothing is noticed by then.
const LONGEST: u64 = 12 * 366;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Calendar {
    pub every: Every,
    /// The first day that counts.
    pub from: Day,
    /// The last day that counts.
    pub until: Option<Day>,
    /// So many times altogether.
    pub times: Option<u32>,
    /// Days on which it does not come, and which count as no time.
    pub except: BTreeSet<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Every {
    Day,
    /// On these days of the week, 0 for Monday.
    Week {
        on: BTreeSet<u8>,
    },
    /// On this day of the month, or on its last where it has no such day.
    Month {
        day: u8,
    },
    /// On this day of the year; a 29 February is the 28th in other years.
    Year {
        month: u8,
        day: u8,
    },
}

/// A day of the calendar, `YYYY-MM-DD` to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Day(#[cfg_attr(feature = "bindings", specta(type = String))] pub NaiveDate);

impl Day {
    /// Days since 1970, as they are stored.
    pub fn number(self) -> i64 {
        i64::from(self.0.to_epoch_days())
    }

    pub fn of_number(number: i64) -> Option<Self> {
        NaiveDate::from_epoch_days(i32::try_from(number).ok()?).map(Self)
    }

    pub fn moved(self, days: i64) -> Option<Self> {
        Self::of_number(self.number() + days)
    }
}

impl Calendar {
    /// The days from `after` on, without it, as many as are left after the `made` times that there were.
    pub fn days_after(&self, after: Option<Day>, made: u32) -> impl Iterator<Item = Day> + '_ {
        self.days_from(after).take(self.left(made))
    }

    /// How many times are left after the `made` that there were.
    pub fn left(&self, made: u32) -> usize {
        self.times.map_or(usize::MAX, |times| times.saturating_sub(made) as usize)
    }

    /// The days from `after` on, without it, however many times are left.
    pub fn days_from(&self, after: Option<Day>) -> impl Iterator<Item = Day> + '_ {
        let first = after.and_then(|after| after.0.succ_opt()).map_or(self.from.0, |next| next.max(self.from.0));
        let days = (0..LONGEST).map_while(move |step| first.checked_add_days(Days::new(step)));
        days.take_while(|day| self.until.is_none_or(|until| *day <= until.0))
            .filter(|day| self.every.is_on(*day) && !self.except.contains(&Day(*day)))
            .map(Day)
    }

    /// Whether there is a day at all.
    pub fn ever_comes(&self) -> bool {
        self.days_after(None, 0).next().is_some()
    }
}

impl Every {
    fn is_on(&self, day: NaiveDate) -> bool {
        match self {
            Self::Day => true,
            Self::Week { on } => {
                u8::try_from(day.weekday().num_days_from_monday()).is_ok_and(|weekday| on.contains(&weekday))
            }
            Self::Month { day: wanted } => is_day_of_month(day, *wanted),
            Self::Year { month, day: wanted } => day.month() == u32::from(*month) && is_day_of_month(day, *wanted),
        }
    }
}

/// A month that has no such day has it on its last.
fn is_day_of_month(day: NaiveDate, wanted: u8) -> bool {
    let wanted = u32::from(wanted).max(1);
    let is_last = day.succ_opt().is_none_or(|next| next.month() != day.month());
    day.day() == wanted || (is_last && day.day() < wanted)
}

/// The days on which something of a person's happened or will that is told on this day: the day itself, and where it
/// comes every year the same day of the years before. Who was born on 29 February is met on the 28th of other years.
pub fn anniversaries(on: Day, every_year: bool) -> Vec<Day> {
    const OLDEST: i32 = 130;
    // A year of two digits is read as one of this century.
    const LATEST: i32 = 99;
    if !every_year {
        return vec![on];
    }
    let leap = NaiveDate::from_ymd_opt(on.0.year(), 2, 29).is_some();
    let mut days = Vec::new();
    for year in (on.0.year() - OLDEST)..=(on.0.year() + LATEST) {
        days.extend(NaiveDate::from_ymd_opt(year, on.0.month(), on.0.day()).map(Day));
        if !leap && (on.0.month(), on.0.day()) == (2, 28) {
            days.extend(NaiveDate::from_ymd_opt(year, 2, 29).map(Day));
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    fn first(calendar: &Calendar, count: usize) -> Vec<String> {
        calendar.days_after(None, 0).take(count).map(|day| day.0.to_string()).collect()
    }

    fn from(every: Every, start: &str) -> Calendar {
        Calendar { every, from: day(start), until: None, times: None, except: BTreeSet::new() }
    }

    #[test]
    fn a_month_without_a_31st_has_it_on_its_last_day_and_never_twice() {
        let calendar = from(Every::Month { day: 31 }, "2027-01-31");
        assert_eq!(first(&calendar, 5), ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]);
        assert_eq!(first(&from(Every::Month { day: 29 }, "2028-02-01"), 2), ["2028-02-29", "2028-03-29"]);
        assert_eq!(first(&from(Every::Month { day: 1 }, "2026-11-29"), 2), ["2026-12-01", "2027-01-01"]);
    }

    #[test]
    fn a_29_february_is_the_28th_in_other_years() {
        let calendar = from(Every::Year { month: 2, day: 29 }, "2026-03-01");
        assert_eq!(first(&calendar, 3), ["2027-02-28", "2028-02-29", "2029-02-28"]);
    }

    #[test]
    fn it_ends_by_its_day_or_its_times_and_an_exception_is_no_time() {
        let weekly = Every::Week { on: [0, 4].into() };
        let mut calendar = from(weekly, "2026-11-12");
        assert_eq!(first(&calendar, 3), ["2026-11-13", "2026-11-16", "2026-11-20"]);
        calendar.except.insert(day("2026-11-16"));
        calendar.times = Some(2);
        assert_eq!(first(&calendar, 9), ["2026-11-13", "2026-11-20"]);
        assert_eq!(calendar.days_after(Some(day("2026-11-13")), 1).count(), 1);
        calendar.until = Some(day("2026-11-19"));
        assert_eq!(first(&calendar, 9), ["2026-11-13"]);
        assert!(!from(Every::Week { on: BTreeSet::new() }, "2026-11-12").ever_comes());
    }

    #[test]
    fn whoever_was_born_on_29_february_is_met_every_year() {
        let met = |on: &str, born: &str| anniversaries(day(on), true).contains(&day(born));
        assert!(met("2027-02-28", "1992-02-29") && met("2028-02-29", "1992-02-29"));
        assert!(!met("2028-02-28", "1992-02-29") && !met("2027-03-01", "1992-02-29"));
        assert!(met("2027-02-28", "1992-02-28") && met("2028-02-28", "1992-02-28"));
        assert_eq!(anniversaries(day("2027-02-28"), false), [day("2027-02-28")]);
    }
}
