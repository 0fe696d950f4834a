//! When a number of parts will be through, from pace, caps and sending hours. Pure; honest to about a quarter of an hour.

use crate::clock::{DAY, HOUR, Millis};
use crate::outbox::window::SendingHours;
use crate::session::Pace;

/// Parts an hour that several sessions send together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// Parts a day of sending: the rate over 24 hours, so that slow paces keep their fractions.
    parts_a_day: i64,
    daily_cap: Option<i64>,
}

impl Tempo {
    pub fn of(paces: impl IntoIterator<Item = Pace>) -> Self {
        let mut tempo = Self { parts_a_day: 0, daily_cap: Some(0) };
        for pace in paces {
            let by_pace = DAY / pace.average_ms();
            let hourly = if pace.hourly_cap == 0 { i64::MAX } else { i64::from(pace.hourly_cap) * 24 };
            tempo.parts_a_day += by_pace.min(hourly);
            tempo.daily_cap = match (tempo.daily_cap, pace.daily_cap) {
                (Some(sum), cap) if cap > 0 => Some(sum + i64::from(cap)),
                _ => None,
            };
        }
        tempo
    }

    /// One part after the other, so far apart.
    pub fn every(gap: Millis) -> Self {
        Self { parts_a_day: DAY / gap.max(1), daily_cap: None }
    }

    pub fn parts_an_hour(&self) -> i64 {
        self.parts_a_day / 24
    }

    fn span_of(&self, parts: i64) -> Millis {
        parts.saturating_mul(DAY) / self.parts_a_day.max(1)
    }

    fn parts_in(&self, span: Millis) -> i64 {
        let by_rate =
            i64::try_from(i128::from(span) * i128::from(self.parts_a_day) / i128::from(DAY)).unwrap_or(i64::MAX);
        self.daily_cap.map_or(by_rate, |cap| by_rate.min(cap))
    }
}

/// A stretch of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Millis,
    pub to: Millis,
    pub parts: i64,
}

/// Longer than anybody plans; the finish is then not told.
const MOST_STRETCHES: usize = 400;

/// The stretches in which `parts` go out from `start` on; empty when they never would.
pub fn stretches(start: Millis, parts: i64, tempo: Tempo, hours: Option<&SendingHours>) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut at = start;
    let mut left = parts;
    while left > 0 && tempo.parts_a_day > 0 && stretches.len() < MOST_STRETCHES {
        let Some(from) = hours.map_or(Some(at), |hours| hours.next_open(at)) else { break };
        let closes = hours.and_then(|hours| hours.closes_at(from)).unwrap_or(Millis::MAX).min(from.saturating_add(DAY));
        let sent = tempo.parts_in(closes - from).max(1).min(left);
        let to = (from + tempo.span_of(sent)).min(closes);
        stretches.push(Stretch { from, to, parts: sent });
        left -= sent;
        at = closes;
    }
    if left > 0 { Vec::new() } else { stretches }
}

/// A share of sending is never shown finer than this.
pub const GRAIN: Millis = HOUR / 12;

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::clock::SECOND;

    fn hours() -> SendingHours {
        SendingHours::daily(9 * 60, 22 * 60, Tz::UTC)
    }

    fn every(seconds: i64) -> Tempo {
        let ms = seconds * SECOND;
        Tempo::of([Pace { min_ms: ms, max_ms: ms, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 }])
    }

    fn finish(start: Millis, parts: i64, tempo: Tempo, hours: Option<&SendingHours>) -> Option<Millis> {
        stretches(start, parts, tempo, hours).last().map(|stretch| stretch.to)
    }

    #[test]
    fn what_does_not_fit_today_goes_on_tomorrow() {
        let start = 21 * HOUR;
        let plan = stretches(start, 400, every(10), Some(&hours()));
        assert_eq!(plan[0], Stretch { from: start, to: 22 * HOUR, parts: 360 });
        assert_eq!(plan[1], Stretch { from: 33 * HOUR, to: 33 * HOUR + 400 * SECOND, parts: 40 });
    }

    #[test]
    fn a_start_at_night_waits_for_the_opening() {
        assert_eq!(finish(0, 6, every(10), Some(&hours())), Some(9 * HOUR + 60 * SECOND));
        assert_eq!(finish(0, 6, every(10), None), Some(60 * SECOND));
    }

    #[test]
    fn two_numbers_are_twice_as_fast_and_none_never_finishes() {
        let pace = Pace { min_ms: 10_000, max_ms: 10_000, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 };
        assert_eq!(finish(0, 12, Tempo::of([pace, pace]), None), Some(60 * SECOND));
        assert_eq!(finish(0, 12, Tempo::of([]), None), None);
    }

    #[test]
    fn a_daily_cap_spreads_over_days() {
        let pace = Pace { min_ms: 1000, max_ms: 1000, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 10 };
        assert_eq!(stretches(9 * HOUR, 25, Tempo::of([pace]), Some(&hours())).len(), 3);
    }
}
