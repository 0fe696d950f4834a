//! The ledger's table. Lines are only ever added; the cached totals move in the same transaction.

pub mod seals;

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{Balance, Book, EntryKind, LedgerError};
use crate::clock::Millis;
use crate::db::{Tx, execute_all};
use crate::ids::{CampaignId, PartId};
use crate::text::is_blank;

pub const MOST_GRANTED: i64 = 100_000_000;

pub async fn balance(db: &mut SqliteConnection, book: Book) -> Result<Balance, sqlx::Error> {
    let row = sqlx::query("SELECT granted, adjusted, held, settled, released FROM ledger_totals WHERE book = ?")
        .bind(book)
        .fetch_one(db)
        .await?;
    sums_of(&row)
}

fn sums_of(row: &SqliteRow) -> Result<Balance, sqlx::Error> {
    Ok(Balance {
        granted: row.try_get("granted")?,
        adjusted: row.try_get("adjusted")?,
        held: row.try_get("held")?,
        settled: row.try_get("settled")?,
        released: row.try_get("released")?,
    })
}

pub async fn grant(
    db: &mut Tx,
    book: Book,
    credits: i64,
    price: &str,
    note: &str,
    now: Millis,
) -> Result<(), LedgerError> {
    if !(1..=MOST_GRANTED).contains(&credits) {
        return Err(LedgerError::Amount { most: MOST_GRANTED });
    }
    sqlx::query("UPDATE ledger_totals SET granted = granted + ? WHERE book = ?")
        .bind(credits)
        .bind(book)
        .execute(&mut *db)
        .await?;
    append_single(db, book, EntryKind::Grant, credits, price, note, now).await
}

pub async fn adjust(db: &mut Tx, book: Book, credits: i64, reason: &str, now: Millis) -> Result<(), LedgerError> {
    if credits == 0 || credits.abs() > MOST_GRANTED || is_blank(reason) {
        return Err(LedgerError::Correction);
    }
    let free = balance(db, book).await?.free();
    if free + credits < 0 {
        return Err(LedgerError::BelowHeld { free });
    }
    sqlx::query("UPDATE ledger_totals SET adjusted = adjusted + ? WHERE book = ?")
        .bind(credits)
        .bind(book)
        .execute(&mut *db)
        .await?;
    append_single(db, book, EntryKind::Adjust, credits, "", reason.trim(), now).await
}

async fn append_single(
    db: &mut Tx,
    book: Book,
    kind: EntryKind,
    credits: i64,
    price: &str,
    note: &str,
    now: Millis,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO ledger (book, kind, credits, held, balance_after, held_after, lines, note, price, at)
         SELECT book, ?, ?, 0, granted + adjusted - settled, held, 1, ?, ?, ? FROM ledger_totals WHERE book = ?",
    )
    .bind(kind)
    .bind(credits)
    .bind(note)
    .bind(price)
    .bind(now)
    .bind(book)
    .execute(db)
    .await?;
    Ok(())
}

/// The note of a hold and of a release that come from a revision of what the parts say.
pub const REVISED: &str = "revised";

const ROWS: usize = 1000;

/// What a part costs in one of its rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    pub part: PartId,
    pub round: i64,
    pub price: i64,
}

impl Charge {
    /// Of a part that was never held for.
    pub fn first(part: PartId, price: i64) -> Self {
        Self { part, round: 1, price }
    }
}

/// Holds for each part what it costs, and refuses when that is more than is free.
pub async fn hold(
    db: &mut Tx,
    book: Book,
    campaign: CampaignId,
    charges: &[Charge],
    note: &str,
    now: Millis,
) -> Result<(), LedgerError> {
    let needed = charges.iter().map(|charge| charge.price).sum();
    let before = balance(db, book).await?;
    refuse_shortage(&before, needed)?;
    append_charges(db, book, campaign, EntryKind::Hold, charges, note, now).await?;
    sqlx::query("UPDATE ledger_totals SET held = held + ? WHERE book = ?").bind(needed).bind(book).execute(db).await?;
    Ok(())
}

/// Holds or releases that people read as one line: the first stands for all of them. The totals are the caller's.
async fn append_charges(
    db: &mut Tx,
    book: Book,
    campaign: CampaignId,
    kind: EntryKind,
    charges: &[Charge],
    note: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let sign = if kind == EntryKind::Hold { 1 } else { -1 };
    let before = balance(db, book).await?;
    let mut held_after = before.held;
    let mut lines = i64::try_from(charges.len()).unwrap_or(i64::MAX);
    let inserts = charges.chunks(ROWS).map(move |chunk| {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO ledger (kind, credits, book, campaign_id, note, at, balance_after, part_id, round, held, held_after, lines)
             SELECT ",
        );
        let mut common = insert.separated(", ");
        common.push_bind(kind).push("0").push_bind(book).push_bind(campaign).push_bind(note).push_bind(now);
        common.push_bind(before.balance());
        insert.push(", v.* FROM (");
        insert.push_values(chunk, |mut row, charge| {
            held_after += sign * charge.price;
            row.push_bind(charge.part).push_bind(charge.round).push_bind(sign * charge.price);
            row.push_bind(held_after).push_bind(std::mem::take(&mut lines));
        });
        insert.push(") v");
        insert
    });
    execute_all(db, Box::new(inserts)).await
}

pub fn refuse_shortage(balance: &Balance, needed: i64) -> Result<(), LedgerError> {
    match balance.shortage(needed) {
        0 => Ok(()),
        shortage => Err(LedgerError::Short { shortage, needed, free: balance.free() }),
    }
}

/// Holds again for a part whose hold has ended: what another round costs. Whether that is free is the caller's question,
/// because a part that turns out to have arrived costs its price in any case.
pub async fn hold_again(
    db: &mut Tx,
    book: Book,
    campaign: CampaignId,
    charge: Charge,
    note: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE ledger_totals SET held = held + ? WHERE book = ?")
        .bind(charge.price)
        .bind(book)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO ledger
             (book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, note, at)
         SELECT book, 'hold', ?, ?, ?, 0, ?, granted + adjusted - settled, held, 1, ?, ? FROM ledger_totals WHERE book = ?",
    )
    .bind(campaign)
    .bind(charge.part)
    .bind(charge.round)
    .bind(charge.price)
    .bind(note)
    .bind(now)
    .bind(book)
    .execute(db)
    .await?;
    Ok(())
}

/// How a held credit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Settle,
    Release,
}

/// Ends the hold of one part with what it took. To do it twice is the same as once.
pub async fn end_hold(
    db: &mut Tx,
    end: End,
    book: Book,
    campaign: CampaignId,
    part: PartId,
    round: i64,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let (kind, settles) = match end {
        End::Settle => ("settle", true),
        End::Release => ("release", false),
    };
    let changed = sqlx::query(
        "INSERT INTO ledger
             (book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, at)
         SELECT t.book, ?1, ?2, ?3, ?4, iif(?5, -h.held, 0), -h.held,
                t.granted + t.adjusted - t.settled - iif(?5, h.held, 0), t.held - h.held, 1, ?6
         FROM ledger h CROSS JOIN ledger_totals t ON t.book = ?7
         WHERE h.part_id = ?3 AND h.round = ?4 AND h.kind = 'hold'
         ON CONFLICT DO NOTHING;
         UPDATE ledger_totals AS t
         SET held = t.held - h.held, settled = t.settled + iif(?5, h.held, 0), released = t.released + iif(?5, 0, h.held)
         FROM ledger h
         WHERE t.book = ?7 AND h.part_id = ?3 AND h.round = ?4 AND h.kind = 'hold' AND changes() = 1",
    )
    .bind(kind)
    .bind(campaign)
    .bind(part)
    .bind(round)
    .bind(settles)
    .bind(now)
    .bind(book)
    .execute(db)
    .await?
    .rows_affected();
    Ok(changed > 0)
}

/// How and when the holds of a part ended.
pub async fn ends(db: &mut SqliteConnection, part: PartId) -> Result<Vec<(End, Millis)>, sqlx::Error> {
    let ends = "SELECT kind = 'settle', at FROM ledger WHERE part_id = ? AND kind IN ('settle', 'release')";
    let ends: Vec<(bool, Millis)> = sqlx::query_as(ends).bind(part).fetch_all(db).await?;
    let end = |(is_settled, at)| (if is_settled { End::Settle } else { End::Release }, at);
    Ok(ends.into_iter().map(end).collect())
}

/// The credits that these parts cost, and that they hold.
pub async fn of_parts(
    db: &mut SqliteConnection,
    parts: impl Iterator<Item = PartId> + Clone,
) -> Result<BTreeMap<PartId, (i64, i64)>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT part_id, -sum(credits), sum(held) FROM (");
    for (more, kinds) in [("", "kind = 'hold'"), (" UNION ALL ", "kind IN ('settle', 'release')")] {
        select
            .push(more)
            .push("SELECT part_id, credits, held FROM ledger WHERE ")
            .push(kinds)
            .push(" AND part_id IN (");
        let mut list = select.separated(", ");
        parts.clone().for_each(|part| {
            list.push_bind(part);
        });
        select.push(")");
    }
    let rows: Vec<(PartId, i64, i64)> = select.push(") k GROUP BY part_id").build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(|(part, settled, held)| (part, (settled, held))).collect())
}

/// Releases whatever is held for a part, as the ledger itself knows it.
pub async fn release_part(db: &mut Tx, part: PartId, now: Millis) -> Result<(), sqlx::Error> {
    let held: Vec<(Book, CampaignId, i64)> = sqlx::query_as(
        "SELECT h.book, h.campaign_id, h.round FROM ledger h
         WHERE h.part_id = ? AND h.kind = 'hold' AND NOT EXISTS
             (SELECT 1 FROM ledger e WHERE e.part_id = h.part_id AND e.round = h.round AND e.kind IN ('settle', 'release'))",
    )
    .bind(part)
    .fetch_all(&mut *db)
    .await?;
    for (book, campaign, round) in held {
        end_hold(db, End::Release, book, campaign, part, round, now).await?;
    }
    Ok(())
}

/// Releases the holds of these parts.
pub async fn release(
    db: &mut Tx,
    book: Book,
    campaign: CampaignId,
    charges: &[Charge],
    note: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let credits: i64 = charges.iter().map(|charge| charge.price).sum();
    append_charges(db, book, campaign, EntryKind::Release, charges, note, now).await?;
    sqlx::query("UPDATE ledger_totals SET held = held - ?1, released = released + ?1 WHERE book = ?2")
        .bind(credits)
        .bind(book)
        .execute(db)
        .await?;
    Ok(())
}

/// Releases the holds of many parts of a queue in one statement, and says how many. `holders` selects their `id` and
/// `round` by the queue, which is bound as ?1; the caller changes their state in the same transaction.
pub async fn release_all(
    db: &mut Tx,
    book: Book,
    campaign: CampaignId,
    holders: &'static str,
    now: Millis,
) -> Result<u64, sqlx::Error> {
    let released = format!(
        "INSERT INTO ledger
             (book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, at)
         SELECT t.book, 'release', ?1, p.id, p.round, 0, -h.held, t.granted + t.adjusted - t.settled,
                t.held - sum(h.held) OVER (ORDER BY p.id),
                CASE row_number() OVER (ORDER BY p.id) WHEN 1 THEN count(*) OVER () ELSE 0 END, ?2
         FROM ({holders}) p CROSS JOIN ledger h ON h.part_id = p.id AND h.round = p.round AND h.kind = 'hold'
              CROSS JOIN ledger_totals t ON t.book = ?3
         ORDER BY p.id
         RETURNING -held"
    );
    let released = sqlx::query_scalar(AssertSqlSafe(released)).bind(campaign).bind(now).bind(book);
    let released: Vec<i64> = released.fetch_all(&mut *db).await?;
    sqlx::query("UPDATE ledger_totals SET held = held - ?1, released = released + ?1 WHERE book = ?2")
        .bind(released.iter().sum::<i64>())
        .bind(book)
        .execute(db)
        .await?;
    Ok(u64::try_from(released.len()).unwrap_or(u64::MAX))
}

/// What the parts that still wait cost together, by the outbox's own count.
pub type OpenCredits = BTreeMap<Book, i64>;

/// Adds every line up again and compares with the totals and with the parts that still wait.
pub async fn verify(db: &mut SqliteConnection, open: &OpenCredits) -> Result<(), LedgerError> {
    seals::check_all(db).await?;
    for book in Book::ALL {
        compare(db, book, &Checkpoints::default(), open).await?;
    }
    Ok(())
}

/// The same for the lines behind the checkpoints, which costs no more in the tenth year than in the first.
pub async fn verify_recent(db: &mut SqliteConnection, open: &OpenCredits) -> Result<(), LedgerError> {
    let checkpoints = checkpoints(db).await?;
    for book in Book::ALL {
        compare(db, book, &checkpoints, open).await?;
    }
    Ok(())
}

/// The books that do not add up, each with what disagrees: nothing is sent from these, and everything else goes on.
pub async fn disagreeing(
    db: &mut SqliteConnection,
    open: &OpenCredits,
) -> Result<Vec<(Book, LedgerError)>, LedgerError> {
    let checkpoints = checkpoints(db).await?;
    let mut found = Vec::new();
    // Whose line it is that was changed cannot be trusted either.
    match seals::check_newest(db).await {
        Err(LedgerError::Changed { from, to }) => {
            return Ok(Book::ALL.map(|book| (book, LedgerError::Changed { from, to })).into());
        }
        checked => checked?,
    }
    for book in Book::ALL {
        match compare(db, book, &checkpoints, open).await {
            Err(LedgerError::Unbalanced { what, .. }) => {
                let what = what + &broken_lines(db, book).await?;
                found.push((book, LedgerError::Unbalanced { book, what }));
            }
            compared => compared?,
        }
    }
    Ok(found)
}

/// The first lines that do not follow from the ones before them, as a clause for people.
async fn broken_lines(db: &mut SqliteConnection, book: Book) -> Result<String, sqlx::Error> {
    let lines: Vec<i64> = sqlx::query_scalar(
        "SELECT seq FROM (SELECT seq, credits, held, balance_after, held_after,
                                 lag(balance_after, 1, 0) OVER before AS balance_before,
                                 lag(held_after, 1, 0) OVER before AS held_before
                          FROM ledger WHERE book = ? WINDOW before AS (ORDER BY seq))
         WHERE balance_after <> balance_before + credits OR held_after <> held_before + held
         ORDER BY seq LIMIT 5",
    )
    .bind(book.as_str())
    .fetch_all(db)
    .await?;
    let lines: Vec<String> = lines.iter().map(i64::to_string).collect();
    Ok(if lines.is_empty() { String::new() } else { format!("; see the lines from number {}", lines.join(", ")) })
}

/// Moves the checkpoints to the last line. The caller has just compared, in the same transaction.
pub async fn move_checkpoints(db: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE ledger_checkpoints SET
             (seq, granted, adjusted, held, settled, released) =
             (SELECT (SELECT coalesce(max(seq), 0) FROM ledger), granted, adjusted, held, settled, released
              FROM ledger_totals t WHERE t.book = ledger_checkpoints.book)",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A line, and what all lines up to it add up to.
#[derive(Default)]
struct Checkpoints {
    seq: i64,
    sums: BTreeMap<Book, Balance>,
}

async fn checkpoints(db: &mut SqliteConnection) -> Result<Checkpoints, sqlx::Error> {
    let mut found = Checkpoints::default();
    for book in Book::ALL {
        let row = sqlx::query(
            "SELECT granted, adjusted, held, settled, released, seq FROM ledger_checkpoints WHERE book = ?",
        )
        .bind(book)
        .fetch_one(&mut *db)
        .await?;
        found.seq = row.try_get("seq")?;
        found.sums.insert(book, sums_of(&row)?);
    }
    Ok(found)
}

async fn compare(
    db: &mut SqliteConnection,
    book: Book,
    behind: &Checkpoints,
    open: &OpenCredits,
) -> Result<(), LedgerError> {
    let cached = balance(db, book).await?;
    let summed = behind.sums.get(&book).copied().unwrap_or_default() + sums(db, book, behind.seq).await?;
    if cached != summed {
        let shown = |sums: &Balance| format!("{} with {} held", sums.balance(), sums.held);
        let what = format!("the lines make {}, the totals say {}", shown(&summed), shown(&cached));
        return Err(LedgerError::Unbalanced { book, what });
    }
    let open = open.get(&book).copied().unwrap_or_default();
    if open != cached.held {
        let what = format!("{} credits are held for open parts that cost {open}", cached.held);
        return Err(LedgerError::Unbalanced { book, what });
    }
    Ok(())
}

async fn sums(db: &mut SqliteConnection, book: Book, behind: i64) -> Result<Balance, sqlx::Error> {
    let row = sqlx::query(
        "SELECT coalesce(sum(CASE kind WHEN 'grant' THEN credits ELSE 0 END), 0) AS granted,
                coalesce(sum(CASE kind WHEN 'adjust' THEN credits ELSE 0 END), 0) AS adjusted,
                coalesce(sum(held), 0) AS held,
                coalesce(sum(-credits) FILTER (WHERE kind = 'settle'), 0) AS settled,
                coalesce(sum(-held) FILTER (WHERE kind = 'release'), 0) AS released
         FROM ledger NOT INDEXED WHERE book = ? AND seq > ?",
    )
    .bind(book.as_str())
    .bind(behind)
    .fetch_one(db)
    .await?;
    sums_of(&row)
}
