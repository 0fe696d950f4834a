//! Files that a program brought before the messages that are to carry them.

use sqlx::{Row, SqliteConnection};

use super::{called, keep, remove_unused};
use crate::clock::Millis;
use crate::db::{Tx, unreadable};
use crate::ids::UploadId;
use crate::media::{Attached, MediaKind, Prepared};

pub async fn add(db: &mut Tx, id: UploadId, name: &str, file: &Prepared, now: Millis) -> Result<(), sqlx::Error> {
    keep(db, file).await?;
    sqlx::query("INSERT INTO uploads (id, sha256, name, created_at) VALUES (?, ?, ?, ?)")
        .bind(id)
        .bind(file.sha256.as_slice())
        .bind(name)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// As a part of a message carries it; none where it went, or never was.
pub async fn attached(db: &mut SqliteConnection, id: UploadId) -> Result<Option<Attached>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT u.name, m.sha256, m.kind, m.mime FROM uploads u JOIN media m ON m.sha256 = u.sha256
         WHERE u.id = ? AND length(m.content) > 0",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (name, kind): (&str, MediaKind) = (row.try_get("name")?, row.try_get("kind")?);
    let name = kind.shows_name().then(|| called(name, kind, row.try_get("mime").unwrap_or_default()).into());
    let sha256 = row.try_get::<&[u8], _>("sha256")?.try_into();
    let sha256 = sha256.map_err(|_| unreadable("a file is named by a hash of another length"))?;
    Ok(Some(Attached { sha256, kind, name }))
}

/// Those that were brought before a time, with what nothing else holds.
pub async fn forget(db: &mut Tx, before: Millis) -> Result<(), sqlx::Error> {
    let gone = sqlx::query("DELETE FROM uploads WHERE created_at < ?").bind(before).execute(&mut *db).await?;
    if gone.rows_affected() > 0 {
        remove_unused(db).await?;
    }
    Ok(())
}
