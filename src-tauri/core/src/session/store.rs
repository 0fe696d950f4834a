//! The sessions' table; `numbers` has what concerns their connections, `notes` what their clients remember.

pub mod notes;
pub mod numbers;

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Pace, Session, SessionKind};
use crate::clock::Millis;
use crate::db::{Tx, unreadable};
use crate::ids::{IdGenerator, SessionId};

/// The numbers on the list, for statements of other features: what they may know of a number.
macro_rules! listed {
    () => {
        "(SELECT id, kind, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap, linked_at, typing, warm_since,
                 ban_until, new_chats_used, new_chats_quota, quota_renews_at, locked_until, limits_at
          FROM sessions WHERE removed_at IS NULL)"
    };
}

pub(crate) use listed;

const COLUMNS: &str =
    "SELECT id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap, warm_since
     FROM sessions";

/// What is on the list.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Session>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE removed_at IS NULL ORDER BY priority, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(db).await?;
    rows.iter().map(session).collect()
}

pub async fn by_id(db: &mut SqliteConnection, id: SessionId) -> Result<Option<Session>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE id = ?");
    sqlx::query(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(db).await?.as_ref().map(session).transpose()
}

/// The numbers of a kind, also those that were taken off the list.
pub async fn of_kind(db: &mut SqliteConnection, kind: SessionKind) -> Result<Vec<SessionId>, sqlx::Error> {
    let kind = match kind {
        SessionKind::Practice => "practice",
        SessionKind::Whatsapp => "whatsapp",
    };
    sqlx::query_scalar("SELECT id FROM sessions WHERE kind = ? ORDER BY priority, id").bind(kind).fetch_all(db).await
}

/// What every number is called, in their order; of those too that were taken off the list.
pub async fn names(db: &mut SqliteConnection) -> Result<Vec<(SessionId, String)>, sqlx::Error> {
    sqlx::query_as("SELECT id, coalesce(nullif(name, ''), phone) FROM sessions ORDER BY priority, id")
        .fetch_all(db)
        .await
}

pub(crate) fn session(row: &SqliteRow) -> Result<Session, sqlx::Error> {
    let kind = match row.try_get("kind")? {
        "practice" => SessionKind::Practice,
        "whatsapp" => SessionKind::Whatsapp,
        other => return Err(unreadable(format!("no kind of number is called {other}"))),
    };
    Ok(Session {
        id: row.try_get("id")?,
        kind,
        name: row.try_get("name")?,
        phone: row.try_get("phone")?,
        priority: row.try_get("priority")?,
        pace: pace(row)?,
        warm_since: row.try_get("warm_since")?,
    })
}

pub(crate) fn pace(row: &SqliteRow) -> Result<Pace, sqlx::Error> {
    Ok(Pace {
        min_ms: row.try_get("pace_min_ms")?,
        max_ms: row.try_get("pace_max_ms")?,
        batch: row.try_get("batch")?,
        rest_ms: row.try_get("rest_ms")?,
        hourly_cap: row.try_get("hourly_cap")?,
        daily_cap: row.try_get("daily_cap")?,
    })
}

/// The practice number, made on the first start.
pub async fn ensure_practice(db: &mut Tx, now: Millis) -> Result<SessionId, sqlx::Error> {
    let known: Option<SessionId> =
        sqlx::query_scalar("SELECT id FROM sessions WHERE kind = 'practice'").fetch_optional(&mut *db).await?;
    if let Some(id) = known {
        return Ok(id);
    }
    let id = IdGenerator::at(now).next();
    let pace = Pace::PRACTICE;
    sqlx::query(
        "INSERT INTO sessions
             (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap, created_at)
         VALUES (?, 'practice', '', '', 100, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(pace.min_ms)
    .bind(pace.max_ms)
    .bind(pace.batch)
    .bind(pace.rest_ms)
    .bind(pace.hourly_cap)
    .bind(pace.daily_cap)
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// From then on its own pace alone holds.
pub async fn end_warm_up(db: &mut Tx, id: SessionId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET warm_since = NULL WHERE id = ?").bind(id).execute(db).await?;
    Ok(())
}

pub async fn set_pace(db: &mut Tx, id: SessionId, pace: &Pace) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET pace_min_ms = ?, pace_max_ms = ?, batch = ?, rest_ms = ?, hourly_cap = ?, daily_cap = ?
         WHERE id = ?",
    )
    .bind(pace.min_ms)
    .bind(pace.max_ms)
    .bind(pace.batch)
    .bind(pace.rest_ms)
    .bind(pace.hourly_cap)
    .bind(pace.daily_cap)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn rename(db: &mut Tx, id: SessionId, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET name = ? WHERE id = ?").bind(name.trim()).bind(id).execute(db).await?;
    Ok(())
}
