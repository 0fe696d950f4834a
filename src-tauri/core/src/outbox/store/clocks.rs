//! On whose clocks the people are of whom something waits, where a campaign keeps its hours on each person's own.

use sqlx::{Row, SqliteConnection};

use crate::contact::phone::WhoseClock;
use crate::ids::CampaignId;

/// With how many parts; empty for a queue whose hours are on the owner's clock. What cannot be read is told by whoever
/// would send it.
pub async fn waiting(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<(WhoseClock, i64)>, sqlx::Error> {
    let waiting = "SELECT clock, waiting FROM queue_clocks WHERE queue_id = ? AND waiting > 0 ORDER BY clock";
    let rows = sqlx::query(waiting).bind(queue).fetch_all(db).await?;
    Ok(rows.iter().filter_map(|row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?))).collect())
}
