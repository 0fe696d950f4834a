//! The outbox's tables: queues, messages, parts, attempts.

mod breaker;
pub mod chats;
pub mod claim;
pub mod complete;
pub mod doubt;
mod heads;
pub mod numbers;
pub mod park;
pub mod queue;
pub mod reading;
pub mod recipients;
pub mod removal;
pub mod unheard;

use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::plan::{SessionState, Snapshot};
use crate::settings;

/// What the planner looks at, and what it does not see because it cannot be read: the heads of the queues and the numbers' rhythm and gates. Three statements, and one or two
/// more for each number with a cap or a narrowed gate.
pub async fn snapshot(
    db: &mut SqliteConnection,
    now: Millis,
    usable: &[SessionId],
    busy: &[SessionId],
) -> Result<(Snapshot, Vec<Broken>), sqlx::Error> {
    let mut broken = Vec::new();
    let (paused_all, hours) = settings::pause_and_hours(db).await?;
    let numbers = numbers::all(db, &mut broken).await?;
    let mut heads = heads::first(db, now, &mut broken).await?;
    heads.retain(|head| head.bound_to.is_none_or(|session| usable.contains(&session)));
    let mut states = Vec::new();
    for number in numbers.iter().filter(|number| usable.contains(&number.id)) {
        states.push(number.state(db, now, busy.contains(&number.id)).await?);
    }
    for state in states.iter().filter(|state| state.gate.prefers_known()) {
        heads::mark_known(db, &mut heads, state.id).await?;
        if is_free(state, now) {
            heads.extend(heads::of_known_people(db, state.id, now, &mut broken).await?);
        }
    }
    let offline = numbers.iter().filter(|number| number.is_linked() && !usable.contains(&number.id));
    let offline = offline.map(|number| number.id).collect();
    Ok((Snapshot { paused_all, hours, sessions: states, offline, heads }, broken))
}

/// What a snapshot leaves out because it cannot be read; everything else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    Part(PartId),
    Queue(CampaignId),
    Number(SessionId),
}

fn is_free(state: &SessionState, now: Millis) -> bool {
    !state.busy && state.rhythm.next_send_at <= now && state.cap_until.is_none()
}
