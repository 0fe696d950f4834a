//! The tables of watched folders, of the files in them, and of what became of their rows.
//!
//! A file is known by what it says. What it brought is not brought again, whatever it is called the next time; rows that
//! were refused are tried again when it comes again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::super::Outcome;
use super::super::folder::{Brings, Folder, FolderError};
use crate::clock::{DAY, Millis};
use crate::db::Tx;
use crate::error::Problem;
use crate::ids::TriggerId;
use crate::stored::Json;

/// A file is remembered for so long at least,
const SHORTEST: Millis = 7 * DAY;
/// and one that was never moved for so long.
const UNMOVED: Millis = 366 * DAY;

pub type Digest = [u8; 32];

/// A file of a trigger.
#[derive(Clone, Copy, Debug)]
pub struct FileId<'a> {
    pub trigger: TriggerId,
    pub digest: &'a Digest,
}

pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Folder>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT t.id, t.name, t.active, f.path, f.brings FROM trigger_folders f JOIN triggers t ON t.id = f.trigger_id
         ORDER BY t.id",
    );
    rows.fetch_all(db).await?.iter().map(folder).collect()
}

fn folder(row: &SqliteRow) -> Result<Folder, sqlx::Error> {
    Ok(Folder {
        trigger: row.try_get("id")?,
        name: row.try_get("name")?,
        active: row.try_get("active")?,
        path: PathBuf::from(row.try_get::<String, _>("path")?),
        brings: row.try_get("brings")?,
    })
}

pub async fn set(db: &mut Tx, trigger: TriggerId, path: &str, brings: Brings) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO trigger_folders (trigger_id, path, brings) VALUES (?, ?, ?)
         ON CONFLICT (trigger_id) DO UPDATE SET path = excluded.path, brings = excluded.brings",
    )
    .bind(trigger)
    .bind(path)
    .bind(brings)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the trigger is switched on and looks there still, for the same.
pub async fn is_watched(db: &mut SqliteConnection, folder: &Folder) -> Result<bool, sqlx::Error> {
    Ok(all(db).await?.contains(folder))
}

/// What the folder of a trigger brings; none where it looks into none.
pub async fn brings(db: &mut SqliteConnection, trigger: TriggerId) -> Result<Option<Brings>, sqlx::Error> {
    let select = "SELECT brings FROM trigger_folders WHERE trigger_id = ?";
    sqlx::query_scalar(select).bind(trigger).fetch_optional(db).await
}

/// Its files stay known.
pub async fn leave(db: &mut Tx, trigger: TriggerId) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM trigger_folders WHERE trigger_id = ?").bind(trigger).execute(db).await?;
    Ok(())
}

/// For data that are a copy: the ones they were copied from may look into the same folders.
pub async fn leave_all(db: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM trigger_folders").execute(db).await?;
    Ok(())
}

pub async fn delete(db: &mut Tx, trigger: TriggerId) -> Result<(), sqlx::Error> {
    for delete in [
        "DELETE FROM trigger_rows WHERE trigger_id = ?",
        "DELETE FROM trigger_files WHERE trigger_id = ?",
        "DELETE FROM trigger_folders WHERE trigger_id = ?",
    ] {
        sqlx::query(delete).bind(trigger).execute(&mut *db).await?;
    }
    Ok(())
}

/// How a file is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// With the rows that were taken before a crash, or the last time that it came.
    Behind(BTreeSet<u32>),
    /// Rows of it were taken under this name when it said something else: nobody knows which.
    Changed,
}

/// Begins a file, or goes on with it.
pub async fn begin(db: &mut Tx, file: FileId<'_>, name: &str, now: Millis) -> Result<Begun, sqlx::Error> {
    let select = "SELECT moved_at IS NOT NULL, problem ->> 'code' IS 'watched.changed' FROM trigger_files
                  WHERE trigger_id = ? AND digest = ?";
    let known: Option<(bool, bool)> =
        sqlx::query_as(select).bind(file.trigger).bind(file.digest.as_slice()).fetch_optional(&mut *db).await?;
    match known {
        None => {
            insert(db, file, name, now).await?;
            if take_over(db, file, name).await? {
                return Ok(Begun::Changed);
            }
        }
        // Nobody knows what of it went out, the next time neither.
        Some((_, true)) => return Ok(Begun::Changed),
        Some((true, false)) => come_again(db, file, name, now).await?,
        Some((false, false)) => {}
    }
    let rows = "SELECT row FROM trigger_rows WHERE trigger_id = ? AND digest = ?";
    let taken: Vec<u32> =
        sqlx::query_scalar(rows).bind(file.trigger).bind(file.digest.as_slice()).fetch_all(db).await?;
    Ok(Begun::Behind(taken.into_iter().collect()))
}

/// Takes over what went out when the file with this name said something else and was not moved; false where none did.
async fn take_over(db: &mut Tx, file: FileId<'_>, name: &str) -> Result<bool, sqlx::Error> {
    let before = "SELECT digest FROM trigger_files
                  WHERE trigger_id = ? AND name = ? AND digest <> ? AND moved_at IS NULL AND accepted > 0 LIMIT 1";
    let before = sqlx::query_scalar(before).bind(file.trigger).bind(name).bind(file.digest.as_slice());
    let before: Option<Vec<u8>> = before.fetch_optional(&mut *db).await?;
    let Some(before) = before else { return Ok(false) };
    let changed = Json(Problem::from(FolderError::Changed { file: name.to_owned() }));
    for change in [
        "UPDATE trigger_files SET (accepted, passed, refused) =
            (SELECT accepted, passed, refused FROM trigger_files WHERE trigger_id = ?1 AND digest = ?3),
            problem = ?4
         WHERE trigger_id = ?1 AND digest = ?2",
        "UPDATE trigger_rows SET digest = ?2 WHERE trigger_id = ?1 AND digest = ?3",
        "DELETE FROM trigger_files WHERE trigger_id = ?1 AND digest = ?3",
    ] {
        let change = sqlx::query(change).bind(file.trigger).bind(file.digest.as_slice());
        change.bind(&before).bind(&changed).execute(&mut *db).await?;
    }
    Ok(true)
}

async fn insert(db: &mut Tx, file: FileId<'_>, name: &str, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO trigger_files (trigger_id, digest, name, place, accepted, passed, refused, began_at)
         VALUES (?, ?, ?, '', 0, 0, 0, ?)",
    )
    .bind(file.trigger)
    .bind(file.digest.as_slice())
    .bind(name)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// What was refused is open again, and all else came before.
async fn come_again(db: &mut Tx, file: FileId<'_>, name: &str, now: Millis) -> Result<(), sqlx::Error> {
    for change in [
        "DELETE FROM trigger_rows WHERE trigger_id = ?1 AND digest = ?2 AND outcome = 'refused'",
        "UPDATE trigger_rows SET outcome = 'duplicate' WHERE trigger_id = ?1 AND digest = ?2",
        "UPDATE trigger_files SET place = '', accepted = 0, refused = 0, problem = NULL, moved_at = NULL,
            passed = (SELECT count(*) FROM trigger_rows WHERE trigger_id = ?1 AND digest = ?2), name = ?3, began_at = ?4
         WHERE trigger_id = ?1 AND digest = ?2",
    ] {
        let change = sqlx::query(change).bind(file.trigger).bind(file.digest.as_slice());
        change.bind(name).bind(now).execute(&mut *db).await?;
    }
    Ok(())
}

/// What became of a row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenRow {
    pub row: u32,
    pub outcome: Outcome,
    pub problem: Option<Problem>,
}

/// In the transaction of the row's event. A row that is noted already fails, so no row is taken twice.
pub async fn note(db: &mut Tx, file: FileId<'_>, taken: &TakenRow) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO trigger_rows (trigger_id, digest, row, outcome, problem) VALUES (?, ?, ?, ?, ?)")
        .bind(file.trigger)
        .bind(file.digest.as_slice())
        .bind(taken.row)
        .bind(taken.outcome)
        .bind(taken.problem.as_ref().map(Json))
        .execute(&mut *db)
        .await?;
    let count = match taken.outcome {
        Outcome::Accepted => "UPDATE trigger_files SET accepted = accepted + 1 WHERE trigger_id = ? AND digest = ?",
        Outcome::Refused => "UPDATE trigger_files SET refused = refused + 1 WHERE trigger_id = ? AND digest = ?",
        _ => "UPDATE trigger_files SET passed = passed + 1 WHERE trigger_id = ? AND digest = ?",
    };
    sqlx::query(count).bind(file.trigger).bind(file.digest.as_slice()).execute(db).await?;
    Ok(())
}

/// They are noted anew.
pub async fn forget_rows(db: &mut Tx, file: FileId<'_>) -> Result<(), sqlx::Error> {
    let rows = sqlx::query("DELETE FROM trigger_rows WHERE trigger_id = ? AND digest = ?");
    rows.bind(file.trigger).bind(file.digest.as_slice()).execute(db).await?;
    Ok(())
}

/// Where nothing but the sums of a file is known.
pub async fn count(db: &mut Tx, file: FileId<'_>, sums: [u32; 3]) -> Result<(), sqlx::Error> {
    let [accepted, passed, refused] = sums;
    let set = "UPDATE trigger_files SET accepted = ?, passed = ?, refused = ? WHERE trigger_id = ? AND digest = ?";
    let set = sqlx::query(set).bind(accepted).bind(passed).bind(refused);
    set.bind(file.trigger).bind(file.digest.as_slice()).execute(db).await?;
    Ok(())
}

/// In their order.
pub async fn rows(db: &mut SqliteConnection, file: FileId<'_>) -> Result<Vec<TakenRow>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT row, outcome, problem FROM trigger_rows WHERE trigger_id = ? AND digest = ? ORDER BY row");
    let rows = rows.bind(file.trigger).bind(file.digest.as_slice()).fetch_all(db).await?;
    let taken = |row: &SqliteRow| {
        let problem: Option<Json<Problem>> = row.try_get("problem")?;
        Ok(TakenRow {
            row: row.try_get("row")?,
            outcome: row.try_get("outcome")?,
            problem: problem.map(|problem| problem.0),
        })
    };
    rows.iter().map(taken).collect()
}

/// Where it is going, before it goes there.
pub async fn send_off(
    db: &mut Tx,
    file: FileId<'_>,
    place: &Path,
    problem: Option<&Problem>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE trigger_files SET place = ?, problem = ? WHERE trigger_id = ? AND digest = ?")
        .bind(place.to_string_lossy())
        .bind(problem.map(Json))
        .bind(file.trigger)
        .bind(file.digest.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// It lies in its place, with its report. What was wrong with its rows stands there, and is kept here no longer.
pub async fn moved(db: &mut Tx, file: FileId<'_>, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE trigger_files SET moved_at = ? WHERE trigger_id = ? AND digest = ?")
        .bind(now)
        .bind(file.trigger)
        .bind(file.digest.as_slice())
        .execute(&mut *db)
        .await?;
    sqlx::query("UPDATE trigger_rows SET problem = NULL WHERE trigger_id = ? AND digest = ?")
        .bind(file.trigger)
        .bind(file.digest.as_slice())
        .execute(db)
        .await?;
    Ok(())
}

/// A file of which it is not known whether it came to its place.
pub struct OnItsWay {
    pub digest: Digest,
    pub place: PathBuf,
}

pub async fn on_their_way(db: &mut SqliteConnection, trigger: TriggerId) -> Result<Vec<OnItsWay>, sqlx::Error> {
    // By itself SQLite walks along all files of the trigger.
    let select = "SELECT digest, place FROM trigger_files INDEXED BY trigger_files_unmoved
                  WHERE trigger_id = ? AND moved_at IS NULL AND place <> ''";
    let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(select).bind(trigger).fetch_all(db).await?;
    let file = |(digest, place): (Vec<u8>, String)| {
        let digest = digest.try_into().map_err(|_| crate::db::unreadable("the digest of a file".to_owned()))?;
        Ok(OnItsWay { digest, place: place.into() })
    };
    rows.into_iter().map(file).collect()
}

/// The file that was begun last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    pub name: String,
    /// Empty until its rows are taken.
    pub place: String,
    pub accepted: i64,
    pub passed: i64,
    pub refused: i64,
    pub problem: Option<Problem>,
    pub began_at: Millis,
    pub moved_at: Option<Millis>,
}

pub async fn last(db: &mut SqliteConnection, trigger: TriggerId) -> Result<Option<Last>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT name, place, accepted, passed, refused, problem, began_at, moved_at FROM trigger_files
         WHERE trigger_id = ? ORDER BY coalesce(moved_at, began_at) DESC LIMIT 1",
    );
    let Some(row) = row.bind(trigger).fetch_optional(db).await? else { return Ok(None) };
    let problem: Option<Json<Problem>> = row.try_get("problem")?;
    Ok(Some(Last {
        name: row.try_get("name")?,
        place: row.try_get("place")?,
        accepted: row.try_get("accepted")?,
        passed: row.try_get("passed")?,
        refused: row.try_get("refused")?,
        problem: problem.map(|problem| problem.0),
        began_at: row.try_get("began_at")?,
        moved_at: row.try_get("moved_at")?,
    }))
}

/// Files that a trigger forgets: `span` is how long it remembers keys.
pub async fn forget_old(db: &mut Tx, trigger: TriggerId, span: Millis, now: Millis) -> Result<(), sqlx::Error> {
    let old = "SELECT digest FROM trigger_files WHERE trigger_id = ?1 AND (moved_at <= ?2 OR moved_at IS NULL AND began_at <= ?3)";
    let rows = format!("DELETE FROM trigger_rows WHERE trigger_id = ?1 AND digest IN ({old})");
    let files = format!("DELETE FROM trigger_files WHERE trigger_id = ?1 AND digest IN ({old})");
    for delete in [rows, files] {
        let delete = sqlx::query(sqlx::AssertSqlSafe(delete)).bind(trigger);
        delete.bind(now - span.max(SHORTEST)).bind(now - UNMOVED).execute(&mut *db).await?;
    }
    Ok(())
}

/// Empties what was wrong with rows that name a phone.
pub async fn erase(db: &mut Tx, names: impl Fn(&str) -> bool) -> Result<(), sqlx::Error> {
    let told = "SELECT trigger_id, digest, row, problem FROM trigger_rows WHERE problem IS NOT NULL";
    let told: Vec<(TriggerId, Vec<u8>, u32, String)> = sqlx::query_as(told).fetch_all(&mut *db).await?;
    for (trigger, digest, row, _) in told.into_iter().filter(|(.., problem)| names(problem)) {
        let empty = "UPDATE trigger_rows SET problem = NULL WHERE trigger_id = ? AND digest = ? AND row = ?";
        sqlx::query(empty).bind(trigger).bind(digest).bind(row).execute(&mut *db).await?;
    }
    Ok(())
}
