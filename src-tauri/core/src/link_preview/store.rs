//! The table of link previews. Triggers remove one that nothing refers to any more.

use sqlx::query_builder::Separated;
use sqlx::{Row, Sqlite, SqliteConnection};

use super::{LinkCard, LinkPreview};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{IdGenerator, LinkPreviewId};

pub async fn add(db: &mut Tx, preview: &LinkPreview, now: Millis) -> Result<LinkPreviewId, sqlx::Error> {
    let id = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO link_previews (id, link, title, description, thumbnail, fetched_at) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(&preview.link)
    .bind(&preview.title)
    .bind(&preview.description)
    .bind(preview.thumbnail.as_slice())
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

pub async fn by_id(db: &mut SqliteConnection, id: LinkPreviewId) -> Result<Option<LinkPreview>, sqlx::Error> {
    let select = sqlx::query("SELECT link, title, description, thumbnail FROM link_previews WHERE id = ?").bind(id);
    let Some(row) = select.fetch_optional(db).await? else { return Ok(None) };
    Ok(Some(LinkPreview {
        link: row.try_get("link")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        thumbnail: row.try_get("thumbnail")?,
    }))
}

/// As the owner sees it; none where there is no id.
pub async fn card(db: &mut SqliteConnection, id: Option<LinkPreviewId>) -> Result<Option<LinkCard>, sqlx::Error> {
    let Some(id) = id else { return Ok(None) };
    Ok(by_id(db, id).await?.map(|preview| LinkCard::of(id, preview)))
}

/// An id (?) as a value of a statement, or NULL where nothing refers to it any more since it was read.
macro_rules! kept_preview {
    () => {
        "(SELECT l.id FROM link_previews l WHERE l.id = ?)"
    };
}
pub(crate) use kept_preview;

/// The same as one of many values.
pub fn push_kept(values: &mut Separated<'_, Sqlite, &str>, id: Option<LinkPreviewId>) {
    values.push("(SELECT l.id FROM link_previews l WHERE l.id = ").push_bind_unseparated(id).push_unseparated(")");
}
