//! The outbox's tables: queues, messages, parts, attempts.

pub mod activity;
pub mod answered;
mod breaker;
pub mod chats;
pub mod claim;
pub mod clear;
pub mod clocks;
pub mod complete;
pub mod doubt;
pub mod erase;
pub mod figures;
mod heads;
pub mod history;
mod known;
pub mod log;
pub mod mailed;
pub mod missed;
pub mod numbers;
pub mod park;
pub mod queue;
pub mod reading;
pub mod recipients;
pub mod removal;
pub mod revise;
pub mod stopping;
pub mod told;
pub mod troubled;
pub mod unheard;
pub mod whose;

pub use known::Walks;
use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::plan::Snapshot;
use crate::outbox::turn::Turns;
use crate::settings;

/// What the planner looks at, and what it does not see because it cannot be read: the heads of the queues and the
/// numbers' rhythm and gates. Three statements, and a few more for each number with a cap or a narrowed gate.
pub async fn snapshot(
    db: &mut SqliteConnection,
    walks: &mut Walks,
    turns: &mut Turns,
    now: Millis,
    usable: &[SessionId],
    busy: &[SessionId],
) -> Result<(Snapshot, Vec<Broken>), sqlx::Error> {
    let mut broken = Vec::new();
    let (paused_all, hours) = settings::pause_and_hours(db).await?;
    let numbers = numbers::all(db, &mut broken).await?;
    let mut heads = heads::first(db, now, &mut broken).await?;
    heads.retain(|head| head.bound_to.is_none_or(|session| usable.contains(&session)));
    turns.keep(&heads);
    turns.give(&mut heads);
    let mut sessions = Vec::new();
    for number in numbers.iter().filter(|number| usable.contains(&number.id)) {
        sessions.push(number.state(db, now, busy.contains(&number.id)).await?);
    }
    if !paused_all {
        known::add(db, walks, &mut heads, &mut sessions, &hours, now, &mut broken).await?;
        turns.give(&mut heads);
    }
    let offline = numbers.iter().filter(|number| number.is_linked() && !usable.contains(&number.id));
    let offline = offline.map(|number| number.id).collect();
    Ok((Snapshot { paused_all, hours, sessions, offline, heads }, broken))
}

/// What a snapshot leaves out because it cannot be read; everything else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    Part(PartId),
    Queue(CampaignId),
    Number(SessionId),
}
