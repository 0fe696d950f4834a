//! What is shown of the outbox: counts, tempo, causes.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::{HOUR, MINUTE, Millis};
use crate::ids::{CampaignId, MessageId, PartId, SessionId};
use crate::ledger::Book;
use crate::outbox::state::{PartState, QueueState};
use crate::outbox::stopping::StoppedFor;
use crate::session::cause::Cause;

/// How many of something are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Counts {
    pub pending: i64,
    pub sending: i64,
    pub sent: i64,
    pub delivered: i64,
    pub read: i64,
    pub played: i64,
    pub failed: i64,
    pub skipped: i64,
    pub cancelled: i64,
    pub unknown: i64,
}

impl Counts {
    fn of(&mut self, state: PartState) -> &mut i64 {
        match state {
            PartState::Pending => &mut self.pending,
            PartState::Sending => &mut self.sending,
            PartState::Sent => &mut self.sent,
            PartState::Delivered => &mut self.delivered,
            PartState::Read => &mut self.read,
            PartState::Played => &mut self.played,
            PartState::Failed => &mut self.failed,
            PartState::Skipped => &mut self.skipped,
            PartState::Cancelled => &mut self.cancelled,
            PartState::Unknown => &mut self.unknown,
        }
    }

    pub fn get(mut self, state: PartState) -> i64 {
        *self.of(state)
    }

    pub fn total(&self) -> i64 {
        self.open() + self.accepted() + self.failed + self.skipped + self.cancelled
    }

    /// Still to be sent, or not known to be.
    pub fn open(&self) -> i64 {
        self.pending + self.sending + self.unknown
    }

    pub fn accepted(&self) -> i64 {
        self.sent + self.delivered + self.read + self.played
    }
}

/// People by the state of their message, which is the state of its last part; those skipped in advance included.
pub async fn people(db: &mut SqliteConnection, queue: CampaignId) -> Result<Counts, sqlx::Error> {
    Ok(tally(db, queue).await?.people)
}

/// All parts by state.
pub async fn parts(db: &mut SqliteConnection, queue: CampaignId) -> Result<Counts, sqlx::Error> {
    Ok(tally(db, queue).await?.parts)
}

/// What the counters of a queue say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub people: Counts,
    pub parts: Counts,
    /// What these parts cost.
    pub credits: Counts,
    /// When the last part was accepted or ended without that.
    pub last_at: Option<Millis>,
}

impl Tally {
    fn add(&mut self, row: &SqliteRow) -> Result<(), sqlx::Error> {
        let state = row.try_get::<&str, _>("state")?;
        let state = state.parse().map_err(|_| sqlx::Error::Decode(format!("a part is {state}").into()))?;
        *self.people.of(state) += row.try_get::<i64, _>("people")?;
        *self.parts.of(state) += row.try_get::<i64, _>("parts")?;
        *self.credits.of(state) += row.try_get::<i64, _>("credits")?;
        let last_at = row.try_get::<Option<Millis>, _>("last_at")?;
        self.last_at = self.last_at.max(last_at);
        Ok(())
    }
}

pub async fn tally(db: &mut SqliteConnection, queue: CampaignId) -> Result<Tally, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT state, people, parts, credits, nullif(last_at, 0) AS last_at FROM queue_counts WHERE queue_id = ?",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    let mut tally = Tally::default();
    rows.iter().try_for_each(|row| tally.add(row))?;
    Ok(tally)
}

/// Parts by state over all queues of a book.
pub async fn tally_of_book(db: &mut SqliteConnection, book: Book) -> Result<Tally, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT c.state, sum(c.people) AS people, sum(c.parts) AS parts, sum(c.credits) AS credits, nullif(max(c.last_at), 0) AS last_at
         FROM queue_counts c JOIN queues q ON q.id = c.queue_id WHERE q.book = ? GROUP BY c.state",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await?;
    let mut tally = Tally::default();
    rows.iter().try_for_each(|row| tally.add(row))?;
    Ok(tally)
}

/// A queue as a list of them shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueRow {
    pub state: QueueState,
    pub tally: Tally,
    /// When its first part was accepted.
    pub started_at: Option<Millis>,
    /// The version of its content that counts.
    pub version: i64,
    /// Its messages are being brought to that version.
    pub revising: bool,
    /// Why it was paused by itself.
    pub stopped_for: Option<StoppedFor>,
    /// Since when nothing of it can be sent again or copied.
    pub cleared_at: Option<Millis>,
}

/// Those of the queues that are there: a draft has none.
pub async fn queue_rows(
    db: &mut SqliteConnection,
    queues: &[CampaignId],
) -> Result<BTreeMap<CampaignId, QueueRow>, sqlx::Error> {
    let mut found = BTreeMap::new();
    let head =
        "SELECT q.id, q.state, q.version, q.revising, q.stopped_for, q.cleared_at, (SELECT min(p.sent_at) FROM parts p WHERE p.queue_id = q.id AND p.sent_at IS NOT NULL)
                    AS started_at FROM queues q WHERE q.id IN (";
    for row in among(head, queues).build().fetch_all(&mut *db).await? {
        let queue = QueueRow {
            state: row.try_get("state")?,
            tally: Tally::default(),
            started_at: row.try_get("started_at")?,
            version: row.try_get("version")?,
            revising: row.try_get("revising")?,
            stopped_for: row.try_get("stopped_for")?,
            cleared_at: row.try_get("cleared_at")?,
        };
        found.insert(row.try_get("id")?, queue);
    }
    let head = "SELECT queue_id, state, people, parts, credits, nullif(last_at, 0) AS last_at FROM queue_counts WHERE queue_id IN (";
    for row in among(head, queues).build().fetch_all(db).await? {
        found.entry(row.try_get("queue_id")?).or_default().tally.add(&row)?;
    }
    Ok(found)
}

/// Queues in which something still moves: as many as the owner has going at a time.
pub async fn waiting(db: &mut SqliteConnection) -> Result<Vec<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM queues WHERE state = 'open' OR state = 'paused'").fetch_all(db).await
}

/// The newest campaigns over real numbers in which something failed that their owner has not seen to, at most so many.
pub async fn with_failures(db: &mut SqliteConnection, limit: u32) -> Result<Vec<CampaignId>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT queue_id FROM queue_counts c WHERE state = 'failed' AND people > 0 AND EXISTS
             (SELECT 1 FROM queues q WHERE q.id = c.queue_id AND q.kind = 'campaign' AND q.book = 'real'
              AND (q.failures_seen_at IS NULL OR q.failures_seen_at < c.last_at))
         ORDER BY queue_id DESC LIMIT ?",
    )
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Whether a campaign was ever through over the practice number.
pub async fn has_practised(db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM queues WHERE book = 'practice' AND kind = 'campaign' AND state = 'done')",
    )
    .fetch_one(db)
    .await
}

/// The campaign that ended last since then and whose result its owner has not seen. A cancel is no result, and where
/// nothing was tried there is none.
pub async fn unseen_result(db: &mut SqliteConnection, since: Millis) -> Result<Option<CampaignId>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM queues INDEXED BY queues_unseen
         WHERE state = 'done' AND kind = 'campaign' AND cancelled_at IS NULL AND seen = 0 AND ended_at > ?
         ORDER BY ended_at DESC LIMIT 1",
    )
    .bind(since)
    .fetch_optional(db)
    .await
}

fn among(head: &str, queues: &[CampaignId]) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new(head);
    let mut list = select.separated(", ");
    queues.iter().for_each(|queue| {
        list.push_bind(*queue);
    });
    select.push(")");
    select
}

/// What the queues of a book hold at this moment, the most first.
pub async fn held(db: &mut SqliteConnection, book: Book) -> Result<Vec<(CampaignId, i64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT q.id, sum(c.credits) AS held FROM queues q JOIN queue_counts c ON c.queue_id = q.id
         WHERE q.book = ? AND q.state <> 'done' AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown')
         GROUP BY q.id HAVING sum(c.credits) > 0 ORDER BY held DESC, q.id",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, row.try_get("held")?))).collect()
}

/// What the parts that still wait cost together, of each book.
pub async fn open_credits(db: &mut SqliteConnection) -> Result<BTreeMap<Book, i64>, sqlx::Error> {
    let mut open = BTreeMap::new();
    for book in Book::ALL {
        open.insert(book, open_credits_of(db, book).await?);
    }
    Ok(open)
}

/// The parts themselves are added up, not their counters; a queue that is done has none of them.
async fn open_credits_of(db: &mut SqliteConnection, book: Book) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT coalesce(sum(p.price), 0) FROM queues q CROSS JOIN parts p ON p.queue_id = q.id AND p.last IN (0, 1)
                                                         AND p.state IN ('pending', 'sending', 'unknown')
         WHERE q.book = ? AND q.state IN ('building', 'open', 'paused')",
    )
    .bind(book)
    .fetch_one(db)
    .await
}

/// Whom a part goes to.
#[derive(Clone, Debug)]
pub struct Addressee {
    pub message: MessageId,
    pub name: String,
    pub phone: String,
}

/// Those of these parts that are there.
pub async fn addressees(
    db: &mut SqliteConnection,
    parts: &[PartId],
) -> Result<BTreeMap<PartId, Addressee>, sqlx::Error> {
    let head = "SELECT p.id, m.id AS message, m.name, m.phone FROM parts p JOIN messages m ON m.id = p.message_id
                WHERE p.id IN (";
    let mut select = QueryBuilder::new(head);
    let mut list = select.separated(", ");
    parts.iter().for_each(|part| {
        list.push_bind(*part);
    });
    select.push(")");
    let addressee = |row: &SqliteRow| -> Result<(PartId, Addressee), sqlx::Error> {
        let (message, name, phone) = (row.try_get("message")?, row.try_get("name")?, row.try_get("phone")?);
        Ok((row.try_get("id")?, Addressee { message, name, phone }))
    };
    select.build().fetch_all(db).await?.iter().map(addressee).collect()
}

/// What the person of a message was called when they were written to, how the message begins, and the emoji that they
/// put to it last.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    pub name: String,
    pub text: String,
    pub reaction: Option<String>,
}

pub async fn openings(
    db: &mut SqliteConnection,
    messages: &[MessageId],
) -> Result<BTreeMap<MessageId, Opening>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT id, name, substr(coalesce(nullif(text, ''), question, ''), 1, 200),
                (SELECT p.reaction FROM parts p WHERE p.message_id = messages.id AND p.reaction <> ''
                 ORDER BY p.reacted_at DESC LIMIT 1)
         FROM messages WHERE id IN (",
    );
    let mut list = select.separated(", ");
    messages.iter().for_each(|message| {
        list.push_bind(*message);
    });
    select.push(")");
    let found = select.build_query_as::<(MessageId, String, String, Option<String>)>().fetch_all(db).await?;
    Ok(found.into_iter().map(|(id, name, text, reaction)| (id, Opening { name, text, reaction })).collect())
}

/// One part as the terminal tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartLine {
    pub id: PartId,
    pub wire_id: String,
    pub kind: String,
    pub state: PartState,
    /// The cause of a failure or the reason of skipping, as a code.
    pub cause: Option<String>,
}

/// The parts of a message, in the order of sending.
pub async fn lines(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<PartLine>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, wire_id, kind, state, cause FROM parts WHERE message_id = ? ORDER BY position")
        .bind(message)
        .fetch_all(db)
        .await?;
    let line = |row: &SqliteRow| -> Result<PartLine, sqlx::Error> {
        Ok(PartLine {
            id: row.try_get(0)?,
            wire_id: row.try_get(1)?,
            kind: row.try_get(2)?,
            state: row.try_get(3)?,
            cause: row.try_get(4)?,
        })
    };
    rows.iter().map(line).collect()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Quarter {
    pub at: Millis,
    pub sent: i64,
}

const QUARTER: Millis = 15 * MINUTE;

/// Parts sent per quarter of an hour, the newest 24 quarters that the queue lived through.
pub async fn quarters(db: &mut SqliteConnection, queue: CampaignId, now: Millis) -> Result<Vec<Quarter>, sqlx::Error> {
    let newest: Option<Millis> =
        sqlx::query_scalar("SELECT at FROM quarter_figures WHERE queue_id = ? AND parts > 0 ORDER BY at DESC LIMIT 1")
            .bind(queue)
            .fetch_optional(&mut *db)
            .await?;
    let end = newest.unwrap_or(now).min(now) / QUARTER * QUARTER;
    let rows = sqlx::query(
        "SELECT at, sum(parts) AS sent FROM quarter_figures WHERE queue_id = ? AND at >= ? AND parts > 0
         GROUP BY at ORDER BY at",
    )
    .bind(queue)
    .bind(end - 23 * QUARTER)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(Quarter { at: row.try_get("at")?, sent: row.try_get("sent")? })).collect()
}

/// Counted in the index alone, and as many as the numbers send in that time.
pub async fn sent_since(db: &mut SqliteConnection, queue: CampaignId, since: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM parts WHERE queue_id = ? AND sent_at IS NOT NULL AND sent_at > ?")
        .bind(queue)
        .bind(since)
        .fetch_one(db)
        .await
}

pub const LAST_HOUR: Millis = HOUR;

/// When the first part was accepted and when the last change by sending happened.
pub async fn span(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<(Option<Millis>, Option<Millis>), sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT min(sent_at) FROM parts WHERE queue_id = ?1 AND sent_at IS NOT NULL) AS started_at,
                (SELECT nullif(max(last_at), 0) FROM queue_counts WHERE queue_id = ?1) AS last_at",
    )
    .bind(queue)
    .fetch_one(db)
    .await?;
    Ok((row.try_get("started_at")?, row.try_get("last_at")?))
}

/// Reasons of skipping with the variable that was missing, and causes of failure, each with how many people.
pub async fn skipped(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<Vec<(String, Option<String>, i64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT reason, nullif(variable, '') AS variable, sum(people) AS people FROM queue_counts
         WHERE queue_id = ? AND state = 'skipped' GROUP BY 1, 2 HAVING sum(people) > 0 ORDER BY 3 DESC, 1, 2",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    rows.iter().map(skip_row).collect()
}

/// The same over all queues of a book.
pub async fn skipped_in_book(
    db: &mut SqliteConnection,
    book: Book,
) -> Result<Vec<(String, Option<String>, i64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT c.reason, nullif(c.variable, '') AS variable, sum(c.people) AS people
         FROM queue_counts c JOIN queues q ON q.id = c.queue_id WHERE q.book = ? AND c.state = 'skipped'
         GROUP BY 1, 2 HAVING sum(c.people) > 0 ORDER BY 3 DESC, 1, 2",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await?;
    rows.iter().map(skip_row).collect()
}

fn skip_row(row: &SqliteRow) -> Result<(String, Option<String>, i64), sqlx::Error> {
    Ok((row.try_get("reason")?, row.try_get("variable")?, row.try_get("people")?))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CauseLine {
    #[cfg_attr(feature = "bindings", specta(type = String))]
    pub cause: Cause,
    pub people: i64,
}

pub async fn causes(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<CauseLine>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT reason, sum(people) AS people FROM queue_counts WHERE queue_id = ? AND state = 'failed'
         GROUP BY 1 HAVING sum(people) > 0 ORDER BY 2 DESC, 1",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(CauseLine { cause: row.try_get("reason")?, people: row.try_get("people")? })).collect()
}

/// What one number did for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub session: SessionId,
    /// Parts that WhatsApp accepted from it.
    pub sent: i64,
    /// Parts whose last try was its own and failed.
    pub failed: i64,
}

/// The share of each number that has sent or failed something.
pub async fn by_session(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<Share>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT session_id, sum(CASE state WHEN 'failed' THEN 0 ELSE parts END) AS sent,
                sum(CASE state WHEN 'failed' THEN parts ELSE 0 END) AS failed
         FROM queue_counts
         WHERE queue_id = ? AND parts > 0 AND session_id <> x''
           AND (state = 'sent' OR state = 'delivered' OR state = 'read' OR state = 'played' OR state = 'failed')
         GROUP BY session_id",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    let share = |row: &SqliteRow| {
        Ok(Share { session: row.try_get("session_id")?, sent: row.try_get("sent")?, failed: row.try_get("failed")? })
    };
    rows.iter().map(share).collect()
}

pub async fn queue_state(db: &mut SqliteConnection, queue: CampaignId) -> Result<Option<QueueState>, sqlx::Error> {
    sqlx::query_scalar("SELECT state FROM queues WHERE id = ?").bind(queue).fetch_optional(db).await
}

/// The parts whose ticks a practice session may still owe: what was sent since then and not read.
pub async fn awaited(
    db: &mut SqliteConnection,
    session: SessionId,
    since: Millis,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT p.wire_id, m.phone FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.session_id = ? AND p.state IN ('sent', 'delivered') AND p.sent_at >= ?",
    )
    .bind(session)
    .bind(since)
    .fetch_all(db)
    .await
}

/// When the oldest of a session's parts was first tried that may come to it again under the same wire id.
pub async fn repeats_since(db: &mut SqliteConnection, session: SessionId) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(a.started_at) FROM attempts a JOIN parts p ON p.id = a.part_id
         WHERE a.number = 1 AND p.session_id = ?1
           AND (p.state = 'unknown' OR (p.queue_id IN (SELECT queue_id FROM queue_counts WHERE state = 'failed' AND people > 0)
                                        AND p.last IN (0, 1) AND p.state = 'failed' AND p.doubt_ends_at IS NOT NULL))",
    )
    .bind(session)
    .fetch_one(db)
    .await
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            pending: self.pending + other.pending,
            sending: self.sending + other.sending,
            sent: self.sent + other.sent,
            delivered: self.delivered + other.delivered,
            read: self.read + other.read,
            played: self.played + other.played,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            cancelled: self.cancelled + other.cancelled,
            unknown: self.unknown + other.unknown,
        }
    }
}

/// The number of the newest try of all; numbers of tries only grow.
pub async fn last_try(db: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM attempts").fetch_one(db).await
}
