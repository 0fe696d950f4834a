//! Receipts: what WhatsApp reports back of a part.
//!
//! They come early, late, twice and out of order, and are matched by wire id alone. A state only goes forward; a
//! receipt for a part whose ack is missing proves that it was sent, so it settles the credit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{QueryBuilder, Row, Sqlite};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout_at};

use super::store::chats;
use super::store::complete::make_next_ready;
use crate::clock::Millis;
use crate::db::{Db, Tx};
use crate::event::{Event, Events};
use crate::ids::CampaignId;
use crate::ledger::Book;
use crate::ledger::store::{End, end_hold};
use crate::session::messenger::{Arrived, Receipt, ReceiptKind};

/// At most so many receipts, or so long a wait, go into one transaction.
pub const BATCH: usize = 100;
const GATHER: Duration = Duration::from_millis(50);
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// Takes receipts in until the senders are gone. A batch that cannot be written is kept and tried again; what is
/// down is counted in `applied` and confirmed to whoever told it.
pub async fn run(db: &Db, events: &Events, receipts: &mut mpsc::Receiver<Arrived>, applied: &AtomicU64) {
    while let Some(arrived) = gather(receipts).await {
        let (batch, kept): (Vec<Receipt>, Vec<_>) =
            arrived.into_iter().map(|arrived| (arrived.receipt, arrived.confirm)).unzip();
        loop {
            match apply_batch(db, &batch).await {
                Ok(queues) => {
                    applied.fetch_add(u64::try_from(batch.len()).unwrap_or(0), Ordering::SeqCst);
                    queues.into_iter().for_each(|queue| events.emit(Event::CampaignChanged(queue)));
                    for told in kept.into_iter().flatten() {
                        // Who asked may be gone by now; the receipts are safe all the same.
                        let _ = told.send(());
                    }
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "receipts wait until they can be saved");
                    tokio::time::sleep(AFTER_ERROR).await;
                }
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long to gather is real time and decides nothing")]
async fn gather(receipts: &mut mpsc::Receiver<Arrived>) -> Option<Vec<Arrived>> {
    let mut batch = vec![receipts.recv().await?];
    let until = Instant::now() + GATHER;
    while batch.len() < BATCH {
        match timeout_at(until, receipts.recv()).await {
            Ok(Some(arrived)) => batch.push(arrived),
            Ok(None) | Err(_) => break,
        }
    }
    Some(batch)
}

async fn apply_batch(db: &Db, batch: &[Receipt]) -> Result<Vec<CampaignId>, crate::db::StorageError> {
    let mut tx = db.begin().await?;
    let queues = apply(&mut tx, batch).await?;
    db.commit(tx).await?;
    Ok(queues)
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
    settle_unacked(db, &reached).await?;
    raise(db, &reached).await
}

/// Parts whose ack never came, or not yet: the receipt is the proof.
async fn settle_unacked(db: &mut Tx, reached: &BTreeMap<&str, Reached>) -> Result<(), sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT p.id, p.queue_id, p.round, p.last, q.book, p.wire_id, p.session_id, p.message_id
         FROM parts p JOIN queues q ON q.id = p.queue_id
         WHERE p.state IN ('sending', 'unknown') AND p.wire_id IN (",
    );
    let mut ids = select.separated(", ");
    reached.keys().for_each(|wire_id| {
        ids.push_bind(*wire_id);
    });
    select.push(")");
    for row in select.build().fetch_all(&mut *db).await? {
        let at = reached
            .get(row.get::<&str, _>(5))
            .and_then(|reached| reached.delivered_at.or(reached.read_at).or(reached.played_at));
        let Ok(book) = row.get::<&str, _>(4).parse::<Book>() else { continue };
        let at = at.unwrap_or_default();
        end_hold(db, End::Settle, book, row.get(1), row.get(0), row.get(2), at).await?;
        if book == Book::Real {
            chats::begun(db, row.get(6), row.get(7), at).await?;
        }
        if !row.get::<bool, _>(3) {
            make_next_ready(db, row.get(0)).await?;
        }
    }
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
        ") UPDATE parts SET
             state = CASE
                 WHEN parts.state IN ('sending', 'unknown', 'sent') THEN r.state
                 WHEN parts.state = 'delivered' AND r.state IN ('read', 'played') THEN r.state
                 WHEN parts.state = 'read' AND r.state = 'played' THEN r.state
                 ELSE parts.state END,
             sent_at = coalesce(parts.sent_at, r.delivered_at, r.read_at, r.played_at),
             delivered_at = coalesce(parts.delivered_at, r.delivered_at, r.read_at, r.played_at),
             read_at = coalesce(parts.read_at, r.read_at, r.played_at),
             played_at = coalesce(parts.played_at, r.played_at)
         FROM r
         WHERE parts.wire_id = r.wire_id
           AND parts.state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played')
           AND (parts.state IN ('sending', 'unknown', 'sent') OR parts.delivered_at IS NULL
                OR (r.read_at IS NOT NULL AND parts.read_at IS NULL)
                OR (r.played_at IS NOT NULL AND parts.played_at IS NULL))
         RETURNING queue_id",
    );
    let rows = update.build().fetch_all(db).await?;
    let mut queues: Vec<CampaignId> = rows.iter().map(|row| row.get(0)).collect();
    queues.sort_unstable();
    queues.dedup();
    Ok(queues)
}
