//! How the days are counted after which something goes by itself. The computer's clock alone is not believed: set years
//! ahead once, it would have everything erased in a minute.

use serde::{Deserialize, Serialize};

use crate::clock::{DAY, HOUR, Millis};

/// So far the count follows the clock at once: a computer is shut for a weekend.
const NEAR: Millis = 3 * DAY;
/// A clock that is further ahead, and the first one, is believed when it has held for so long.
const HOLDS: Millis = 3 * DAY;
/// Nobody shuts a computer for longer without the clock being asked anew.
const PAUSE: Millis = 60 * DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Up to when days count. None at first, so that whoever has just got this version, or has just chosen fewer days, can
    /// still choose.
    pub until: Option<Millis>,
    /// Since when the clock has gone on without a leap.
    since: Millis,
    /// When it was looked at last.
    at: Millis,
}

impl Counted {
    pub fn on(before: Option<Self>, now: Millis) -> Self {
        let Some(before) = before else { return Self { until: None, since: now, at: now } };
        let passed = now - before.at;
        if (0..HOUR).contains(&passed) {
            return before;
        }
        match before.until.filter(|until| now <= until + NEAR) {
            // What is behind the count, because the clock was set back, does not move it back.
            Some(until) => Self { until: Some(until.max(now)), since: now, at: now },
            None => before.doubted(now, passed),
        }
    }

    /// The clock is far ahead of the count, or there is none.
    fn doubted(self, now: Millis, passed: Millis) -> Self {
        let leapt = !(0..=NEAR).contains(&passed);
        let held = (0..=PAUSE).contains(&passed) && now - self.since >= HOLDS;
        let until = match (held, leapt) {
            (false, _) => self.until,
            (true, false) => Some(now),
            // Of a computer that is used now and then the time of its last use has held.
            (true, true) => self.until.max(Some(self.since)),
        };
        let begins = leapt || held;
        Self { until, since: if begins { now } else { self.since }, at: now }
    }

    /// Nothing that is younger than this by the owner's days goes.
    pub fn bound(self, now: Millis) -> Option<Millis> {
        self.until.map(|until| until.min(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_794_441_600_000;
    const YEAR: Millis = 365 * DAY;

    /// After looks at these times, in days from the first, each for three hours with a look every five minutes.
    fn counted(days: impl IntoIterator<Item = i64>) -> Option<i64> {
        let looks = days.into_iter().flat_map(|day| (0..36).map(move |look| NOW + day * DAY + look * 300_000));
        let last = looks.fold((None, NOW), |(before, _), now| (Some(Counted::on(before, now)), now));
        last.0.and_then(|counted| counted.bound(last.1)).map(|until| (until - NOW).div_euclid(DAY))
    }

    #[test]
    fn nothing_goes_in_the_first_days_and_then_each_day_counts() {
        assert_eq!(counted(0..3), None);
        assert_eq!(counted(0..4), Some(3));
        assert_eq!(counted(0..30), Some(29));
        // A weekend.
        assert_eq!(counted([0, 1, 2, 3, 4, 7]), Some(7));
    }

    #[test]
    fn a_clock_that_leaps_ahead_is_not_believed_and_comes_back() {
        let ahead = 5 * YEAR / DAY;
        assert_eq!(counted((0..10).chain([10 + ahead, 11 + ahead])), Some(9));
        assert_eq!(counted((0..10).chain([10 + ahead, 11 + ahead, 12, 13])), Some(13));
        assert_eq!(counted((0..10).chain([10 + ahead, 10 + ahead / 2, 11 + ahead / 2])), Some(9), "wrong twice");
        assert_eq!(counted([0, ahead, ahead + 1]), None, "and on the first day");
        assert_eq!(counted((0..10).chain(10 + ahead..14 + ahead)), Some(13 + ahead), "what holds for days is believed");
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_longer_once_it_is_right() {
        let back = -11 * YEAR / DAY;
        assert_eq!(counted((0..10).chain([back])), Some(back), "nothing is that old");
        assert_eq!(counted((0..10).chain([back, 11])), Some(11));
        assert_eq!(counted((0..10).chain([back, back + 1, 40, 41, 42, 43])), Some(43));
    }

    #[test]
    fn who_uses_it_now_and_then_is_a_use_behind() {
        assert_eq!(counted((0..20).map(|week| week * 7)), Some(18 * 7));
        assert_eq!(counted((0..20).map(|fortnight| fortnight * 14)), Some(18 * 14));
        // After a summer.
        assert_eq!(counted((0..10).chain(100..104)), Some(103));
    }
}
