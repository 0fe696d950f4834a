//! The outbox's tables: queues, messages, parts, attempts.

pub mod chats;
pub mod claim;
pub mod complete;
pub mod farewell;
mod heads;
pub mod queue;
pub mod reading;
pub mod recipients;
mod trip;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::{DAY, HOUR, Millis};
use crate::ids::SessionId;
use crate::outbox::gate::{Gate, Restrictions, gate};
use crate::outbox::pace::Rhythm;
use crate::outbox::plan::{SessionState, Snapshot};
use crate::outbox::window::SendingHours;
use crate::session::{Session, store as sessions};
use crate::settings;

/// What the planner looks at: the heads of the queues and the sessions' rhythm and gates, a few indexed look-ups each.
pub async fn snapshot(
    db: &mut SqliteConnection,
    now: Millis,
    usable: &[SessionId],
    busy: &[SessionId],
) -> Result<Snapshot, sqlx::Error> {
    let paused_all = settings::get(db, settings::key::PAUSED_ALL).await?.unwrap_or(false);
    let hours = settings::load(db).await?.hours();
    let linked = restrictions(db).await?;
    let mut heads = heads::of_queues(db).await?;
    let mut states = Vec::new();
    for session in sessions::all(db).await?.iter().filter(|session| usable.contains(&session.id)) {
        let gate = linked.iter().find(|(id, _)| *id == session.id).map_or(Gate::Open, |(_, limits)| gate(now, limits));
        heads.extend(heads::bound_to(db, session.id).await?);
        states.push(session_state(db, session, gate, now, busy.contains(&session.id)).await?);
    }
    for state in states.iter().filter(|state| state.gate.prefers_known()) {
        heads::mark_known(db, &mut heads, state.id).await?;
        if is_free(state, now) {
            heads.extend(heads::of_known_people(db, state.id, now).await?);
        }
    }
    let offline = linked.into_iter().map(|(id, _)| id).filter(|id| !usable.contains(id)).collect();
    Ok(Snapshot { paused_all, hours: SendingHours { ..hours }, sessions: states, offline, heads })
}

fn is_free(state: &SessionState, now: Millis) -> bool {
    !state.busy && state.next_send_at <= now && state.cap_until.is_none()
}

/// What narrows the linked numbers; those that were taken off the list are left out.
async fn restrictions(db: &mut SqliteConnection) -> Result<Vec<(SessionId, Restrictions)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, shut_cause, shut_until, locked_until, new_chats_used, new_chats_quota, quota_renews_at, limits_at
         FROM sessions WHERE kind = 'whatsapp' AND linked_at IS NOT NULL AND removed_at IS NULL ORDER BY priority, id",
    )
    .fetch_all(db)
    .await?;
    let limits = |row: &SqliteRow| Restrictions {
        shut_cause: row.get(1),
        shut_until: row.get(2),
        locked_until: row.get(3),
        new_chats_used: row.get(4),
        new_chats_quota: row.get(5),
        quota_renews_at: row.get(6),
        limits_at: row.get(7),
    };
    Ok(rows.iter().map(|row| (row.get(0), limits(row))).collect())
}

async fn session_state(
    db: &mut SqliteConnection,
    session: &Session,
    gate: Gate,
    now: Millis,
    busy: bool,
) -> Result<SessionState, sqlx::Error> {
    let rhythm = rhythm(db, session.id).await?;
    // A clock that was set back must not turn a wait of seconds into one of days.
    let longest = session.pace.max_ms.max(session.pace.rest_ms);
    let next_send_at = rhythm.next_send_at.min(now + longest);
    let hourly = cap_until(db, session.id, session.pace.hourly_cap, HOUR).await?.map(|until| until.min(now + HOUR));
    let daily = cap_until(db, session.id, session.pace.daily_cap, DAY).await?.map(|until| until.min(now + DAY));
    let cap_until = hourly.max(daily).filter(|until| *until > now);
    Ok(SessionState { id: session.id, busy, next_send_at, resting: rhythm.resting, cap_until, gate })
}

pub async fn rhythm(db: &mut SqliteConnection, session: SessionId) -> Result<Rhythm, sqlx::Error> {
    let row = sqlx::query("SELECT next_send_at, resting, batch_sent FROM sessions WHERE id = ?")
        .bind(session)
        .fetch_one(db)
        .await?;
    Ok(Rhythm { next_send_at: row.get(0), resting: row.get(1), batch_sent: row.get(2) })
}

/// When the newest `cap` tries no longer all lie within one `span`.
async fn cap_until(
    db: &mut SqliteConnection,
    session: SessionId,
    cap: u32,
    span: Millis,
) -> Result<Option<Millis>, sqlx::Error> {
    if cap == 0 {
        return Ok(None);
    }
    let oldest: Option<Millis> = sqlx::query_scalar(
        "SELECT started_at FROM attempts WHERE session_id = ? ORDER BY started_at DESC LIMIT 1 OFFSET ?",
    )
    .bind(session)
    .bind(cap - 1)
    .fetch_optional(db)
    .await?;
    Ok(oldest.map(|at| at + span))
}
