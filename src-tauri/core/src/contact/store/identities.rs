//! The phone behind a hidden identity (LID), as seen while sending and receiving.

use sqlx::SqliteConnection;

use crate::clock::{DAY, Millis};
use crate::db::Tx;

pub async fn phone_of(db: &mut SqliteConnection, lid: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT phone FROM lids WHERE lid = ?").bind(lid).fetch_optional(db).await
}

/// Remembers a pair; true where it tells something that was not known. Pairs are seen at every sending, so one that is
/// known is written again once a day only.
pub async fn pair(db: &mut Tx, phone: &str, lid: &str, now: Millis) -> Result<bool, sqlx::Error> {
    let known = phone_of(db, lid).await?;
    sqlx::query(
        "INSERT INTO lids (lid, phone, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT (lid) DO UPDATE
         SET phone = excluded.phone, seen_at = excluded.seen_at
         WHERE phone <> excluded.phone OR seen_at < excluded.seen_at - ?4",
    )
    .bind(lid)
    .bind(phone)
    .bind(now)
    .bind(DAY)
    .execute(db)
    .await?;
    Ok(known.as_deref() != Some(phone))
}
