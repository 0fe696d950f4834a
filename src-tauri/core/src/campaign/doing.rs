//! What is true of a campaign at this moment: the one answer that Home, the list, its own page, the now bar and a tray
//! put into words. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::CampaignState;
use crate::clock::Millis;
use crate::ids::CampaignId;
use crate::outbox::plan::{Wait, Why};
use crate::outbox::store::reading::Counts;
use crate::outbox::turn::QueueWait;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Doing {
    Draft,
    /// Its time has not come.
    Planned,
    /// Its parts go out one after the other; a short rest between two of them belongs to it.
    Sending,
    /// Its time has come, and something keeps it back.
    Waiting,
    /// Another campaign uses its numbers first.
    Behind,
    /// All is sent, and of some parts it is not known whether they arrived.
    Checking,
    Paused,
    /// Everything is paused, so nothing of it goes out whatever its own state is.
    PausedAll,
    Finished,
    Cancelled,
}

/// What the outbox waits for at this moment, altogether and queue by queue.
#[derive(Clone, Debug)]
pub struct Waits {
    pub paused_all: bool,
    pub all: Wait,
    pub queues: BTreeMap<CampaignId, QueueWait>,
}

impl Waits {
    fn of(&self, queue: CampaignId) -> QueueWait {
        let shared = || QueueWait { wait: self.shared(), behind: None };
        self.queues.get(&queue).copied().unwrap_or_else(shared)
    }

    /// What keeps every queue back alike. What another queue waits for says nothing about one that is not told.
    fn shared(&self) -> Wait {
        let is_shared = matches!(self.all.why, Why::Disk | Why::Locked | Why::ReadOnly | Why::Damaged | Why::Fault);
        if is_shared { self.all } else { Wait::new(Why::Nothing) }
    }
}

/// A campaign's state with the counts of its parts.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub id: CampaignId,
    pub state: CampaignState,
    pub parts: Counts,
    pub due_at: Option<Millis>,
}

/// What it does, and what it waits for while it does not end.
pub fn doing(standing: &Standing, waits: &Waits) -> (Doing, QueueWait) {
    let QueueWait { wait, behind } = waits.of(standing.id);
    let plain = |why: Why| QueueWait { wait: Wait::new(why), behind: None };
    match standing.state {
        CampaignState::Draft => (Doing::Draft, plain(Why::Nothing)),
        CampaignState::Finished => (Doing::Finished, plain(Why::Nothing)),
        CampaignState::Cancelled => (Doing::Cancelled, plain(Why::Nothing)),
        CampaignState::Paused => (Doing::Paused, plain(Why::Nothing)),
        _ if waits.paused_all => (Doing::PausedAll, plain(Why::PausedAll)),
        CampaignState::Scheduled => (Doing::Planned, due(standing.due_at)),
        CampaignState::Running if standing.parts.pending + standing.parts.sending == 0 => {
            (Doing::Checking, plain(Why::Nothing))
        }
        CampaignState::Running if behind.is_some() => (Doing::Behind, QueueWait { wait, behind }),
        CampaignState::Running if is_sending(wait.why) => (Doing::Sending, QueueWait { wait, behind }),
        CampaignState::Running => (Doing::Waiting, QueueWait { wait, behind }),
    }
}

fn due(at: Option<Millis>) -> QueueWait {
    QueueWait { wait: Wait { until: at, ..Wait::new(Why::Due) }, behind: None }
}

/// The pace and the rest after a batch are part of sending.
pub fn is_sending(why: Why) -> bool {
    matches!(why, Why::Sending | Why::Pace | Why::Rest)
}

impl Doing {
    /// When it will be through is told only where nothing keeps it from going on but the clock. Of what was just
    /// scheduled the planner has said nothing yet.
    pub fn has_finish(self, wait: Wait) -> bool {
        match self {
            Self::Planned | Self::Sending => true,
            Self::Waiting | Self::Behind => wait.until.is_some() || matches!(wait.why, Why::Nothing | Why::Sending),
            Self::Draft | Self::Checking | Self::Paused | Self::PausedAll | Self::Finished | Self::Cancelled => false,
        }
    }

    /// The one that the now bar and Home speak of has the lowest.
    pub fn rank(self) -> u8 {
        match self {
            Self::Sending => 0,
            Self::Waiting | Self::Behind => 1,
            Self::PausedAll => 2,
            Self::Checking => 3,
            Self::Paused => 4,
            Self::Planned => 5,
            Self::Draft | Self::Finished | Self::Cancelled => 6,
        }
    }
}

/// Every reason there is.
#[cfg(test)]
pub(super) const WHYS: [Why; 19] = [
    Why::Missed,
    Why::Nothing,
    Why::Sending,
    Why::Pace,
    Why::Rest,
    Why::Hours,
    Why::Cap,
    Why::Due,
    Why::PausedAll,
    Why::NoNumber,
    Why::NotConnected,
    Why::NewChats,
    Why::Shut,
    Why::Unheard,
    Why::Disk,
    Why::Locked,
    Why::ReadOnly,
    Why::Damaged,
    Why::Fault,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IdGenerator;

    const NOON: Millis = 43_200_000;
    const STATES: [CampaignState; 6] = [
        CampaignState::Draft,
        CampaignState::Scheduled,
        CampaignState::Running,
        CampaignState::Paused,
        CampaignState::Finished,
        CampaignState::Cancelled,
    ];

    /// Every state of a campaign, with and without a pause of everything, with every wait of its own, with and without
    /// another campaign before it, with something still to send or with doubt alone.
    #[test]
    fn sending_is_said_of_what_is_being_sent_and_of_nothing_else() {
        let mint = IdGenerator::at(0);
        let (id, other) = (mint.next(), mint.next());
        let mut met = std::collections::BTreeSet::new();
        for state in STATES {
            for paused_all in [false, true] {
                for why in WHYS {
                    for behind in [None, Some(other)] {
                        for parts in
                            [Counts { pending: 3, ..Counts::default() }, Counts { unknown: 1, ..Counts::default() }]
                        {
                            let own = QueueWait { wait: Wait { until: Some(NOON), ..Wait::new(why) }, behind };
                            let all = Wait::new(Why::Sending);
                            let waits = Waits { paused_all, all, queues: BTreeMap::from([(id, own)]) };
                            let (said, wait) = doing(&Standing { id, state, parts, due_at: Some(NOON) }, &waits);
                            let expected = expected(state, paused_all, why, behind.is_some(), parts.pending > 0);
                            assert_eq!(said, expected, "{state:?} {paused_all} {why:?} {behind:?} {parts:?}");
                            assert!(said != Doing::Sending || is_sending(wait.wait.why));
                            assert!(
                                !(paused_all && said.has_finish(wait.wait)),
                                "nothing can be through while all is paused"
                            );
                            met.insert(said.rank());
                        }
                    }
                }
            }
        }
        assert_eq!(met.len(), 7, "every rank is met");
    }

    /// The truth once more, as its owner would say it.
    fn expected(state: CampaignState, paused_all: bool, why: Why, behind: bool, to_send: bool) -> Doing {
        if state == CampaignState::Draft {
            return Doing::Draft;
        }
        if state == CampaignState::Finished {
            return Doing::Finished;
        }
        if state == CampaignState::Cancelled {
            return Doing::Cancelled;
        }
        if state == CampaignState::Paused {
            return Doing::Paused;
        }
        if paused_all {
            return Doing::PausedAll;
        }
        if state == CampaignState::Scheduled {
            return Doing::Planned;
        }
        if !to_send {
            return Doing::Checking;
        }
        if behind {
            return Doing::Behind;
        }
        if [Why::Sending, Why::Pace, Why::Rest].contains(&why) { Doing::Sending } else { Doing::Waiting }
    }

    /// With an end by the clock, and without one.
    #[test]
    fn a_finish_is_told_only_where_the_end_of_the_wait_is_known() {
        let id = IdGenerator::at(0).next();
        let parts = Counts { pending: 3, ..Counts::default() };
        let standing = Standing { id, state: CampaignState::Running, parts, due_at: Some(0) };
        let known = [Why::Nothing, Why::Sending, Why::Pace, Why::Rest];
        for why in WHYS {
            for until in [None, Some(NOON)] {
                let own = QueueWait { wait: Wait { until, ..Wait::new(why) }, behind: None };
                let waits =
                    Waits { paused_all: false, all: Wait::new(Why::Sending), queues: BTreeMap::from([(id, own)]) };
                let (said, wait) = doing(&standing, &waits);
                let expected = until.is_some() || known.contains(&why);
                assert_eq!(said.has_finish(wait.wait), expected, "{why:?} {until:?}");
            }
        }
    }

    #[test]
    fn what_another_queue_waits_for_is_not_said_of_this_one() {
        let id = IdGenerator::at(0).next();
        let parts = Counts { pending: 3, ..Counts::default() };
        let standing = Standing { id, state: CampaignState::Running, parts, due_at: Some(0) };
        let of = |why| {
            doing(&standing, &Waits { paused_all: false, all: Wait::new(why), queues: BTreeMap::new() }).1.wait.why
        };
        assert_eq!((of(Why::Sending), of(Why::Pace), of(Why::Disk)), (Why::Nothing, Why::Nothing, Why::Disk));
    }

    #[test]
    fn a_planned_campaign_waits_for_its_own_time() {
        let id = IdGenerator::at(0).next();
        let parts = Counts { pending: 3, ..Counts::default() };
        let standing = Standing { id, state: CampaignState::Scheduled, parts, due_at: Some(NOON) };
        let waits = Waits { paused_all: false, all: Wait::new(Why::Pace), queues: BTreeMap::new() };
        let (said, wait) = doing(&standing, &waits);
        assert_eq!((said, wait.wait.why, wait.wait.until), (Doing::Planned, Why::Due, Some(NOON)));
    }
}
