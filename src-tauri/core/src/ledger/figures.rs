//! What the Credits screen shows: sums, months, and the lines of the ledger as people read them.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::entry::Balance;
use super::{Book, EntryKind, store};
use crate::clock::{MINUTE, Millis};
use crate::ids::{CampaignId, MessageId, PartId};
use crate::page::{Cursor, Place};

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
    /// Every word of it must be in the campaign's name, the person's name or phone, or the note.
    pub search: String,
    pub place: Place,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LedgerPage {
    /// None where nobody has counted what a search finds.
    pub total: Option<i64>,
    pub next: Option<Cursor>,
    /// The newest first.
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

/// A line with the ids of what it is about; whoever shows it knows their names.
#[derive(Clone, Debug)]
pub struct Line {
    /// Without the names.
    pub row: LedgerRow,
    /// The part, where the line stands for one alone.
    pub part: Option<PartId>,
}

const LINES: &str =
    "SELECT seq, at, kind, credits, held, balance_after, held_after, lines, campaign_id, part_id, note, price
     FROM ledger WHERE lines > 0 AND book = ";

/// The newest lines before one of them; `skip` are stepped over.
pub async fn lines_before(
    db: &mut SqliteConnection,
    (book, kind): (Book, Option<EntryKind>),
    before: Option<i64>,
    skip: i64,
    take: i64,
) -> Result<Vec<Line>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push_bind(book.as_str());
    if let Some(kind) = kind {
        select.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(before) = before {
        select.push(" AND seq < ").push_bind(before);
    }
    select.push(" ORDER BY seq DESC LIMIT ").push_bind(take).push(" OFFSET ").push_bind(skip);
    select.build().fetch_all(db).await?.iter().map(line).collect()
}

/// The lines of a book behind one of them, oldest first.
pub async fn lines_after(
    db: &mut SqliteConnection,
    book: Book,
    seq: i64,
    limit: u32,
) -> Result<Vec<Line>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push_bind(book.as_str());
    select.push(" AND seq > ").push_bind(seq).push(" ORDER BY seq LIMIT ").push_bind(limit);
    select.build().fetch_all(db).await?.iter().map(line).collect()
}

/// How many lines people read, from the counters.
pub async fn count_lines(db: &mut SqliteConnection, book: Book, kind: Option<EntryKind>) -> Result<i64, sqlx::Error> {
    let count = "SELECT coalesce(sum(lines), 0) FROM ledger_counts WHERE book = ? AND (?2 IS NULL OR kind = ?2)";
    sqlx::query_scalar(count).bind(book.as_str()).bind(kind.map(EntryKind::as_str)).fetch_one(db).await
}

fn line(row: &SqliteRow) -> Result<Line, sqlx::Error> {
    let kind: &str = row.try_get("kind")?;
    let count: i64 = row.try_get("lines")?;
    let held: i64 = row.try_get("held")?;
    let part: Option<PartId> = row.try_get("part_id")?;
    let row = LedgerRow {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        kind: kind.parse().map_err(|_| sqlx::Error::Decode(format!("a line is a {kind}").into()))?,
        credits: row.try_get("credits")?,
        held: held * count,
        balance_after: row.try_get("balance_after")?,
        held_after: row.try_get::<i64, _>("held_after")? + held * (count - 1),
        count,
        campaign_id: row.try_get("campaign_id")?,
        campaign_name: None,
        message_id: None,
        contact_name: None,
        note: row.try_get("note")?,
        price: row.try_get("price")?,
    };
    Ok(Line { row, part: part.filter(|_| count == 1) })
}
