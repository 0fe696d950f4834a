//! What is shown of the outbox: counts, tempo, causes.

use serde::Serialize;
use sqlx::{Row, SqliteConnection};

use crate::clock::{HOUR, MINUTE, Millis};
use crate::ids::{CampaignId, PartId, SessionId};
use crate::outbox::state::PartState;

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
    let mut counts = count_parts(db, queue, &[true]).await?;
    counts.skipped =
        sqlx::query_scalar("SELECT count(*) FROM messages WHERE campaign_id = ? AND skip_reason IS NOT NULL")
            .bind(queue)
            .fetch_one(db)
            .await?;
    Ok(counts)
}

/// All parts by state.
pub async fn parts(db: &mut SqliteConnection, queue: CampaignId) -> Result<Counts, sqlx::Error> {
    count_parts(db, queue, &[true, false]).await
}

async fn count_parts(db: &mut SqliteConnection, queue: CampaignId, last: &[bool]) -> Result<Counts, sqlx::Error> {
    let mut counts = Counts::default();
    for last in last {
        let rows = sqlx::query("SELECT state, count(*) FROM parts WHERE queue_id = ? AND last = ? GROUP BY state")
            .bind(queue)
            .bind(last)
            .fetch_all(&mut *db)
            .await?;
        for row in rows {
            if let Ok(state) = row.get::<&str, _>(0).parse() {
                *counts.of(state) += row.get::<i64, _>(1);
            }
        }
    }
    Ok(counts)
}

/// One part as the terminal tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartLine {
    pub id: PartId,
    pub wire_id: String,
    pub kind: String,
    pub state: PartState,
    pub cause: Option<String>,
}

/// Every part of a queue, in the order of sending.
pub async fn lines(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<PartLine>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, wire_id, kind, state, cause FROM parts WHERE queue_id = ? ORDER BY id")
        .bind(queue)
        .fetch_all(db)
        .await?;
    Ok(rows
        .iter()
        .map(|row| PartLine {
            id: row.get(0),
            wire_id: row.get(1),
            kind: row.get(2),
            state: row.get::<&str, _>(3).parse().unwrap_or(PartState::Unknown),
            cause: row.get(4),
        })
        .collect())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Quarter {
    pub at: Millis,
    pub sent: i64,
}

/// Parts sent per quarter of an hour, the newest 24 quarters that the queue lived through.
pub async fn quarters(db: &mut SqliteConnection, queue: CampaignId, now: Millis) -> Result<Vec<Quarter>, sqlx::Error> {
    const QUARTER: Millis = 15 * MINUTE;
    let newest: Option<Millis> =
        sqlx::query_scalar("SELECT max(sent_at) FROM parts WHERE queue_id = ? AND sent_at IS NOT NULL")
            .bind(queue)
            .fetch_one(&mut *db)
            .await?;
    let end = newest.unwrap_or(now).min(now) / QUARTER * QUARTER;
    let rows = sqlx::query(
        "SELECT sent_at / ?1 * ?1, count(*) FROM parts WHERE queue_id = ?2 AND sent_at IS NOT NULL AND sent_at >= ?3
         GROUP BY 1 ORDER BY 1",
    )
    .bind(QUARTER)
    .bind(queue)
    .bind(end - 23 * QUARTER)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| Quarter { at: row.get(0), sent: row.get(1) }).collect())
}

pub async fn sent_since(db: &mut SqliteConnection, queue: CampaignId, since: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM parts WHERE queue_id = ? AND sent_at IS NOT NULL AND sent_at > ?")
        .bind(queue)
        .bind(since)
        .fetch_one(db)
        .await
}

pub const LAST_HOUR: Millis = HOUR;

/// When the first part was tried and when the last change by sending happened.
pub async fn span(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<(Option<Millis>, Option<Millis>), sqlx::Error> {
    let row = sqlx::query(
        "SELECT min(sent_at), max(sent_at),
                (SELECT max(ended_at) FROM parts WHERE queue_id = ?1 AND last IN (0, 1)
                 AND state IN ('failed', 'skipped', 'cancelled'))
         FROM parts WHERE queue_id = ?1 AND sent_at IS NOT NULL",
    )
    .bind(queue)
    .fetch_one(db)
    .await?;
    let (sent, ended): (Option<Millis>, Option<Millis>) = (row.get(1), row.get(2));
    Ok((row.get(0), sent.max(ended)))
}

/// Reasons of skipping with the variable that was missing, and causes of failure, each with how many people.
pub async fn skipped(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<Vec<(String, Option<String>, i64)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT skip_reason, skip_variable, count(*) FROM messages WHERE campaign_id = ? AND skip_reason IS NOT NULL
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct CauseLine {
    pub cause: String,
    pub people: i64,
}

pub async fn causes(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<CauseLine>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT coalesce(cause, ''), count(*) FROM parts WHERE queue_id = ? AND last = 1 AND state = 'failed'
         GROUP BY 1 ORDER BY 2 DESC",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| CauseLine { cause: row.get(0), people: row.get(1) }).collect())
}

/// What one number did for a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct SessionCount {
    pub session: SessionId,
    pub name: String,
    /// Parts that WhatsApp accepted from it.
    pub sent: i64,
    /// Parts whose last try was its own and failed.
    pub failed: i64,
}

/// The share of each number that has sent or failed something, in the order of the numbers. What was sent is counted
/// in the index alone.
pub async fn by_session(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<SessionCount>, sqlx::Error> {
    let rows = sqlx::query(
        "WITH done (session, sent, failed) AS (
             SELECT session_id, count(*), 0 FROM parts WHERE queue_id = ?1 AND sent_at IS NOT NULL GROUP BY 1
             UNION ALL
             SELECT session_id, 0, count(*) FROM parts
             WHERE queue_id = ?1 AND last IN (0, 1) AND state = 'failed' AND session_id IS NOT NULL GROUP BY 1)
         SELECT s.id, coalesce(nullif(s.name, ''), s.phone), sum(d.sent), sum(d.failed) FROM done d JOIN sessions s ON s.id = d.session
         GROUP BY s.id ORDER BY s.priority, s.id",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    let count = |row: &sqlx::sqlite::SqliteRow| SessionCount {
        session: row.get(0),
        name: row.get(1),
        sent: row.get(2),
        failed: row.get(3),
    };
    Ok(rows.iter().map(count).collect())
}

pub async fn queue_state(db: &mut SqliteConnection, queue: CampaignId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT state FROM queues WHERE id = ?").bind(queue).fetch_optional(db).await
}

/// The parts whose ticks a practice session still owes: what was sent and not read.
pub async fn awaited(db: &mut SqliteConnection, session: SessionId) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.wire_id, m.phone FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.session_id = ? AND p.state IN ('sent', 'delivered')",
    )
    .bind(session)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
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
