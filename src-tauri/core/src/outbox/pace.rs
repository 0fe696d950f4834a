//! How long a session waits after a send. Pure: chance is an argument.

use crate::clock::Millis;
use crate::session::{PACE_FLOOR, Pace};

/// After a standstill no more is made up for than belongs to so long.
const CATCH_UP: Millis = 250;

/// What a session remembers between two sends; stored when the part is claimed, so a crash cannot shorten a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    pub next_send_at: Millis,
    /// The wait until then is the rest after a batch.
    pub resting: bool,
    pub batch_sent: u32,
}

/// A number's rhythm around one send: what a claim moves, and what a send that never left the computer moves back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    pub before: Rhythm,
    pub after: Rhythm,
}

impl Rhythm {
    /// The rhythm after a send at `now`; `chance` is any number, evenly spread.
    #[must_use]
    pub fn after_send(self, now: Millis, pace: &Pace, chance: u64) -> Self {
        let batch_sent = self.batch_sent + 1;
        let gap = gap(pace, chance);
        if pace.batch > 0 && batch_sent >= pace.batch {
            return Self { next_send_at: now + gap.max(pace.rest_ms), resting: true, batch_sent: 0 };
        }
        Self { next_send_at: now + gap, resting: false, batch_sent }
    }

    /// The rhythm of one that sends every `gap` by the clock: what could not go in time is made up for.
    #[must_use]
    pub fn after_hurried(self, now: Millis, gap: Millis) -> Self {
        Self { next_send_at: self.next_send_at.max(now - CATCH_UP) + gap, resting: false, ..self }
    }
}

fn gap(pace: &Pace, chance: u64) -> Millis {
    let width = u64::try_from(pace.max_ms - pace.min_ms).unwrap_or(0) + 1;
    let extra = Millis::try_from(chance % width).unwrap_or(0);
    (pace.min_ms + extra).max(PACE_FLOOR)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_gap_is_shorter_than_the_floor_or_outside_the_pace(
            min_ms in -5_000i64..60_000, width in 0i64..60_000, chance: u64, batch in 0u32..5, rest_ms in 0i64..100_000,
            batch_sent in 0u32..5,
        ) {
            let pace = Pace { min_ms, max_ms: min_ms + width, batch, rest_ms, hourly_cap: 0, daily_cap: 0 };
            let next = Rhythm { batch_sent, ..Rhythm::default() }.after_send(0, &pace, chance);
            prop_assert!(next.next_send_at >= PACE_FLOOR.max(min_ms));
            prop_assert!(next.resting || next.next_send_at <= PACE_FLOOR.max(pace.max_ms));
            prop_assert!(!next.resting || next.next_send_at >= rest_ms);
        }
    }

    #[test]
    fn a_rest_follows_every_batch() {
        let pace = Pace { min_ms: 1000, max_ms: 1000, batch: 2, rest_ms: 9000, hourly_cap: 0, daily_cap: 0 };
        let first = Rhythm::default().after_send(0, &pace, 0);
        let second = first.after_send(first.next_send_at, &pace, 0);
        assert_eq!((first.next_send_at, second.next_send_at, second.resting), (1000, 10_000, true));
        assert_eq!(second.batch_sent, 0);
    }
}
