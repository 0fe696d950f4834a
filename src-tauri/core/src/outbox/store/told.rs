//! What other programs are told of a part: the last one of a message stands for it.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::category::Category;
use crate::clock::Millis;
use crate::ids::{CampaignId, ContactId, MessageId, PartId, SessionId};
use crate::ledger::Book;
use crate::outbox::state::{Origin, PartState};

/// A message as it is told.
#[derive(Clone, Debug)]
pub struct Told {
    pub message: MessageId,
    pub contact: ContactId,
    /// Its campaign; none where it belongs to none.
    pub campaign: Option<CampaignId>,
    pub origin: Origin,
    pub category: Category,
    pub phone: String,
    pub name: String,
    pub book: Book,
    pub state: PartState,
    pub cause: Option<String>,
    pub session: Option<SessionId>,
    pub sent_at: Option<Millis>,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
    pub played_at: Option<Millis>,
    pub ended_at: Option<Millis>,
}

/// The messages of those of these parts that are the last ones.
pub async fn messages_of_last(
    db: &mut SqliteConnection,
    parts: &[PartId],
) -> Result<BTreeMap<PartId, MessageId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT id, message_id FROM parts WHERE last = 1 AND id IN (");
    let mut list = select.separated(", ");
    parts.iter().for_each(|part| {
        list.push_bind(*part);
    });
    select.push(")");
    Ok(select.build_query_as::<(PartId, MessageId)>().fetch_all(db).await?.into_iter().collect())
}

/// Those of these queues that are campaigns.
pub async fn campaigns_of(db: &mut SqliteConnection, queues: &[CampaignId]) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT id FROM queues WHERE kind = 'campaign' AND id IN (");
    let mut list = select.separated(", ");
    queues.iter().for_each(|queue| {
        list.push_bind(*queue);
    });
    select.push(")");
    select.build_query_scalar().fetch_all(db).await
}

pub async fn told(db: &mut SqliteConnection, part: PartId) -> Result<Option<Told>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.id, m.contact_id, iif(m.origin = 'campaign', m.queue_id, NULL) AS campaign, m.origin, m.category, m.phone,
                m.name, q.book, p.state, p.cause, p.session_id, p.sent_at, p.delivered_at, p.read_at, p.played_at, p.ended_at
         FROM parts p JOIN messages m ON m.id = p.message_id JOIN queues q ON q.id = p.queue_id WHERE p.id = ?",
    );
    row.bind(part).fetch_optional(db).await?.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Told, sqlx::Error> {
    Ok(Told {
        message: row.try_get("id")?,
        contact: row.try_get("contact_id")?,
        campaign: row.try_get("campaign")?,
        origin: row.try_get("origin")?,
        category: row.try_get("category")?,
        phone: row.try_get("phone")?,
        name: row.try_get("name")?,
        book: row.try_get("book")?,
        state: row.try_get("state")?,
        cause: row.try_get("cause")?,
        session: row.try_get("session_id")?,
        sent_at: row.try_get("sent_at")?,
        delivered_at: row.try_get("delivered_at")?,
        read_at: row.try_get("read_at")?,
        played_at: row.try_get("played_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}
