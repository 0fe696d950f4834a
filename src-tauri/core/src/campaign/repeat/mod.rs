//! Campaigns that come again: on days of the calendar, or for each person by a date of theirs.
//!
//! A rule has a pattern, a draft that no list shows. For each day on which it comes a campaign of its own is made from
//! it, with the people who fit then, and scheduled; the row of that day (`repeat_runs`) is written with it, so no kill
//! makes two. Whom a date of theirs was told, under this rule, is not told again (`repeat_people`).

pub mod calendar;
pub mod run;
pub mod store;

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clock::{DAY, HOUR, Millis, at_wall, local};
use crate::ids::{CampaignId, RepeatId};
use calendar::{Calendar, Day};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: RepeatId,
    pub pattern: CampaignId,
    pub plan: Plan,
    /// Since local midnight.
    pub minute: u16,
    /// A day that was missed is made up for so many days.
    pub late_days: u8,
    pub active: bool,
    /// The last day that was looked at.
    pub looked_on: Option<Day>,
    /// How often it has come.
    pub made: u32,
    /// The version of the pattern that its owner let go. While it says something else, the rule waits.
    pub approved: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Plan {
    Calendar { calendar: Calendar },
    Occasion { occasion: Occasion },
}

/// A date of each person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Occasion {
    /// The field that holds it.
    pub field: String,
    /// As a birthday does; a due date comes once.
    pub every_year: bool,
    /// So many days behind it; before it where it is less than nothing.
    pub days: i32,
}

/// What is to be done for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Run {
        day: Day,
        at: Millis,
    },
    /// Its time is so long past that it is left out.
    Missed {
        day: Day,
        at: Millis,
    },
}

/// A moment that was missed by less is no missed one.
const GRACE: Millis = HOUR;

impl Rule {
    pub fn at(&self, day: Day, zone: Tz) -> Option<Millis> {
        at_wall(day.0.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(self.minute)), zone)
    }

    /// What is due until `horizon`, in order. Of several days of the calendar that were missed only the last comes.
    pub fn due(&self, now: Millis, horizon: Millis, zone: Tz) -> Vec<Due> {
        let last = Day(local(horizon, zone).date_naive());
        let days = self.days_to_look_at().take_while(|day| *day <= last);
        let times = days.filter_map(|day| Some((day, self.at(day, zone)?))).filter(|(_, at)| *at <= horizon);
        let due = |(day, at): (Day, Millis)| match now > at + self.patience() {
            true => Due::Missed { day, at },
            false => Due::Run { day, at },
        };
        let mut due: Vec<Due> = times.map(due).collect();
        if matches!(self.plan, Plan::Calendar { .. }) {
            leave_out_all_but_the_last(&mut due);
        }
        due
    }

    /// How long after its time a day is made up for.
    pub fn patience(&self) -> Millis {
        Millis::from(self.late_days) * DAY + GRACE
    }

    /// A day that was missed counts as no time, so the times that are left do not bound the days that are looked at.
    fn days_to_look_at(&self) -> Box<dyn Iterator<Item = Day> + '_> {
        match &self.plan {
            Plan::Calendar { calendar } if calendar.left(self.made) > 0 => Box::new(calendar.days_from(self.looked_on)),
            _ => self.days(),
        }
    }

    /// The days on which it comes from here on.
    pub fn days(&self) -> Box<dyn Iterator<Item = Day> + '_> {
        match &self.plan {
            Plan::Calendar { calendar } => Box::new(calendar.days_after(self.looked_on, self.made)),
            // Every day may be one of somebody's.
            Plan::Occasion { .. } => {
                let first = self.looked_on.and_then(|day| day.moved(1));
                Box::new(std::iter::successors(first, |day| day.moved(1)))
            }
        }
    }
}

fn leave_out_all_but_the_last(due: &mut [Due]) {
    let runs = due.iter().filter(|one| matches!(one, Due::Run { .. })).count();
    for one in due.iter_mut().filter(|one| matches!(one, Due::Run { .. })).take(runs.saturating_sub(1)) {
        if let Due::Run { day, at } = *one {
            *one = Due::Missed { day, at };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::calendar::Every;
    use super::*;
    use crate::clock::MINUTE;
    use crate::ids::IdGenerator;

    fn day(text: &str) -> Day {
        Day(text.parse().unwrap())
    }

    fn rule(plan: Plan, looked_on: &str, late_days: u8) -> Rule {
        let ids = IdGenerator::at(0);
        let looked_on = Some(day(looked_on));
        let (id, pattern) = (ids.next(), ids.next());
        Rule { id, pattern, plan, minute: 630, late_days, active: true, looked_on, made: 0, approved: None }
    }

    fn daily() -> Plan {
        let calendar =
            Calendar { every: Every::Day, from: day("2026-01-01"), until: None, times: None, except: BTreeSet::new() };
        Plan::Calendar { calendar }
    }

    fn at(text: &str, zone: Tz) -> Millis {
        at_wall(text.parse().unwrap(), zone).unwrap()
    }

    #[test]
    fn of_what_was_missed_the_calendar_brings_the_last_and_never_two() {
        let zone = Tz::Europe__Istanbul;
        let now = at("2026-12-03T12:00:00", zone);
        let due = rule(daily(), "2026-11-29", 1).due(now, now, zone);
        let days: Vec<_> = due.iter().map(|one| matches!(one, Due::Run { .. })).collect();
        assert_eq!(days, [false, false, false, true]);
        let early = at("2026-12-03T09:00:00", zone);
        let due = rule(daily(), "2026-11-29", 1).due(early, early, zone);
        assert_eq!(due.last(), Some(&Due::Run { day: day("2026-12-02"), at: at("2026-12-02T10:30:00", zone) }));
        let closed = rule(daily(), "2026-11-29", 0).due(early, early, zone);
        assert!(closed.iter().all(|one| matches!(one, Due::Missed { .. })), "a day that is over is left out");
    }

    #[test]
    fn of_the_times_that_are_left_one_makes_up_for_all_missed_days() {
        let zone = Tz::Europe__Istanbul;
        let Plan::Calendar { calendar } = daily() else { unreachable!() };
        let twice = Plan::Calendar { calendar: Calendar { times: Some(2), ..calendar } };
        let now = at("2026-12-04T12:00:00", zone);
        let mut rule = rule(twice, "2026-11-29", 7);
        let due = rule.due(now, now, zone);
        assert_eq!(due.len(), 5, "30 November to 4 December");
        let runs: Vec<_> = due.iter().filter(|one| matches!(one, Due::Run { .. })).collect();
        assert_eq!(runs, [&Due::Run { day: day("2026-12-04"), at: at("2026-12-04T10:30:00", zone) }]);
        rule.made = 2;
        assert!(rule.due(now, now, zone).is_empty(), "it has come as often as it was to");
    }

    #[test]
    fn each_day_of_an_occasion_comes_for_its_own_people() {
        let zone = Tz::Asia__Jakarta;
        let occasion = Occasion { field: "birthday".into(), every_year: true, days: 0 };
        let now = at("2026-12-03T11:00:00", zone);
        let due = rule(Plan::Occasion { occasion }, "2026-11-30", 2).due(now, now, zone);
        assert_eq!(due.len(), 3);
        assert!(due.iter().all(|one| matches!(one, Due::Run { .. })));
    }

    #[test]
    fn a_clock_that_is_put_forward_or_back_moves_the_moment_and_not_the_day() {
        let zone = Tz::America__New_York;
        let mut rule = rule(daily(), "2026-03-07", 0);
        rule.minute = 150;
        // 02:30 does not exist on the 8th: it comes when the gap ends.
        assert_eq!(rule.at(day("2026-03-08"), zone), Some(at("2026-03-08T03:00:00", zone)));
        assert_eq!(rule.at(day("2026-03-09"), zone), Some(at("2026-03-08T03:00:00", zone) + DAY - 30 * MINUTE));
        let first = at("2026-11-01T01:30:00", zone);
        rule.minute = 90;
        assert_eq!(rule.at(day("2026-11-01"), zone), Some(first), "the first of two");
        rule.looked_on = Some(day("2026-11-01"));
        assert!(rule.due(first + HOUR, first + HOUR, zone).is_empty(), "and not the second");
    }
}
