//! The three tables of files, which have one shape.
//!
//! A change of files is a change of the draft or the template: whoever makes it says so there first, in the same
//! transaction, and learns whether it is open to changes.

use std::array::TryFromSliceError;
use std::collections::BTreeMap;

use data_encoding::BASE64;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use ulak_media::{Offered, Prepared};

use super::{MediaItem, MediaVerdict, Owner};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Problem;
use crate::ids::{IdGenerator, MediaId, TemplateId, UploadId};
use crate::media;
use crate::stored::Json;

/// Which files campaigns and versions have, for whoever asks by what they know of the owners.
pub const OF_CAMPAIGNS: &str = "(SELECT campaign_id AS owner, sha256 FROM campaign_media)";
pub const OF_VERSIONS: &str = "(SELECT version_id AS owner, sha256 FROM version_media)";

impl Owner {
    fn table(self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign_media",
            Self::Template(_) => "template_media",
            Self::Version(_) => "version_media",
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::Campaign(_) => "campaign_id",
            Self::Template(_) => "template_id",
            Self::Version(_) => "version_id",
        }
    }

    fn key(self) -> Vec<u8> {
        match self {
            Self::Campaign(id) => id.0.as_bytes().to_vec(),
            Self::Template(id) => id.0.as_bytes().to_vec(),
            Self::Version(id) => id.0.as_bytes().to_vec(),
        }
    }
}

pub async fn add(db: &mut Tx, owner: Owner, name: &str, file: &Prepared, now: Millis) -> Result<MediaId, sqlx::Error> {
    let id = IdGenerator::at(now).next();
    media::store::keep(db, file).await?;
    let (table, column) = (owner.table(), owner.column());
    let insert = format!(
        "INSERT INTO {table} (id, {column}, position, name, source_size, converted, sha256, offered, place)
         VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM {table} WHERE {column} = ?2), ?3, ?4, ?5, ?6, ?7, ?8)"
    );
    sqlx::query(AssertSqlSafe(insert))
        .bind(id)
        .bind(owner.key())
        .bind(name)
        .bind(i64::try_from(file.source.bytes).unwrap_or(i64::MAX))
        .bind(file.converted())
        .bind(file.sha256.as_slice())
        .bind(file.offered.as_ref().map(reason).transpose()?)
        .bind(file.place)
        .execute(&mut *db)
        .await?;
    Ok(id)
}

/// What a program brought, behind the files that are there; false where that went, or never was.
pub async fn add_upload(db: &mut Tx, owner: Owner, upload: UploadId, now: Millis) -> Result<bool, sqlx::Error> {
    let id: MediaId = IdGenerator::at(now).next();
    let (table, column) = (owner.table(), owner.column());
    let insert = format!(
        "INSERT INTO {table} (id, {column}, position, name, source_size, converted, sha256, offered, place)
         SELECT ?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM {table} WHERE {column} = ?2), u.name, m.size, 0,
                u.sha256, NULL, 0
         FROM uploads u JOIN media m ON m.sha256 = u.sha256 WHERE u.id = ?3 AND length(m.content) > 0"
    );
    let added = sqlx::query(AssertSqlSafe(insert)).bind(id).bind(owner.key()).bind(upload).execute(db).await?;
    Ok(added.rows_affected() == 1)
}

/// Why it goes as a document, as the window shows it.
fn reason(offered: &Offered) -> Result<String, sqlx::Error> {
    serde_json::to_string(&media::of_offered(offered)).map_err(|error| sqlx::Error::Encode(error.into()))
}

pub async fn remove(db: &mut Tx, owner: Owner, file: MediaId) -> Result<(), sqlx::Error> {
    let delete = format!("DELETE FROM {} WHERE id = ? AND {} = ?", owner.table(), owner.column());
    sqlx::query(AssertSqlSafe(delete)).bind(file).bind(owner.key()).execute(&mut *db).await?;
    media::store::remove_unused(db).await?;
    Ok(())
}

/// All files of one; what nothing else refers to stays until it is asked for.
pub async fn clear(db: &mut Tx, owner: Owner) -> Result<(), sqlx::Error> {
    let delete = format!("DELETE FROM {} WHERE {} = ?", owner.table(), owner.column());
    sqlx::query(AssertSqlSafe(delete)).bind(owner.key()).execute(db).await?;
    Ok(())
}

/// The files of all templates.
pub async fn of_templates(db: &mut SqliteConnection) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar("SELECT DISTINCT sha256 FROM template_media").fetch_all(db).await
}

/// Files that are not named keep their place behind those that are.
pub async fn order(db: &mut Tx, owner: Owner, order: &[MediaId]) -> Result<(), sqlx::Error> {
    let update = format!("UPDATE {} SET position = ? WHERE id = ? AND {} = ?", owner.table(), owner.column());
    for (position, file) in (1i64..).zip(order) {
        sqlx::query(AssertSqlSafe(update.as_str()))
            .bind(position)
            .bind(file)
            .bind(owner.key())
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The files of one in place of the other's.
pub async fn replace(db: &mut Tx, from: Owner, to: Owner, now: Millis) -> Result<(), sqlx::Error> {
    let delete = format!("DELETE FROM {} WHERE {} = ?", to.table(), to.column());
    sqlx::query(AssertSqlSafe(delete)).bind(to.key()).execute(&mut *db).await?;
    let insert = format!(
        "INSERT INTO {} (id, {}, position, name, source_size, converted, sha256, offered, place)
         SELECT ?, ?, position, name, source_size, converted, sha256, offered, place FROM {} WHERE id = ?",
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
    Ok(())
}

pub async fn list(db: &mut SqliteConnection, owner: Owner) -> Result<Vec<MediaItem>, sqlx::Error> {
    let select = format!(
        "SELECT f.id, f.name, f.source_size, f.converted, f.offered, f.place, f.sha256, m.kind, m.width, m.height,
                m.duration_ms, m.pages, m.waveform, m.size, m.thumbnail, m.mime
         FROM {} f JOIN media m ON m.sha256 = f.sha256 WHERE f.{} = ? ORDER BY f.position, f.id",
        owner.table(),
        owner.column()
    );
    let rows = sqlx::query(AssertSqlSafe(select)).bind(owner.key()).fetch_all(db).await?;
    rows.iter().map(item).collect()
}

fn item(row: &SqliteRow) -> Result<MediaItem, sqlx::Error> {
    let kind = row.try_get("kind")?;
    Ok(MediaItem {
        id: row.try_get("id")?,
        name: media::called(row.try_get("name")?, kind, row.try_get("mime")?),
        kind,
        verdict: verdict(row)?,
        width: row.try_get("width")?,
        height: row.try_get("height")?,
        duration_ms: row.try_get("duration_ms")?,
        pages: row.try_get("pages")?,
        waveform: row.try_get("waveform")?,
        bytes: row.try_get("size")?,
        source_bytes: row.try_get("source_size")?,
        place: row.try_get("place")?,
        thumbnail: Some(row.try_get::<&[u8], _>("thumbnail")?)
            .filter(|jpeg| !jpeg.is_empty())
            .map(|jpeg| format!("data:image/jpeg;base64,{}", BASE64.encode(jpeg))),
        sha256: row
            .try_get::<&[u8], _>("sha256")?
            .try_into()
            .map_err(|error: TryFromSliceError| sqlx::Error::Decode(error.into()))?,
    })
}

fn verdict(row: &SqliteRow) -> Result<MediaVerdict, sqlx::Error> {
    Ok(match row.try_get::<Option<Json<Problem>>, _>("offered")? {
        Some(Json(reason)) => MediaVerdict::Offer { reason },
        None if row.try_get("converted")? => MediaVerdict::Convert,
        None => MediaVerdict::Fine,
    })
}

/// How many files each template has.
pub async fn count_by_template(db: &mut SqliteConnection) -> Result<BTreeMap<TemplateId, i64>, sqlx::Error> {
    let counts = "SELECT template_id, count(*) FROM template_media GROUP BY template_id";
    Ok(sqlx::query_as::<_, (TemplateId, i64)>(counts).fetch_all(db).await?.into_iter().collect())
}

/// The file of an owner with this content.
pub async fn of_content(
    db: &mut SqliteConnection,
    owner: Owner,
    sha256: &[u8],
) -> Result<Option<MediaId>, sqlx::Error> {
    let select = format!("SELECT id FROM {} WHERE {} = ? AND sha256 = ? LIMIT 1", owner.table(), owner.column());
    sqlx::query_scalar(AssertSqlSafe(select)).bind(owner.key()).bind(sha256).fetch_optional(db).await
}

/// A file with this content that a version of a campaign had.
pub async fn of_versions(db: &mut SqliteConnection, sha256: &[u8]) -> Result<Option<MediaId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM version_media WHERE sha256 = ? LIMIT 1").bind(sha256).fetch_optional(db).await
}

/// The prepared content of a file: its media type and its bytes.
pub async fn content(db: &mut SqliteConnection, file: MediaId) -> Result<Option<(String, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT m.mime, m.content FROM media m WHERE m.sha256 IN
             (SELECT sha256 FROM campaign_media WHERE id = ?1 UNION ALL SELECT sha256 FROM template_media WHERE id = ?1
              UNION ALL SELECT sha256 FROM version_media WHERE id = ?1)",
    )
    .bind(file)
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}
