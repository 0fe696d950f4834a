//! What becomes of a number's parts when the owner takes it off the list. One transaction with that.
//!
//! Parts of unknown outcome could be settled by that number alone, so they fail and their credits come back: a second
//! copy over another number is worse than a part that the owner is told of. Parts that it merely kept certainly did
//! not arrive, so another number may take them.

use super::doubt;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, PartId, SessionId};
use crate::session::store::listed;

/// Says which queues changed.
pub async fn number_gone(db: &mut Tx, session: SessionId, now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let doubtful: Vec<PartId> = sqlx::query_scalar("SELECT id FROM parts WHERE session_id = ? AND state = 'unknown'")
        .bind(session)
        .fetch_all(&mut *db)
        .await?;
    let mut queues = doubt::end(db, &doubtful, now).await?;
    let freed: Vec<CampaignId> = sqlx::query_scalar(
        "UPDATE parts SET session_id = NULL, due_at = min(due_at, ?)
         WHERE session_id = ? AND state = 'pending' RETURNING queue_id",
    )
    .bind(now)
    .bind(session)
    .fetch_all(db)
    .await?;
    queues.extend(freed);
    queues.sort_unstable();
    queues.dedup();
    Ok(queues)
}

/// An outcome that came in after its number was taken off the list.
pub async fn if_gone(db: &mut Tx, session: SessionId, now: Millis) -> Result<(), sqlx::Error> {
    let gone = concat!("SELECT NOT EXISTS (SELECT 1 FROM ", listed!(), " n WHERE n.id = ?)");
    let gone: bool = sqlx::query_scalar(gone).bind(session).fetch_one(&mut *db).await?;
    if gone {
        number_gone(db, session, now).await?;
    }
    Ok(())
}
