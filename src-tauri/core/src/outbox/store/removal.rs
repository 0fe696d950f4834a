//! What becomes of a number's parts when the owner takes it off the list. One transaction with that.
//!
//! Parts of unknown outcome could be settled by that number alone, so they fail and their credits come back: a second
//! copy over another number is worse than a part that the owner is told of. Parts that it merely kept certainly did
//! not arrive, so another number may take them.

use sqlx::Row;

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, SessionId};
use crate::ledger::Book;
use crate::ledger::store::{End, end_hold};
use crate::outbox::state::cause;

/// Says which queues changed.
pub async fn number_gone(db: &mut Tx, session: SessionId, now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let ended = sqlx::query(
        "UPDATE parts SET state = 'failed', ended_at = ?1, cause = CASE state WHEN 'unknown' THEN ?2 ELSE ?3 END
         WHERE message_id IN (SELECT u.message_id FROM parts u WHERE u.session_id = ?4 AND u.state = 'unknown')
           AND (state = 'pending' OR (state = 'unknown' AND session_id = ?4))
         RETURNING id, queue_id, round, (SELECT q.book FROM queues q WHERE q.id = parts.queue_id)",
    )
    .bind(now)
    .bind(cause::OUTCOME_UNKNOWN)
    .bind(cause::EARLIER_PART)
    .bind(session)
    .fetch_all(&mut *db)
    .await?;
    for row in &ended {
        let book = row.get::<&str, _>(3).parse().unwrap_or(Book::Real);
        end_hold(db, End::Release, book, row.get(1), row.get(0), row.get(2), now).await?;
    }
    let freed = sqlx::query(
        "UPDATE parts SET session_id = NULL, due_at = min(due_at, ?)
         WHERE session_id = ? AND state = 'pending' RETURNING queue_id",
    )
    .bind(now)
    .bind(session)
    .fetch_all(db)
    .await?;
    let mut queues: Vec<CampaignId> = ended.iter().map(|row| row.get(1)).collect();
    queues.extend(freed.iter().map(|row| row.get::<CampaignId, _>(0)));
    queues.sort_unstable();
    queues.dedup();
    Ok(queues)
}

/// An outcome that came in after its number was taken off the list.
pub async fn if_gone(db: &mut Tx, session: SessionId, now: Millis) -> Result<(), sqlx::Error> {
    let gone: bool = sqlx::query_scalar("SELECT removed_at IS NOT NULL FROM sessions WHERE id = ?")
        .bind(session)
        .fetch_one(&mut *db)
        .await?;
    if gone {
        number_gone(db, session, now).await?;
    }
    Ok(())
}
