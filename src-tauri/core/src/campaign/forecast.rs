//! When a campaign goes out, behind those that go first over the same numbers. The arithmetic is `estimate`'s.

use sqlx::SqliteConnection;

use super::draft::{Draft, StoredState};
use super::estimate::{Stretch, Tempo, stretches};
use super::store;
use crate::clock::Millis;
use crate::ledger::Book;
use crate::outbox::state::QueueState;
use crate::outbox::store::reading;
use crate::outbox::window::SendingHours;
use crate::session::Session;

/// What decides how fast campaigns go.
#[derive(Clone, Copy)]
pub struct Rates<'a> {
    pub hours: &'a SendingHours,
    pub sessions: &'a [Session],
    /// Between two sends of the practice number, while it hurries.
    pub practice_gap: Option<Millis>,
}

impl Rates<'_> {
    pub fn tempo(&self, draft: &Draft) -> Tempo {
        if let Some(gap) = self.practice_gap.filter(|_| draft.book == Book::Practice) {
            return Tempo::every(gap);
        }
        let chosen = self.sessions.iter().filter(|session| draft.session_ids.contains(&session.id));
        Tempo::of(chosen.map(|session| session.pace))
    }

    /// Empty when they would never be through.
    pub fn plan(&self, draft: &Draft, from: Millis, parts: i64) -> Vec<Stretch> {
        stretches(from, parts, self.tempo(draft), draft.hours_of(self.hours).as_ref())
    }
}

/// Where the campaigns lie that the planner takes first on the same numbers, from `now` on, each under its name.
pub async fn ahead(
    db: &mut SqliteConnection,
    draft: &Draft,
    start: Millis,
    now: Millis,
    rates: Rates<'_>,
) -> Result<Vec<(String, Stretch)>, sqlx::Error> {
    let mut at = now;
    let mut spans = Vec::new();
    for (other, open) in others_ahead(db, draft, start).await? {
        let from = other.due_at.unwrap_or(at).max(at);
        let plan = rates.plan(&other, from, open);
        at = plan.last().map_or(at, |stretch| stretch.to);
        spans.extend(plan.into_iter().map(|stretch| (other.name.clone(), stretch)));
    }
    Ok(spans)
}

/// Each with its parts that still wait, in the planner's order.
async fn others_ahead(
    db: &mut SqliteConnection,
    draft: &Draft,
    start: Millis,
) -> Result<Vec<(Draft, i64)>, sqlx::Error> {
    let mut ahead = Vec::new();
    let queues = reading::waiting(db).await?;
    let queues = reading::queue_rows(db, &queues).await?;
    for (id, queue) in queues.iter().filter(|(id, queue)| **id != draft.id && queue.state == QueueState::Open) {
        let Some(other) = store::by_id(db, *id).await? else { continue };
        let due = other.due_at.is_some_and(|due_at| due_at <= start);
        let shares = other.session_ids.iter().any(|id| draft.session_ids.contains(id));
        if due && shares && place(&other) < place(draft) {
            ahead.push((other, queue.tally.parts.open()));
        }
    }
    ahead.sort_by_key(|(other, _)| place(other));
    Ok(ahead)
}

/// The lowest goes first; a draft comes behind all that is scheduled.
fn place(draft: &Draft) -> impl Ord + use<> {
    let is_draft = draft.state == StoredState::Draft;
    (draft.priority, draft.due_at.is_none(), draft.due_at, is_draft, draft.id)
}
