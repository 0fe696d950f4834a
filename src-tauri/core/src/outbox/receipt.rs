//! Receipts: what WhatsApp reports back of a part.
//!
//! They come early, late, twice and out of order, and are matched by wire id alone. A state only goes forward; a
//! receipt for a part whose ack is missing proves that it was sent, so it settles the credit. So it does where the part
//! was given up, skipped, or put back to be sent again, because nobody knew what had become of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout_at};

use super::store::complete::make_next_ready;
use super::store::doubt::MAY_HAVE_ARRIVED;
use super::store::{chats, unheard};
use crate::clock::Millis;
use crate::db::{Db, StorageError, Tx, unreadable};
use crate::event::{Event, Events};
use crate::ids::{CampaignId, MessageId, PartId, SessionId};
use crate::ledger::Book;
use crate::ledger::store::{Charge, End, end_hold, hold_again};
use crate::notice::{Notices, Unreadable};
use crate::session::messenger::{Arrived, Receipt, ReceiptKind};
use crate::settings;
use crate::supervise::catch;

/// At most so many receipts, or so long a wait, go into one transaction.
pub const BATCH: usize = 100;
const GATHER: Duration = Duration::from_millis(50);
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// Receipts on their way into the database. It outlives a loop that breaks, with what came in and is not put down.
pub struct Inbox {
    arriving: mpsc::Receiver<Arrived>,
    batch: Vec<Arrived>,
    /// How many are put down.
    applied: Arc<AtomicU64>,
}

impl Inbox {
    pub fn new(arriving: mpsc::Receiver<Arrived>, applied: Arc<AtomicU64>) -> Self {
        Self { arriving, batch: Vec::new(), applied }
    }
}

/// Takes receipts in until the senders are gone. What is down is counted and confirmed to whoever told it.
pub async fn run(db: &Db, events: &Events, notices: &Notices, inbox: &mut Inbox) {
    while gather(inbox).await {
        let batch: Vec<Receipt> = inbox.batch.iter().map(|arrived| arrived.receipt.clone()).collect();
        put_down(db, events, notices, &batch).await;
        inbox.applied.fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::SeqCst);
        for told in inbox.batch.drain(..).filter_map(|arrived| arrived.confirm) {
            // Who asked may be gone by now; the receipts are safe all the same.
            let _ = told.send(());
        }
    }
}

/// True when there is a batch; false when there will be no more.
#[expect(clippy::disallowed_methods, reason = "how long to gather is real time and decides nothing")]
async fn gather(inbox: &mut Inbox) -> bool {
    if inbox.batch.is_empty() {
        let Some(first) = inbox.arriving.recv().await else { return false };
        inbox.batch.push(first);
    }
    let until = Instant::now() + GATHER;
    while inbox.batch.len() < BATCH {
        match timeout_at(until, inbox.arriving.recv()).await {
            Ok(Some(arrived)) => inbox.batch.push(arrived),
            Ok(None) | Err(_) => break,
        }
    }
    true
}

/// A batch that a full disk holds up is tried again. One that breaks at one of its receipts is halved until that one
/// is found and set aside.
async fn put_down(db: &Db, events: &Events, notices: &Notices, batch: &[Receipt]) {
    let mut open = vec![batch];
    while let Some(some) = open.pop() {
        match apply_batch(db, some).await {
            Ok(queues) => queues.into_iter().for_each(|queue| events.emit(Event::CampaignChanged(queue))),
            Err(error) if !error.is_unreadable() => {
                tracing::warn!(%error, "receipts wait until they can be saved");
                tokio::time::sleep(AFTER_ERROR).await;
                open.push(some);
            }
            Err(error) => match some {
                [one] => set_aside(db, notices, one, &error).await,
                _ => {
                    let (first, second) = some.split_at(some.len() / 2);
                    open.extend([second, first]);
                }
            },
        }
    }
}

/// It will not come again, so that a tick is missing is told after a restart too, until the owner has read it.
async fn set_aside(db: &Db, notices: &Notices, receipt: &Receipt, error: &StorageError) {
    tracing::error!(wire_id = receipt.wire_id, kind = ?receipt.kind, %error, "a receipt is set aside");
    notices.tell(Unreadable::Receipt);
    if let Err(error) = note_missing_tick(db).await {
        tracing::warn!(%error, "a restart will not tell of the missing tick");
    }
}

async fn note_missing_tick(db: &Db) -> Result<(), StorageError> {
    let mut tx = db.begin().await?;
    settings::put(&mut tx, settings::key::TICK_MISSING, &true).await.map_err(|error| db.error(error))?;
    db.commit(tx).await
}

async fn apply_batch(db: &Db, batch: &[Receipt]) -> Result<Vec<CampaignId>, StorageError> {
    let applied = catch(async {
        let mut tx = db.begin().await?;
        let queues = apply(&mut tx, batch).await.map_err(|error| db.error(error))?;
        db.commit(tx).await?;
        Ok(queues)
    });
    applied.await.unwrap_or_else(|panicked| Err(unreadable(panicked).into()))
}

/// What all receipts of a batch say of one part together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    delivered_at: Option<Millis>,
    read_at: Option<Millis>,
    played_at: Option<Millis>,
}

impl Reached {
    fn add(&mut self, receipt: &Receipt) {
        let time = match receipt.kind {
            ReceiptKind::Delivered => &mut self.delivered_at,
            ReceiptKind::Read => &mut self.read_at,
            ReceiptKind::Played => &mut self.played_at,
        };
        *time = Some(time.map_or(receipt.at, |known| known.min(receipt.at)));
    }

    fn state(&self) -> &'static str {
        match self {
            Self { played_at: Some(_), .. } => "played",
            Self { read_at: Some(_), .. } => "read",
            _ => "delivered",
        }
    }
}

/// Applies receipts in the caller's transaction and says which queues changed.
pub async fn apply(db: &mut Tx, batch: &[Receipt]) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut reached: BTreeMap<&str, Reached> = BTreeMap::new();
    for receipt in batch {
        reached.entry(&receipt.wire_id).or_default().add(receipt);
    }
    let proved = unacked(db, &reached).await?;
    for part in &proved {
        settle(db, part).await?;
    }
    let queues = raise(db, &reached).await?;
    for part in proved.iter().filter(|part| part.ended) {
        no_more_skipped(db, part.message).await?;
    }
    for part in proved.iter().filter(|part| !part.last) {
        make_next_ready(db, part.id).await?;
    }
    Ok(queues)
}

/// A part whose ack never came, or not yet: the receipt is the proof.
struct Proved {
    id: PartId,
    queue: CampaignId,
    message: MessageId,
    session: SessionId,
    book: Book,
    round: i64,
    price: i64,
    last: bool,
    /// It was given up or skipped, so the hold of its round has ended.
    ended: bool,
    at: Millis,
}

async fn unacked(db: &mut SqliteConnection, reached: &BTreeMap<&str, Reached>) -> Result<Vec<Proved>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT p.id, p.queue_id, p.message_id, p.round, p.price, p.last, q.book, p.wire_id,
                p.state IN ('failed', 'cancelled', 'skipped') AS ended, coalesce(p.session_id, ",
    );
    select.push(LAST_SESSION).push(
        ") AS session FROM parts p JOIN queues q ON q.id = p.queue_id
         WHERE (p.state IN ('sending', 'unknown') OR (p.state IN ('pending', 'failed', 'cancelled', 'skipped') AND ",
    );
    select.push(MAY_HAVE_ARRIVED).push(")) AND p.wire_id IN (");
    let mut ids = select.separated(", ");
    reached.keys().for_each(|wire_id| {
        ids.push_bind(*wire_id);
    });
    select.push(")");
    let rows = select.build().fetch_all(db).await?;
    rows.iter().map(|row| proved(row, reached)).filter_map(Result::transpose).collect()
}

/// None where no receipt of the batch is about it.
fn proved(row: &SqliteRow, reached: &BTreeMap<&str, Reached>) -> Result<Option<Proved>, sqlx::Error> {
    let reached = reached.get(row.try_get::<&str, _>("wire_id")?);
    let Some(at) = reached.and_then(|reached| reached.delivered_at.or(reached.read_at).or(reached.played_at)) else {
        return Ok(None);
    };
    Ok(Some(Proved {
        id: row.try_get("id")?,
        queue: row.try_get("queue_id")?,
        message: row.try_get("message_id")?,
        session: row.try_get("session")?,
        book: row.try_get("book")?,
        round: row.try_get("round")?,
        price: row.try_get("price")?,
        last: row.try_get("last")?,
        ended: row.try_get("ended")?,
        at,
    }))
}

/// Of a part `p` that no session holds: the one that tried it last.
const LAST_SESSION: &str =
    "(SELECT a.session_id FROM attempts a WHERE a.part_id = p.id ORDER BY a.number DESC LIMIT 1)";

/// The round of a part that was given up or skipped has ended, so its price is held and settled in a round of its own. It is owed
/// whether or not that is free.
async fn settle(db: &mut Tx, part: &Proved) -> Result<(), sqlx::Error> {
    let round = part.round + i64::from(part.ended);
    if part.ended {
        let charge = Charge { part: part.id, round, price: part.price };
        hold_again(db, part.book, part.queue, charge, "", part.at).await?;
    }
    end_hold(db, End::Settle, part.book, part.queue, part.id, round, part.at).await?;
    if part.book == Book::Real {
        chats::begun(db, part.session, part.message, part.at).await?;
    }
    unheard::heard(db, part.session).await
}

/// Whoever got all parts is nobody who gets nothing.
async fn no_more_skipped(db: &mut Tx, message: MessageId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET skip_reason = NULL WHERE id = ? AND skip_reason IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = messages.id AND p.state = 'skipped')",
    )
    .bind(message)
    .execute(db)
    .await?;
    Ok(())
}

async fn raise(db: &mut Tx, reached: &BTreeMap<&str, Reached>) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut update: QueryBuilder<Sqlite> =
        QueryBuilder::new("WITH r (wire_id, state, delivered_at, read_at, played_at) AS (");
    update.push_values(reached, |mut row, (wire_id, reached)| {
        row.push_bind(*wire_id).push_bind(reached.state());
        row.push_bind(reached.delivered_at).push_bind(reached.read_at).push_bind(reached.played_at);
    });
    update.push(
        ") UPDATE parts AS p SET
             state = CASE
                 WHEN p.state = 'delivered' AND r.state = 'delivered' THEN p.state
                 WHEN p.state = 'read' AND r.state <> 'played' THEN p.state
                 WHEN p.state = 'played' THEN p.state
                 ELSE r.state END,
             round = p.round + (p.state IN ('failed', 'cancelled', 'skipped')), cause = NULL, ended_at = NULL,
             session_id = coalesce(p.session_id, ",
    );
    update.push(LAST_SESSION).push(
        "),
             sent_at = coalesce(p.sent_at, r.delivered_at, r.read_at, r.played_at),
             delivered_at = coalesce(p.delivered_at, r.delivered_at, r.read_at, r.played_at),
             read_at = coalesce(p.read_at, r.read_at, r.played_at),
             played_at = coalesce(p.played_at, r.played_at)
         FROM r
         WHERE p.wire_id = r.wire_id
           AND (p.state IN ('sending', 'unknown', 'sent')
                OR (p.state IN ('delivered', 'read', 'played')
                    AND (p.delivered_at IS NULL OR (r.read_at IS NOT NULL AND p.read_at IS NULL)
                         OR (r.played_at IS NOT NULL AND p.played_at IS NULL)))
                OR (p.state IN ('pending', 'failed', 'cancelled', 'skipped') AND ",
    );
    update.push(MAY_HAVE_ARRIVED).push(")) RETURNING queue_id");
    let mut queues: Vec<CampaignId> = update.build_query_scalar().fetch_all(db).await?;
    queues.sort_unstable();
    queues.dedup();
    Ok(queues)
}
