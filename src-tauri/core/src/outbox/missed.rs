//! Whether a campaign's time was met, or passed while the computer slept or Ulak was closed. Pure.
//!
//! Every decision of the dispatcher asks it of campaigns whose time has come, and a running Ulak decides every half
//! minute. So a campaign whose time lies long before this decision and behind the last one was missed, whatever kept
//! Ulak away: no sleep is noticed but by the clock.

use chrono_tz::Tz;

use super::window::SendingHours;
use crate::clock::{DAY, MINUTE, Millis, at_wall, local};

/// What is late by no more goes out as if nothing had been.
pub const TOLERATED: Millis = 10 * MINUTE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Its hours have not opened since it was due.
    NotYet,
    InTime,
    /// The owner is asked; without an answer it goes out from then on.
    Missed {
        held_until: Millis,
    },
}

/// `hours` are those that the campaign keeps, `watched` is when this run of Ulak decided last. Hours that its owner widens
/// while Ulak watches open it in time, also where that would have been earlier by them.
pub fn met(due_at: Millis, hours: Option<&SendingHours>, zone: Tz, watched: Option<Millis>, now: Millis) -> Met {
    let first = hours.map_or(Some(due_at), |hours| hours.next_open(due_at));
    match first.filter(|first| *first <= now) {
        None => Met::NotYet,
        Some(first) if now - watched.map_or(first, |watched| watched.max(first)) <= TOLERATED => Met::InTime,
        Some(_) => Met::Missed { held_until: next_window(due_at, hours, zone, now) },
    }
}

/// The same of a campaign whose people are on several clocks. It has begun in time where it has on one of them; what was
/// missed goes out when it is morning again on the first.
pub fn met_on(due_at: Millis, clocks: &[SendingHours], watched: Option<Millis>, now: Millis) -> Met {
    let met = |hours: &SendingHours| met(due_at, Some(hours), hours.zone, watched, now);
    let all: Vec<Met> = clocks.iter().map(met).collect();
    if all.contains(&Met::InTime) {
        return Met::InTime;
    }
    let opens = |(hours, met): (&SendingHours, &Met)| match met {
        Met::Missed { held_until } => Some(*held_until),
        _ => hours.next_open(due_at),
    };
    let missed = all.iter().any(|met| matches!(met, Met::Missed { .. }));
    let held_until = clocks.iter().zip(&all).filter_map(opens).min().filter(|_| missed);
    held_until.map_or(Met::NotYet, |held_until| Met::Missed { held_until })
}

/// The next opening that is not this one; where hours never close, the same time of day once more.
fn next_window(due_at: Millis, hours: Option<&SendingHours>, zone: Tz, now: Millis) -> Millis {
    let opening = hours.and_then(|hours| match hours.closes_at(now) {
        Some(Millis::MAX) => None,
        Some(closing) => hours.next_open(closing),
        None => hours.next_open(now),
    });
    opening.unwrap_or_else(|| same_time_again(due_at, zone, now))
}

fn same_time_again(due_at: Millis, zone: Tz, now: Millis) -> Millis {
    let time = local(due_at, zone).time();
    let days = (0..2).map(|day| local(now + day * DAY, zone).date_naive());
    days.filter_map(|day| at_wall(day.and_time(time), zone)).find(|at| *at > now).unwrap_or(now + DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;

    fn nine_to_ten() -> SendingHours {
        SendingHours::daily(9 * 60, 22 * 60, Tz::UTC)
    }

    #[test]
    fn ten_minutes_late_is_in_time_and_more_was_missed_until_the_hours_open_anew() {
        let at = |hours: Millis| hours * HOUR;
        for (due, now, wanted) in [
            (at(12), at(12), Met::InTime),
            (at(12), at(12) + TOLERATED, Met::InTime),
            (at(12), at(12) + TOLERATED + 1, Met::Missed { held_until: at(33) }),
            (at(12), at(11), Met::NotYet),
            (at(23), at(26), Met::NotYet),
            (at(23), at(33), Met::InTime),
            (at(23), at(34), Met::Missed { held_until: at(57) }),
            (at(12), at(26), Met::Missed { held_until: at(33) }),
        ] {
            assert_eq!(met(due, Some(&nine_to_ten()), Tz::UTC, None, now), wanted, "due {due}, seen {now}");
        }
    }

    #[test]
    fn what_ulak_watched_was_not_missed_and_what_it_slept_through_was() {
        let seen = |watched| met(12 * HOUR, Some(&nine_to_ten()), Tz::UTC, Some(watched), 16 * HOUR);
        assert_eq!(seen(16 * HOUR - MINUTE), Met::InTime, "its owner has only now let it out");
        assert_eq!(seen(13 * HOUR), Met::Missed { held_until: 33 * HOUR });
        assert_eq!(seen(20 * HOUR), Met::InTime, "the clock was set back");
    }

    #[test]
    fn on_several_clocks_the_first_morning_ends_the_wait() {
        let clocks = [nine_to_ten(), nine_to_ten().on_clock(Tz::Asia__Tokyo)];
        let seen = |due, watched, now| met_on(due, &clocks, watched, now);
        // In Tokyo it is nine hours later: the hours open there at 0 and close at 13.
        assert_eq!(seen(23 * HOUR, None, 23 * HOUR), Met::NotYet);
        assert_eq!(seen(23 * HOUR, None, 24 * HOUR), Met::InTime);
        assert_eq!(seen(23 * HOUR, None, 30 * HOUR), Met::Missed { held_until: 33 * HOUR }, "the morning here");
        assert_eq!(seen(23 * HOUR, None, 33 * HOUR), Met::InTime, "it begins with those here");
        assert_eq!(seen(23 * HOUR, None, 36 * HOUR), Met::Missed { held_until: 48 * HOUR });
    }

    #[test]
    fn where_hours_never_close_the_same_time_of_the_day_comes_again() {
        let always = SendingHours::always(Tz::UTC);
        for hours in [None, Some(&always)] {
            assert_eq!(met(12 * HOUR, hours, Tz::UTC, None, 15 * HOUR), Met::Missed { held_until: 36 * HOUR });
            assert_eq!(met(12 * HOUR, hours, Tz::UTC, None, 34 * HOUR), Met::Missed { held_until: 36 * HOUR });
        }
    }
}
