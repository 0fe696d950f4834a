//! Snapshots as tests of the planner and of what queues wait for make them: numbers without a pace, at noon.

use chrono_tz::Tz;

use super::gate::Gate;
use super::pace::Rhythm;
use super::plan::{Head, SessionState, Snapshot};
use super::window::SendingHours;
use crate::clock::{HOUR, Millis};
use crate::ids::{CampaignId, IdGenerator, PartId, SessionId};
use crate::session::Pace;

pub const NOON: Millis = 12 * HOUR;

pub struct Scene {
    mint: IdGenerator,
    pub snapshot: Snapshot,
}

/// Nothing waits, and there is no number.
pub fn scene() -> Scene {
    let hours = SendingHours::daily(9 * 60, 22 * 60, Tz::UTC);
    let snapshot = Snapshot { paused_all: false, hours, sessions: vec![], offline: vec![], heads: vec![] };
    Scene { mint: IdGenerator::at(0), snapshot }
}

impl Scene {
    pub fn session(&mut self, next_send_at: Millis) -> SessionId {
        let id = self.mint.next();
        self.snapshot.sessions.push(SessionState {
            id,
            busy: false,
            pace: Pace { min_ms: 0, max_ms: 0, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 },
            rhythm: Rhythm { next_send_at, ..Rhythm::default() },
            cap_until: None,
            gate: Gate::Open,
            looking: false,
            repeated: false,
            unheard_until: None,
        });
        id
    }

    /// The first part of a queue of its own.
    pub fn stands(&mut self, priority: u8, due_at: Millis, allowed: Vec<SessionId>) -> (PartId, CampaignId) {
        let (part, queue) = (self.mint.next(), self.mint.next());
        self.snapshot.heads.push(Head {
            part,
            queue,
            urgent: false,
            priority,
            due_at,
            since: due_at,
            turn: 0,
            held: false,
            keep_hours: true,
            own_hours: None,
            clock: None,
            repeat: false,
            bound_to: None,
            allowed,
            known_to: vec![],
        });
        (part, queue)
    }
}
