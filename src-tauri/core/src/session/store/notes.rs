//! The notes' table, and what a client asks of other tables.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use crate::clock::Millis;
use crate::db::Tx;
use crate::session::client::NoteKind;
use crate::stored::Json;

/// The owner of what is the same for all numbers.
pub const EVERYBODYS: &[u8] = &[];

fn name(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Upload => "upload",
        NoteKind::OnWhatsapp => "on_whatsapp",
        NoteKind::Poll => "poll",
    }
}

pub async fn get(
    db: &mut SqliteConnection,
    kind: NoteKind,
    owner: &[u8],
    key: &str,
    now: Millis,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT value FROM notes WHERE kind = ? AND owner = ? AND key = ? AND expires_at > ?")
        .bind(name(kind))
        .bind(owner)
        .bind(key)
        .bind(now)
        .fetch_optional(db)
        .await
}

/// Which of these phones were looked up, so lately that what was found is still believed.
pub async fn looked_up(
    db: &mut SqliteConnection,
    phones: Vec<&str>,
    now: Millis,
) -> Result<HashSet<String>, sqlx::Error> {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT n.key FROM json_each(?) p CROSS JOIN notes n
         ON n.kind = ? AND n.owner = ? AND n.key = p.value AND n.expires_at > ?",
    )
    .bind(Json(phones))
    .bind(name(NoteKind::OnWhatsapp))
    .bind(EVERYBODYS)
    .bind(now)
    .fetch_all(db)
    .await?;
    Ok(found.into_iter().collect())
}

pub async fn put(
    db: &mut Tx,
    kind: NoteKind,
    owner: &[u8],
    key: &str,
    value: &str,
    expires_at: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO notes (kind, owner, key, value, expires_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (kind, owner, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
    )
    .bind(name(kind))
    .bind(owner)
    .bind(key)
    .bind(value)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn forget(db: &mut Tx, kind: NoteKind, owner: &[u8], key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM notes WHERE kind = ? AND owner = ? AND key = ?")
        .bind(name(kind))
        .bind(owner)
        .bind(key)
        .execute(db)
        .await?;
    Ok(())
}

/// Where files were uploaded to, with what opens them there: it is of links that are no more.
pub async fn forget_uploads(db: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM notes WHERE kind = ?").bind(name(NoteKind::Upload)).execute(db).await?;
    Ok(())
}

pub async fn remove_expired(db: &mut Tx, now: Millis) -> Result<u64, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM notes WHERE expires_at <= ?").bind(now).execute(db).await?;
    Ok(removed.rows_affected())
}
