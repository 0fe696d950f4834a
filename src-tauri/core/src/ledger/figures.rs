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

/// What a month was to the credits of a book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Month {
    /// The balance at its beginning.
    pub opening: i64,
    pub granted: i64,
    pub adjusted: i64,
    pub spent: i64,
    /// By the queue, the most first.
    pub spent_on: Vec<(CampaignId, i64)>,
    /// Top-ups and corrections, the oldest first.
    pub lines: Vec<OwnersLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnersLine {
    pub at: Millis,
    pub kind: EntryKind,
    pub credits: i64,
    pub price: String,
    pub note: String,
}

/// From `from` up to, not including, `to`; both begin with a quarter of an hour, as every zone's days do.
pub async fn month(db: &mut SqliteConnection, book: Book, from: Millis, to: Millis) -> Result<Month, sqlx::Error> {
    let mut month = Month { spent: spent(db, book, from, to).await?, ..Month::default() };
    month.opening = -spent(db, book, 0, from).await?;
    for kind in [EntryKind::Grant, EntryKind::Adjust] {
        for line in owners_lines(db, book, kind, to).await? {
            match (line.at < from, kind) {
                (true, _) => month.opening += line.credits,
                (false, EntryKind::Grant) => month.granted += line.credits,
                (false, _) => month.adjusted += line.credits,
            }
            month.lines.extend((line.at >= from).then_some(line));
        }
    }
    month.lines.sort_by_key(|line| line.at);
    month.spent_on = sqlx::query_as(
        "SELECT campaign_id, -sum(credits) AS spent FROM ledger WHERE book = ? AND kind = 'settle' AND at >= ? AND at < ?
         GROUP BY campaign_id ORDER BY spent DESC, campaign_id",
    )
    .bind(book.as_str())
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    Ok(month)
}

/// What the owner wrote before then: as many lines as there are top-ups and corrections.
async fn owners_lines(
    db: &mut SqliteConnection,
    book: Book,
    kind: EntryKind,
    to: Millis,
) -> Result<Vec<OwnersLine>, sqlx::Error> {
    let lines = sqlx::query(
        "SELECT at, credits, price, note FROM ledger WHERE book = ? AND kind = ? AND lines > 0 AND at < ? ORDER BY seq",
    )
    .bind(book.as_str())
    .bind(kind.as_str())
    .bind(to)
    .fetch_all(db)
    .await?;
    let line = |row: &SqliteRow| {
        Ok(OwnersLine {
            at: row.try_get("at")?,
            kind,
            credits: row.try_get("credits")?,
            price: row.try_get("price")?,
            note: row.try_get("note")?,
        })
    };
    lines.iter().map(line).collect()
}

/// The top-ups with a price, the newest first: when, credits, and what was paid as it was written.
pub async fn prices(db: &mut SqliteConnection, book: Book) -> Result<Vec<(Millis, i64, String)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT at, credits, price FROM ledger WHERE book = ? AND kind = 'grant' AND lines > 0 AND price <> ''
         ORDER BY seq DESC",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LedgerQuery {
    pub book: Book,
    pub kind: Option<EntryKind>,
    pub campaign_id: Option<CampaignId>,
    /// From then on.
    pub from: Option<Millis>,
    /// Before then.
    pub until: Option<Millis>,
    /// Every word of it must be in the campaign's name, the person's name or phone, or the note.
    pub search: String,
    pub place: Place,
}

impl LedgerQuery {
    /// All lines of a book.
    pub fn of(book: Book, place: Place) -> Self {
        Self { book, kind: None, campaign_id: None, from: None, until: None, search: String::new(), place }
    }

    /// Nobody has counted the lines of a campaign or of a time.
    pub fn is_counted(&self) -> bool {
        self.campaign_id.is_none() && self.from.is_none() && self.until.is_none()
    }
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
    /// Entries that this line stands for: the holds of one scheduling are one line. What it changes and comes to is theirs
    /// together.
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

/// The entries that a line stands for lie behind each other, so what is held after the last of them says what they hold.
const LINES: &str =
    "SELECT seq, at, kind, credits, held, balance_after, held_after, lines, campaign_id, part_id, note, price,
            coalesce((SELECT e.held_after FROM ledger e WHERE e.seq = l.seq + l.lines - 1), held_after) AS held_in_the_end
     FROM ledger l WHERE lines > 0 AND book = ";

/// The newest lines of a question before one of them; `skip` are stepped over.
pub async fn lines_before(
    db: &mut SqliteConnection,
    query: &LedgerQuery,
    before: Option<i64>,
    skip: i64,
    take: i64,
) -> Result<Vec<Line>, sqlx::Error> {
    let first = first_since(db, query.from).await?;
    let behind = match query.until {
        Some(until) => first_since(db, Some(until)).await?,
        None => i64::MAX,
    };
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(LINES);
    select.push_bind(query.book.as_str());
    if let Some(kind) = query.kind {
        select.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(campaign) = query.campaign_id {
        select.push(" AND campaign_id = ").push_bind(campaign);
    }
    select.push(" AND seq >= ").push_bind(first);
    select.push(" AND seq < ").push_bind(before.map_or(behind, |before| before.min(behind)));
    select.push(" ORDER BY seq DESC LIMIT ").push_bind(take).push(" OFFSET ").push_bind(skip);
    select.build().fetch_all(db).await?.iter().map(line).collect()
}

/// The first line that was written then or later. Lines are in the order of time but for those of an hour that came
/// again because the clock was set back, so the place is found by halving.
async fn first_since(db: &mut SqliteConnection, at: Option<Millis>) -> Result<i64, sqlx::Error> {
    let Some(at) = at else { return Ok(0) };
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM ledger").fetch_one(&mut *db).await?;
    let (mut first, mut behind) = (0, newest.unwrap_or_default() + 1);
    while first < behind {
        let middle = first + (behind - first) / 2;
        let next = "SELECT at FROM ledger WHERE seq >= ? ORDER BY seq LIMIT 1";
        let next: Option<Millis> = sqlx::query_scalar(next).bind(middle).fetch_optional(&mut *db).await?;
        if next.is_some_and(|next| next < at) { first = middle + 1 } else { behind = middle }
    }
    Ok(first)
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
    let held_before = row.try_get::<i64, _>("held_after")? - row.try_get::<i64, _>("held")?;
    let held_after: i64 = row.try_get("held_in_the_end")?;
    let part: Option<PartId> = row.try_get("part_id")?;
    let row = LedgerRow {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        kind: kind.parse().map_err(|_| sqlx::Error::Decode(format!("a line is a {kind}").into()))?,
        credits: row.try_get("credits")?,
        held: held_after - held_before,
        balance_after: row.try_get("balance_after")?,
        held_after,
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
