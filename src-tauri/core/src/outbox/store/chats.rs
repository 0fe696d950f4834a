//! With whom a number has talked: no new-chat limit counts for them.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, SessionId};
use crate::outbox::state::PartState;
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

/// A message to somebody, as their chat shows it.
#[derive(Clone, Debug)]
pub struct Ours {
    pub message: MessageId,
    /// None where it was written to this person alone.
    pub campaign: Option<CampaignId>,
    pub text: String,
    pub cleared_at: Option<Millis>,
    pub state: PartState,
    /// The emoji that was put last to one of its parts.
    pub reaction: Option<String>,
    /// When it was sent; what waits, when it was written.
    pub at: Millis,
}

/// What a number sent to a contact, and what was written to this contact alone and still waits; the newest first.
pub async fn newest(
    db: &mut SqliteConnection,
    session: SessionId,
    contact: ContactId,
    limit: u32,
) -> Result<Vec<Ours>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT m.id, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id,
                coalesce(nullif(m.text, ''), m.question, '') AS text, m.cleared_at, p.state, coalesce(p.sent_at, m.created_at) AS at,
                (SELECT r.reaction FROM parts r WHERE r.message_id = m.id AND r.reaction <> ''
                 ORDER BY r.reacted_at DESC LIMIT 1) AS reaction
         FROM messages m JOIN parts p ON p.message_id = m.id AND p.last = 1
         WHERE m.contact_id = ?1
           AND ((p.session_id = ?2 AND p.sent_at IS NOT NULL) OR (m.origin = 'direct' AND p.sent_at IS NULL))
         ORDER BY at DESC LIMIT ?3",
    )
    .bind(contact)
    .bind(session)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(ours).collect()
}

fn ours(row: &SqliteRow) -> Result<Ours, sqlx::Error> {
    Ok(Ours {
        message: row.try_get("id")?,
        campaign: row.try_get("campaign_id")?,
        text: row.try_get("text")?,
        cleared_at: row.try_get("cleared_at")?,
        state: row.try_get("state")?,
        reaction: row.try_get("reaction")?,
        at: row.try_get("at")?,
    })
}
