//! What each queue waits for, and which queue has the number before it. Pure.
//!
//! The planner says why nothing goes out at all. Of one queue that is not the whole truth: another one may have its
//! turn first, or wait for something that ends sooner. The dispatcher asks this with the snapshot of its decision.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Head, Precedence, Prospect, Snapshot, Turn, Wait, Why, prospect};
use crate::clock::Millis;
use crate::ids::{CampaignId, SessionId};

/// When something of each queue went out last, so that queues of one priority take turns however long they are. It is
/// not stored: after a start everybody stands as at the beginning.
#[derive(Debug, Default)]
pub struct Turns {
    last: BTreeMap<CampaignId, u64>,
    turn: u64,
}

impl Turns {
    /// 0 for a queue of which nothing went out yet.
    pub fn last_of(&self, queue: CampaignId) -> u64 {
        self.last.get(&queue).copied().unwrap_or_default()
    }

    pub fn took(&mut self, queue: CampaignId) {
        self.turn += 1;
        self.last.insert(queue, self.turn);
    }

    pub fn give(&self, heads: &mut [Head]) {
        heads.iter_mut().for_each(|head| head.turn = self.last_of(head.queue));
    }

    /// Queues that are not open any more are forgotten.
    pub fn keep(&mut self, open: &[Head]) {
        self.last.retain(|queue, _| open.iter().any(|head| head.queue == *queue));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueWait {
    pub wait: Wait,
    /// It would use a number that this queue of a higher priority uses first.
    pub behind: Option<CampaignId>,
}

/// `flying` is what is on its way at this moment. A queue of which nothing could be sent, whatever happened, is not told.
pub fn queue_waits(
    now: Millis,
    snapshot: &Snapshot,
    flying: &[(CampaignId, SessionId)],
) -> BTreeMap<CampaignId, QueueWait> {
    let flying_queues: BTreeSet<CampaignId> = flying.iter().map(|(queue, _)| *queue).collect();
    let precedence = |queue: CampaignId| snapshot.heads.iter().find(|head| head.queue == queue).map(Head::precedence);
    let flying_users = flying.iter().map(|(queue, session)| (*session, (*queue, precedence(*queue))));
    let mut users: BTreeMap<SessionId, (CampaignId, Option<Precedence>)> = flying_users.collect();
    let sending = QueueWait { wait: Wait::new(Why::Sending), behind: None };
    let mut waits: BTreeMap<CampaignId, QueueWait> = flying_queues.iter().map(|queue| (*queue, sending)).collect();
    for head in in_turn(snapshot).into_iter().filter(|head| !flying_queues.contains(&head.queue)) {
        let wait = own_wait(prospect(now, snapshot, head, Turn::default()));
        let own = (head.queue, Some(head.precedence()));
        let user = wait.session.filter(|_| takes_turns(wait.why)).map(|id| *users.entry(id).or_insert(own));
        // Those of one priority take turns: each of them is being sent.
        let first = user.filter(|(_, precedence)| precedence.is_some_and(|precedence| precedence < head.precedence()));
        let told = QueueWait { wait, behind: first.map(|(queue, _)| queue) };
        let known = waits.entry(head.queue).or_insert(told);
        if !head.repeat && ends(&told.wait) < ends(&known.wait) {
            *known = told;
        }
    }
    waits
}

/// What is sent for the first time says more of a queue than when something is repeated.
fn in_turn(snapshot: &Snapshot) -> Vec<&Head> {
    let mut heads: Vec<&Head> = snapshot.heads.iter().collect();
    heads.sort_by_key(|head| (head.repeat, head.rank()));
    heads
}

fn own_wait(prospect: Prospect) -> Wait {
    match prospect {
        Prospect::Now(session) => Wait { session: Some(session), ..Wait::new(Why::Sending) },
        Prospect::Later(_, wait) | Prospect::Blocked(wait) => wait,
    }
}

/// Only one queue at a time is behind such a wait of a number; every other one stands behind that queue.
fn takes_turns(why: Why) -> bool {
    matches!(why, Why::Sending | Why::Pace | Why::Rest)
}

fn ends(wait: &Wait) -> Millis {
    match (wait.why, wait.until) {
        (Why::Sending, _) => Millis::MIN,
        (_, until) => until.unwrap_or(Millis::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::HOUR;
    use crate::outbox::scene::{NOON, Scene, scene};

    impl Scene {
        fn queue(&mut self, priority: u8, due_at: Millis, allowed: &[SessionId]) -> CampaignId {
            self.stands(priority, due_at, allowed.to_vec()).1
        }

        fn told(&self, now: Millis, queue: CampaignId) -> (Why, Option<Millis>, Option<CampaignId>) {
            let QueueWait { wait, behind } = queue_waits(now, &self.snapshot, &[])[&queue];
            (wait.why, wait.until, behind)
        }
    }

    #[test]
    fn the_first_in_rank_waits_for_the_pace_and_the_others_wait_for_it() {
        let mut scene = scene();
        let number = scene.session(NOON + 9_000);
        let second = scene.queue(5, 0, &[number]);
        let first = scene.queue(1, NOON, &[number]);
        assert_eq!(scene.told(NOON, first), (Why::Pace, Some(NOON + 9_000), None));
        assert_eq!(scene.told(NOON, second), (Why::Pace, Some(NOON + 9_000), Some(first)));
    }

    #[test]
    fn each_queue_has_the_first_turn_at_a_number_of_its_own() {
        let mut scene = scene();
        let (one, two) = (scene.session(NOON + 9_000), scene.session(NOON + 5_000));
        let (first, second) = (scene.queue(1, 0, &[one]), scene.queue(5, 0, &[two]));
        assert_eq!((scene.told(NOON, first).2, scene.told(NOON, second).2), (None, None));
    }

    #[test]
    fn queues_of_one_priority_take_turns_and_none_stands_behind_the_other() {
        let mut scene = scene();
        let number = scene.session(NOON + 9_000);
        let (one, two) = (scene.queue(5, 0, &[number]), scene.queue(5, 1, &[number]));
        assert_eq!(scene.told(NOON, one), (Why::Pace, Some(NOON + 9_000), None));
        assert_eq!(scene.told(NOON, two), (Why::Pace, Some(NOON + 9_000), None));
    }

    #[test]
    fn a_queue_that_is_not_due_says_so_while_another_one_is_sent() {
        let mut scene = scene();
        let number = scene.session(NOON + 9_000);
        scene.queue(9, 0, &[number]);
        let friday = NOON + 48 * HOUR;
        let planned = scene.queue(1, friday, &[number]);
        assert_eq!(scene.told(NOON, planned), (Why::Due, Some(friday), None));
    }

    #[test]
    fn what_is_on_its_way_is_being_sent_and_the_rest_stands_behind_it() {
        let mut scene = scene();
        let number = scene.session(0);
        let (other, flying) = (scene.queue(5, 0, &[number]), scene.queue(9, 0, &[number]));
        let later = scene.queue(10, 0, &[number]);
        scene.snapshot.sessions[0].busy = true;
        let waits = queue_waits(NOON, &scene.snapshot, &[(flying, number)]);
        assert_eq!((waits[&flying].wait.why, waits[&flying].behind), (Why::Sending, None));
        assert_eq!(waits[&other].behind, None, "its turn is next");
        assert_eq!(waits[&later].behind, Some(flying));
    }

    #[test]
    fn hours_and_caps_and_missing_numbers_are_every_queues_own() {
        let mut scene = scene();
        let number = scene.session(0);
        scene.snapshot.sessions[0].cap_until = Some(NOON + HOUR);
        let (capped, alone) = (scene.queue(1, 0, &[number]), scene.queue(2, 0, &[]));
        let free = scene.queue(3, 0, &[number]);
        scene.snapshot.heads[2].keep_hours = false;
        assert_eq!(scene.told(NOON, capped), (Why::Cap, Some(NOON + HOUR), None));
        assert_eq!(scene.told(NOON, alone), (Why::NoNumber, None, None));
        let night = 23 * HOUR;
        assert_eq!(scene.told(night, capped), (Why::Hours, Some(33 * HOUR), None));
        assert_eq!(scene.told(night, free).0, Why::Sending, "it does not keep the hours");
    }

    #[test]
    fn a_repeat_tells_only_of_a_queue_that_has_nothing_else() {
        let mut scene = scene();
        let number = scene.session(NOON + 60_000);
        let queue = scene.queue(5, 0, &[number]);
        let mut repeat = scene.snapshot.heads[0].clone();
        (repeat.repeat, repeat.due_at, repeat.bound_to) = (true, NOON + 5_000, Some(number));
        scene.snapshot.heads.insert(0, repeat);
        assert_eq!(scene.told(NOON, queue).0, Why::Pace);
        scene.snapshot.heads.pop();
        assert_eq!(scene.told(NOON, queue).0, Why::Due);
    }
}
