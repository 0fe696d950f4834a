//! Numbers that are not heard: how many tries in a row nobody answered, and when something fresh may go again.

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::SessionId;
use crate::outbox::breaker;

/// One more try without an answer. Once the number begins nothing fresh, only what is fresh all the same tells how much
/// longer that should last: a part that is repeated every few minutes would stretch it for no reason.
pub async fn count(db: &mut Tx, session: SessionId, repeat: bool, now: Millis) -> Result<(), sqlx::Error> {
    let before: u32 = sqlx::query_scalar("SELECT unheard FROM senders WHERE session_id = ?")
        .bind(session)
        .fetch_one(&mut *db)
        .await?;
    if repeat && before >= breaker::MOST_UNHEARD {
        return Ok(());
    }
    sqlx::query("UPDATE senders SET unheard = ?, unheard_until = ? WHERE session_id = ?")
        .bind(before + 1)
        .bind(breaker::unheard_until(before + 1, now))
        .bind(session)
        .execute(db)
        .await?;
    Ok(())
}

/// WhatsApp answered the number.
pub async fn heard(db: &mut Tx, session: SessionId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE senders SET unheard = 0, unheard_until = NULL WHERE session_id = ? AND unheard > 0")
        .bind(session)
        .execute(db)
        .await?;
    Ok(())
}
