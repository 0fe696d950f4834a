//! When a backup is due, and which ones are no longer kept. Without a clock and without a disk.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, at_wall, local};

/// Where backups go by themselves, when, and how many are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupPlan {
    /// Empty: none are made by themselves.
    pub folder: String,
    /// Minutes after midnight, on the owner's clock.
    pub minute: u16,
    pub keep: BackupKeep,
}

/// The newest backup of each of so many days, weeks and months is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupKeep {
    pub days: u16,
    pub weeks: u16,
    pub months: u16,
}

const HALF_PAST_SIX: u16 = 18 * 60 + 30;
const MINUTES_A_DAY: u16 = 24 * 60;

impl Default for BackupPlan {
    fn default() -> Self {
        Self { folder: String::new(), minute: HALF_PAST_SIX, keep: BackupKeep { days: 7, weeks: 4, months: 6 } }
    }
}

impl BackupPlan {
    /// A minute of a day, and at least one copy.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        self.folder = self.folder.trim().to_owned();
        self.minute = self.minute.min(MINUTES_A_DAY - 1);
        self.keep.days = self.keep.days.clamp(1, 366);
        self.keep.weeks = self.keep.weeks.min(520);
        self.keep.months = self.keep.months.min(240);
        self
    }

    pub fn is_on(&self) -> bool {
        !self.folder.is_empty()
    }

    /// The newest moment of the plan that has come.
    pub fn last_due(&self, now: Millis, zone: Tz) -> Option<Millis> {
        (0..3).find_map(|back| self.moment(now, -back, zone).filter(|at| *at <= now))
    }

    /// The next one.
    pub fn next_due(&self, now: Millis, zone: Tz) -> Option<Millis> {
        (0..3).find_map(|ahead| self.moment(now, ahead, zone).filter(|at| *at > now))
    }

    fn moment(&self, now: Millis, days: i64, zone: Tz) -> Option<Millis> {
        let today = local(now, zone).date_naive();
        let apart = Days::new(days.unsigned_abs());
        let day = if days < 0 { today.checked_sub_days(apart) } else { today.checked_add_days(apart) };
        let minute = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.minute) * 60, 0)?;
        at_wall(NaiveDateTime::new(day?, minute), zone)
    }
}

/// Which of these backups, by when they were made, are not kept. The newest one always is.
pub fn superfluous(made: &[Millis], keep: BackupKeep, zone: Tz) -> BTreeSet<Millis> {
    let mut newest_first: Vec<Millis> = made.to_vec();
    newest_first.sort_unstable_by(|one, other| other.cmp(one));
    newest_first.dedup();
    let mut kept: BTreeSet<Millis> = newest_first.first().copied().into_iter().collect();
    let day = |at: Millis| local(at, zone).date_naive();
    kept.extend(newest_of_each(&newest_first, keep.days, |at| i64::from(day(at).num_days_from_ce())));
    let week = |at: Millis| (day(at).iso_week().year(), day(at).iso_week().week());
    kept.extend(newest_of_each(&newest_first, keep.weeks, week));
    kept.extend(newest_of_each(&newest_first, keep.months, |at| (day(at).year(), day(at).month())));
    newest_first.into_iter().filter(|at| !kept.contains(at)).collect()
}

/// The first of each of the first so many spans that have one.
fn newest_of_each<T: PartialEq>(newest_first: &[Millis], most: u16, span: impl Fn(Millis) -> T) -> Vec<Millis> {
    let mut kept: Vec<(T, Millis)> = Vec::new();
    for at in newest_first {
        let its = span(*at);
        if kept.last().is_none_or(|(last, _)| *last != its) {
            if kept.len() == usize::from(most) {
                break;
            }
            kept.push((its, *at));
        }
    }
    kept.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    const ISTANBUL: Tz = Tz::Europe__Istanbul;

    fn at(text: &str) -> Millis {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn the_plan_is_due_at_its_minute_on_the_owners_clock() {
        let plan = BackupPlan { folder: "/backups".to_owned(), ..BackupPlan::default() };
        // 18:30 in Istanbul is 15:30 UTC.
        let due = |now: &str| (plan.last_due(at(now), ISTANBUL), plan.next_due(at(now), ISTANBUL));
        let day = |day: u8| Some(at(&format!("2026-11-{day:02}T15:30:00Z")));
        assert_eq!(due("2026-11-20T15:29:59Z"), (day(19), day(20)));
        assert_eq!(due("2026-11-20T15:30:00Z"), (day(20), day(21)));
        assert_eq!(due("2026-11-20T22:00:00Z"), (day(20), day(21)), "after midnight there");
    }

    #[test]
    fn a_minute_that_the_clock_leaves_out_is_the_end_of_the_gap() {
        let plan = BackupPlan { minute: 150, ..BackupPlan::default() };
        let due = plan.next_due(at("2026-03-08T05:00:00Z"), Tz::America__New_York);
        assert_eq!(due, Some(at("2026-03-08T07:00:00Z")));
    }

    #[test]
    fn the_newest_of_each_day_week_and_month_are_kept() {
        let noon = |month: u32, day: u32| at(&format!("2026-{month:02}-{day:02}T12:00:00Z"));
        let mut made: Vec<Millis> = (8..=11)
            .flat_map(|month| (1..=28).map(move |day| (month, day)))
            .map(|(month, day)| noon(month, day))
            .collect();
        // Twice on the last day.
        let evening = at("2026-11-28T20:00:00Z");
        made.push(evening);
        let keep = BackupKeep { days: 3, weeks: 2, months: 3 };
        let gone = superfluous(&made, keep, Tz::UTC);
        let kept: Vec<Millis> = made.iter().copied().filter(|at| !gone.contains(at)).collect();
        // Three days; the week of Saturday the 28th and the Sunday before it; the last of September and of October.
        assert_eq!(kept, [noon(9, 28), noon(10, 28), noon(11, 22), noon(11, 26), noon(11, 27), evening]);
    }

    #[test]
    fn the_newest_stays_whatever_is_kept_and_nothing_is_invented() {
        let keep = BackupKeep { days: 0, weeks: 0, months: 0 };
        assert_eq!(superfluous(&[5, 9, 7], keep, Tz::UTC), BTreeSet::from([5, 7]));
        assert!(superfluous(&[], keep, Tz::UTC).is_empty());
        assert!(superfluous(&[3, 3], BackupKeep { days: 1, weeks: 0, months: 0 }, Tz::UTC).is_empty());
    }

    #[test]
    fn a_day_without_a_backup_does_not_use_up_the_days() {
        let day = 86_400_000;
        let made = [0, day, 20 * day, 30 * day];
        assert_eq!(superfluous(&made, BackupKeep { days: 3, weeks: 0, months: 0 }, Tz::UTC), BTreeSet::from([0]));
    }
}
