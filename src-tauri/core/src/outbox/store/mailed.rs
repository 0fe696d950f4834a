//! What may go by e-mail instead: messages that have failed for good, and those that no number can send. A message of
//! which anything is on its way, was accepted or may have arrived is none of them.

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, SqliteConnection};
use uuid::Uuid;

use super::claim::{reached_already, reached_soon};
use super::numbers;
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::permission::{addressed, refusal};
use crate::contact::store::mailable;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, SessionId};
use crate::ledger::Book;
use crate::ledger::store::{End, end_hold};
use crate::mail::store::{known_to_mail, wanted_by_mail};
use crate::media::MediaKind;
use crate::outbox::gate::Gate;
use crate::outbox::state::SkipReason;
use crate::session::cause::Cause;
use crate::settings::{paused, promotion_gap};
use crate::stored::Json;

/// Nothing of the message `m` with the last part `p` is on its way, was accepted or may have arrived.
macro_rules! never_sent {
    () => {
        "NOT EXISTS (SELECT 1 FROM parts s WHERE s.message_id = m.id AND s.position <= p.position
             AND (s.state NOT IN ('pending', 'failed') OR s.sent_at IS NOT NULL
                  OR EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = s.id
                             AND (a.outcome IS NULL OR a.outcome IN ('unknown', 'accepted')))))"
    };
}

/// Of which messages.
#[derive(Clone, Copy, Debug)]
pub enum Among {
    Queue(CampaignId),
    /// One that belongs to no campaign.
    Single(MessageId),
}

impl Among {
    fn filter(self) -> &'static str {
        match self {
            Self::Queue(_) => "p.queue_id = ?1",
            Self::Single(_) => "p.message_id = ?1 AND m.origin <> 'campaign'",
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Queue(queue) => queue.0,
            Self::Single(message) => message.0,
        }
    }
}

/// A message `m` by its last part `p`, of a real queue `q` that its owner lets go on.
const LAST: &str = concat!(
    "SELECT m.id, p.round FROM parts p JOIN messages m ON m.id = p.message_id JOIN queues q ON q.id = p.queue_id
     WHERE p.last = 1 AND q.book = 'real' AND q.cancelled_at IS NULL AND q.cleared_at IS NULL
       AND m.cancelled_at IS NULL AND m.skip_reason IS NULL AND NOT ",
    paused!(),
    " AND NOT ",
    known_to_mail!("p.message_id", "p.round"),
    " AND "
);

/// Messages that failed since then, each with the round in which it did.
pub async fn failed(
    db: &mut SqliteConnection,
    among: Among,
    since: Millis,
    limit: u32,
) -> Result<Vec<(MessageId, i64)>, sqlx::Error> {
    let query = format!(
        "{LAST} {} AND p.state = 'failed' AND q.state IN ('open', 'done') AND p.ended_at >= ?2 LIMIT ?3",
        among.filter()
    );
    sqlx::query_as(AssertSqlSafe(query)).bind(among.id()).bind(since).bind(limit).fetch_all(db).await
}

/// Messages of contacts with an address that have been due since then and wait for a number, as `facts` has them.
pub async fn stranded(
    db: &mut SqliteConnection,
    among: Among,
    since: Millis,
    limit: u32,
) -> Result<Vec<(MessageId, i64)>, sqlx::Error> {
    let query = format!(
        "{LAST} {} AND p.state = 'pending' AND q.state = 'open' AND q.revising = 0 AND q.missed_at IS NULL
           AND coalesce(q.held_until, 0) <= ?2 AND {}
           AND EXISTS (SELECT 1 FROM parts f WHERE f.message_id = m.id AND f.state = 'pending' AND f.ready = 1 AND f.due_at <= ?2)
           AND {} AND NOT {} AND NOT {}
         ORDER BY p.due_at, p.id LIMIT ?3",
        among.filter(),
        mailable!("m.contact_id"),
        never_sent!(),
        reached_already!(),
        reached_soon!(),
    );
    sqlx::query_as(AssertSqlSafe(query)).bind(among.id()).bind(since).bind(limit).fetch_all(db).await
}

/// The queues among these of which no number can send to anybody, `usable` being those that are connected.
pub async fn unserved(
    db: &mut SqliteConnection,
    among: &[Among],
    usable: &[SessionId],
    now: Millis,
) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut sending = Vec::new();
    for number in numbers::all(db, &mut Vec::new()).await? {
        if usable.contains(&number.id) && !matches!(number.state(db, now, false).await?.gate, Gate::Shut { .. }) {
            sending.push(number.id);
        }
    }
    let mut unserved = Vec::new();
    for among in among {
        let query = match among {
            Among::Queue(_) => "SELECT id, session_ids FROM queues WHERE id = ? AND state = 'open'",
            Among::Single(_) => {
                "SELECT q.id, q.session_ids FROM messages m JOIN queues q ON q.id = m.queue_id WHERE m.id = ? AND q.state = 'open'"
            }
        };
        let row = sqlx::query(query).bind(among.id()).fetch_optional(&mut *db).await?;
        if let Some(row) = row {
            let allowed: Vec<SessionId> = row.try_get::<Json<_>, _>("session_ids")?.0;
            if !allowed.iter().any(|number| sending.contains(number)) {
                unserved.push(row.try_get("id")?);
            }
        }
    }
    Ok(unserved)
}

/// The queue in which they stand, while it is open.
pub async fn queue_of(db: &mut SqliteConnection, among: Among) -> Result<Option<CampaignId>, sqlx::Error> {
    match among {
        Among::Queue(queue) => Ok(Some(queue)),
        Among::Single(message) => {
            sqlx::query_scalar("SELECT queue_id FROM messages WHERE id = ?").bind(message).fetch_optional(db).await
        }
    }
}

/// What is asked of a message in the transaction in which a mail takes it, and again when the mail goes.
#[derive(Clone, Debug)]
pub struct Facts {
    pub queue: CampaignId,
    pub book: Book,
    pub contact: ContactId,
    pub phone: String,
    pub category: Category,
    pub round: i64,
    /// Nothing of it is on its way, was accepted or may have arrived, nor of another message to the same person.
    pub never_sent: bool,
    /// Why its person may not be written to.
    pub refused: Option<SkipReason>,
    pub cleared: bool,
    pub cancelled: bool,
    /// Its campaign or everything is paused, or it is about to be known whether the same person has it.
    pub waits: bool,
    /// Its owner wants mails for it.
    pub wanted: bool,
}

pub async fn facts(db: &mut SqliteConnection, message: MessageId, now: Millis) -> Result<Option<Facts>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT m.queue_id, q.book, m.contact_id, m.phone, m.category, p.round, m.cleared_at IS NOT NULL AS cleared,
                q.cancelled_at IS NOT NULL OR m.cancelled_at IS NOT NULL AS cancelled, ",
        never_sent!(),
        " AND NOT ",
        reached_already!(),
        " AS never_sent, q.state = 'paused' OR ",
        paused!(),
        " OR ",
        reached_soon!(),
        " AS waits, ",
        wanted_by_mail!("m.queue_id", "m.id"),
        " AS wanted, ",
        refusal!("?2", promotion_gap!()),
        " AS refused FROM parts p JOIN queues q ON q.id = p.queue_id JOIN ",
        addressed!(),
        " WHERE m.id = ?1 AND p.message_id = m.id AND p.last = 1",
    ));
    row.bind(message).bind(now).fetch_optional(db).await?.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Facts, sqlx::Error> {
    Ok(Facts {
        queue: row.try_get("queue_id")?,
        book: row.try_get("book")?,
        contact: row.try_get("contact_id")?,
        phone: row.try_get("phone")?,
        category: row.try_get("category")?,
        round: row.try_get("round")?,
        never_sent: row.try_get("never_sent")?,
        refused: row.try_get("refused")?,
        cleared: row.try_get("cleared")?,
        cancelled: row.try_get("cancelled")?,
        waits: row.try_get("waits")?,
        wanted: row.try_get("wanted")?,
    })
}

/// A mail takes the message: what waits of it goes over no number any more, and its credits are free.
pub async fn give_up(db: &mut Tx, message: MessageId, facts: &Facts, now: Millis) -> Result<(), sqlx::Error> {
    let ended = sqlx::query(
        "UPDATE parts SET state = 'failed', cause = ?1, ended_at = ?2 WHERE message_id = ?3 AND state = 'pending'
         RETURNING id, round",
    );
    let ended = ended.bind(Cause::ByMail).bind(now).bind(message).fetch_all(&mut *db).await?;
    for row in &ended {
        end_hold(db, End::Release, facts.book, facts.queue, row.try_get(0)?, row.try_get(1)?, now).await?;
    }
    Ok(())
}

/// Those of these campaigns of which something waits, or ended since then.
pub async fn lively(
    db: &mut SqliteConnection,
    campaigns: &[CampaignId],
    since: Millis,
) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut lively = Vec::new();
    for some in campaigns.chunks(500) {
        let mut select = QueryBuilder::new("SELECT id FROM queues WHERE (state <> 'done' OR coalesce(ended_at, 0) >= ");
        select.push_bind(since).push(
            " OR EXISTS (SELECT 1 FROM parts p WHERE p.queue_id = queues.id AND p.state = 'failed'
                                                    AND p.ended_at >= ",
        );
        select.push_bind(since).push(")) AND id IN (");
        let mut list = select.separated(", ");
        some.iter().for_each(|campaign| {
            list.push_bind(*campaign);
        });
        select.push(")");
        lively.extend(select.build_query_scalar::<CampaignId>().fetch_all(&mut *db).await?);
    }
    Ok(lively)
}

/// Those of these messages that wait, are on their way, or failed since then: about the others nothing more is decided.
pub async fn undecided(
    db: &mut SqliteConnection,
    messages: &[MessageId],
    since: Millis,
) -> Result<BTreeSet<MessageId>, sqlx::Error> {
    let mut undecided = BTreeSet::new();
    for some in messages.chunks(500) {
        let mut select = QueryBuilder::new(
            "SELECT message_id FROM parts
             WHERE last = 1 AND (state IN ('pending', 'sending', 'unknown') OR state = 'failed' AND ended_at >= ",
        );
        select.push_bind(since).push(") AND message_id IN (");
        let mut list = select.separated(", ");
        some.iter().for_each(|message| {
            list.push_bind(*message);
        });
        select.push(")");
        undecided.extend(select.build_query_scalar::<MessageId>().fetch_all(&mut *db).await?);
    }
    Ok(undecided)
}

/// What a message says, for a mail.
#[derive(Clone, Debug)]
pub struct Said {
    pub name: String,
    /// With the question and the answers of a poll.
    pub text: String,
    pub files: Vec<SaidFile>,
}

#[derive(Clone, Debug)]
pub struct SaidFile {
    pub sha256: [u8; 32],
    pub kind: MediaKind,
    pub name: Option<String>,
}

pub async fn said(db: &mut SqliteConnection, message: MessageId) -> Result<Option<Said>, sqlx::Error> {
    let row = sqlx::query("SELECT name, text, question, options FROM messages WHERE id = ?");
    let Some(row) = row.bind(message).fetch_optional(&mut *db).await? else { return Ok(None) };
    let (mut text, question): (String, Option<String>) = (row.try_get("text")?, row.try_get("question")?);
    let options: Option<Json<Vec<String>>> = row.try_get("options")?;
    if let Some(question) = question {
        let options = options.map(|options| options.0).unwrap_or_default();
        let lines = options.iter().enumerate().map(|(index, option)| format!("{}. {option}", index + 1));
        text = [text, question].into_iter().chain(lines).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    }
    let files = sqlx::query(
        "SELECT media, kind, file_name FROM parts
         WHERE message_id = ?1 AND media IS NOT NULL
           AND position <= (SELECT l.position FROM parts l WHERE l.message_id = ?1 AND l.last = 1)
         ORDER BY position",
    );
    let file = |row: &SqliteRow| {
        let sha256 = <[u8; 32]>::try_from(row.try_get::<&[u8], _>("media")?);
        Ok(SaidFile {
            sha256: sha256.map_err(|error| sqlx::Error::Decode(error.into()))?,
            kind: row.try_get("kind")?,
            name: row.try_get("file_name")?,
        })
    };
    let files: Result<_, sqlx::Error> = files.bind(message).fetch_all(db).await?.iter().map(file).collect();
    Ok(Some(Said { name: row.try_get("name")?, text, files: files? }))
}
