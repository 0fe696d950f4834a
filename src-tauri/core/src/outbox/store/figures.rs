//! What became of messages and when, from counters: for reports of a campaign and for the figures of each day.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::ids::{CampaignId, SessionId};
use crate::ledger::Book;

/// Messages by the quarter of an hour in which that happened to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuarterFigures {
    /// The beginning of the quarter.
    pub at: Millis,
    pub sent: i64,
    pub delivered: i64,
    pub read: i64,
    pub failed: i64,
    /// What the delivered ones took together.
    pub delivery_ms: i64,
}

const SUMS: &str = "SELECT f.at, sum(f.sent) AS sent, sum(f.delivered) AS delivered, sum(f.read) AS read,
                           sum(f.failed) AS failed, sum(f.delivery_ms) AS delivery_ms FROM quarter_figures f ";

pub async fn of_queue(db: &mut SqliteConnection, queue: CampaignId) -> Result<Vec<QuarterFigures>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(SUMS);
    select.push("INDEXED BY quarter_figures_by_queue WHERE f.queue_id = ").push_bind(queue).push(" GROUP BY f.at");
    select.build().fetch_all(db).await?.iter().map(quarter).collect()
}

/// Which messages are counted, and from when up to, not including, when.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub book: Book,
    pub from: Millis,
    pub until: Millis,
    pub session: Option<SessionId>,
    pub queue: Option<CampaignId>,
}

pub async fn between(db: &mut SqliteConnection, span: &Span) -> Result<Vec<QuarterFigures>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(SUMS);
    push_span(&mut select, span);
    select.push(" GROUP BY f.at").build().fetch_all(db).await?.iter().map(quarter).collect()
}

/// The numbers that sent something, by the quarter.
pub async fn active(db: &mut SqliteConnection, span: &Span) -> Result<Vec<(Millis, SessionId)>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT DISTINCT f.at, f.session_id FROM quarter_figures f ");
    push_span(&mut select, span);
    select.push(" AND f.sent > 0").build_query_as().fetch_all(db).await
}

fn push_span(select: &mut QueryBuilder<Sqlite>, span: &Span) {
    select.push("JOIN queues q ON q.id = f.queue_id WHERE f.at >= ").push_bind(span.from);
    select.push(" AND f.at < ").push_bind(span.until).push(" AND q.book = ").push_bind(span.book);
    if let Some(session) = span.session {
        select.push(" AND f.session_id = ").push_bind(session);
    }
    if let Some(queue) = span.queue {
        select.push(" AND f.queue_id = ").push_bind(queue);
    }
}

fn quarter(row: &SqliteRow) -> Result<QuarterFigures, sqlx::Error> {
    Ok(QuarterFigures {
        at: row.try_get("at")?,
        sent: row.try_get("sent")?,
        delivered: row.try_get("delivered")?,
        read: row.try_get("read")?,
        failed: row.try_get("failed")?,
        delivery_ms: row.try_get("delivery_ms")?,
    })
}

/// How many messages of a queue arrived, and were read, within which time of being sent; `Millis::MAX` for later than the
/// longest that is told apart.
pub async fn spans(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<(BTreeMap<Millis, i64>, BTreeMap<Millis, i64>), sqlx::Error> {
    let spans = "SELECT kind = 'read', within_ms, messages FROM queue_spans WHERE queue_id = ? AND messages > 0";
    let spans: Vec<(bool, Millis, i64)> = sqlx::query_as(spans).bind(queue).fetch_all(db).await?;
    let (mut delivered, mut read) = (BTreeMap::new(), BTreeMap::new());
    for (is_read, within, messages) in spans {
        let within = if within == 0 { Millis::MAX } else { within };
        let of = if is_read { &mut read } else { &mut delivered };
        of.insert(within, messages);
    }
    Ok((delivered, read))
}
