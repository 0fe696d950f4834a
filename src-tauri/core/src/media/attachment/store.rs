//! The two tables of files, which have one shape.

use data_encoding::BASE64;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use ulak_media::{Offered, Prepared};

use super::{MediaItem, MediaVerdict, Owner};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Problem;
use crate::ids::{IdGenerator, MediaId};
use crate::media::{self, MediaKind};

impl Owner {
    fn table(self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign_media",
            Self::Template(_) => "template_media",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign_id",
            Self::Template(_) => "template_id",
        }
    }

    fn key(self) -> Vec<u8> {
        match self {
            Self::Campaign(id) => id.0.as_bytes().to_vec(),
            Self::Template(id) => id.0.as_bytes().to_vec(),
        }
    }
}

pub async fn add(db: &mut Tx, owner: Owner, name: &str, file: &Prepared, now: Millis) -> Result<MediaId, sqlx::Error> {
    let id = IdGenerator::at(now).next();
    media::store::keep(db, file).await?;
    let (table, column) = (owner.table(), owner.column());
    let insert = format!(
        "INSERT INTO {table} (id, {column}, position, name, source_size, converted, sha256, offered)
         VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM {table} WHERE {column} = ?2), ?3, ?4, ?5, ?6, ?7)"
    );
    sqlx::query(AssertSqlSafe(insert))
        .bind(id)
        .bind(owner.key())
        .bind(name)
        .bind(i64::try_from(file.source.bytes).unwrap_or(i64::MAX))
        .bind(file.converted())
        .bind(file.sha256.as_slice())
        .bind(file.offered.as_ref().map(reason).transpose()?)
        .execute(&mut *db)
        .await?;
    touch(db, owner, now).await?;
    Ok(id)
}

/// Why it goes as a document, as the window shows it.
fn reason(offered: &Offered) -> Result<String, sqlx::Error> {
    let reason = Problem { code: offered.code().to_owned(), message: offered.to_string(), params: offered.params() };
    serde_json::to_string(&reason).map_err(|error| sqlx::Error::Encode(error.into()))
}

pub async fn remove(db: &mut Tx, owner: Owner, file: MediaId, now: Millis) -> Result<(), sqlx::Error> {
    let delete = format!("DELETE FROM {} WHERE id = ? AND {} = ?", owner.table(), owner.column());
    sqlx::query(AssertSqlSafe(delete)).bind(file).bind(owner.key()).execute(&mut *db).await?;
    media::store::remove_unused(db).await?;
    touch(db, owner, now).await
}

/// Files that are not named keep their place behind those that are.
pub async fn order(db: &mut Tx, owner: Owner, order: &[MediaId], now: Millis) -> Result<(), sqlx::Error> {
    let update = format!("UPDATE {} SET position = ? WHERE id = ? AND {} = ?", owner.table(), owner.column());
    for (position, file) in (1i64..).zip(order) {
        sqlx::query(AssertSqlSafe(update.as_str()))
            .bind(position)
            .bind(file)
            .bind(owner.key())
            .execute(&mut *db)
            .await?;
    }
    touch(db, owner, now).await
}

/// The files of one in place of the other's.
pub async fn replace(db: &mut Tx, from: Owner, to: Owner, now: Millis) -> Result<(), sqlx::Error> {
    let delete = format!("DELETE FROM {} WHERE {} = ?", to.table(), to.column());
    sqlx::query(AssertSqlSafe(delete)).bind(to.key()).execute(&mut *db).await?;
    let insert = format!(
        "INSERT INTO {} (id, {}, position, name, source_size, converted, sha256, offered)
         SELECT ?, ?, position, name, source_size, converted, sha256, offered FROM {} WHERE id = ?",
        to.table(),
        to.column(),
        from.table()
    );
    let mint = IdGenerator::at(now);
    for file in list(db, from).await? {
        sqlx::query(AssertSqlSafe(insert.as_str()))
            .bind(mint.next::<MediaId>())
            .bind(to.key())
            .bind(file.id)
            .execute(&mut *db)
            .await?;
    }
    media::store::remove_unused(db).await?;
    touch(db, to, now).await
}

async fn touch(db: &mut Tx, owner: Owner, now: Millis) -> Result<(), sqlx::Error> {
    let update = match owner {
        Owner::Campaign(_) => "UPDATE campaigns SET updated_at = ? WHERE id = ?",
        Owner::Template(_) => "UPDATE templates SET updated_at = ? WHERE id = ?",
    };
    sqlx::query(update).bind(now).bind(owner.key()).execute(db).await?;
    Ok(())
}

pub async fn list(db: &mut SqliteConnection, owner: Owner) -> Result<Vec<MediaItem>, sqlx::Error> {
    let select = format!(
        "SELECT f.id, f.name, f.source_size, f.converted, f.offered, f.sha256, m.kind, m.width, m.height,
                m.duration_ms, m.pages, m.waveform, m.size, m.thumbnail
         FROM {} f JOIN media m ON m.sha256 = f.sha256 WHERE f.{} = ? ORDER BY f.position, f.id",
        owner.table(),
        owner.column()
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(owner.key()).fetch_all(db).await?;
    Ok(rows.iter().map(item).collect())
}

fn item(row: &SqliteRow) -> MediaItem {
    let kind: MediaKind = row.get::<&str, _>("kind").parse().unwrap_or(MediaKind::Document);
    MediaItem {
        id: row.get("id"),
        name: row.get("name"),
        kind,
        verdict: verdict(row),
        width: row.get("width"),
        height: row.get("height"),
        duration_ms: row.get("duration_ms"),
        pages: row.get("pages"),
        waveform: row.get("waveform"),
        bytes: row.get("size"),
        source_bytes: row.get("source_size"),
        thumbnail: Some(row.get::<&[u8], _>("thumbnail"))
            .filter(|jpeg| !jpeg.is_empty())
            .map(|jpeg| format!("data:image/jpeg;base64,{}", BASE64.encode(jpeg))),
        sha256: row.get::<Vec<u8>, _>("sha256").try_into().unwrap_or_default(),
    }
}

fn verdict(row: &SqliteRow) -> MediaVerdict {
    let offered: Option<&str> = row.get("offered");
    match offered.and_then(|reason| serde_json::from_str(reason).ok()) {
        Some(reason) => MediaVerdict::Offer { reason },
        None if row.get("converted") => MediaVerdict::Convert,
        None => MediaVerdict::Fine,
    }
}

/// The prepared content of a file: its media type and its bytes.
pub async fn content(db: &mut SqliteConnection, file: MediaId) -> Result<Option<(String, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.mime, m.content FROM media m WHERE m.sha256 IN
             (SELECT sha256 FROM campaign_media WHERE id = ?1 UNION ALL SELECT sha256 FROM template_media WHERE id = ?1)",
    )
    .bind(file)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.get(0), row.get(1))))
}
