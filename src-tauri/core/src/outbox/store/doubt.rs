//! Doubt: parts of which nobody knows whether WhatsApp has them. How a part comes into it, and how it ends.
//!
//! Only the number that may have sent such a part repeats it, under the same wire id, so that a phone shows it once.
//! After ten repeats, after a day, or when the owner says so, the part rests as `failed` with the cause
//! `outcome_unknown` and its credit comes back. A receipt proves it sent at any time, then too.

use sqlx::Row;

use super::claim::LEASE;
use super::unheard;
use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::ids::{CampaignId, MessageId, PartId};
use crate::ledger::store::{End, end_hold};
use crate::session::cause::Cause;

/// How long a part is in doubt at most, from the first try of which nobody knows what became of it.
pub const LONGEST: Millis = DAY;
pub const MOST_REPEATS: i64 = 10;

/// Of a part `p` that is not in doubt any more: an earlier try may have arrived all the same.
pub const MAY_HAVE_ARRIVED: &str = "EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown')";

/// Nobody knows what became of the part's try. The credit stays held, the session and the wire id stay: only they can
/// find out without a second copy. False where a receipt has been quicker.
pub async fn begin(db: &mut Tx, part: PartId, cause: &Cause, due_at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query(
        "UPDATE parts SET state = 'unknown', due_at = ?1, cause = ?2,
                doubt_ends_at = CASE WHEN repeats >= ?3 THEN ?4 ELSE coalesce(doubt_ends_at, tried_at + ?5) END
         WHERE id = ?6 AND state = 'sending'",
    )
    .bind(due_at)
    .bind(cause)
    .bind(MOST_REPEATS)
    .bind(now)
    .bind(LONGEST)
    .bind(part)
    .execute(db)
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// What waits in vain.
#[derive(Debug, Default)]
pub struct Overdue {
    /// Claimed, and nobody waits for the answer any more.
    lost: Vec<PartId>,
    /// In doubt for long enough; a few at a time.
    ended: Vec<PartId>,
    /// When the next one will be.
    pub next_at: Option<Millis>,
}

impl Overdue {
    /// The part that is settled first.
    pub fn first(&self) -> Option<PartId> {
        self.lost.first().or(self.ended.first()).copied()
    }
}

/// Looks for it among what is not `on_the_way`. A doubt that would end later than any can comes from a clock that was
/// ahead: it has a day from this moment.
pub async fn overdue(db: &mut Tx, on_the_way: &[PartId], now: Millis) -> Result<Overdue, sqlx::Error> {
    let rows = sqlx::query(
        "UPDATE parts SET doubt_ends_at = ?1 + ?2 WHERE state = 'unknown' AND doubt_ends_at > ?1 + ?2;
         SELECT id, coalesce(lease_until, 0) AS ends_at, 1 AS claimed FROM parts INDEXED BY parts_sending WHERE state = 'sending'
         UNION ALL
         SELECT * FROM (SELECT id, doubt_ends_at, 0 FROM parts INDEXED BY parts_doubt
                        WHERE state = 'unknown' ORDER BY doubt_ends_at LIMIT 8)",
    )
    .bind(now)
    .bind(LONGEST)
    .fetch_all(db)
    .await?;
    let mut overdue = Overdue::default();
    for row in &rows {
        let (part, ends_at, claimed): (PartId, Millis, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let over = ends_at <= now || (claimed && ends_at > now + LEASE);
        match (claimed, over) {
            (true, _) if on_the_way.contains(&part) => {}
            (true, true) => overdue.lost.push(part),
            (false, true) => overdue.ended.push(part),
            (_, false) => overdue.next_at = Some(overdue.next_at.map_or(ends_at, |next| next.min(ends_at))),
        }
    }
    Ok(overdue)
}

/// What is lost is in doubt from here on, and what was in doubt for long enough ends. Says which queues changed.
pub async fn settle(db: &mut Tx, overdue: &Overdue, now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut changed = lose(db, &overdue.lost, now).await?;
    changed.extend(end(db, &overdue.ended, now).await?);
    Ok(changed)
}

/// Whatever an earlier run left `sending`. Once at the start, before the first claim.
pub async fn rescue(db: &mut Tx, now: Millis) -> Result<usize, sqlx::Error> {
    let left: Vec<PartId> =
        sqlx::query_scalar("SELECT id FROM parts WHERE state = 'sending'").fetch_all(&mut *db).await?;
    lose(db, &left, now).await?;
    Ok(left.len())
}

async fn lose(db: &mut Tx, parts: &[PartId], now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut changed = Vec::new();
    for part in parts {
        sqlx::query(
            "UPDATE attempts SET ended_at = ?, outcome = 'unknown', cause = ? WHERE part_id = ? AND ended_at IS NULL",
        )
        .bind(now)
        .bind(Cause::Interrupted)
        .bind(part)
        .execute(&mut *db)
        .await?;
        begin(db, *part, &Cause::Interrupted, now, now).await?;
        let row = sqlx::query("SELECT queue_id, session_id, repeats > 0 FROM parts WHERE id = ?")
            .bind(part)
            .fetch_one(&mut *db)
            .await?;
        changed.push(row.try_get(0)?);
        unheard::count(db, row.try_get(1)?, row.try_get(2)?, now).await?;
    }
    Ok(changed)
}

/// Ends the doubt of these parts, and says which queues changed. The parts behind them fail with them: a text about a
/// photo that perhaps did not come helps nobody.
pub async fn end(db: &mut Tx, parts: &[PartId], now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut changed = Vec::new();
    for part in parts {
        let ended = sqlx::query(
            "UPDATE parts SET state = 'failed', ended_at = ?1, cause = CASE WHEN id = ?2 THEN ?3 ELSE ?4 END
             WHERE message_id = (SELECT message_id FROM parts WHERE id = ?2)
               AND (SELECT state FROM parts WHERE id = ?2) = 'unknown'
               AND (id = ?2 OR (state = 'pending' AND position > (SELECT position FROM parts WHERE id = ?2)))
             RETURNING id, round, queue_id, (SELECT q.book FROM queues q WHERE q.id = parts.queue_id)",
        )
        .bind(now)
        .bind(part)
        .bind(Cause::OutcomeUnknown)
        .bind(Cause::EarlierPart)
        .fetch_all(&mut *db)
        .await?;
        for row in &ended {
            let book = row.try_get(3)?;
            end_hold(db, End::Release, book, row.try_get(2)?, row.try_get(0)?, row.try_get(1)?, now).await?;
            changed.push(row.try_get(2)?);
        }
    }
    changed.sort_unstable();
    changed.dedup();
    Ok(changed)
}

/// The owner wants no more checking in a whole queue.
pub async fn stop_queue(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<u64, sqlx::Error> {
    let doubtful: Vec<PartId> =
        sqlx::query_scalar("SELECT id FROM parts WHERE queue_id = ? AND last IN (0, 1) AND state = 'unknown'")
            .bind(queue)
            .fetch_all(&mut *db)
            .await?;
    // A repeat that is on its way is the last one.
    sqlx::query(
        "UPDATE parts SET doubt_ends_at = ?
         WHERE queue_id = ? AND last IN (0, 1) AND state = 'sending' AND doubt_ends_at IS NOT NULL",
    )
    .bind(now)
    .bind(queue)
    .execute(&mut *db)
    .await?;
    end(db, &doubtful, now).await?;
    Ok(u64::try_from(doubtful.len()).unwrap_or(u64::MAX))
}

/// The same for one message.
pub async fn stop_message(db: &mut Tx, message: MessageId, now: Millis) -> Result<Option<CampaignId>, sqlx::Error> {
    let doubtful: Vec<PartId> = sqlx::query_scalar("SELECT id FROM parts WHERE message_id = ? AND state = 'unknown'")
        .bind(message)
        .fetch_all(&mut *db)
        .await?;
    sqlx::query(
        "UPDATE parts SET doubt_ends_at = ? WHERE message_id = ? AND state = 'sending' AND doubt_ends_at IS NOT NULL",
    )
    .bind(now)
    .bind(message)
    .execute(&mut *db)
    .await?;
    Ok(end(db, &doubtful, now).await?.first().copied())
}
