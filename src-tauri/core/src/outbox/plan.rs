//! What to do next: the one place that knows sending hours, pace, caps, priority and pause together. Pure.
//!
//! The dispatcher takes a snapshot, asks `next_action` and does what it says.

use crate::clock::Millis;
use crate::contact::phone::{Country, WhoseClock};
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::gate::Gate;
use crate::outbox::pace::Rhythm;
use crate::outbox::window::{DayHours, SendingHours};
use crate::session::Pace;

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub paused_all: bool,
    pub hours: SendingHours,
    /// Usable sessions, in order of priority.
    pub sessions: Vec<SessionState>,
    /// Numbers of the owner's that are not connected at this moment.
    pub offline: Vec<SessionId>,
    /// The head of every open queue, of every session's parts that no other may send, and, for a session that prefers
    /// people whom it has talked with, the first such part of every open queue.
    pub heads: Vec<Head>,
}

#[derive(Clone, Debug)]
pub struct SessionState {
    pub id: SessionId,
    /// A part is on its way over it.
    pub busy: bool,
    pub pace: Pace,
    pub rhythm: Rhythm,
    /// When the hourly or daily cap lets the next part through; none when it does at once.
    pub cap_until: Option<Millis>,
    pub gate: Gate,
    /// Its last turn went to a repeat.
    pub repeated: bool,
    /// Its last tries were not answered: nothing fresh goes over it until then.
    pub unheard_until: Option<Millis>,
    /// Not every queue is looked through yet for people whom it has talked with, so nobody new has a turn.
    pub looking: bool,
}

#[derive(Clone, Debug)]
pub struct Head {
    pub part: PartId,
    pub queue: CampaignId,
    /// Written by hand to one person: it goes before everything that waits.
    pub urgent: bool,
    pub priority: u8,
    /// The turn at which something of its queue went out last: whoever waited longest goes first among equals.
    pub turn: u64,
    /// Not before this time.
    pub due_at: Millis,
    /// Its place among those of the same priority. A repeat stands where it stood at its first try.
    pub since: Millis,
    /// Its campaign was missed, and waits for an answer until `due_at`.
    pub held: bool,
    pub keep_hours: bool,
    /// Its campaign's own hours.
    pub own_hours: Option<DayHours>,
    /// Whose clock its hours are on; none where they are on the owner's for all of its campaign.
    pub clock: Option<WhoseClock>,
    /// Its outcome is unknown: a try is a repeat.
    pub repeat: bool,
    /// Only this session may send it: it may have sent it already, it began the message, or it was refused and keeps it.
    pub bound_to: Option<SessionId>,
    pub allowed: Vec<SessionId>,
    /// Those of the sessions with a narrowed gate that have talked with the contact.
    pub known_to: Vec<SessionId>,
}

impl SessionState {
    /// It could send at this moment.
    pub fn is_free(&self, now: Millis) -> bool {
        !self.busy && self.rhythm.next_send_at <= now && self.cap_until.is_none()
    }
}

/// The lowest goes before all others; equals take turns.
pub type Precedence = (bool, u8);

impl Head {
    pub fn precedence(&self) -> Precedence {
        (!self.urgent, self.priority)
    }

    /// The hours that it keeps; none where it goes at any time.
    pub fn hours(&self, owners: &SendingHours) -> Option<SendingHours> {
        let kept = owners.kept(self.keep_hours, self.own_hours)?;
        Some(self.clock.map_or_else(|| kept.clone(), |clock| kept.on_clock(clock.zone(owners.zone))))
    }

    /// Where its hours are on another clock than the owner's.
    fn elsewhere(&self, owners: &SendingHours) -> Option<Country> {
        self.clock.filter(|clock| clock.zone(owners.zone) != owners.zone)?.country()
    }

    /// The lowest goes first.
    pub fn rank(&self) -> impl Ord + use<> {
        (self.precedence(), self.turn, self.since, self.part)
    }
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
    /// Where the hours are shut.
    pub country: Option<Country>,
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
    /// Its time passed while the computer slept or Ulak was closed.
    Missed,
    PausedAll,
    /// None of the numbers that may send it is there any more.
    NoNumber,
    /// The numbers that may send it are not connected.
    NotConnected,
    /// The number may write to nobody new until then.
    NewChats,
    /// WhatsApp made the number stop until then.
    Shut,
    /// Nobody answers the number: it begins nothing fresh until then.
    Unheard,
    /// The disk is full: nothing is sent that could not be written down.
    Disk,
    /// Another program keeps the data locked.
    Locked,
    /// Ulak may not write into its folder.
    ReadOnly,
    /// A part of the data is damaged: nothing is sent that could not be written down.
    Damaged,
    /// Something cannot be read, and it is no single part that could be set aside.
    Fault,
}

impl Wait {
    pub fn new(why: Why) -> Self {
        Self { why, until: None, session: None, country: None }
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
    heads.sort_by_key(|head| head.rank());
    let prospects = |turn: Turn| -> Vec<(&Head, Prospect)> {
        heads.iter().map(|head| (*head, prospect(now, snapshot, head, turn))).collect()
    };
    for turn in turns(snapshot) {
        for head in &heads {
            if let Prospect::Now(session) = prospect(now, snapshot, head, turn) {
                return Action::Send { part: head.part, session };
            }
        }
    }
    earliest(&prospects(Turn::default()))
}

/// Who has the first turn: a number whose last turn went to a repeat takes something fresh, so that doubt takes every
/// second turn at most; and where the quota of new chats is short, people who are known come first.
#[derive(Clone, Copy, Default)]
pub(super) struct Turn {
    fresh: bool,
    known: bool,
}

/// In this order, each turn only where it makes a difference; the last one is everybody's.
fn turns(snapshot: &Snapshot) -> impl Iterator<Item = Turn> {
    let fresh_first = snapshot.sessions.iter().any(|session| session.repeated);
    let known_first = snapshot.sessions.iter().any(|session| session.gate == Gate::KnownFirst);
    let all = [(true, true), (true, false), (false, true), (false, false)];
    let wanted = all.into_iter().filter(move |(fresh, known)| (!fresh || fresh_first) && (!known || known_first));
    wanted.map(|(fresh, known)| Turn { fresh, known })
}

pub(super) enum Prospect {
    Now(SessionId),
    Later(Millis, Wait),
    /// Only an outcome or a change by the owner moves it.
    Blocked(Wait),
}

/// When the head may go: the latest of its due time, the hours and its best session.
pub(super) fn prospect(now: Millis, snapshot: &Snapshot, head: &Head, turn: Turn) -> Prospect {
    if head.due_at > now {
        return later(head.due_at, if head.held { Why::Missed } else { Why::Due }, None);
    }
    if let Some(hours) = head.hours(&snapshot.hours).filter(|hours| !hours.is_open(now)) {
        let wait = Wait { country: head.elsewhere(&snapshot.hours), ..Wait::new(Why::Hours) };
        return match hours.next_open(now) {
            Some(at) => Prospect::Later(at, Wait { until: Some(at), ..wait }),
            None => Prospect::Blocked(wait),
        };
    }
    let usable = snapshot.sessions.iter().filter(|session| may_use(head, session.id));
    let prospects: Vec<Prospect> = usable.map(|session| session_prospect(now, session, head, turn)).collect();
    if let Some(session) = prospects.iter().find_map(|prospect| match prospect {
        Prospect::Now(session) => Some(*session),
        _ => None,
    }) {
        return Prospect::Now(session);
    }
    soonest(prospects).unwrap_or_else(|| Prospect::Blocked(absent(snapshot, head)))
}

/// None of the sessions that may send it is usable.
fn absent(snapshot: &Snapshot, head: &Head) -> Wait {
    match snapshot.offline.iter().find(|session| may_use(head, **session)) {
        Some(session) => Wait { session: Some(*session), ..Wait::new(Why::NotConnected) },
        None => Wait::new(Why::NoNumber),
    }
}

fn may_use(head: &Head, session: SessionId) -> bool {
    match head.bound_to {
        Some(bound) => bound == session,
        None => head.allowed.contains(&session),
    }
}

fn session_prospect(now: Millis, session: &SessionState, head: &Head, turn: Turn) -> Prospect {
    if session.busy {
        return Prospect::Blocked(Wait { session: Some(session.id), ..Wait::new(Why::Sending) });
    }
    if let Gate::Shut { until } = session.gate {
        return later(until, Why::Shut, Some(session.id));
    }
    let cap_until = session.cap_until.unwrap_or(now);
    let Rhythm { next_send_at, resting, .. } = session.rhythm;
    if cap_until > now && cap_until >= next_send_at {
        return later(cap_until, Why::Cap, Some(session.id));
    }
    if next_send_at > now {
        let why = if resting { Why::Rest } else { Why::Pace };
        return later(next_send_at, why, Some(session.id));
    }
    if let Some(until) = session.unheard_until.filter(|until| !head.repeat && *until > now) {
        return later(until, Why::Unheard, Some(session.id));
    }
    if turn.fresh && session.repeated && head.repeat {
        return later(now, Why::Sending, Some(session.id));
    }
    // Last, because heads of known people are looked up only when the session could send.
    let stranger = !head.known_to.contains(&session.id);
    match session.gate {
        Gate::KnownOnly { .. } if stranger && session.looking => later(now, Why::NewChats, Some(session.id)),
        Gate::KnownFirst if stranger && session.looking && !head.urgent => later(now, Why::NewChats, Some(session.id)),
        Gate::KnownOnly { until } if stranger => later(until, Why::NewChats, Some(session.id)),
        Gate::KnownFirst if stranger && turn.known && !head.urgent => later(now, Why::NewChats, Some(session.id)),
        _ => Prospect::Now(session.id),
    }
}

fn later(until: Millis, why: Why, session: Option<SessionId>) -> Prospect {
    Prospect::Later(until, Wait { until: Some(until), session, ..Wait::new(why) })
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
        // That something is repeated soon says less than why nothing else goes.
        (Some((until, wait)), _) if wait.why == Why::Due => {
            Action::Sleep { until, wait: unheard(prospects).unwrap_or(wait) }
        }
        (Some((until, wait)), _) => Action::Sleep { until, wait },
        (None, Some(wait)) => Action::Rest(wait),
        (None, None) => Action::Rest(Wait::new(Why::Nothing)),
    }
}

fn unheard(prospects: &[(&Head, Prospect)]) -> Option<Wait> {
    prospects.iter().find_map(|(_, prospect)| match prospect {
        Prospect::Later(_, wait) if wait.why == Why::Unheard => Some(*wait),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;
    use crate::outbox::scene::{NOON, Scene, scene};
    use crate::outbox::turn::Turns;

    impl Scene {
        fn head(&mut self, priority: u8, due_at: Millis) -> PartId {
            let allowed = self.snapshot.sessions.iter().map(|session| session.id).collect();
            self.stands(priority, due_at, allowed).0
        }

        /// A head whose contact has talked with the session.
        fn known(&mut self, session: SessionId) -> PartId {
            let part = self.head(9, 0);
            self.snapshot.heads.last_mut().unwrap().known_to.push(session);
            part
        }

        /// A part in doubt over the session.
        fn repeat(&mut self, session: SessionId) -> PartId {
            let part = self.head(5, 0);
            let head = self.snapshot.heads.last_mut().unwrap();
            (head.repeat, head.bound_to) = (true, Some(session));
            part
        }

        fn waits(&self, now: Millis) -> (Option<Millis>, Why, Option<SessionId>) {
            match self.next(now) {
                Action::Sleep { wait, .. } | Action::Rest(wait) => (wait.until, wait.why, wait.session),
                Action::Send { .. } => unreachable!("it must wait"),
            }
        }

        fn next(&self, now: Millis) -> Action {
            next_action(now, &self.snapshot)
        }
    }

    #[test]
    fn priority_comes_before_due_time() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.head(5, 0);
        let first = scene.head(1, NOON);
        assert_eq!(scene.next(NOON), Action::Send { part: first, session });
    }

    #[test]
    fn queues_of_one_priority_take_turns_and_a_higher_one_takes_none() {
        let mut scene = scene();
        let session = scene.session(0);
        let parts = [scene.head(5, 0), scene.head(5, 1), scene.head(9, 0)];
        let mut turns = Turns::default();
        let mut sent = Vec::new();
        for _ in 0..6 {
            scene.snapshot.heads.iter_mut().for_each(|head| head.turn = turns.last_of(head.queue));
            let Action::Send { part, .. } = scene.next(NOON) else { unreachable!("{session} is free") };
            turns.took(scene.snapshot.heads.iter().find(|head| head.part == part).unwrap().queue);
            sent.push(parts.iter().position(|known| *known == part).unwrap());
        }
        assert_eq!(sent, [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn what_was_written_by_hand_goes_before_everything_that_waits() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].gate = Gate::KnownFirst;
        scene.head(1, 0);
        scene.snapshot.heads[0].bound_to = Some(session);
        scene.known(session);
        let by_hand = scene.head(9, NOON);
        scene.snapshot.heads[2].urgent = true;
        assert_eq!(scene.next(NOON), Action::Send { part: by_hand, session });
    }

    #[test]
    fn nobody_new_has_a_turn_while_known_people_are_looked_for() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].looking = true;
        scene.head(1, 0);
        for gate in [Gate::KnownFirst, Gate::KnownOnly { until: NOON + HOUR }] {
            scene.snapshot.sessions[0].gate = gate;
            assert_eq!(scene.waits(NOON), (Some(NOON), Why::NewChats, Some(session)), "it looks on at once");
        }
    }

    #[test]
    fn a_part_that_is_not_due_does_not_block_one_that_is() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.head(1, NOON + 1);
        let due = scene.head(9, NOON);
        assert_eq!(scene.next(NOON), Action::Send { part: due, session });
    }

    #[test]
    fn outside_the_hours_it_sleeps_until_they_open() {
        let mut scene = scene();
        scene.session(0);
        scene.head(5, 0);
        let Action::Sleep { until, wait } = scene.next(22 * HOUR) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why), (33 * HOUR, Why::Hours));
    }

    #[test]
    fn where_it_is_night_nobody_is_written_to_and_where_it_is_day_others_are() {
        let mut scene = scene();
        let session = scene.session(0);
        let [japanese, british] = ["+819012345678", "+447400123456"].map(|phone| {
            let part = scene.head(5, 0);
            scene.snapshot.heads.last_mut().unwrap().clock = Some(WhoseClock::of(phone));
            part
        });
        assert_eq!(scene.next(NOON), Action::Send { part: japanese, session }, "21:00 in Tokyo");
        assert_eq!(scene.next(NOON + HOUR), Action::Send { part: british, session }, "22:00 in Tokyo");
        let Action::Sleep { until, wait } = scene.next(23 * HOUR) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why, wait.country.map(Country::code).as_deref()), (24 * HOUR, Why::Hours, Some("JP")));
        scene.snapshot.heads[1].clock = None;
        scene.snapshot.heads.remove(0);
        assert_eq!(scene.waits(23 * HOUR), (Some(33 * HOUR), Why::Hours, None));
    }

    #[test]
    fn practice_may_leave_the_hours_aside() {
        let mut scene = scene();
        let session = scene.session(0);
        let part = scene.head(5, 0);
        scene.snapshot.heads[0].keep_hours = false;
        assert_eq!(scene.next(23 * HOUR), Action::Send { part, session });
    }

    #[test]
    fn the_second_number_takes_over_while_the_first_waits_for_its_pace() {
        let mut scene = scene();
        scene.session(NOON + 5);
        let second = scene.session(0);
        let part = scene.head(5, 0);
        assert_eq!(scene.next(NOON), Action::Send { part, session: second });
    }

    #[test]
    fn an_unknown_part_waits_for_its_own_number() {
        let mut scene = scene();
        let first = scene.session(NOON + 5);
        scene.session(0);
        scene.head(5, 0);
        scene.snapshot.heads[0].bound_to = Some(first);
        let Action::Sleep { until, wait } = scene.next(NOON) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why, wait.session), (NOON + 5, Why::Pace, Some(first)));
    }

    #[test]
    fn pause_everything_stops_everything() {
        let mut scene = scene();
        scene.session(0);
        scene.head(1, 0);
        scene.snapshot.paused_all = true;
        assert_eq!(scene.next(NOON), Action::Rest(Wait::new(Why::PausedAll)));
    }

    #[test]
    fn a_cap_holds_until_it_frees() {
        let mut scene = scene();
        scene.session(0);
        scene.head(1, 0);
        scene.snapshot.sessions[0].cap_until = Some(NOON + HOUR);
        let Action::Sleep { until, wait } = scene.next(NOON) else { unreachable!("it must sleep") };
        assert_eq!((until, wait.why), (NOON + HOUR, Why::Cap));
    }

    #[test]
    fn without_an_allowed_number_it_says_so() {
        let mut scene = scene();
        scene.head(1, 0);
        scene.session(0);
        assert_eq!(scene.next(NOON), Action::Rest(Wait::new(Why::NoNumber)));
    }

    #[test]
    fn a_number_that_is_not_connected_is_named() {
        let mut scene = scene();
        let away = scene.session(0);
        scene.head(1, 0);
        scene.snapshot.sessions.clear();
        scene.snapshot.offline = vec![away];
        assert_eq!(scene.waits(NOON), (None, Why::NotConnected, Some(away)));
    }

    #[test]
    fn a_locked_number_writes_to_known_people_only() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].gate = Gate::KnownOnly { until: NOON + HOUR };
        scene.head(1, 0);
        assert_eq!(scene.waits(NOON), (Some(NOON + HOUR), Why::NewChats, Some(session)));
        let part = scene.known(session);
        assert_eq!(scene.next(NOON), Action::Send { part, session });
    }

    #[test]
    fn a_shut_number_writes_to_nobody_and_another_takes_over() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].gate = Gate::Shut { until: NOON + HOUR };
        scene.known(session);
        assert_eq!(scene.waits(NOON), (Some(NOON + HOUR), Why::Shut, Some(session)));
        let second = scene.session(0);
        scene.head(1, 0);
        let Action::Send { session, .. } = scene.next(NOON) else { unreachable!("the second number is free") };
        assert_eq!(session, second);
    }

    #[test]
    fn with_a_short_quota_known_people_go_first_whatever_the_priority() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].gate = Gate::KnownFirst;
        let stranger = scene.head(1, 0);
        assert_eq!(scene.next(NOON), Action::Send { part: stranger, session });
        let known = scene.known(session);
        assert_eq!(scene.next(NOON), Action::Send { part: known, session });
    }

    #[test]
    fn with_a_short_quota_strangers_go_over_the_other_number() {
        let mut scene = scene();
        let short = scene.session(0);
        scene.snapshot.sessions[0].gate = Gate::KnownFirst;
        let other = scene.session(0);
        let stranger = scene.head(1, 0);
        assert_eq!(scene.next(NOON), Action::Send { part: stranger, session: other });
        scene.snapshot.sessions[1].busy = true;
        assert_eq!(scene.next(NOON), Action::Send { part: stranger, session: short });
    }

    #[test]
    fn a_kept_part_waits_for_its_own_number_though_another_is_free() {
        let mut scene = scene();
        let first = scene.session(0);
        scene.session(0);
        scene.head(1, 0);
        scene.snapshot.heads[0].bound_to = Some(first);
        scene.snapshot.sessions[0].gate = Gate::KnownOnly { until: NOON + HOUR };
        assert_eq!(scene.waits(NOON), (Some(NOON + HOUR), Why::NewChats, Some(first)));
    }

    #[test]
    fn a_bound_part_of_a_late_campaign_does_not_overtake_the_first_priority() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.head(9, 0);
        scene.snapshot.heads[0].bound_to = Some(session);
        let first = scene.head(1, NOON);
        assert_eq!(scene.next(NOON), Action::Send { part: first, session });
    }

    #[test]
    fn a_number_in_doubt_gives_every_second_turn_to_something_fresh() {
        let mut scene = scene();
        let session = scene.session(0);
        let repeat = scene.repeat(session);
        let fresh = scene.head(5, NOON);
        assert_eq!(scene.next(NOON), Action::Send { part: repeat, session });
        scene.snapshot.sessions[0].repeated = true;
        assert_eq!(scene.next(NOON), Action::Send { part: fresh, session });
        scene.snapshot.heads.pop();
        assert_eq!(scene.next(NOON), Action::Send { part: repeat, session }, "nothing fresh waits");
    }

    #[test]
    fn another_number_is_not_held_up_by_a_turn_of_the_first() {
        let mut scene = scene();
        let first = scene.session(0);
        let second = scene.session(0);
        scene.snapshot.sessions[0].repeated = true;
        scene.repeat(first);
        let other = scene.repeat(second);
        assert_eq!(scene.next(NOON), Action::Send { part: other, session: second });
    }

    #[test]
    fn a_number_that_nobody_answers_repeats_and_begins_nothing() {
        let mut scene = scene();
        let session = scene.session(0);
        scene.snapshot.sessions[0].unheard_until = Some(NOON + HOUR);
        let fresh = scene.head(1, 0);
        assert_eq!(scene.waits(NOON), (Some(NOON + HOUR), Why::Unheard, Some(session)));
        assert_eq!(scene.next(NOON + HOUR), Action::Send { part: fresh, session });
        let repeat = scene.repeat(session);
        assert_eq!(scene.next(NOON), Action::Send { part: repeat, session });
    }
}
