//! People who were erased at their wish are brought back by no list.

use sqlx::SqliteConnection;

use super::super::store::erased;
use super::error::RowError;
use super::rows::Row;

/// Refuses their rows, the doubtful ones too, and keeps nothing of them.
pub async fn refuse_erased(db: &mut SqliteConnection, rows: &mut [Row]) -> Result<(), sqlx::Error> {
    let erased = erased::among(db, rows.iter().filter_map(Row::phone)).await?;
    for row in rows {
        if row.phone().is_some_and(|phone| erased.contains_key(&phone)) {
            row.outcome = Err(RowError::Erased);
            row.cells.clear();
        }
    }
    Ok(())
}
