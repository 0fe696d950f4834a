//! Which message a reply is about.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, SessionId};
use crate::session::client::Reply;
use crate::stored::Json;

/// A message that was sent, as the one that answers it needs it.
#[derive(Clone, Debug)]
pub struct Answered {
    pub contact: ContactId,
    pub message: MessageId,
    /// None where it was written to one person.
    pub campaign: Option<CampaignId>,
    /// The phone that it went to.
    pub phone: String,
}

/// A message to somebody who was erased is nobody's.
pub async fn quoted(db: &mut SqliteConnection, wire_id: &str) -> Result<Option<Answered>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.contact_id, m.id, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id, m.phone
         FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.wire_id = ? AND m.phone <> ''",
    )
    .bind(wire_id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(answered).transpose()
}

/// Puts the emoji of a reaction to the part that it is of, and says whose part that is. One that comes behind a later one
/// changes nothing.
pub async fn react(db: &mut Tx, reaction: &Reply) -> Result<Option<CampaignId>, sqlx::Error> {
    let part: Option<CampaignId> = sqlx::query_scalar(
        "UPDATE parts SET reaction = ?1, reacted_at = ?2
         WHERE wire_id = ?3 AND coalesce(reacted_at, 0) <= ?2
             AND EXISTS (SELECT 1 FROM messages m WHERE m.id = parts.message_id AND m.phone <> '' AND m.cleared_at IS NULL)
         RETURNING queue_id",
    )
    .bind(&reaction.text)
    .bind(reaction.at)
    .bind(&reaction.quotes)
    .fetch_optional(db)
    .await?;
    Ok(part)
}

/// A person who writes without quoting answers what the number sent last, if that was not long ago.
const ANSWERED_WITHIN: Millis = 30 * DAY;

pub async fn newest(
    db: &mut SqliteConnection,
    session: SessionId,
    contact: ContactId,
    at: Millis,
) -> Result<Option<Answered>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.contact_id, m.id, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id, m.phone
         FROM messages m JOIN parts p ON p.message_id = m.id
         WHERE m.contact_id = ? AND p.session_id = ? AND p.sent_at >= ? ORDER BY p.sent_at DESC LIMIT 1",
    )
    .bind(contact)
    .bind(session)
    .bind(at - ANSWERED_WITHIN)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(answered).transpose()
}

fn answered(row: &SqliteRow) -> Result<Answered, sqlx::Error> {
    Ok(Answered {
        contact: row.try_get("contact_id")?,
        message: row.try_get("id")?,
        campaign: row.try_get("campaign_id")?,
        phone: row.try_get("phone")?,
    })
}

/// The answers that a message offers; none where it offers none.
pub async fn offered(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<String>, sqlx::Error> {
    let options = "SELECT options FROM messages WHERE id = ? AND options IS NOT NULL";
    let options: Option<Json<Vec<String>>> = sqlx::query_scalar(options).bind(message).fetch_optional(db).await?;
    Ok(options.map(|Json(options)| options).unwrap_or_default())
}
