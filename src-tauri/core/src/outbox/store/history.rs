//! The messages of one contact, the newest first, each as it stands.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::category::Category;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId};
use crate::mail::store::{self as mail, MailView};
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
    /// Which version of its campaign's content it has, where there are several.
    pub version: Option<i64>,
    /// Its text was written for this person alone.
    pub own: bool,
    /// When its text and its files were cleared.
    pub cleared_at: Option<Millis>,
    /// The state of its last part.
    pub state: PartState,
    /// The cause of a failure or the reason of skipping, as a code.
    pub reason: Option<String>,
    /// Since when it is in that state.
    pub state_at: Option<Millis>,
    pub session_name: Option<String>,
    /// What went by e-mail instead, or should.
    pub mail: Option<MailView>,
    pub parts: i64,
    /// What the parts cost that WhatsApp accepted.
    pub credits: i64,
    pub created_at: Millis,
    /// When it was accepted or ended, else when it was made.
    pub at: Millis,
}

/// The first so many behind the key (at, id) of a row.
pub async fn before(
    db: &mut SqliteConnection,
    contacts: &[ContactId],
    key: (Millis, MessageId),
    limit: i64,
) -> Result<Vec<SentMessage>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT * FROM (
             SELECT m.id, m.origin, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id, m.category, m.text, m.cleared_at,
                    m.created_at, m.own = 1 AS own, iif(q.version > 1 OR m.own = 1, m.version, NULL) AS version,
                    coalesce(q.book = 'practice', 0) AS practice,
                    coalesce(p.state, 'skipped') AS state, coalesce(m.skip_reason, p.cause) AS reason, p.session_id,
                    CASE p.state WHEN 'sent' THEN p.sent_at WHEN 'delivered' THEN p.delivered_at WHEN 'read' THEN p.read_at
                        WHEN 'played' THEN p.played_at ELSE p.ended_at END AS state_at,
                    (SELECT count(*) FROM parts a WHERE a.message_id = m.id) AS parts,
                    (SELECT coalesce(sum(a.price), 0) FROM parts a WHERE a.message_id = m.id AND a.sent_at IS NOT NULL) AS credits,
                    coalesce(p.sent_at, p.ended_at, m.created_at) AS at
             FROM messages m LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1
                             LEFT JOIN queues q ON q.id = m.queue_id
             WHERE m.contact_id IN (",
    );
    let mut list = select.separated(", ");
    contacts.iter().for_each(|contact| {
        list.push_bind(*contact);
    });
    select.push(")) WHERE (at, id) < (").push_bind(key.0).push(", ").push_bind(key.1);
    select.push(") ORDER BY at DESC, id DESC LIMIT ").push_bind(limit);
    let rows = select.build().fetch_all(&mut *db).await?;
    let numbers = sessions::names(&mut *db).await?.into_iter().collect();
    let messages: Result<Vec<SentMessage>, _> = rows.iter().map(|row| message_of(row, &numbers)).collect();
    let mut messages = messages?;
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
    let mut mails = mail::of_messages(db, &ids).await?;
    messages.iter_mut().for_each(|message| message.mail = mails.remove(&message.id));
    Ok(messages)
}

/// Whether something for this contact is not over yet.
pub async fn waits(db: &mut SqliteConnection, contact: ContactId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM messages m JOIN parts p ON p.message_id = m.id
                        WHERE m.contact_id = ? AND p.state IN ('pending', 'sending', 'unknown'))",
    )
    .bind(contact)
    .fetch_one(db)
    .await
}

/// What one contact was sent becomes another's. A campaign knows each of its people once: where it wrote to both, the
/// message that went out is the one that counts, and the other one stays where it is.
pub async fn give(db: &mut Tx, from: ContactId, to: ContactId) -> Result<(), sqlx::Error> {
    let pairs = "SELECT k.id, g.id FROM messages k JOIN messages g ON g.queue_id = k.queue_id AND g.origin = 'campaign'
                 WHERE k.contact_id = ?1 AND k.origin = 'campaign' AND g.contact_id = ?2
                     AND k.skip_reason IS NOT NULL AND g.skip_reason IS NULL";
    let pairs: Vec<(MessageId, MessageId)> = sqlx::query_as(pairs).bind(to).bind(from).fetch_all(&mut *db).await?;
    swap(db, &pairs, from, to).await?;
    sqlx::query("UPDATE OR IGNORE messages SET contact_id = ? WHERE contact_id = ?")
        .bind(to)
        .bind(from)
        .execute(&mut *db)
        .await?;
    // With the phone that stays, the numbers have talked or not: the chats of the other one tell nothing of it.
    sqlx::query("DELETE FROM chats WHERE contact_id = ?").bind(from).execute(db).await?;
    Ok(())
}

/// What went to the phone of the second was its own.
pub async fn give_back(
    db: &mut Tx,
    (keep, keeps): (ContactId, &str),
    (gone, goes): (ContactId, &str),
) -> Result<(), sqlx::Error> {
    let pairs = "SELECT k.id, g.id FROM messages k JOIN messages g ON g.queue_id = k.queue_id AND g.origin = 'campaign'
                 WHERE k.contact_id = ?1 AND k.origin = 'campaign' AND g.contact_id = ?2 AND k.phone = ?3 AND g.phone = ?4";
    let pairs: Vec<(MessageId, MessageId)> =
        sqlx::query_as(pairs).bind(keep).bind(gone).bind(goes).bind(keeps).fetch_all(&mut *db).await?;
    swap(db, &pairs, gone, keep).await?;
    sqlx::query("UPDATE OR IGNORE messages SET contact_id = ? WHERE contact_id = ? AND phone = ?")
        .bind(gone)
        .bind(keep)
        .bind(goes)
        .execute(db)
        .await?;
    Ok(())
}

/// The first of each pair becomes `first`'s, and the second becomes `second`'s.
async fn swap(
    db: &mut Tx,
    pairs: &[(MessageId, MessageId)],
    first: ContactId,
    second: ContactId,
) -> Result<(), sqlx::Error> {
    for (one, other) in pairs {
        // Nobody's for a moment, so that a campaign never has two messages for one contact.
        sqlx::query("UPDATE messages SET contact_id = id WHERE id = ?").bind(one).execute(&mut *db).await?;
        for (contact, message) in [(second, other), (first, one)] {
            let owned = "UPDATE messages SET contact_id = ? WHERE id = ?";
            sqlx::query(owned).bind(contact).bind(message).execute(&mut *db).await?;
        }
    }
    Ok(())
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
        version: row.try_get("version")?,
        own: row.try_get("own")?,
        cleared_at: row.try_get("cleared_at")?,
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        state_at: row.try_get("state_at")?,
        session_name: session.and_then(|session| numbers.get(&session).cloned()),
        mail: None,
        parts: row.try_get("parts")?,
        credits: row.try_get("credits")?,
        created_at: row.try_get("created_at")?,
        at: row.try_get("at")?,
    })
}
