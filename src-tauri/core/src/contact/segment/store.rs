//! The saved segments.

pub mod condition;
pub mod values;

use sqlx::SqliteConnection;

use super::filter::Filter;
use super::{Segment, SegmentEdit, SegmentError};
use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::db::Tx;
use crate::ids::{IdGenerator, SegmentId};
use crate::stored::Json;
use crate::text::is_blank;

const NAME_LIMIT: usize = 80;

/// Makes a segment, or changes the one that the edit names.
pub async fn save(tx: &mut Tx, edit: &SegmentEdit, now: Millis) -> Result<Segment, SegmentError> {
    edit.filter.check()?;
    let name = edit.name.trim();
    let length = name.chars().count();
    match length {
        _ if is_blank(name) => return Err(SegmentError::NameMissing),
        1..=NAME_LIMIT => refuse_taken(tx, name, edit.id).await?,
        _ => return Err(SegmentError::NameTooLong { length, limit: NAME_LIMIT }),
    }
    let id = match edit.id {
        Some(id) => change(tx, id, name, &edit.filter, now).await?,
        None => add(tx, name, &edit.filter, now).await?,
    };
    Ok(Segment { id, name: name.to_owned(), filter: Some(edit.filter.clone()) })
}

pub async fn delete(tx: &mut Tx, id: SegmentId) -> Result<(), SegmentError> {
    let gone = sqlx::query("DELETE FROM segments WHERE id = ?").bind(id).execute(tx).await?;
    if gone.rows_affected() == 1 { Ok(()) } else { Err(SegmentError::Gone) }
}

/// All of them, in the order of their names.
pub async fn all(reader: &mut SqliteConnection) -> Result<Vec<Segment>, sqlx::Error> {
    let select = "SELECT id, name, filter FROM segments ORDER BY folded";
    let rows: Vec<(SegmentId, String, String)> = sqlx::query_as(select).fetch_all(reader).await?;
    Ok(rows.into_iter().map(|(id, name, filter)| Segment { id, name, filter: read(&filter).ok() }).collect())
}

/// What the segment asks of a contact. One that is gone or cannot be read is an error: nobody is chosen by it.
pub async fn filter(reader: &mut SqliteConnection, id: SegmentId) -> Result<Filter, SegmentError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT name, filter FROM segments WHERE id = ?").bind(id).fetch_optional(reader).await?;
    let (name, filter) = row.ok_or(SegmentError::Gone)?;
    read(&filter).map_err(|_| SegmentError::Unreadable { name })
}

/// The segment with this name or this id.
pub async fn named(reader: &mut SqliteConnection, named: &str) -> Result<SegmentId, SegmentError> {
    let id = named.parse::<SegmentId>().ok();
    let select = "SELECT id FROM segments WHERE folded = ? OR id = ?";
    let found = sqlx::query_scalar(select).bind(fold(named.trim())).bind(id).fetch_optional(reader).await?;
    found.ok_or_else(|| SegmentError::Unknown { name: named.to_owned() })
}

pub async fn name(reader: &mut SqliteConnection, id: SegmentId) -> Result<String, SegmentError> {
    let name = sqlx::query_scalar("SELECT name FROM segments WHERE id = ?").bind(id).fetch_optional(reader).await?;
    name.ok_or(SegmentError::Gone)
}

/// Also what another version of Ulak wrote must be askable here.
fn read(filter: &str) -> Result<Filter, Box<dyn std::error::Error>> {
    let filter: Filter = serde_json::from_str(filter)?;
    filter.check()?;
    Ok(filter)
}

async fn refuse_taken(tx: &mut Tx, name: &str, id: Option<SegmentId>) -> Result<(), SegmentError> {
    let holder: Option<(SegmentId, String)> =
        sqlx::query_as("SELECT id, name FROM segments WHERE folded = ?").bind(fold(name)).fetch_optional(tx).await?;
    match holder {
        Some((holder, name)) if Some(holder) != id => Err(SegmentError::NameTaken { name }),
        _ => Ok(()),
    }
}

async fn add(tx: &mut Tx, name: &str, filter: &Filter, now: Millis) -> Result<SegmentId, SegmentError> {
    let id = IdGenerator::at(now).next();
    sqlx::query("INSERT INTO segments (id, name, folded, filter, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(name)
        .bind(fold(name))
        .bind(Json(filter))
        .bind(now)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(id)
}

async fn change(
    tx: &mut Tx,
    id: SegmentId,
    name: &str,
    filter: &Filter,
    now: Millis,
) -> Result<SegmentId, SegmentError> {
    let changed = sqlx::query("UPDATE segments SET name = ?, folded = ?, filter = ?, updated_at = ? WHERE id = ?")
        .bind(name)
        .bind(fold(name))
        .bind(Json(filter))
        .bind(now)
        .bind(id)
        .execute(tx)
        .await?;
    if changed.rows_affected() == 1 { Ok(id) } else { Err(SegmentError::Gone) }
}
