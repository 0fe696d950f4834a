//! What one person wrote, the newest first.

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, ReplyId};
use crate::stored::Json;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct WrittenReply {
    pub id: ReplyId,
    pub text: String,
    /// When its text was cleared.
    pub cleared_at: Option<Millis>,
    /// The offered answers that it chooses.
    pub chosen: Vec<String>,
    /// It opted out.
    pub stop: bool,
    /// It took an opt-out back.
    pub start: bool,
    /// What it answers.
    pub message_id: Option<MessageId>,
    pub campaign_id: Option<CampaignId>,
    /// What the campaign is called; whoever shows it fills it in.
    pub campaign_name: Option<String>,
    pub at: Millis,
}

/// A person, by the contact and by every address that they write from.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    pub contact: ContactId,
    pub addresses: &'a [String],
}

/// The first so many behind the key (at, id) of a row.
pub async fn before(
    db: &mut SqliteConnection,
    writer: Writer<'_>,
    key: (Millis, ReplyId),
    limit: i64,
) -> Result<Vec<WrittenReply>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT id, text, cleared_at, chosen, stop, start, message_id, campaign_id, at FROM replies WHERE (contact_id = ",
    );
    push_writer(&mut select, writer);
    select.push(" AND (at, id) < (").push_bind(key.0).push(", ").push_bind(key.1);
    select.push(") ORDER BY at DESC, id DESC LIMIT ").push_bind(limit);
    select.build().fetch_all(db).await?.iter().map(reply_of).collect()
}

/// Empties what a person wrote, and nobody has to look at it any more. The rows stay, so that the counts of campaigns do; an option of a campaign's that it
/// chose stays with them.
pub async fn erase(db: &mut Tx, writer: Writer<'_>) -> Result<(), sqlx::Error> {
    let mut files =
        QueryBuilder::new("DELETE FROM reply_files WHERE reply_id IN (SELECT id FROM replies WHERE (contact_id = ");
    push_writer(&mut files, writer);
    files.push(")").build().execute(&mut *db).await?;
    let mut update = QueryBuilder::new(
        "UPDATE replies SET sender = lower(hex(id)), wire_id = lower(hex(id)), text = '', quotes = NULL, contact_id = NULL,
             near_word = '', unread = 0, done = 1 WHERE (contact_id = ",
    );
    push_writer(&mut update, writer);
    update.build().execute(db).await?;
    Ok(())
}

/// What one contact wrote becomes another's.
pub async fn give(db: &mut Tx, from: ContactId, to: ContactId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE replies SET contact_id = ? WHERE contact_id = ?").bind(to).bind(from).execute(db).await?;
    Ok(())
}

/// What came from these addresses was the other one's.
pub async fn give_back(db: &mut Tx, from: ContactId, to: Writer<'_>) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE replies SET contact_id = ");
    update.push_bind(to.contact).push(" WHERE contact_id = ").push_bind(from).push(" AND sender IN (");
    let mut senders = update.separated(", ");
    for address in to.addresses {
        senders.push_bind(address.clone());
    }
    update.push(")").build().execute(db).await?;
    Ok(())
}

/// The end of a condition that begins with `(contact_id = `.
fn push_writer(query: &mut QueryBuilder<Sqlite>, writer: Writer<'_>) {
    query.push_bind(writer.contact).push(" OR sender IN (");
    let mut senders = query.separated(", ");
    for address in writer.addresses {
        senders.push_bind(address.clone());
    }
    query.push("))");
}

fn reply_of(row: &SqliteRow) -> Result<WrittenReply, sqlx::Error> {
    Ok(WrittenReply {
        id: row.try_get("id")?,
        text: row.try_get("text")?,
        cleared_at: row.try_get("cleared_at")?,
        chosen: row.try_get::<Json<_>, _>("chosen")?.0,
        stop: row.try_get("stop")?,
        start: row.try_get("start")?,
        message_id: row.try_get("message_id")?,
        campaign_id: row.try_get("campaign_id")?,
        campaign_name: None,
        at: row.try_get("at")?,
    })
}
