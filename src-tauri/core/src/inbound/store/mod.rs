//! The table of replies.

pub mod chat;
pub mod clear;
pub mod figures;
pub mod files;
pub mod history;
pub mod marks;
pub mod replies;

use sqlx::Row;

use super::{Meaning, Received, Word};
use crate::clock::Millis;
use crate::contact::store::Stopped;
use crate::contact::{self, Consent};
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, IdGenerator, MessageId, ReplyId, SessionId};
use crate::outbox::store::answered::{self, Answered};
use crate::outbox::store::{chats, stopping};
use crate::session::client::Reply;
use crate::template::recognise;
use crate::text::is_blank;

/// Who wrote, as the table names them: a phone begins with a plus, a LID does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    Phone(String),
    Lid(String),
}

impl Sender {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(name) | Self::Lid(name) => name,
        }
    }

    /// None for a hidden identity.
    pub fn phone(&self) -> Option<&str> {
        match self {
            Self::Phone(phone) => Some(phone),
            Self::Lid(_) => None,
        }
    }

    pub fn from_column(name: String) -> Self {
        if name.starts_with('+') { Self::Phone(name) } else { Self::Lid(name) }
    }
}

/// The row of a reply; none where it was there already.
pub async fn add(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    reply: &Reply,
    meaning: &Meaning,
    now: Millis,
) -> Result<Option<ReplyId>, sqlx::Error> {
    let id: ReplyId = IdGenerator::at(now).next();
    let chosen = serde_json::to_string(&reply.chosen).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let added = sqlx::query(
        "INSERT INTO replies (id, session_id, sender, wire_id, text, chosen, quotes, stop, start, near_word, at, edited_at, album, unread)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (session_id, sender, wire_id) DO NOTHING",
    )
    .bind(id)
    .bind(session)
    .bind(sender.as_str())
    // Of an edit whose original never came, so that the original, if it comes, changes nothing any more.
    .bind(reply.edits.as_ref().unwrap_or(&reply.id))
    .bind(&reply.text)
    .bind(chosen)
    .bind(&reply.quotes)
    .bind(meaning.word == Some(Word::Stop))
    .bind(meaning.word == Some(Word::Start) && reply.edits.is_none())
    .bind(&meaning.near_word)
    .bind(reply.at)
    .bind(reply.edits.as_ref().map(|_| reply.at))
    .bind(reply.attached.as_ref().and_then(|file| file.album.as_ref()))
    .execute(&mut *db)
    .await?;
    if added.rows_affected() == 0 {
        return if meaning.word == Some(Word::Stop) { stop_edited(db, session, sender, reply).await } else { Ok(None) };
    }
    if let Some(file) = &reply.attached {
        files::add(db, id, &reply.id, file).await?;
    }
    Ok(Some(id))
}

/// Puts a file without words to those that were sent together with it: an album is one reply. True where it is there
/// now, false where it is the first of them.
pub async fn join_album(db: &mut Tx, session: SessionId, sender: &Sender, reply: &Reply) -> Result<bool, sqlx::Error> {
    let Some((file, album)) = reply.attached.as_ref().and_then(|file| Some((file, file.album.as_ref()?))) else {
        return Ok(false);
    };
    if !is_blank(&reply.text) || reply.edits.is_some() {
        return Ok(false);
    }
    let row: Option<(ReplyId, bool)> = sqlx::query_as(
        "SELECT id, EXISTS (SELECT 1 FROM reply_files f JOIN replies r ON r.id = f.reply_id
                            WHERE r.session_id = ?1 AND r.sender = ?2 AND r.album = ?3 AND f.wire_id = ?4)
         FROM replies WHERE session_id = ?1 AND sender = ?2 AND album = ?3 ORDER BY at, id LIMIT 1",
    )
    .bind(session)
    .bind(sender.as_str())
    .bind(album)
    .bind(&reply.id)
    .fetch_optional(&mut *db)
    .await?;
    let Some((first, known)) = row else { return Ok(false) };
    if !known {
        files::add(db, first, &reply.id, file).await?;
        sqlx::query("UPDATE replies SET unread = 1, done = 0 WHERE id = ?").bind(first).execute(db).await?;
    }
    Ok(true)
}

/// A STOP that comes behind its own edit is one.
async fn stop_edited(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    original: &Reply,
) -> Result<Option<ReplyId>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE replies SET stop = 1 WHERE session_id = ? AND sender = ? AND wire_id = ? AND stop = 0
             AND edited_at IS NOT NULL RETURNING id",
    )
    .bind(session)
    .bind(sender.as_str())
    .bind(&original.id)
    .fetch_optional(db)
    .await
}

/// Puts the newest words into a reply; none where the reply never came. A STOP stays one, and nothing becomes a START:
/// what is edited later is no sign of consent.
pub async fn edit(
    db: &mut Tx,
    session: SessionId,
    sender: &Sender,
    original: &str,
    edit: &Reply,
    meaning: &Meaning,
) -> Result<Option<ReplyId>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE replies SET text = iif(?1 >= coalesce(edited_at, at), ?2, text),
                            chosen = iif(?1 >= coalesce(edited_at, at), '[]', chosen),
                            near_word = iif(?1 >= coalesce(edited_at, at), ?3, near_word),
                            unread = unread OR text <> ?2, done = done AND text = ?2,
                            seen_to = seen_to AND text = ?2, cleared_at = iif(text = ?2, cleared_at, NULL),
                            stop = max(stop, ?4), edited_at = max(?1, coalesce(edited_at, at))
         WHERE session_id = ?5 AND sender = ?6 AND wire_id = ?7 RETURNING id",
    )
    .bind(edit.at)
    .bind(&edit.text)
    .bind(&meaning.near_word)
    .bind(meaning.word == Some(Word::Stop))
    .bind(session)
    .bind(sender.as_str())
    .bind(original)
    .fetch_optional(db)
    .await
}

/// Nothing was said after all. An opt-out stays one.
pub async fn take_back(db: &mut Tx, session: SessionId, sender: &Sender, wire_id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM replies WHERE session_id = ? AND sender = ? AND wire_id = ? AND stop = 0")
        .bind(session)
        .bind(sender.as_str())
        .bind(wire_id)
        .execute(db)
        .await?;
    Ok(())
}

/// What follows from the newest words: the answer that they choose, and an opt-out.
pub async fn link_edited(db: &mut Tx, reply: ReplyId, meaning: &Meaning, now: Millis) -> Result<Received, sqlx::Error> {
    if meaning.word == Some(Word::Stop) {
        return link(db, reply, now).await;
    }
    let row: (Option<MessageId>, Option<CampaignId>) =
        sqlx::query_as("SELECT message_id, campaign_id FROM replies WHERE id = ?")
            .bind(reply)
            .fetch_one(&mut *db)
            .await?;
    if let Some(message) = row.0 {
        write_answer(db, reply, message).await?;
    }
    Ok(Received { campaigns: row.1.into_iter().collect(), replies_changed: true, ..Received::default() })
}

/// Finds out who wrote and what it answers, and lets an opt-out count, or its end.
pub async fn link(db: &mut Tx, reply: ReplyId, now: Millis) -> Result<Received, sqlx::Error> {
    let row = sqlx::query("SELECT session_id, sender, text, quotes, stop, start, at FROM replies WHERE id = ?")
        .bind(reply)
        .fetch_one(&mut *db)
        .await?;
    let (session, at): (SessionId, Millis) = (row.try_get("session_id")?, row.try_get("at")?);
    let sender = Sender::from_column(row.try_get("sender")?);
    let quoted = match row.try_get::<Option<String>, _>("quotes")? {
        Some(wire_id) => answered::quoted(db, &wire_id).await?,
        None => None,
    };
    let contact = match &sender {
        Sender::Phone(phone) => contact::store::by_any_spelling(db, phone).await?,
        Sender::Lid(_) => quoted.as_ref().map(|about| about.contact),
    };
    let about = match (quoted.clone(), contact) {
        (Some(about), _) => Some(about),
        (None, Some(contact)) => answered::newest(db, session, contact, at).await?,
        (None, None) => None,
    };
    write_link(db, reply, contact, about.as_ref()).await?;
    if let Some(about) = &about {
        write_answer(db, reply, about.message).await?;
    }
    if let Some(contact) = contact {
        chats::heard_from(db, session, contact, now).await?;
    }
    let campaigns = about.iter().filter_map(|about| about.campaign).collect();
    let mut received = Received { campaigns, replies_changed: true, ..Received::default() };
    if row.try_get("stop")? {
        marks::see_to_all(db, &sender, contact).await?;
        let (who, confirm) = stopped(sender.clone(), quoted);
        received.contacts_changed = contact::store::opt_out(db, &who, at, now).await?;
        let about = about.filter(|_| received.contacts_changed);
        if let Some((campaign, message)) = about.and_then(|about| Some((about.campaign?, about.message))) {
            stopping::opted_out(db, campaign, message).await?;
        }
        received.opted_out = confirm.filter(|_| received.contacts_changed).into_iter().collect();
    } else if let (true, Sender::Phone(phone)) = (row.try_get("start")?, &sender) {
        // Of a hidden identity alone nobody knows whose opt-out it would end.
        let consent = Consent { source: row.try_get("text")?, at, note: String::new() };
        received.contacts_changed = contact::store::opt_in(db, phone, &consent, now).await?;
        received.opted_in = received.contacts_changed.then(|| phone.clone()).into_iter().collect();
    }
    Ok(received)
}

/// Whom a STOP is from, by its sender and by what it quotes; and the phone that a confirmation goes to.
fn stopped(sender: Sender, quoted: Option<Answered>) -> (Stopped, Option<String>) {
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
    about: Option<&Answered>,
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
    let text: Option<String> = sqlx::query_scalar("SELECT text FROM replies WHERE id = ? AND chosen = '[]'")
        .bind(reply)
        .fetch_optional(&mut *db)
        .await?;
    let Some(text) = text else { return Ok(()) };
    let options = answered::offered(db, message).await?;
    let Some(option) = recognise(&options, &text).and_then(|place| options.get(place)) else { return Ok(()) };
    sqlx::query("UPDATE replies SET chosen = json_array(?) WHERE id = ?").bind(option).bind(reply).execute(db).await?;
    Ok(())
}

/// Gives the replies that came under a LID their phone, and says which they are. One that came again under its phone
/// in the meantime is the same reply: its copy goes.
pub async fn rename_sender(db: &mut Tx, lid: &str, phone: &str) -> Result<Vec<ReplyId>, sqlx::Error> {
    let renamed = sqlx::query_scalar("UPDATE OR IGNORE replies SET sender = ? WHERE sender = ? RETURNING id")
        .bind(phone)
        .bind(lid)
        .fetch_all(&mut *db)
        .await?;
    sqlx::query("DELETE FROM replies WHERE sender = ?").bind(lid).execute(db).await?;
    Ok(renamed)
}
