//! What people send beside words. Its content is fetched when the owner asks for it, and then lies in the database like
//! every other file.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::db::Tx;
use crate::ids::ReplyId;
use crate::session::client::{Attached, AttachedKind};

/// What is shown of it before it is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyFile {
    /// Its place among those that were sent together.
    pub nr: i64,
    pub kind: AttachedKind,
    /// Of a document its file name, of a place or a contact what it is called; else empty.
    pub name: String,
    pub mime: String,
    pub seconds: Option<i64>,
    pub size: Option<i64>,
    /// There is something to fetch.
    pub fetchable: bool,
    pub fetched: bool,
}

/// Where it is fetched, or what was fetched.
#[derive(Clone, Debug)]
pub struct StoredFile {
    pub kind: AttachedKind,
    pub name: String,
    pub mime: String,
    pub size: Option<i64>,
    /// As the client wrote it.
    pub place: Option<String>,
    pub content: Option<Vec<u8>>,
}

impl StoredFile {
    /// What a window may take it for: a picture of the formats that phones send, whatever the sender says it is.
    pub fn picture_mime(&self) -> &'static str {
        match self.content.as_deref() {
            Some([0xFF, 0xD8, ..]) => "image/jpeg",
            Some([0x89, b'P', b'N', b'G', ..]) => "image/png",
            Some([b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..]) => "image/webp",
            _ => "application/octet-stream",
        }
    }
}

pub async fn add(tx: &mut Tx, reply: ReplyId, wire_id: &str, file: &Attached) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO reply_files (reply_id, nr, wire_id, kind, name, mime, seconds, size, place)
         VALUES (?1, (SELECT coalesce(max(nr) + 1, 0) FROM reply_files WHERE reply_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(reply)
    .bind(wire_id)
    .bind(file.kind)
    .bind(&file.name)
    .bind(&file.mime)
    .bind(file.seconds)
    .bind(file.size.and_then(|size| i64::try_from(size).ok()))
    .bind(&file.place)
    .execute(tx)
    .await?;
    Ok(())
}

/// Those of these replies that have some.
pub async fn of(
    db: &mut SqliteConnection,
    replies: &[ReplyId],
) -> Result<BTreeMap<ReplyId, Vec<ReplyFile>>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT reply_id, nr, kind, name, mime, seconds, size, place IS NOT NULL AS fetchable, content IS NOT NULL AS fetched
         FROM reply_files WHERE reply_id IN (",
    );
    let mut list = select.separated(", ");
    replies.iter().for_each(|reply| {
        list.push_bind(*reply);
    });
    let mut files: BTreeMap<ReplyId, Vec<ReplyFile>> = BTreeMap::new();
    for row in select.push(") ORDER BY reply_id, nr").build().fetch_all(db).await? {
        let (reply, file) = shown(&row)?;
        files.entry(reply).or_default().push(file);
    }
    Ok(files)
}

fn shown(row: &SqliteRow) -> Result<(ReplyId, ReplyFile), sqlx::Error> {
    let file = ReplyFile {
        nr: row.try_get("nr")?,
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        mime: row.try_get("mime")?,
        seconds: row.try_get("seconds")?,
        size: row.try_get("size")?,
        fetchable: row.try_get("fetchable")?,
        fetched: row.try_get("fetched")?,
    };
    Ok((row.try_get("reply_id")?, file))
}

pub async fn stored(db: &mut SqliteConnection, reply: ReplyId, nr: i64) -> Result<Option<StoredFile>, sqlx::Error> {
    let row =
        sqlx::query("SELECT kind, name, mime, size, place, content FROM reply_files WHERE reply_id = ? AND nr = ?")
            .bind(reply)
            .bind(nr)
            .fetch_optional(db)
            .await?;
    let file = |row: SqliteRow| {
        Ok(StoredFile {
            kind: row.try_get("kind")?,
            name: row.try_get("name")?,
            mime: row.try_get("mime")?,
            size: row.try_get("size")?,
            place: row.try_get("place")?,
            content: row.try_get("content")?,
        })
    };
    row.map(file).transpose()
}

/// Unless the reply was cleared while it was fetched.
pub async fn keep(tx: &mut Tx, reply: ReplyId, nr: i64, content: &[u8]) -> Result<(), sqlx::Error> {
    let keep = "UPDATE reply_files SET content = ?1
                WHERE reply_id = ?2 AND nr = ?3 AND EXISTS (SELECT 1 FROM replies r WHERE r.id = ?2 AND r.cleared_at IS NULL)";
    sqlx::query(keep).bind(content).bind(reply).bind(nr).execute(tx).await?;
    Ok(())
}
