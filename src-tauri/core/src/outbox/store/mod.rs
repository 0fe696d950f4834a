//! The outbox's tables: queues, messages, parts, attempts.

pub mod claim;
pub mod complete;
pub mod queue;
pub mod reading;
pub mod recipients;

use sqlx::{Row, SqliteConnection};

use crate::clock::{DAY, HOUR, Millis};
use crate::ids::SessionId;
use crate::outbox::pace::Rhythm;
use crate::outbox::plan::{Head, SessionState, Snapshot};
use crate::outbox::window::SendingHours;
use crate::session::{Session, store as sessions};
use crate::settings;

/// What the planner looks at: the heads of the queues and the sessions' rhythm, a few indexed look-ups each.
pub async fn snapshot(
    db: &mut SqliteConnection,
    now: Millis,
    usable: &[SessionId],
    busy: &[SessionId],
) -> Result<Snapshot, sqlx::Error> {
    let paused_all = settings::get(db, settings::key::PAUSED_ALL).await?.unwrap_or(false);
    let hours = settings::load(db).await?.hours();
    let mut states = Vec::new();
    let mut heads = queue_heads(db).await?;
    for session in sessions::all(db).await?.iter().filter(|session| usable.contains(&session.id)) {
        heads.extend(unknown_head(db, session.id).await?);
        states.push(session_state(db, session, now, busy.contains(&session.id)).await?);
    }
    Ok(Snapshot { paused_all, hours: SendingHours { ..hours }, sessions: states, heads })
}

async fn queue_heads(db: &mut SqliteConnection) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.id, p.due_at, q.id AS queue, q.priority, q.keep_hours, q.session_ids
         FROM queues q JOIN parts p ON p.id =
             (SELECT h.id FROM parts h WHERE h.queue_id = q.id AND h.state = 'pending' AND h.ready = 1
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open'",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| head(row, None)).collect())
}

async fn unknown_head(db: &mut SqliteConnection, session: SessionId) -> Result<Option<Head>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT p.id, p.due_at, q.id AS queue, q.priority, q.keep_hours, q.session_ids
         FROM parts p JOIN queues q ON q.id = p.queue_id
         WHERE p.session_id = ? AND p.state = 'unknown' AND q.state = 'open' ORDER BY p.due_at LIMIT 1",
    )
    .bind(session)
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(|row| head(row, Some(session))))
}

fn head(row: &sqlx::sqlite::SqliteRow, bound_to: Option<SessionId>) -> Head {
    Head {
        part: row.get("id"),
        queue: row.get("queue"),
        priority: row.get("priority"),
        due_at: row.get("due_at"),
        keep_hours: row.get("keep_hours"),
        bound_to,
        allowed: serde_json::from_str(row.get("session_ids")).unwrap_or_default(),
    }
}

async fn session_state(
    db: &mut SqliteConnection,
    session: &Session,
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
    Ok(SessionState { id: session.id, busy, next_send_at, resting: rhythm.resting, cap_until })
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
