//! Whether the credits run low: few are free, or they will not last at the pace of the last weeks.

use serde::{Deserialize, Serialize};

use crate::clock::{DAY, Millis};

/// From when on the owner wants to know. 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LowWanted {
    pub credits: u32,
    pub days: u16,
}

impl Default for LowWanted {
    fn default() -> Self {
        Self { credits: 100, days: 7 }
    }
}

/// The credits that are free, and for how many days they last where that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Low {
    pub free: i64,
    pub days: Option<i64>,
}

/// The pace is that of so long.
pub const PACE_OF: Millis = 30 * DAY;
/// What was spent on fewer days tells no pace.
const LEAST: Millis = 7 * DAY;

/// `spent` in the time since `first_at`, at most `PACE_OF`. None where there is nothing to tell.
pub fn low(wanted: LowWanted, free: i64, spent: i64, first_at: Option<Millis>, now: Millis) -> Option<Low> {
    let days = lasts(free, spent, first_at, now);
    let few = wanted.credits > 0 && free < i64::from(wanted.credits);
    let short = days.is_some_and(|days| wanted.days > 0 && days < i64::from(wanted.days));
    (few || short).then_some(Low { free, days })
}

/// For how many days the free credits last at the pace of the last weeks, where that tells one.
pub fn lasts(free: i64, spent: i64, first_at: Option<Millis>, now: Millis) -> Option<i64> {
    let span = first_at.map_or(0, |first| (now - first).min(PACE_OF));
    (span >= LEAST && spent > 0).then(|| free.max(0).saturating_mul(span / DAY) / spent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_794_441_600_000;

    #[test]
    fn few_credits_are_low_and_so_are_those_that_do_not_last() {
        let ask = |credits, days, free, spent, age: Millis| {
            let wanted = LowWanted { credits, days };
            low(wanted, free, spent, Some(NOW - age * DAY), NOW).map(|low| (low.free, low.days))
        };
        assert_eq!(ask(100, 7, 100, 0, 90), None);
        assert_eq!(ask(100, 7, 99, 0, 90), Some((99, None)));
        // 3,000 in thirty days are a hundred a day.
        assert_eq!(ask(100, 7, 700, 3_000, 90), None);
        assert_eq!(ask(100, 7, 699, 3_000, 90), Some((699, Some(6))));
        // Ten days, not thirty.
        assert_eq!(ask(0, 7, 699, 1_000, 10), Some((699, Some(6))));
        assert_eq!(ask(0, 7, 10, 1_000, 6), None, "six days tell no pace");
        assert_eq!(ask(0, 0, -5, 3_000, 90), None, "the owner does not want to know");
        assert_eq!(ask(1, 0, -5, 3_000, 90), Some((-5, Some(0))));
        assert_eq!(low(LowWanted::default(), 50, 0, None, NOW), Some(Low { free: 50, days: None }));
    }
}
