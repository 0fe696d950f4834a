//! What the Credits screen shows: sums, months, and the lines of the ledger as people read them.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::entry::Balance;
use super::{Book, EntryKind, store};
use crate::clock::Millis;
use crate::ids::{CampaignId, MessageId};

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename = "Balance")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BalanceView {
    pub book: Book,
    pub balance: i64,
    pub held: i64,
    pub free: i64,
    pub granted: i64,
    pub settled: i64,
    pub released: i64,
}

impl BalanceView {
    pub fn of(book: Book, sums: &Balance) -> Self {
        Self {
            book,
            balance: sums.balance(),
            held: sums.held,
            free: sums.free(),
            granted: sums.granted,
            settled: sums.settled,
            released: sums.released,
        }
    }
}

pub async fn balance(db: &mut SqliteConnection, book: Book) -> Result<BalanceView, sqlx::Error> {
    Ok(BalanceView::of(book, &store::balance(db, book).await?))
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct HoldLine {
    pub campaign_id: CampaignId,
    pub name: String,
    pub held: i64,
}

/// What is held at this moment, by campaign.
pub async fn holds(db: &mut SqliteConnection, book: Book) -> Result<Vec<HoldLine>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT q.id, c.name,
                (SELECT count(*) FROM parts p WHERE p.queue_id = q.id AND p.last IN (0, 1)
                 AND p.state IN ('pending', 'sending', 'unknown')) AS held
         FROM queues q JOIN campaigns c ON c.id = q.id
         WHERE q.state <> 'done' AND q.book = ? ORDER BY held DESC",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await?;
    let line = |row: &SqliteRow| HoldLine { campaign_id: row.get(0), name: row.get(1), held: row.get(2) };
    Ok(rows.iter().map(line).filter(|line| line.held > 0).collect())
}

/// Credits settled from `from` up to, not including, `to`.
pub async fn spent(db: &mut SqliteConnection, book: Book, from: Millis, to: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM ledger WHERE book = ? AND kind = 'settle' AND at >= ? AND at < ?")
        .bind(book.as_str())
        .bind(from)
        .bind(to)
        .fetch_one(db)
        .await
}

pub async fn first_settle(db: &mut SqliteConnection, book: Book) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query_scalar("SELECT min(at) FROM ledger WHERE book = ? AND kind = 'settle'")
        .bind(book.as_str())
        .fetch_one(db)
        .await
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LedgerQuery {
    pub book: Book,
    pub kind: Option<EntryKind>,
    pub search: String,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LedgerPage {
    pub total: i64,
    pub rows: Vec<LedgerRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LedgerRow {
    pub seq: i64,
    pub at: Millis,
    pub kind: EntryKind,
    /// The change of the balance.
    pub credits: i64,
    /// The change of what is held.
    pub held: i64,
    pub balance_after: i64,
    pub held_after: i64,
    /// Entries that this line stands for: the holds of one scheduling are one line.
    pub count: i64,
    pub campaign_id: Option<CampaignId>,
    pub campaign_name: Option<String>,
    pub message_id: Option<MessageId>,
    pub contact_name: Option<String>,
    pub note: String,
    pub price: String,
}

const LINES: &str = " FROM ledger l LEFT JOIN campaigns c ON c.id = l.campaign_id
     LEFT JOIN parts p ON p.id = l.part_id AND l.lines = 1 LEFT JOIN messages m ON m.id = p.message_id
     WHERE l.lines > 0 AND l.book = ";

/// Newest first.
pub async fn page(db: &mut SqliteConnection, query: &LedgerQuery) -> Result<LedgerPage, sqlx::Error> {
    let mut count: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT count(*)");
    filter(&mut count, query);
    let total = count.build_query_scalar().fetch_one(&mut *db).await?;
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT l.seq, l.at, l.kind, l.credits, l.held, l.balance_after, l.held_after, l.lines, l.campaign_id,
                c.name AS campaign, m.id AS message, coalesce(nullif(m.name, ''), m.phone) AS contact, l.note, l.price",
    );
    filter(&mut select, query);
    select.push(" ORDER BY l.seq DESC LIMIT ").push_bind(query.limit.min(500));
    select.push(" OFFSET ").push_bind(query.offset);
    let rows = select.build().fetch_all(db).await?;
    Ok(LedgerPage { total, rows: rows.iter().map(ledger_row).collect() })
}

fn filter(select: &mut QueryBuilder<Sqlite>, query: &LedgerQuery) {
    select.push(LINES).push_bind(query.book.as_str());
    if let Some(kind) = query.kind {
        select.push(" AND l.kind = ").push_bind(kind.as_str());
    }
    for word in query.search.split_whitespace() {
        let pattern = format!("%{word}%");
        select.push(" AND (c.name LIKE ").push_bind(pattern.clone());
        select.push(" OR m.name LIKE ").push_bind(pattern.clone());
        select.push(" OR m.phone LIKE ").push_bind(pattern.clone());
        select.push(" OR l.note LIKE ").push_bind(pattern).push(")");
    }
}

fn ledger_row(row: &SqliteRow) -> LedgerRow {
    let count: i64 = row.get("lines");
    let held: i64 = row.get("held");
    LedgerRow {
        seq: row.get("seq"),
        at: row.get("at"),
        kind: row.get::<&str, _>("kind").parse().unwrap_or(EntryKind::Adjust),
        credits: row.get("credits"),
        held: held * count,
        balance_after: row.get("balance_after"),
        held_after: row.get::<i64, _>("held_after") + held * (count - 1),
        count,
        campaign_id: row.get("campaign_id"),
        campaign_name: row.get("campaign"),
        message_id: row.get("message"),
        contact_name: row.get("contact"),
        note: row.get("note"),
        price: row.get("price"),
    }
}
