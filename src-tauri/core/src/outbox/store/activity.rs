//! What a number did lately, for whoever shows it.

use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::ids::SessionId;

/// Tries and failures since `since`, and the newest try.
pub struct Activity {
    pub sent: i64,
    pub errors: i64,
    pub last_at: Option<Millis>,
}

pub async fn activity(db: &mut SqliteConnection, id: SessionId, since: Millis) -> Result<Activity, sqlx::Error> {
    let (sent, errors, last_at) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE outcome = 'accepted'), count(*) FILTER (WHERE outcome = 'refused'),
                (SELECT max(started_at) FROM attempts WHERE session_id = ?)
         FROM attempts WHERE session_id = ? AND started_at >= ?",
    )
    .bind(id)
    .bind(id)
    .bind(since)
    .fetch_one(db)
    .await?;
    Ok(Activity { sent, errors, last_at })
}
