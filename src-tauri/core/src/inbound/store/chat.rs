//! What one person wrote to one number, the newest first.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Sender;
use crate::clock::Millis;
use crate::ids::{ReplyId, SessionId};
use crate::stored::Json;

#[derive(Clone, Debug)]
pub struct Theirs {
    pub id: ReplyId,
    pub at: Millis,
    pub text: String,
    pub cleared_at: Option<Millis>,
    /// The offered answers that it chooses.
    pub chosen: Vec<String>,
}

pub async fn newest(
    db: &mut SqliteConnection,
    session: SessionId,
    sender: &Sender,
    limit: u32,
) -> Result<Vec<Theirs>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, at, text, cleared_at, chosen FROM replies WHERE sender = ? AND session_id = ? ORDER BY at DESC, id DESC LIMIT ?",
    )
    .bind(sender.as_str())
    .bind(session)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(theirs).collect()
}

fn theirs(row: &SqliteRow) -> Result<Theirs, sqlx::Error> {
    Ok(Theirs {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        text: row.try_get("text")?,
        cleared_at: row.try_get("cleared_at")?,
        chosen: row.try_get::<Json<Vec<String>>, _>("chosen")?.0,
    })
}
