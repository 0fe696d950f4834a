//! Taking a part out of the queue that cannot be read.
//!
//! Nothing of it is read but its id, so that whatever is wrong with it or around it does not stand in the way.

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, PartId};
use crate::ledger::store::release_part;
use crate::session::cause::Cause;

/// Ends a part with `cause` and those behind it with it, gives the credits back, and says which queue changed.
pub async fn park(db: &mut Tx, part: PartId, cause: &Cause, now: Millis) -> Result<Option<CampaignId>, sqlx::Error> {
    let ended: Vec<(PartId, CampaignId)> = sqlx::query_as(
        "UPDATE parts SET state = 'failed', ended_at = ?1, cause = CASE WHEN id = ?2 THEN ?3 ELSE ?4 END
         WHERE (id = ?2 AND state IN ('pending', 'sending', 'unknown'))
            OR (message_id = (SELECT b.message_id FROM parts b WHERE b.id = ?2) AND state = 'pending'
                AND position > (SELECT b.position FROM parts b WHERE b.id = ?2))
         RETURNING id, queue_id",
    )
    .bind(now)
    .bind(part)
    .bind(cause)
    .bind(Cause::EarlierPart)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "UPDATE attempts SET ended_at = ?, outcome = 'unknown', cause = ? WHERE part_id = ? AND ended_at IS NULL",
    )
    .bind(now)
    .bind(cause)
    .bind(part)
    .execute(&mut *db)
    .await?;
    for (ended, _) in &ended {
        release_part(db, *ended, now).await?;
    }
    Ok(ended.first().map(|(_, queue)| *queue))
}
