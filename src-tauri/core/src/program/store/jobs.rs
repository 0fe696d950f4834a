//! Many messages asked for at once, and how far each such list is.

use serde::Serialize;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{BulkId, MessageId, TokenId};
use crate::stored::Json;

/// How far a list of messages is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkJob {
    pub id: BulkId,
    pub recipients: i64,
    /// So many were looked at.
    pub next: i64,
    pub accepted: i64,
    pub refused: i64,
    pub created_at: Millis,
    pub ended_at: Option<Millis>,
}

/// What became of one recipient: a message, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Counted from 0, as in the request.
    pub place: i64,
    pub outcome: Result<MessageId, String>,
}

pub async fn create(
    db: &mut Tx,
    (id, token): (BulkId, TokenId),
    request: &impl Serialize,
    recipients: usize,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO bulk_jobs (id, token_id, request, recipients, created_at) VALUES (?, ?, ?, ?, ?)")
        .bind(id)
        .bind(token)
        .bind(Json(request))
        .bind(i64::try_from(recipients).unwrap_or(i64::MAX))
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn by_id(db: &mut SqliteConnection, id: BulkId) -> Result<Option<BulkJob>, sqlx::Error> {
    let select = "SELECT id, recipients, next, accepted, refused, created_at, ended_at FROM bulk_jobs WHERE id = ?";
    sqlx::query(select).bind(id).fetch_optional(db).await?.as_ref().map(job).transpose()
}

fn job(row: &SqliteRow) -> Result<BulkJob, sqlx::Error> {
    Ok(BulkJob {
        id: row.try_get("id")?,
        recipients: row.try_get("recipients")?,
        next: row.try_get("next")?,
        accepted: row.try_get("accepted")?,
        refused: row.try_get("refused")?,
        created_at: row.try_get("created_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}

/// Those that are not at their end, in the order in which they came.
pub async fn open(db: &mut SqliteConnection) -> Result<Vec<BulkId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM bulk_jobs WHERE ended_at IS NULL ORDER BY id").fetch_all(db).await
}

/// What was asked for, and how many of it were looked at; none where that came to its end.
pub async fn request(db: &mut SqliteConnection, id: BulkId) -> Result<Option<(Value, i64)>, sqlx::Error> {
    let row = sqlx::query("SELECT request, next FROM bulk_jobs WHERE id = ? AND ended_at IS NULL");
    let Some(row) = row.bind(id).fetch_optional(db).await? else { return Ok(None) };
    let Json(request) = row.try_get("request")?;
    Ok(Some((request, row.try_get("next")?)))
}

/// Rows that one statement writes.
const ROWS: usize = 1_000;

/// Notes what became of the next recipients, in the transaction that takes them in.
pub async fn note(db: &mut Tx, id: BulkId, placed: &[Placed]) -> Result<(), sqlx::Error> {
    if placed.is_empty() {
        return Ok(());
    }
    for some in placed.chunks(ROWS) {
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO bulk_places (job_id, place, message_id, code) ");
        insert.push_values(some, |mut row, one| {
            row.push_bind(id).push_bind(one.place);
            row.push_bind(one.outcome.as_ref().ok().copied()).push_bind(one.outcome.as_ref().err().cloned());
        });
        insert.build().execute(&mut *db).await?;
    }
    let accepted = placed.iter().filter(|one| one.outcome.is_ok()).count();
    sqlx::query(
        "UPDATE bulk_jobs SET next = next + ?1 + ?2, accepted = accepted + ?1, refused = refused + ?2 WHERE id = ?3",
    )
    .bind(i64::try_from(accepted).unwrap_or(i64::MAX))
    .bind(i64::try_from(placed.len() - accepted).unwrap_or(i64::MAX))
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Where everybody was looked at, what was asked for is not needed any more; true then.
pub async fn end(db: &mut Tx, id: BulkId, now: Millis) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query("UPDATE bulk_jobs SET request = '', ended_at = ? WHERE id = ? AND next = recipients")
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(ended.rows_affected() == 1)
}

/// The data came from a backup, and nobody knows how far each list was taken in since: the rest of it gets nothing.
pub async fn end_all(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    let ended =
        "UPDATE bulk_jobs SET request = '', refused = refused + recipients - next, next = recipients, ended_at = ?
                 WHERE ended_at IS NULL";
    sqlx::query(ended).bind(now).execute(db).await.map(drop)
}

/// What became of the recipients from a place on, in the order of the request.
pub async fn places(db: &mut SqliteConnection, id: BulkId, from: i64, limit: u32) -> Result<Vec<Placed>, sqlx::Error> {
    let select =
        "SELECT place, message_id, code FROM bulk_places WHERE job_id = ? AND place >= ? ORDER BY place LIMIT ?";
    let rows = sqlx::query(select).bind(id).bind(from).bind(limit).fetch_all(db).await?;
    rows.iter().map(placed).collect()
}

fn placed(row: &SqliteRow) -> Result<Placed, sqlx::Error> {
    let outcome = match (row.try_get("message_id")?, row.try_get::<Option<String>, _>("code")?) {
        (Some(message), _) => Ok(message),
        (None, code) => Err(code.unwrap_or_default()),
    };
    Ok(Placed { place: row.try_get("place")?, outcome })
}

/// Lists that came to their end before a time, with what became of each recipient.
pub async fn forget_ended(db: &mut Tx, before: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM bulk_places WHERE job_id IN (SELECT id FROM bulk_jobs WHERE ended_at < ?)")
        .bind(before)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM bulk_jobs WHERE ended_at < ?").bind(before).execute(db).await?;
    Ok(())
}
