//! What the owner chose for the columns of lists, by their headers.

use super::super::super::fold::fold;
use super::super::{Column, ColumnUse};
use crate::clock::Millis;
use crate::db::{Readers, Tx};
use crate::stored::Json;

/// Keeps the choice for lists with this header; none where it is what is found out anyway.
pub async fn remember(tx: &mut Tx, columns: &[Column], is_own: bool, now: Millis) -> Result<(), sqlx::Error> {
    let header = key(columns);
    if !is_own {
        sqlx::query("DELETE FROM import_layouts WHERE header = ?").bind(header).execute(tx).await?;
        return Ok(());
    }
    let uses: Vec<&ColumnUse> = columns.iter().map(|column| &column.used).collect();
    sqlx::query(
        "INSERT INTO import_layouts (header, columns, used_at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET columns = excluded.columns, used_at = excluded.used_at",
    )
    .bind(header)
    .bind(Json(uses))
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// The choice for lists with this header.
pub async fn recall(pool: &Readers, columns: &[Column]) -> Result<Option<Vec<ColumnUse>>, sqlx::Error> {
    let kept: Option<Json<Vec<ColumnUse>>> = sqlx::query_scalar("SELECT columns FROM import_layouts WHERE header = ?")
        .bind(key(columns))
        .fetch_optional(&mut *pool.acquire().await?)
        .await?;
    Ok(kept.map(|Json(uses)| uses))
}

/// Case, accents and blanks around a header make no other one.
fn key(columns: &[Column]) -> String {
    let headers: Vec<String> = columns.iter().map(|column| fold(column.header.trim())).collect();
    headers.join("\u{1f}")
}
