//! The table of prepared files; `uploads` has those that programs brought.

pub mod uploads;

use std::collections::BTreeSet;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use ulak_media::{Kind, Prepared};

use super::{Attached, File, MediaKind, called};
use crate::db::Tx;

/// Keeps a prepared file; the same content is kept once. One that was cleared comes back.
pub async fn keep(db: &mut Tx, file: &Prepared) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO media
             (sha256, kind, mime, width, height, duration_ms, pages, waveform, size, thumbnail, content)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (sha256) DO UPDATE SET thumbnail = excluded.thumbnail, content = excluded.content
             WHERE length(media.content) = 0",
    )
    .bind(file.sha256.as_slice())
    .bind(kind_of(file.kind))
    .bind(file.mime.as_ref())
    .bind(file.width)
    .bind(file.height)
    .bind(file.duration_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)))
    .bind(file.pages)
    .bind(file.waveform.as_ref().map(<[u8; 64]>::as_slice))
    .bind(i64::try_from(file.bytes.len()).unwrap_or(i64::MAX))
    .bind(file.thumbnail.as_slice())
    .bind(file.bytes.as_slice())
    .execute(db)
    .await?;
    Ok(())
}

/// Says that messages carry these files: they stay, whatever becomes of the draft.
pub async fn carry(db: &mut Tx, files: &BTreeSet<[u8; 32]>) -> Result<(), sqlx::Error> {
    for sha256 in files {
        let insert = sqlx::query("INSERT INTO message_media (sha256) VALUES (?) ON CONFLICT DO UPDATE SET due = 0");
        insert.bind(sha256.as_slice()).execute(&mut *db).await?;
    }
    Ok(())
}

/// None where it was cleared.
pub async fn content(db: &mut SqliteConnection, sha256: [u8; 32]) -> Result<Option<File>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT kind, mime, width, height, duration_ms, pages, waveform, thumbnail, content
         FROM media WHERE sha256 = ? AND length(content) > 0",
    )
    .bind(sha256.as_slice())
    .fetch_optional(db)
    .await?;
    row.map(|row| file_of(&row, sha256)).transpose()
}

/// The hashes of all files that were not cleared.
pub async fn with_content(db: &mut SqliteConnection) -> Result<Vec<[u8; 32]>, sqlx::Error> {
    let hashes: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT sha256 FROM media WHERE length(content) > 0 ORDER BY sha256").fetch_all(db).await?;
    Ok(hashes.into_iter().filter_map(|hash| hash.try_into().ok()).collect())
}

fn file_of(row: &SqliteRow, sha256: [u8; 32]) -> Result<File, sqlx::Error> {
    Ok(File {
        kind: row.try_get("kind")?,
        sha256,
        mime: row.try_get("mime")?,
        bytes: row.try_get("content")?,
        thumbnail: row.try_get("thumbnail")?,
        width: row.try_get("width")?,
        height: row.try_get("height")?,
        duration_ms: row.try_get("duration_ms")?,
        pages: row.try_get("pages")?,
        waveform: row.try_get("waveform")?,
    })
}

/// A prepared file as a part of a message carries it.
pub fn attached(name: &str, file: &Prepared) -> Attached {
    let kind = kind_of(file.kind);
    Attached { sha256: file.sha256, kind, name: kind.shows_name().then(|| called(name, kind, &file.mime).into()) }
}

fn kind_of(prepared: Kind) -> MediaKind {
    match prepared {
        Kind::Image => MediaKind::Image,
        Kind::Video => MediaKind::Video,
        Kind::Voice => MediaKind::Voice,
        Kind::Audio => MediaKind::Audio,
        // A kind that is not known here can be saved and opened all the same.
        _ => MediaKind::Document,
    }
}

/// Whether a campaign, one of its versions, a template or an upload holds the file.
pub async fn is_chosen(db: &mut SqliteConnection, sha256: &[u8]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM campaign_media WHERE sha256 = ?1) OR EXISTS (SELECT 1 FROM template_media WHERE sha256 = ?1)
             OR EXISTS (SELECT 1 FROM version_media WHERE sha256 = ?1) OR EXISTS (SELECT 1 FROM uploads WHERE sha256 = ?1)",
    )
    .bind(sha256)
    .fetch_one(db)
    .await
}

/// A message that carries these files was cleared: whether another one needs them is asked later.
pub async fn note_due(db: &mut Tx, files: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    for file in files {
        // A file of a campaign that skipped everybody was carried by nobody.
        let due = "INSERT INTO message_media (sha256, due) VALUES (?, 1) ON CONFLICT DO UPDATE SET due = 1";
        sqlx::query(due).bind(file.as_slice()).execute(&mut *db).await?;
    }
    Ok(())
}

/// Those that are due, hold something and that no campaign, version, template or upload holds, with their sizes.
pub async fn due(db: &mut SqliteConnection) -> Result<Vec<(Vec<u8>, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT c.sha256, m.size FROM message_media c JOIN media m ON m.sha256 = c.sha256
         WHERE c.due = 1 AND length(m.content) > 0
           AND NOT EXISTS (SELECT 1 FROM campaign_media f WHERE f.sha256 = c.sha256)
           AND NOT EXISTS (SELECT 1 FROM template_media f WHERE f.sha256 = c.sha256)
           AND NOT EXISTS (SELECT 1 FROM version_media f WHERE f.sha256 = c.sha256)
           AND NOT EXISTS (SELECT 1 FROM uploads f WHERE f.sha256 = c.sha256)",
    )
    .fetch_all(db)
    .await
}

/// How large these files are that hold something.
pub async fn size(db: &mut SqliteConnection, sha256: &[u8]) -> Result<Option<i64>, sqlx::Error> {
    let select = "SELECT size FROM media WHERE sha256 = ? AND length(content) > 0";
    sqlx::query_scalar(select).bind(sha256).fetch_optional(db).await
}

/// Empties a file that nothing needs, as its caller found, where nobody has taken it since. What it was stays, for the
/// parts that went with it.
pub async fn empty(db: &mut Tx, sha256: &[u8]) -> Result<bool, sqlx::Error> {
    if is_chosen(db, sha256).await? {
        return Ok(false);
    }
    let emptied = sqlx::query(
        "UPDATE media SET thumbnail = x'', content = x''
         WHERE sha256 = ?1 AND EXISTS (SELECT 1 FROM message_media c WHERE c.sha256 = ?1 AND c.due = 1)",
    )
    .bind(sha256)
    .execute(db)
    .await?;
    Ok(emptied.rows_affected() > 0)
}

/// No message carries the file any more, and nothing else holds it.
pub async fn drop_carried(db: &mut Tx, sha256: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM message_media WHERE sha256 = ?1; DELETE FROM media WHERE sha256 = ?1")
        .bind(sha256)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes what no draft, no template, no version, no upload and no message refers to.
pub async fn remove_unused(db: &mut Tx) -> Result<u64, sqlx::Error> {
    let removed = sqlx::query(
        "DELETE FROM media WHERE NOT EXISTS (SELECT 1 FROM campaign_media c WHERE c.sha256 = media.sha256)
                             AND NOT EXISTS (SELECT 1 FROM template_media t WHERE t.sha256 = media.sha256)
                             AND NOT EXISTS (SELECT 1 FROM version_media v WHERE v.sha256 = media.sha256)
                             AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.sha256 = media.sha256)
                             AND NOT EXISTS (SELECT 1 FROM message_media m WHERE m.sha256 = media.sha256)",
    )
    .execute(db)
    .await?;
    Ok(removed.rows_affected())
}
