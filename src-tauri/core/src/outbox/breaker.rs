//! The circuit breaker: after which refusals a number is shut, for whom, and for how long. Pure.
//!
//! `store::complete` asks it with the cause of a refusal and writes the answer to the number's row in the transaction
//! of the outcome; `gate` reads it back for the planner. A refusal that shuts a number says nothing against the part:
//! the part keeps its number and its tries, and waits.

use crate::clock::{DAY, HOUR, MINUTE, Millis, is_ahead};
use crate::session::state::LONGEST_BAN;

/// For whom a number is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Only people whom it has not talked with.
    NewChats,
    Everything,
}

/// The causes that shut a number, as `sessions.shut_cause` holds them.
pub mod cause {
    /// The reach-out time lock: WhatsApp refuses new chats, and a retry prolongs it.
    pub const LOCKED: &str = "nack_463";
    /// The same refusal for somebody whom the number has talked with: the lock reaches further than usual.
    pub const LOCKED_FOR_ALL: &str = "nack_463_known";
    /// The quota of new chats is used up.
    pub const CAPPED: &str = "nack_475";
    /// Too many requests.
    pub const TOO_MANY: &str = "nack_429";
    /// The same, as WhatsApp's server calls it in answers to requests.
    pub const OVER_LIMIT: &str = "rate_overlimit";
    /// A temporary or lasting ban.
    pub const BANNED: &str = "banned";
    /// Nobody answers: what was begun is repeated, nothing fresh is begun.
    pub const UNHEARD: &str = "unheard";
    /// Shuts nothing: there is no such person.
    pub const NOT_ON_WHATSAPP: &str = "not_on_whatsapp";
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub cause: &'static str,
    pub until: Millis,
}

/// How long the first 429 shuts a number; each that follows it doubles the time.
pub const FIRST_REST: Millis = 15 * MINUTE;
pub const LONGEST_REST: Millis = 12 * HOUR;
/// Where WhatsApp does not say when a lock or a quota ends: it counts new chats by the day.
pub const UNTOLD: Millis = DAY;
/// WhatsApp counts new chats by the month at the longest, and tells of no lock that lasts longer than a ban.
pub const FURTHEST_TOLD: Millis = LONGEST_BAN;

/// What a refusal does to the number; none for refusals that concern the part alone.
///
/// - 463 shuts new chats until the lock's end. Where WhatsApp gave none, for a day: to try earlier only makes the lock
///   longer. A 463 for somebody known shuts everything, because then no chat is safe to try.
/// - 475 shuts new chats until the quota renews.
/// - 429 shuts everything, for 15 minutes that double while it repeats: it is about requests of any kind.
/// - A ban shuts everything until its end.
pub fn opening(refusal: &str, now: Millis, known: &Known) -> Option<Opening> {
    let until = |told: Option<Millis>| told.filter(|at| is_ahead(*at, now, FURTHEST_TOLD)).unwrap_or(now + UNTOLD);
    let opening = match refusal {
        cause::LOCKED if known.chat => Opening { cause: cause::LOCKED_FOR_ALL, until: until(known.locked_until) },
        cause::LOCKED => Opening { cause: cause::LOCKED, until: until(known.locked_until) },
        cause::CAPPED => Opening { cause: cause::CAPPED, until: until(known.quota_renews_at) },
        cause::TOO_MANY => Opening { cause: cause::TOO_MANY, until: now + rest(known.repeats) },
        cause::OVER_LIMIT => Opening { cause: cause::OVER_LIMIT, until: now + rest(known.repeats) },
        cause::BANNED => Opening { cause: cause::BANNED, until: until(known.ban_until) },
        _ => return None,
    };
    Some(opening)
}

/// What the number's row holds after a opening: one shut at a time, and none that is forgotten for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub cause: String,
    pub until: Millis,
    /// A lock of new chats that goes on behind a shut of everything.
    pub locked_until: Option<Millis>,
}

impl Opening {
    /// `before` is what held until this refusal.
    pub fn after(self, before: Option<(&str, Millis)>) -> Held {
        let own = Held { cause: self.cause.to_owned(), until: self.until, locked_until: None };
        match before {
            Some((cause, until)) if reach(cause) == reach(self.cause) && until > self.until => {
                Held { cause: cause.to_owned(), until, locked_until: None }
            }
            Some((cause, until)) if reach(cause) == Shut::NewChats && reach(self.cause) == Shut::Everything => {
                Held { locked_until: Some(until), ..own }
            }
            _ => own,
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

/// A refusal that WhatsApp's server gave, so the number is heard; others are made on this computer.
pub fn is_an_answer(refusal: &str) -> bool {
    refusal.starts_with("nack_") || matches!(refusal, cause::OVER_LIMIT | cause::BANNED | cause::NOT_ON_WHATSAPP)
}

/// Whether a stored shut holds. What WhatsApp told may be far ahead; what was reckoned here is not, unless the clock was
/// set back since.
pub fn holds(shut_cause: &str, until: Millis, known: &Known, now: Millis) -> bool {
    let told = match shut_cause {
        cause::TOO_MANY | cause::OVER_LIMIT => return is_ahead(until, now, LONGEST_REST),
        cause::CAPPED => known.quota_renews_at,
        cause::BANNED => known.ban_until,
        _ => known.locked_until,
    };
    is_ahead(until, now, if told == Some(until) { FURTHEST_TOLD } else { UNTOLD })
}

/// For whom a stored cause shuts its number. A cause that this version does not know shuts everything.
pub fn reach(shut_cause: &str) -> Shut {
    match shut_cause {
        cause::LOCKED | cause::CAPPED => Shut::NewChats,
        _ => Shut::Everything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000 * DAY;

    fn until(refusal: &str, known: Known) -> Option<(&'static str, Millis)> {
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
            ("nack_463", lock, ("nack_463", 3 * HOUR)),
            ("nack_463", past, ("nack_463", DAY)),
            ("nack_463", chat, ("nack_463_known", 3 * HOUR)),
            ("nack_475", quota, ("nack_475", 5 * HOUR)),
            ("nack_475", past, ("nack_475", DAY)),
            ("nack_429", Known::default(), ("nack_429", 15 * MINUTE)),
            ("rate_overlimit", Known::default(), ("rate_overlimit", 15 * MINUTE)),
            ("banned", ban, ("banned", 7 * HOUR)),
            ("banned", Known::default(), ("banned", DAY)),
        ] {
            assert_eq!(until(refusal, known), Some(wanted), "{refusal} {known:?}");
        }
    }

    #[test]
    fn what_concerns_the_part_alone_shuts_nothing() {
        for refusal in ["not_connected", "not_on_whatsapp", "upload_failed", "nack_479", ""] {
            assert_eq!(until(refusal, Known::default()), None, "{refusal}");
        }
    }

    #[test]
    fn a_429_that_repeats_doubles_its_rest_up_to_half_a_day() {
        let rests = [0, 1, 2, 5, 6, 1000].map(|repeats| until("nack_429", Known { repeats, ..Known::default() }));
        let minutes = rests.map(|rest| rest.map_or(0, |(_, ms)| ms / MINUTE));
        assert_eq!(minutes, [15, 30, 60, 480, 720, 720]);
    }

    #[test]
    fn a_shut_of_everything_does_not_end_the_lock_of_new_chats_behind_it() {
        let opening = |cause, hours| Opening { cause, until: NOW + hours * HOUR };
        let held = |cause: &str, hours, lock: Option<i64>| Held {
            cause: cause.to_owned(),
            until: NOW + hours * HOUR,
            locked_until: lock.map(|hours| NOW + hours * HOUR),
        };
        let before = |cause, hours| Some((cause, NOW + hours * HOUR));
        for (new, old, wanted) in [
            (opening("nack_429", 1), None, held("nack_429", 1, None)),
            (opening("nack_429", 1), before("nack_463", 9), held("nack_429", 1, Some(9))),
            (opening("nack_475", 3), before("nack_463", 9), held("nack_463", 9, None)),
            (opening("nack_475", 9), before("nack_463", 3), held("nack_475", 9, None)),
            (opening("banned", 3), before("nack_429", 1), held("banned", 3, None)),
        ] {
            assert_eq!(new.after(old), wanted, "{new:?} after {old:?}");
        }
    }

    #[test]
    fn new_chats_alone_are_shut_by_the_lock_and_the_quota() {
        assert_eq!([reach("nack_463"), reach("nack_475")], [Shut::NewChats; 2]);
        for everything in ["nack_463_known", "nack_429", "rate_overlimit", "banned", "of a later version"] {
            assert_eq!(reach(everything), Shut::Everything, "{everything}");
        }
    }

    #[test]
    fn a_number_that_nobody_answers_begins_less_and_less() {
        let minutes = |tries| unheard_until(tries, NOW).map(|until| (until - NOW) / MINUTE);
        assert_eq!([0, 4].map(minutes), [None, None]);
        assert_eq!([5, 6, 7, 8, 9, 10, 1000].map(minutes), [15, 30, 60, 120, 240, 240, 240].map(Some));
    }

    #[test]
    fn what_this_computer_refuses_is_no_answer() {
        for answer in ["nack_479", "nack_429", "rate_overlimit", "not_on_whatsapp", "banned"] {
            assert!(is_an_answer(answer), "{answer}");
        }
        for own in ["not_connected", "uploading", "upload_failed", "lookup_failed", "media_gone", "unreadable", ""] {
            assert!(!is_an_answer(own), "{own}");
        }
    }
}
