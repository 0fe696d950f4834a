//! What a backup says of itself, and what became of those that were tried.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::Contents;
use crate::campaign::store as campaigns;
use crate::clock::{Millis, local};
use crate::contact::store as contacts;
use crate::db::Tx;
use crate::error::Problem;
use crate::ids::{BackupId, IdGenerator};
use crate::ledger::Book;
use crate::ledger::store as ledger;
use crate::mark::Count;
use crate::session::store::numbers;
use crate::settings::{self, key};
use crate::stored::Json;

/// Older lines are forgotten.
const LINES: i64 = 400;

/// What the data hold at the moment of this reader.
pub async fn contents(
    db: &mut SqliteConnection,
    layout: u32,
    bytes: u64,
    now: Millis,
) -> Result<Contents, sqlx::Error> {
    let chosen = settings::load(db).await?;
    let count: Option<Count> = settings::get(db, key::MARK).await?;
    let linked = numbers::all(db).await?.into_iter().filter(|number| number.linked_at.is_some());
    let named = |number: numbers::Number| match number.session.name.is_empty() {
        true => number.session.phone,
        false => number.session.name,
    };
    let rows = rows(db).await?;
    Ok(Contents {
        made_at: now,
        made: local(now, chosen.zone).format("%Y-%m-%d %H:%M").to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        layout,
        installation: count.map(|count| count.installation).unwrap_or_default(),
        business: chosen.business_name,
        contacts: contacts::count(db).await?,
        campaigns: campaigns::count(db, None).await?,
        messages: rows.get("messages").copied().unwrap_or_default(),
        credits: ledger::balance(db, Book::Real).await?.balance(),
        numbers: linked.map(named).collect(),
        rows,
        bytes,
    })
}

/// How many rows each table has; an index over words counts in its own tables.
pub async fn rows(db: &mut SqliteConnection) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *db).await?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *db).await?;
        rows.insert(table, count);
    }
    Ok(rows)
}

/// A backup that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub by_itself: bool,
    pub due_at: Millis,
    pub ended_at: Millis,
    pub file: String,
    pub bytes: i64,
    pub contacts: i64,
    pub campaigns: i64,
    pub problem: Option<Problem>,
    pub removed_at: Option<Millis>,
}

/// Writes down what became of one. A moment of the plan that was tried before has one line still.
pub async fn note(tx: &mut Tx, tried: &Tried) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO backups (id, by_itself, due_at, ended_at, file, bytes, contacts, campaigns, problem)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (due_at) WHERE by_itself = 1 DO UPDATE SET ended_at = excluded.ended_at, file = excluded.file,
             bytes = excluded.bytes, contacts = excluded.contacts, campaigns = excluded.campaigns,
             problem = excluded.problem",
    )
    .bind(IdGenerator::at(tried.ended_at).next::<BackupId>())
    .bind(tried.by_itself)
    .bind(tried.due_at)
    .bind(tried.ended_at)
    .bind(&tried.file)
    .bind(tried.bytes)
    .bind(tried.contacts)
    .bind(tried.campaigns)
    .bind(tried.problem.as_ref().map(Json))
    .execute(&mut *tx)
    .await?;
    let old = "DELETE FROM backups WHERE id IN (SELECT id FROM backups ORDER BY ended_at DESC LIMIT -1 OFFSET ?)";
    sqlx::query(old).bind(LINES).execute(tx).await?;
    Ok(())
}

const COLUMNS: &str =
    "SELECT by_itself, due_at, ended_at, file, bytes, contacts, campaigns, problem, removed_at FROM backups";

/// The newest first, since then.
pub async fn since(db: &mut SqliteConnection, since: Millis) -> Result<Vec<Tried>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE ended_at >= ? ORDER BY ended_at DESC");
    sqlx::query(AssertSqlSafe(query)).bind(since).fetch_all(db).await?.iter().map(tried).collect()
}

/// The newest one that is good.
pub async fn last_good(db: &mut SqliteConnection) -> Result<Option<Tried>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE problem IS NULL ORDER BY ended_at DESC LIMIT 1");
    sqlx::query(AssertSqlSafe(query)).fetch_optional(db).await?.as_ref().map(tried).transpose()
}

/// What became of the plan's last one.
pub async fn last_by_itself(db: &mut SqliteConnection) -> Result<Option<Tried>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE by_itself = 1 ORDER BY ended_at DESC LIMIT 1");
    sqlx::query(AssertSqlSafe(query)).fetch_optional(db).await?.as_ref().map(tried).transpose()
}

/// What became of a moment of the plan.
pub async fn of_moment(db: &mut SqliteConnection, due_at: Millis) -> Result<Option<Tried>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE by_itself = 1 AND due_at = ?");
    sqlx::query(AssertSqlSafe(query)).bind(due_at).fetch_optional(db).await?.as_ref().map(tried).transpose()
}

/// The good ones of the plan that were not removed: when each was made, and where it lies.
pub async fn kept(db: &mut SqliteConnection) -> Result<Vec<(Millis, String)>, sqlx::Error> {
    let kept = "SELECT ended_at, file FROM backups
                WHERE by_itself = 1 AND problem IS NULL AND removed_at IS NULL ORDER BY ended_at";
    sqlx::query_as(kept).fetch_all(db).await
}

pub async fn removed(tx: &mut Tx, file: &str, now: Millis) -> Result<(), sqlx::Error> {
    let statement = "UPDATE backups SET removed_at = ? WHERE file = ? AND problem IS NULL AND by_itself = 1";
    sqlx::query(statement).bind(now).bind(file).execute(tx).await?;
    Ok(())
}

fn tried(row: &SqliteRow) -> Result<Tried, sqlx::Error> {
    Ok(Tried {
        by_itself: row.try_get("by_itself")?,
        due_at: row.try_get("due_at")?,
        ended_at: row.try_get("ended_at")?,
        file: row.try_get("file")?,
        bytes: row.try_get("bytes")?,
        contacts: row.try_get("contacts")?,
        campaigns: row.try_get("campaigns")?,
        problem: row.try_get::<Option<Json<Problem>>, _>("problem")?.map(|problem| problem.0),
        removed_at: row.try_get("removed_at")?,
    })
}
