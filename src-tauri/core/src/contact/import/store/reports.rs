//! What is on record of imports: their reports, and whether they can be taken back.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::super::{ImportReport, ImportReportPage, ImportTotals, Undone};
use crate::clock::Millis;
use crate::db::{Readers, Tx};
use crate::ids::ImportId;
use crate::page::Place;

const REPORTS: &str = "SELECT id, file_name, state, row_count, new, known, unchanged, twice, doubtful, refused,
    started_at, undone_at, removed, restored, kept, state <> 'running' AND undone_at IS NULL
        AND EXISTS (SELECT 1 FROM import_changes c WHERE c.import_id = imports.id) AS can_undo
    FROM imports WHERE step = 'import'";

/// The newest first.
pub async fn page(pool: &Readers, place: &Place) -> Result<ImportReportPage, sqlx::Error> {
    let mut select = QueryBuilder::<Sqlite>::new(REPORTS);
    if let Some(before) = place.key::<ImportId>()? {
        select.push(" AND id < ").push_bind(before);
    }
    select.push(" ORDER BY id DESC LIMIT ").push_bind(place.take()).push(" OFFSET ").push_bind(place.skip());
    let rows = select.build().fetch_all(&mut *pool.acquire().await?).await?;
    let rows = rows.iter().map(report_of).collect::<Result<Vec<_>, _>>()?;
    let (rows, next) = place.cut(rows, |report| report.id)?;
    Ok(ImportReportPage { rows, next })
}

pub async fn one(tx: &mut Tx, id: ImportId) -> Result<Option<ImportReport>, sqlx::Error> {
    let mut select = QueryBuilder::<Sqlite>::new(REPORTS);
    let row = select.push(" AND id = ").push_bind(id).build().fetch_optional(tx).await?;
    row.as_ref().map(report_of).transpose()
}

/// Adds to what became of an import's contacts; `at` ends it.
pub async fn add_undone(tx: &mut Tx, id: ImportId, undone: Undone, at: Option<Millis>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE imports SET removed = removed + ?, restored = restored + ?, kept = kept + ?, undone_at = ?
         WHERE id = ?",
    )
    .bind(undone.removed)
    .bind(undone.restored)
    .bind(undone.kept)
    .bind(at)
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

fn report_of(row: &SqliteRow) -> Result<ImportReport, sqlx::Error> {
    let undone =
        Undone { removed: row.try_get("removed")?, restored: row.try_get("restored")?, kept: row.try_get("kept")? };
    Ok(ImportReport {
        id: row.try_get("id")?,
        file_name: row.try_get("file_name")?,
        state: row.try_get("state")?,
        started_at: row.try_get("started_at")?,
        totals: ImportTotals {
            rows: row.try_get("row_count")?,
            new: row.try_get("new")?,
            known: row.try_get("known")?,
            unchanged: row.try_get("unchanged")?,
            twice: row.try_get("twice")?,
            doubtful: row.try_get("doubtful")?,
            refused: row.try_get("refused")?,
        },
        undone: row.try_get::<Option<Millis>, _>("undone_at")?.map(|_| undone),
        can_undo: row.try_get("can_undo")?,
    })
}
