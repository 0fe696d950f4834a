//! With whom a number has talked: no new-chat limit counts for them.

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{ContactId, MessageId, SessionId};
use crate::session::store::numbers;

/// WhatsApp took a message to somebody new. The count of new chats moves with it until WhatsApp tells its own.
pub async fn begun(db: &mut Tx, session: SessionId, message: MessageId, now: Millis) -> Result<(), sqlx::Error> {
    let added = sqlx::query(
        "INSERT OR IGNORE INTO chats (session_id, contact_id, since_at)
         SELECT ?, contact_id, ? FROM messages WHERE id = ?",
    )
    .bind(session)
    .bind(now)
    .bind(message)
    .execute(&mut *db)
    .await?;
    if added.rows_affected() == 1 {
        numbers::count_new_chat(db, session).await?;
    }
    Ok(())
}

/// A contact wrote to the number.
pub async fn heard_from(db: &mut Tx, session: SessionId, contact: ContactId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT OR IGNORE INTO chats (session_id, contact_id, since_at) VALUES (?, ?, ?)")
        .bind(session)
        .bind(contact)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
