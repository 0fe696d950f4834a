//! The circuit breaker: after which refusals a number is shut, for whom, and for how long. Pure.
//!
//! `store::complete` asks it with the cause of a refusal and writes the answer to the number's row in the transaction
//! of the outcome; `gate` reads it back for the planner. A refusal that shuts a number says nothing against the part:
//! the part keeps its number and its tries, and waits.

use crate::clock::{DAY, HOUR, MINUTE, Millis, is_ahead};
use crate::session::cause::{Cause, Shut};
use crate::session::state::LONGEST_BAN;

/// What the number's row tells that a cause alone does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub locked_until: Option<Millis>,
    pub quota_renews_at: Option<Millis>,
    pub ban_until: Option<Millis>,
    /// The number had talked with the person who was refused.
    pub chat: bool,
    /// How many tries of this number before this one ended with the same cause, without another outcome in between.
    pub repeats: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub cause: Cause,
    pub until: Millis,
}

/// How long the first of too many requests shuts a number; each that follows it doubles the time.
pub const FIRST_REST: Millis = 15 * MINUTE;
pub const LONGEST_REST: Millis = 12 * HOUR;
/// Where WhatsApp does not say when a lock or a quota ends: it counts new chats by the day.
pub const UNTOLD: Millis = DAY;
/// WhatsApp counts new chats by the month at the longest, and tells of no lock that lasts longer than a ban.
pub const FURTHEST_TOLD: Millis = LONGEST_BAN;

/// What a refusal does to the number; none for refusals that concern the part alone.
///
/// - The lock of new chats lasts until its end. Where WhatsApp gave none, for a day: to try earlier only makes it
///   longer. For somebody known it shuts everything, because then no chat is safe to try.
/// - New chats that are used up wait until the quota renews.
/// - Too many requests shut everything, for 15 minutes that double while it repeats: it is about requests of any kind.
/// - A ban shuts everything until its end.
pub fn opening(refusal: &Cause, now: Millis, known: &Known) -> Option<Opening> {
    let until = |told: Option<Millis>| told.filter(|at| is_ahead(*at, now, FURTHEST_TOLD)).unwrap_or(now + UNTOLD);
    let (cause, until) = match refusal {
        Cause::NewChatsLocked if known.chat => (Cause::AllChatsLocked, until(known.locked_until)),
        Cause::NewChatsLocked | Cause::AllChatsLocked => (refusal.clone(), until(known.locked_until)),
        Cause::NewChatsUsedUp => (Cause::NewChatsUsedUp, until(known.quota_renews_at)),
        Cause::TooFast => (Cause::TooFast, now + rest(known.repeats)),
        Cause::Banned => (Cause::Banned, until(known.ban_until)),
        _ => return None,
    };
    Some(Opening { cause, until })
}

/// What the number's row holds after an opening: one shut at a time, and none that is forgotten for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub cause: Cause,
    pub until: Millis,
    /// A lock of new chats that goes on behind a shut of everything.
    pub locked_until: Option<Millis>,
}

impl Opening {
    /// `before` is what held until this refusal.
    pub fn after(self, before: Option<(Cause, Millis)>) -> Held {
        let Self { cause, until } = self;
        match before {
            Some((held, longer)) if reach(&held) == reach(&cause) && longer > until => {
                Held { cause: held, until: longer, locked_until: None }
            }
            Some((held, behind)) if reach(&held) == Shut::NewChats && reach(&cause) == Shut::Everything => {
                Held { cause, until, locked_until: Some(behind) }
            }
            _ => Held { cause, until, locked_until: None },
        }
    }
}

fn rest(repeats: u32) -> Millis {
    (FIRST_REST << repeats.min(10)).min(LONGEST_REST)
}

/// After so many tries in a row that nobody answered, a number begins nothing fresh: everybody it wrote to would be bound
/// to a number that perhaps swallows all.
pub const MOST_UNHEARD: u32 = 5;
pub const FIRST_SILENCE: Millis = 15 * MINUTE;
pub const LONGEST_SILENCE: Millis = 4 * HOUR;

/// When a number may begin one fresh part again, after so many tries without an answer: after 15 minutes, doubling to
/// four hours. None while it may begin as it likes.
pub fn unheard_until(tries: u32, now: Millis) -> Option<Millis> {
    let doublings = tries.checked_sub(MOST_UNHEARD)?.min(10);
    Some(now + (FIRST_SILENCE << doublings).min(LONGEST_SILENCE))
}

/// Whether a stored shut holds. What WhatsApp told may be far ahead; what was reckoned here is not, unless the clock was
/// set back since.
pub fn holds(shut: &Cause, until: Millis, known: &Known, now: Millis) -> bool {
    let told = match shut {
        Cause::TooFast => return is_ahead(until, now, LONGEST_REST),
        Cause::NewChatsUsedUp => known.quota_renews_at,
        Cause::Banned => known.ban_until,
        _ => known.locked_until,
    };
    is_ahead(until, now, if told == Some(until) { FURTHEST_TOLD } else { UNTOLD })
}

/// For whom a stored cause shuts its number. One that shuts nothing by itself does not stand there without a reason: it
/// shuts everything.
pub fn reach(shut: &Cause) -> Shut {
    shut.shuts().unwrap_or(Shut::Everything)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::cause::Cause::*;

    const NOW: Millis = 1_000 * DAY;

    fn until(refusal: &Cause, known: Known) -> Option<(Cause, Millis)> {
        opening(refusal, NOW, &known).map(|opening| (opening.cause, opening.until - NOW))
    }

    #[test]
    fn each_cause_has_its_own_waiting_time() {
        let lock = Known { locked_until: Some(NOW + 3 * HOUR), ..Known::default() };
        let quota = Known { quota_renews_at: Some(NOW + 5 * HOUR), ..Known::default() };
        let ban = Known { ban_until: Some(NOW + 7 * HOUR), ..Known::default() };
        let past = Known { locked_until: Some(NOW), quota_renews_at: Some(NOW - 1), ..Known::default() };
        let chat = Known { chat: true, ..lock };
        for (refusal, known, wanted) in [
            (NewChatsLocked, lock, (NewChatsLocked, 3 * HOUR)),
            (NewChatsLocked, past, (NewChatsLocked, DAY)),
            (NewChatsLocked, chat, (AllChatsLocked, 3 * HOUR)),
            (NewChatsUsedUp, quota, (NewChatsUsedUp, 5 * HOUR)),
            (NewChatsUsedUp, past, (NewChatsUsedUp, DAY)),
            (TooFast, Known::default(), (TooFast, 15 * MINUTE)),
            (Banned, ban, (Banned, 7 * HOUR)),
            (Banned, Known::default(), (Banned, DAY)),
        ] {
            assert_eq!(until(&refusal, known), Some(wanted), "{refusal} {known:?}");
        }
    }

    #[test]
    fn a_number_is_shut_by_the_causes_that_say_so_and_for_whom_they_say() {
        for refusal in Cause::ALL.into_iter().chain([Refused("500".to_owned()), Rejected("400".to_owned())]) {
            let shut = opening(&refusal, NOW, &Known::default());
            assert_eq!(shut.map(|opening| reach(&opening.cause)), refusal.shuts(), "{refusal}");
        }
    }

    #[test]
    fn too_many_requests_that_repeat_double_their_rest_up_to_half_a_day() {
        let rests = [0, 1, 2, 5, 6, 1000].map(|repeats| until(&TooFast, Known { repeats, ..Known::default() }));
        let minutes = rests.map(|rest| rest.map_or(0, |(_, ms)| ms / MINUTE));
        assert_eq!(minutes, [15, 30, 60, 480, 720, 720]);
    }

    #[test]
    fn a_shut_of_everything_does_not_end_the_lock_of_new_chats_behind_it() {
        let opening = |cause, hours| Opening { cause, until: NOW + hours * HOUR };
        let held = |cause, hours, lock: Option<i64>| Held {
            cause,
            until: NOW + hours * HOUR,
            locked_until: lock.map(|hours| NOW + hours * HOUR),
        };
        let before = |cause, hours| Some((cause, NOW + hours * HOUR));
        for (new, old, wanted) in [
            (opening(TooFast, 1), None, held(TooFast, 1, None)),
            (opening(TooFast, 1), before(NewChatsLocked, 9), held(TooFast, 1, Some(9))),
            (opening(NewChatsUsedUp, 3), before(NewChatsLocked, 9), held(NewChatsLocked, 9, None)),
            (opening(NewChatsUsedUp, 9), before(NewChatsLocked, 3), held(NewChatsUsedUp, 9, None)),
            (opening(Banned, 3), before(TooFast, 1), held(Banned, 3, None)),
        ] {
            let case = format!("{new:?} after {old:?}");
            assert_eq!(new.after(old), wanted, "{case}");
        }
    }

    #[test]
    fn what_is_not_known_to_shut_a_number_shuts_everything() {
        for everything in [Refused("of an earlier version".to_owned()), NotConnected] {
            assert_eq!(reach(&everything), Shut::Everything, "{everything}");
        }
    }

    #[test]
    fn a_number_that_nobody_answers_begins_less_and_less() {
        let minutes = |tries| unheard_until(tries, NOW).map(|until| (until - NOW) / MINUTE);
        assert_eq!([0, 4].map(minutes), [None, None]);
        assert_eq!([5, 6, 7, 8, 9, 10, 1000].map(minutes), [15, 30, 60, 120, 240, 240, 240].map(Some));
    }
}
