//! When a delivery that was not taken is tried again, and when it is given up. Pure.

use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};

/// A delivery is tried for so long, from its first try on.
pub const TRIED_FOR: Millis = DAY;
/// After so many failures in a row a receiver is taken to be down: one delivery at a time feels for it.
pub const DOWN_AFTER: u32 = 5;
/// So many go to one receiver at a time while it answers.
pub const AT_ONCE: u32 = 8;

const PAUSES: [Millis; 8] = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR];

/// No delivery is put off for longer at a time.
pub const LONGEST_PAUSE: Millis = 2 * HOUR;

/// The first of the tries that count. Only time in which Ulak ran counts: a try long behind the time at which it was due
/// is a first one again, because the computer was off.
pub fn first_of(first_tried_at: Option<Millis>, due_at: Millis, now: Millis) -> Millis {
    first_tried_at.filter(|_| now - due_at <= LONGEST_PAUSE).unwrap_or(now)
}

/// How long after its so manieth try a delivery is tried again.
pub fn pause(tries: u32) -> Millis {
    let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES.get(index).copied().unwrap_or(LONGEST_PAUSE)
}

/// How long a receiver is left alone after so many failures in a row; none while it may only be one delivery's fault.
pub fn rest(failures: u32) -> Option<Millis> {
    let behind = failures.checked_sub(DOWN_AFTER)?;
    Some(((10 * SECOND) << behind.min(5)).min(5 * MINUTE))
}

/// How many deliveries go to a receiver now.
pub fn at_once(failures: u32) -> u32 {
    if failures < DOWN_AFTER { AT_ONCE } else { 1 }
}

/// When a delivery that has just failed goes next; none where it has been tried for long enough. The last try is at the
/// end of that time.
pub fn again(first_tried_at: Millis, tries: u32, now: Millis) -> Option<Millis> {
    let next = now + pause(tries);
    // A first try from a time to come was put down by a clock that was wrong.
    if first_tried_at > now {
        return Some(next);
    }
    let end = first_tried_at + TRIED_FOR;
    (now < end).then(|| next.min(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_for_a_day_with_longer_and_longer_pauses() {
        let (mut now, mut tries, mut times) = (0, 1, vec![0]);
        while let Some(next) = again(0, tries, now) {
            assert!(next > now);
            (now, tries) = (next, tries + 1);
            times.push(now);
        }
        assert_eq!(times[1..4], [5 * SECOND, 35 * SECOND, 155 * SECOND]);
        assert_eq!(*times.last().unwrap(), DAY, "the last try is a day after the first");
        assert!(times.len() < 24, "{} tries", times.len());
        assert_eq!(again(0, 3, 2 * DAY), None);
        assert_eq!(first_of(Some(5), 10, 20), 5);
        assert_eq!(first_of(Some(5), 10, 2 * DAY), 2 * DAY, "Ulak was closed over the weekend");
        assert_eq!(first_of(None, 10, 20), 20);
        assert_eq!(again(DAY, 1, HOUR), Some(HOUR + 5 * SECOND), "the clock was set back");
    }

    #[test]
    fn a_receiver_that_is_down_is_felt_for_by_one_delivery_at_a_time() {
        assert_eq!((rest(4), at_once(4)), (None, AT_ONCE));
        assert_eq!((rest(5), at_once(5)), (Some(10 * SECOND), 1));
        assert_eq!(rest(6), Some(20 * SECOND));
        assert_eq!(rest(4_000_000_000), Some(5 * MINUTE));
    }
}
