//! What to do next: the one place that knows sending hours, pace, caps, priority and pause together. Pure.
//!
//! The dispatcher takes a snapshot, asks `next_action` and does what it says.

use crate::clock::Millis;
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::window::SendingHours;

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub paused_all: bool,
    pub hours: SendingHours,
    /// Usable sessions, in order of priority.
    pub sessions: Vec<SessionState>,
    /// The head of every open queue, and of every session's parts whose outcome is unknown.
    pub heads: Vec<Head>,
}

#[derive(Clone, Debug)]
pub struct SessionState {
    pub id: SessionId,
    /// A part is on its way over it.
    pub busy: bool,
    pub next_send_at: Millis,
    pub resting: bool,
    /// When the hourly or daily cap lets the next part through; none when it does at once.
    pub cap_until: Option<Millis>,
}

#[derive(Clone, Debug)]
pub struct Head {
    pub part: PartId,
    pub queue: CampaignId,
    pub priority: u8,
    pub due_at: Millis,
    pub keep_hours: bool,
    /// A part whose outcome is unknown goes to the session it was with, and to no other.
    pub bound_to: Option<SessionId>,
    pub allowed: Vec<SessionId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send {
        part: PartId,
        session: SessionId,
    },
    Sleep {
        until: Millis,
        wait: Wait,
    },
    /// Nothing to do until something changes.
    Rest(Wait),
}

/// Why nothing is sent at this moment, as the now bar says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub why: Why,
    pub until: Option<Millis>,
    pub session: Option<SessionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Nothing,
    Sending,
    Pace,
    Rest,
    Hours,
    Cap,
    Due,
    PausedAll,
    NoNumber,
    /// Data cannot be saved: nothing is sent that could not be written down.
    Disk,
}

impl Wait {
    pub fn new(why: Why) -> Self {
        Self { why, until: None, session: None }
    }
}

pub fn next_action(now: Millis, snapshot: &Snapshot) -> Action {
    if snapshot.heads.is_empty() {
        return Action::Rest(Wait::new(Why::Nothing));
    }
    if snapshot.paused_all {
        return Action::Rest(Wait::new(Why::PausedAll));
    }
    let mut heads: Vec<&Head> = snapshot.heads.iter().collect();
    heads.sort_by_key(|head| (head.bound_to.is_none(), head.priority, head.due_at, head.part));
    let prospects: Vec<(&Head, Prospect)> = heads.iter().map(|head| (*head, prospect(now, snapshot, head))).collect();
    for (head, prospect) in &prospects {
        if let Prospect::Now(session) = prospect {
            return Action::Send { part: head.part, session: *session };
        }
    }
    earliest(&prospects)
}

enum Prospect {
    Now(SessionId),
    Later(Millis, Wait),
    /// Only an outcome or a change by the owner moves it.
    Blocked(Wait),
}

/// When the head may go: the latest of its due time, the hours and its best session.
fn prospect(now: Millis, snapshot: &Snapshot, head: &Head) -> Prospect {
    if head.due_at > now {
        return later(head.due_at, Why::Due, None);
    }
    if head.keep_hours && !snapshot.hours.is_open(now) {
        return later(snapshot.hours.next_open(now), Why::Hours, None);
    }
    let usable = snapshot.sessions.iter().filter(|session| may_use(head, session.id));
    let prospects: Vec<Prospect> = usable.map(|session| session_prospect(now, session)).collect();
    if let Some(session) = prospects.iter().find_map(|prospect| match prospect {
        Prospect::Now(session) => Some(*session),
        _ => None,
    }) {
        return Prospect::Now(session);
    }
    soonest(prospects).unwrap_or(Prospect::Blocked(Wait::new(Why::NoNumber)))
}

fn may_use(head: &Head, session: SessionId) -> bool {
    match head.bound_to {
        Some(bound) => bound == session,
        None => head.allowed.contains(&session),
    }
}

fn session_prospect(now: Millis, session: &SessionState) -> Prospect {
    if session.busy {
        return Prospect::Blocked(Wait { why: Why::Sending, until: None, session: Some(session.id) });
    }
    let cap_until = session.cap_until.unwrap_or(now);
    if cap_until > now && cap_until >= session.next_send_at {
        return later(cap_until, Why::Cap, Some(session.id));
    }
    if session.next_send_at > now {
        let why = if session.resting { Why::Rest } else { Why::Pace };
        return later(session.next_send_at, why, Some(session.id));
    }
    Prospect::Now(session.id)
}

fn later(until: Millis, why: Why, session: Option<SessionId>) -> Prospect {
    Prospect::Later(until, Wait { why, until: Some(until), session })
}

/// A wait that ends by the clock comes before one that does not.
fn soonest(prospects: Vec<Prospect>) -> Option<Prospect> {
    prospects.into_iter().min_by_key(|prospect| match prospect {
        Prospect::Now(_) => Millis::MIN,
        Prospect::Later(until, _) => *until,
        Prospect::Blocked(_) => Millis::MAX,
    })
}

/// Sleep until the first head can go, and say so with that head's reason.
fn earliest(prospects: &[(&Head, Prospect)]) -> Action {
    let timed = prospects.iter().filter_map(|(_, prospect)| match prospect {
        Prospect::Later(until, wait) => Some((*until, *wait)),
        _ => None,
    });
    let blocked = prospects.iter().find_map(|(_, prospect)| match prospect {
        Prospect::Blocked(wait) => Some(*wait),
        _ => None,
    });
    match (timed.min_by_key(|(until, _)| *until), blocked) {
        (Some((until, _)), Some(sending)) if sending.why == Why::Sending => Action::Sleep { until, wait: sending },
        (Some((until, wait)), _) => Action::Sleep { until, wait },
        (None, Some(wait)) => Action::Rest(wait),
        (None, None) => Action::Rest(Wait::new(Why::Nothing)),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::clock::HOUR;
    use crate::ids::Mint;

    const NOON: Millis = 12 * HOUR;

    struct Desk {
        mint: Mint,
        snapshot: Snapshot,
    }

    fn desk() -> Desk {
        let hours = SendingHours { from: 9 * 60, to: 22 * 60, zone: Tz::UTC };
        Desk { mint: Mint::at(0), snapshot: Snapshot { paused_all: false, hours, sessions: vec![], heads: vec![] } }
    }

    impl Desk {
        fn session(&mut self, next_send_at: Millis) -> SessionId {
            let id = self.mint.next();
            let session = SessionState { id, busy: false, next_send_at, resting: false, cap_until: None };
            self.snapshot.sessions.push(session);
            id
        }

        fn head(&mut self, priority: u8, due_at: Millis) -> PartId {
            let allowed = self.snapshot.sessions.iter().map(|session| session.id).collect();
            let part = self.mint.next();
            let queue = self.mint.next();
            self.snapshot.heads.push(Head { part, queue, priority, due_at, keep_hours: true, bound_to: None, allowed });
            part
        }

        fn next(&self, now: Millis) -> Action {
            next_action(now, &self.snapshot)
        }
    }

    #[test]
    fn priority_comes_before_due_time() {
        let mut desk = desk();
        let session = desk.session(0);
        desk.head(5, 0);
        let first = desk.head(1, NOON);
        assert_eq!(desk.next(NOON), Action::Send { part: first, session });
    }

    #[test]
    fn a_part_that_is_not_due_does_not_block_one_that_is() {
        let mut desk = desk();
        let session = desk.session(0);
        desk.head(1, NOON + 1);
        let due = desk.head(9, NOON);
        assert_eq!(desk.next(NOON), Action::Send { part: due, session });
    }

    #[test]
    fn outside_the_hours_it_sleeps_until_they_open() {
        let mut desk = desk();
        desk.session(0);
        desk.head(5, 0);
        let Action::Sleep { until, wait } = desk.next(22 * HOUR) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why), (33 * HOUR, Why::Hours));
    }

    #[test]
    fn practice_may_leave_the_hours_aside() {
        let mut desk = desk();
        let session = desk.session(0);
        let part = desk.head(5, 0);
        desk.snapshot.heads[0].keep_hours = false;
        assert_eq!(desk.next(23 * HOUR), Action::Send { part, session });
    }

    #[test]
    fn the_second_number_takes_over_while_the_first_waits_for_its_pace() {
        let mut desk = desk();
        desk.session(NOON + 5);
        let second = desk.session(0);
        let part = desk.head(5, 0);
        assert_eq!(desk.next(NOON), Action::Send { part, session: second });
    }

    #[test]
    fn an_unknown_part_waits_for_its_own_number() {
        let mut desk = desk();
        let first = desk.session(NOON + 5);
        desk.session(0);
        desk.head(5, 0);
        desk.snapshot.heads[0].bound_to = Some(first);
        let Action::Sleep { until, wait } = desk.next(NOON) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why, wait.session), (NOON + 5, Why::Pace, Some(first)));
    }

    #[test]
    fn pause_everything_stops_everything() {
        let mut desk = desk();
        desk.session(0);
        desk.head(1, 0);
        desk.snapshot.paused_all = true;
        assert_eq!(desk.next(NOON), Action::Rest(Wait::new(Why::PausedAll)));
    }

    #[test]
    fn a_cap_holds_until_it_frees() {
        let mut desk = desk();
        desk.session(0);
        desk.head(1, 0);
        desk.snapshot.sessions[0].cap_until = Some(NOON + HOUR);
        let Action::Sleep { until, wait } = desk.next(NOON) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why), (NOON + HOUR, Why::Cap));
    }

    #[test]
    fn without_an_allowed_number_it_says_so() {
        let mut desk = desk();
        desk.head(1, 0);
        desk.session(0);
        assert_eq!(desk.next(NOON), Action::Rest(Wait::new(Why::NoNumber)));
    }
}
