//! The tables of replies and of hidden identities.

pub mod replies;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Received;
use crate::clock::{DAY, Millis};
use crate::contact;
use crate::contact::store::Stopped;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, IdGenerator, MessageId, ReplyId, SessionId};
use crate::outbox::store::chats;
use crate::session::client::Reply;
use crate::stored::Json;
use crate::template::recognise;

/// Who wrote, as the table names them: a phone begins with a plus, a LID does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    Phone(String),
    Lid(String),
}

impl Sender {
    fn as_str(&self) -> &str {
        match self {
            Self::Phone(name) | Self::Lid(name) => name,
        }
    }

    fn from_column(name: String) -> Self {
        if name.starts_with('+') { Self::Phone(name) } else { Self::Lid(name) }
    }
}

/// The row of a reply; none where it was there already.
pub async fn add(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    reply: &Reply,
    is_stop: bool,
    now: Millis,
) -> Result<Option<ReplyId>, sqlx::Error> {
    let id: ReplyId = IdGenerator::at(now).next();
    let chosen = serde_json::to_string(&reply.chosen).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let added = sqlx::query(
        "INSERT INTO replies (id, session_id, sender, wire_id, text, chosen, quotes, stop, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, sender, wire_id) DO NOTHING",
    )
    .bind(id)
    .bind(session)
    .bind(sender.as_str())
    .bind(&reply.id)
    .bind(&reply.text)
    .bind(chosen)
    .bind(&reply.quotes)
    .bind(is_stop)
    .bind(reply.at)
    .execute(db)
    .await?;
    Ok((added.rows_affected() == 1).then_some(id))
}

/// What a reply is about.
#[derive(Clone)]
struct About {
    contact: ContactId,
    message: MessageId,
    /// None where it was written to one person.
    campaign: Option<CampaignId>,
    /// The phone that the message went to.
    phone: String,
}

/// Finds out who wrote and what it answers, and lets an opt-out count.
pub async fn link(db: &mut Tx, reply: ReplyId, now: Millis) -> Result<Received, sqlx::Error> {
    let row = sqlx::query("SELECT session_id, sender, quotes, stop, at FROM replies WHERE id = ?")
        .bind(reply)
        .fetch_one(&mut *db)
        .await?;
    let (session, at): (SessionId, Millis) = (row.try_get("session_id")?, row.try_get("at")?);
    let sender = Sender::from_column(row.try_get("sender")?);
    let quoted = match row.try_get::<Option<String>, _>("quotes")? {
        Some(wire_id) => quoted(db, &wire_id).await?,
        None => None,
    };
    let contact = match &sender {
        Sender::Phone(phone) => contact::store::by_any_spelling(db, phone).await?,
        Sender::Lid(_) => quoted.as_ref().map(|about| about.contact),
    };
    let about = match (quoted.clone(), contact) {
        (Some(about), _) => Some(about),
        (None, Some(contact)) => newest(db, session, contact, at).await?,
        (None, None) => None,
    };
    write_link(db, reply, contact, about.as_ref()).await?;
    if let Some(about) = &about {
        write_answer(db, reply, about.message).await?;
    }
    if let Some(contact) = contact {
        chats::heard_from(db, session, contact, now).await?;
    }
    let mut received =
        Received { campaigns: about.iter().filter_map(|about| about.campaign).collect(), ..Received::default() };
    if row.try_get("stop")? {
        let (who, confirm) = stopped(sender, quoted);
        received.contacts_changed = contact::store::opt_out(db, &who, at, now).await?;
        received.opted_out = confirm.filter(|_| received.contacts_changed).into_iter().collect();
    }
    Ok(received)
}

/// Whom a STOP is from, by its sender and by what it quotes; and the phone that a confirmation goes to.
fn stopped(sender: Sender, quoted: Option<About>) -> (Stopped, Option<String>) {
    let (mut who, written) = match quoted {
        Some(about) => (Stopped { contact: Some(about.contact), ..Stopped::default() }, Some(about.phone)),
        None => (Stopped::default(), None),
    };
    match sender {
        Sender::Phone(phone) => who.phones.push(phone),
        Sender::Lid(lid) => who.lid = Some(lid),
    }
    who.phones.extend(written);
    let confirm = who.phones.first().cloned();
    (who, confirm)
}

async fn write_link(
    db: &mut Tx,
    reply: ReplyId,
    contact: Option<ContactId>,
    about: Option<&About>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE replies SET contact_id = ?, message_id = ?, campaign_id = ? WHERE id = ?")
        .bind(contact)
        .bind(about.map(|about| about.message))
        .bind(about.and_then(|about| about.campaign))
        .bind(reply)
        .execute(db)
        .await?;
    Ok(())
}

/// The number or the words of an offered answer choose it, as a tap does in a poll.
async fn write_answer(db: &mut Tx, reply: ReplyId, message: MessageId) -> Result<(), sqlx::Error> {
    let row = sqlx::query(
        "SELECT r.text, m.options FROM replies r, messages m
         WHERE r.id = ? AND r.chosen = '[]' AND m.id = ? AND m.options IS NOT NULL",
    )
    .bind(reply)
    .bind(message)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let Json(options): Json<Vec<String>> = row.try_get("options")?;
    let Some(option) = recognise(&options, row.try_get("text")?).and_then(|place| options.get(place)) else {
        return Ok(());
    };
    sqlx::query("UPDATE replies SET chosen = json_array(?) WHERE id = ?").bind(option).bind(reply).execute(db).await?;
    Ok(())
}

async fn quoted(db: &mut SqliteConnection, wire_id: &str) -> Result<Option<About>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.contact_id, m.id, CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id, m.phone
         FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.wire_id = ?",
    )
    .bind(wire_id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(about).transpose()
}

/// A person who writes without quoting answers what the number sent last, if that was not long ago.
const ANSWERED_WITHIN: Millis = 30 * DAY;

async fn newest(
    db: &mut SqliteConnection,
    session: SessionId,
    contact: ContactId,
    at: Millis,
) -> Result<Option<About>, sqlx::Error> {
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
    row.as_ref().map(about).transpose()
}

fn about(row: &SqliteRow) -> Result<About, sqlx::Error> {
    Ok(About {
        contact: row.try_get("contact_id")?,
        message: row.try_get("id")?,
        campaign: row.try_get("campaign_id")?,
        phone: row.try_get("phone")?,
    })
}

pub async fn phone_of(db: &mut SqliteConnection, lid: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT phone FROM lids WHERE lid = ?").bind(lid).fetch_optional(db).await
}

/// Remembers a pair; true where it tells something that was not known. Pairs are seen at every sending, so one that is
/// known is written again once a day only.
pub async fn pair(db: &mut Tx, phone: &str, lid: &str, now: Millis) -> Result<bool, sqlx::Error> {
    let known = phone_of(db, lid).await?;
    sqlx::query(
        "INSERT INTO lids (lid, phone, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT (lid) DO UPDATE
         SET phone = excluded.phone, seen_at = excluded.seen_at
         WHERE phone <> excluded.phone OR seen_at < excluded.seen_at - ?4",
    )
    .bind(lid)
    .bind(phone)
    .bind(now)
    .bind(DAY)
    .execute(db)
    .await?;
    Ok(known.as_deref() != Some(phone))
}

/// Gives the replies that came under a LID their phone, and says which they are. One that came again under its phone
/// in the meantime is the same reply: its copy goes.
pub async fn rename_sender(db: &mut Tx, lid: &str, phone: &str) -> Result<Vec<ReplyId>, sqlx::Error> {
    let renamed = sqlx::query_scalar(
        "UPDATE OR IGNORE replies SET sender = ?
         WHERE session_id IN (SELECT id FROM sessions) AND sender = ? RETURNING id",
    )
    .bind(phone)
    .bind(lid)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query("DELETE FROM replies WHERE session_id IN (SELECT id FROM sessions) AND sender = ?")
        .bind(lid)
        .execute(db)
        .await?;
    Ok(renamed)
}

pub async fn takes_names(db: &mut SqliteConnection, session: SessionId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT take_names FROM sessions WHERE id = ?").bind(session).fetch_one(db).await
}
