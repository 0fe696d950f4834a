//! The messages of one contact, the newest first, each as it stands.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::category::Category;
use crate::clock::Millis;
use crate::ids::{CampaignId, ContactId, MessageId};
use crate::outbox::state::{Origin, PartState};
use crate::session::store as sessions;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SentMessage {
    pub id: MessageId,
    pub origin: Origin,
    /// None where it belongs to no campaign.
    pub campaign_id: Option<CampaignId>,
    /// What the campaign is called, where there is one; whoever shows it fills it in.
    pub campaign_name: Option<String>,
    pub category: Category,
    pub practice: bool,
    pub text: String,
    /// The state of its last part.
    pub state: PartState,
    /// The cause of a failure or the reason of skipping, as a code.
    pub reason: Option<String>,
    /// Since when it is in that state.
    pub state_at: Option<Millis>,
    pub session_name: Option<String>,
    pub parts: i64,
    /// Parts that WhatsApp accepted.
    pub accepted: i64,
    pub created_at: Millis,
    /// When it was accepted or ended, else when it was made.
    pub at: Millis,
}

/// The first so many behind the key (at, id) of a row.
pub async fn before(
    db: &mut SqliteConnection,
    contact: ContactId,
    key: (Millis, MessageId),
    limit: i64,
) -> Result<Vec<SentMessage>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM (
             SELECT m.id, m.origin, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id, m.category, m.text,
                    m.created_at, coalesce(q.book = 'practice', 0) AS practice,
                    coalesce(p.state, 'skipped') AS state, coalesce(m.skip_reason, p.cause) AS reason, p.session_id,
                    CASE p.state WHEN 'sent' THEN p.sent_at WHEN 'delivered' THEN p.delivered_at WHEN 'read' THEN p.read_at
                        WHEN 'played' THEN p.played_at ELSE p.ended_at END AS state_at,
                    (SELECT count(*) FROM parts a WHERE a.message_id = m.id) AS parts,
                    (SELECT count(*) FROM parts a WHERE a.message_id = m.id AND a.sent_at IS NOT NULL) AS accepted,
                    coalesce(p.sent_at, p.ended_at, m.created_at) AS at
             FROM messages m LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1
                             LEFT JOIN queues q ON q.id = m.queue_id
             WHERE m.contact_id = ?)
         WHERE (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?",
    )
    .bind(contact)
    .bind(key.0)
    .bind(key.1)
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    let numbers = sessions::names(db).await?.into_iter().collect();
    rows.iter().map(|row| message_of(row, &numbers)).collect()
}

fn message_of(row: &SqliteRow, numbers: &super::recipients::Numbers) -> Result<SentMessage, sqlx::Error> {
    let session = row.try_get::<Option<_>, _>("session_id")?;
    Ok(SentMessage {
        id: row.try_get("id")?,
        origin: row.try_get("origin")?,
        campaign_id: row.try_get("campaign_id")?,
        campaign_name: None,
        category: row.try_get("category")?,
        practice: row.try_get("practice")?,
        text: row.try_get("text")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        state_at: row.try_get("state_at")?,
        session_name: session.and_then(|session| numbers.get(&session).cloned()),
        parts: row.try_get("parts")?,
        accepted: row.try_get("accepted")?,
        created_at: row.try_get("created_at")?,
        at: row.try_get("at")?,
    })
}
