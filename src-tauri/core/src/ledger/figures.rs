//! What the Credits screen shows: sums, months, and the lines of the ledger as people read them.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::entry::Balance;
use super::{Book, EntryKind, store};
use crate::clock::{MINUTE, Millis};
use crate::ids::{CampaignId, MessageId};
use crate::page::{at_least, one_more, span};

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

const QUARTER: Millis = 15 * MINUTE;

/// Credits settled from `from` up to, not including, `to`: from the counters of the quarters, which every zone's days
/// begin with.
pub async fn spent(db: &mut SqliteConnection, book: Book, from: Millis, to: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(sum(settled), 0) FROM ledger_quarters WHERE book = ? AND at >= ? AND at < ?")
        .bind(book.as_str())
        .bind(from / QUARTER * QUARTER)
        .bind(to / QUARTER * QUARTER)
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
    /// There are at least so many: nobody has counted what a search finds.
    pub about: bool,
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

const LINES: &str =
    "SELECT l.seq, l.at, l.kind, l.credits, l.held, l.balance_after, l.held_after, l.lines, c.id AS campaign_id,
            c.name AS campaign, m.id AS message, coalesce(nullif(m.name, ''), m.phone) AS contact, l.note, l.price
     FROM ledger l LEFT JOIN campaigns c ON c.id = l.campaign_id
     LEFT JOIN parts p ON p.id = l.part_id AND l.lines = 1 LEFT JOIN messages m ON m.id = p.message_id ";

/// Newest first.
pub async fn page(db: &mut SqliteConnection, query: &LedgerQuery) -> Result<LedgerPage, sqlx::Error> {
    if query.search.split_whitespace().next().is_some() {
        return search(db, query).await;
    }
    let total = count_lines(db, query.book, query.kind).await?;
    let span = span(query.offset, query.limit, total);
    let direction = if span.backwards { "" } else { " DESC" };
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push("WHERE l.seq IN (SELECT seq FROM ledger WHERE lines > 0 AND book = ").push_bind(query.book.as_str());
    if let Some(kind) = query.kind {
        select.push(" AND kind = ").push_bind(kind.as_str());
    }
    select.push(" ORDER BY seq").push(direction).push(" LIMIT ").push_bind(span.take);
    select.push(" OFFSET ").push_bind(span.skip).push(") ORDER BY l.seq DESC");
    let rows = select.build().fetch_all(db).await?;
    Ok(LedgerPage { total, about: false, rows: rows.iter().map(ledger_row).collect::<Result<_, _>>()? })
}

async fn count_lines(db: &mut SqliteConnection, book: Book, kind: Option<EntryKind>) -> Result<i64, sqlx::Error> {
    let count = "SELECT coalesce(sum(lines), 0) FROM ledger_counts WHERE book = ? AND (?2 IS NULL OR kind = ?2)";
    sqlx::query_scalar(count).bind(book.as_str()).bind(kind.map(EntryKind::as_str)).fetch_one(db).await
}

/// Nobody has counted what a search finds, so it walks back along the ledger until the page is full.
async fn search(db: &mut SqliteConnection, query: &LedgerQuery) -> Result<LedgerPage, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push("WHERE l.lines > 0 AND l.book = ").push_bind(query.book.as_str());
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
    select.push(" ORDER BY l.seq DESC LIMIT ").push_bind(one_more(query.limit));
    select.push(" OFFSET ").push_bind(query.offset);
    let rows = select.build().fetch_all(db).await?;
    let (total, about) = at_least(query.offset, query.limit, rows.len());
    let page = rows.iter().take(usize::try_from(one_more(query.limit) - 1).unwrap_or(0));
    Ok(LedgerPage { total, about, rows: page.map(ledger_row).collect::<Result<_, _>>()? })
}

/// The lines of a book behind one of them, oldest first.
pub async fn lines_after(
    db: &mut SqliteConnection,
    book: Book,
    seq: i64,
    limit: u32,
) -> Result<Vec<LedgerRow>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push("WHERE l.lines > 0 AND l.book = ").push_bind(book.as_str());
    select.push(" AND l.seq > ").push_bind(seq).push(" ORDER BY l.seq LIMIT ").push_bind(limit);
    select.build().fetch_all(db).await?.iter().map(ledger_row).collect()
}

fn ledger_row(row: &SqliteRow) -> Result<LedgerRow, sqlx::Error> {
    let kind: &str = row.try_get("kind")?;
    let count: i64 = row.try_get("lines")?;
    let held: i64 = row.try_get("held")?;
    Ok(LedgerRow {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        kind: kind.parse().map_err(|_| sqlx::Error::Decode(format!("a line is a {kind}").into()))?,
        credits: row.try_get("credits")?,
        held: held * count,
        balance_after: row.try_get("balance_after")?,
        held_after: row.try_get::<i64, _>("held_after")? + held * (count - 1),
        count,
        campaign_id: row.try_get("campaign_id")?,
        campaign_name: row.try_get("campaign")?,
        message_id: row.try_get("message")?,
        contact_name: row.try_get("contact")?,
        note: row.try_get("note")?,
        price: row.try_get("price")?,
    })
}
