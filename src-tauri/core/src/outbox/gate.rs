//! Whom a number may write to at this moment: the breaker, the reach-out lock and the new-chat quota together. Pure.

use super::breaker::{FURTHEST_TOLD, Known, UNTOLD, holds, reach};
use crate::clock::{Millis, is_ahead};
use crate::session::cause::{Cause, Shut};

/// What is kept of a number's limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restrictions {
    pub shut_cause: Option<Cause>,
    pub shut_until: Option<Millis>,
    pub locked_until: Option<Millis>,
    pub ban_until: Option<Millis>,
    pub new_chats_used: Option<u32>,
    pub new_chats_quota: Option<u32>,
    pub quota_renews_at: Option<Millis>,
    /// When WhatsApp was asked last.
    pub limits_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// The quota is short: people whom the number has talked with go first.
    KnownFirst,
    /// Nobody but people whom the number has talked with.
    KnownOnly {
        until: Millis,
    },
    Shut {
        until: Millis,
    },
}

impl Gate {
    /// The planner asks for heads of people whom such a number has talked with.
    pub fn prefers_known(self) -> bool {
        matches!(self, Self::KnownFirst | Self::KnownOnly { .. })
    }
}

/// The quota is short when a fifth of it is left.
const SHORT: u32 = 5;

/// The narrowest of all that holds at `now`. What has run out holds no more, whatever the row says.
pub fn gate(now: Millis, limits: &Restrictions) -> Gate {
    let breaker = shut(now, limits);
    if let Some((Shut::Everything, until)) = breaker {
        return Gate::Shut { until };
    }
    let shut = breaker.map(|(_, until)| until);
    let locked = limits.locked_until.filter(|until| is_ahead(*until, now, FURTHEST_TOLD));
    match shut.max(locked).max(quota_used_until(now, limits)) {
        Some(until) => Gate::KnownOnly { until },
        None if is_short(now, limits) => Gate::KnownFirst,
        None => Gate::Open,
    }
}

/// For whom the breaker shuts the number, and until when.
pub fn shut(now: Millis, limits: &Restrictions) -> Option<(Shut, Millis)> {
    let Restrictions { locked_until, quota_renews_at, ban_until, .. } = *limits;
    let known = Known { locked_until, quota_renews_at, ban_until, ..Known::default() };
    let (cause, until) = limits.shut_cause.as_ref().zip(limits.shut_until)?;
    holds(cause, until, &known, now).then(|| (reach(cause), until))
}

/// Until when the quota counts; none where it has renewed, or none is known.
fn quota_ends(now: Millis, limits: &Restrictions) -> Option<Millis> {
    let told = limits.quota_renews_at.map(|at| (at, FURTHEST_TOLD));
    let (ends, furthest) = told.or_else(|| limits.limits_at.map(|at| (at + UNTOLD, UNTOLD)))?;
    Some(ends).filter(|ends| is_ahead(*ends, now, furthest))
}

/// How many new chats were begun, of how many. A quota of nothing is none: the server's refusals tell the truth then.
fn quota(limits: &Restrictions) -> Option<(u32, u32)> {
    limits.new_chats_used.zip(limits.new_chats_quota).filter(|(_, quota)| *quota > 0)
}

fn quota_used_until(now: Millis, limits: &Restrictions) -> Option<Millis> {
    let (used, quota) = quota(limits)?;
    quota_ends(now, limits).filter(|_| used >= quota)
}

fn is_short(now: Millis, limits: &Restrictions) -> bool {
    let Some((used, quota)) = quota(limits) else { return false };
    quota_ends(now, limits).is_some() && quota.saturating_sub(used) <= quota / SHORT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY, HOUR};
    use crate::outbox::breaker::LONGEST_REST;
    use crate::session::cause::Cause::*;

    const NOW: Millis = 1_000 * HOUR;

    fn used(used: u32, quota: u32, renews_in: Millis) -> Restrictions {
        Restrictions {
            new_chats_used: Some(used),
            new_chats_quota: Some(quota),
            quota_renews_at: Some(NOW + renews_in),
            ..Restrictions::default()
        }
    }

    fn shut(cause: Cause, ends_in: Millis) -> Restrictions {
        Restrictions { shut_cause: Some(cause), shut_until: Some(NOW + ends_in), ..Restrictions::default() }
    }

    #[test]
    fn the_narrowest_limit_decides() {
        let until = |hours: Millis| NOW + hours * HOUR;
        let lock = |limits: Restrictions, hours| Restrictions { locked_until: Some(until(hours)), ..limits };
        let untold = Restrictions { quota_renews_at: None, limits_at: Some(NOW - HOUR), ..used(9, 9, 0) };
        for (limits, wanted) in [
            (Restrictions::default(), Gate::Open),
            (shut(NewChatsLocked, HOUR), Gate::KnownOnly { until: until(1) }),
            (shut(NewChatsLocked, 0), Gate::Open),
            (shut(TooFast, HOUR), Gate::Shut { until: until(1) }),
            (lock(shut(TooFast, HOUR), 5), Gate::Shut { until: until(1) }),
            (lock(shut(NewChatsLocked, HOUR), 5), Gate::KnownOnly { until: until(5) }),
            (lock(Restrictions::default(), 2), Gate::KnownOnly { until: until(2) }),
            (lock(Restrictions::default(), 0), Gate::Open),
            (used(50, 50, HOUR), Gate::KnownOnly { until: until(1) }),
            (used(51, 50, HOUR), Gate::KnownOnly { until: until(1) }),
            (used(50, 50, 0), Gate::Open),
            (untold, Gate::KnownOnly { until: until(23) }),
            (used(39, 50, HOUR), Gate::Open),
            (used(40, 50, HOUR), Gate::KnownFirst),
            (used(40, 50, 0), Gate::Open),
            (used(0, 0, HOUR), Gate::Open),
        ] {
            assert_eq!(gate(NOW, &limits), wanted, "{limits:?}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_opens_what_it_would_keep_shut() {
        let ahead = |span: Millis| Some(NOW + span);
        let told = |limits: Restrictions| Restrictions { locked_until: limits.shut_until, ..limits };
        let lock = |span| Restrictions { locked_until: ahead(span), ..Restrictions::default() };
        let read_later = Restrictions { quota_renews_at: None, limits_at: ahead(HOUR), ..used(9, 9, 0) };
        for (limits, wanted) in [
            (shut(TooFast, LONGEST_REST), Gate::Shut { until: NOW + LONGEST_REST }),
            (shut(TooFast, LONGEST_REST + 1), Gate::Open),
            (shut(TooFast, 700 * DAY), Gate::Open),
            (shut(NewChatsLocked, UNTOLD), Gate::KnownOnly { until: NOW + UNTOLD }),
            (shut(NewChatsLocked, 3 * DAY), Gate::Open),
            (told(shut(NewChatsLocked, 3 * DAY)), Gate::KnownOnly { until: NOW + 3 * DAY }),
            (told(shut(AllChatsLocked, 3 * DAY)), Gate::Shut { until: NOW + 3 * DAY }),
            (told(shut(NewChatsLocked, 700 * DAY)), Gate::Open),
            (shut(Banned, 3 * DAY), Gate::Open),
            (Restrictions { ban_until: ahead(3 * DAY), ..shut(Banned, 3 * DAY) }, Gate::Shut { until: NOW + 3 * DAY }),
            (shut(NewChatsUsedUp, 3 * DAY), Gate::Open),
            (lock(FURTHEST_TOLD), Gate::KnownOnly { until: NOW + FURTHEST_TOLD }),
            (lock(700 * DAY), Gate::Open),
            (used(50, 50, FURTHEST_TOLD), Gate::KnownOnly { until: NOW + FURTHEST_TOLD }),
            (used(50, 50, 700 * DAY), Gate::Open),
            (read_later, Gate::Open),
        ] {
            assert_eq!(gate(NOW, &limits), wanted, "{limits:?}");
        }
    }
}
