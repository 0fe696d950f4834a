//! The table of templates.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Choice;
use super::Language;
use super::{Category, Samples, TemplateEdit, TemplateKind, TemplateRow, TemplateView, variables};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{IdGenerator, LinkPreviewId, TemplateId};
use crate::link_preview::store::{card, kept_preview};
use crate::media;
use crate::media::attachment::{self, Owner};
use crate::stored::Json;

/// Of a template that is made.
pub struct NewTemplate {
    pub name: String,
    pub category: Category,
    pub language: Language,
    pub active: bool,
    pub text: String,
    pub choice: Option<Choice>,
    pub link_preview: Option<LinkPreviewId>,
    pub split_long_caption: bool,
    pub samples: Samples,
}

impl NewTemplate {
    pub fn empty(language: Language) -> Self {
        Self {
            name: String::new(),
            category: Category::Notification,
            language,
            active: true,
            text: String::new(),
            choice: None,
            link_preview: None,
            split_long_caption: false,
            samples: Samples::new(),
        }
    }
}

impl From<TemplateView> for NewTemplate {
    fn from(one: TemplateView) -> Self {
        Self {
            name: one.name,
            category: one.category,
            language: one.language,
            active: one.active,
            text: one.text,
            choice: one.choice,
            link_preview: one.link_preview.map(|card| card.id),
            split_long_caption: one.split_long_caption,
            samples: one.samples,
        }
    }
}

pub async fn create(db: &mut Tx, new: &NewTemplate, now: Millis) -> Result<TemplateId, sqlx::Error> {
    let id: TemplateId = IdGenerator::at(now).next();
    sqlx::query(concat!(
        "INSERT INTO templates (id, name, category, language, active, text, choice, link_preview, split_long_caption, samples,
                                created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ",
        kept_preview!(),
        ", ?, ?, ?11, ?11)"
    ))
    .bind(id)
    .bind(&new.name)
    .bind(new.category)
    .bind(new.language)
    .bind(new.active)
    .bind(&new.text)
    .bind(new.choice.as_ref().map(Json))
    .bind(new.link_preview)
    .bind(new.split_long_caption)
    .bind(Json(&new.samples))
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// False when it is gone.
pub async fn save(db: &mut Tx, edit: &TemplateEdit, now: Millis) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query(
        "UPDATE templates SET name = ?, category = ?, language = ?, active = ?, text = ?, choice = ?,
                split_long_caption = ?, samples = ?, updated_at = ? WHERE id = ?",
    )
    .bind(&edit.name)
    .bind(edit.category)
    .bind(edit.language)
    .bind(edit.active)
    .bind(&edit.text)
    .bind(edit.choice.as_ref().map(Json))
    .bind(edit.split_long_caption)
    .bind(Json(&edit.samples))
    .bind(now)
    .bind(edit.id)
    .execute(db)
    .await?;
    Ok(saved.rows_affected() == 1)
}

pub async fn by_id(db: &mut SqliteConnection, id: TemplateId) -> Result<Option<TemplateView>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT name, category, language, active, text, choice, link_preview, split_long_caption, samples, updated_at
         FROM templates WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let media = attachment::store::list(db, Owner::Template(id)).await?;
    let link_preview = card(db, row.try_get("link_preview")?).await?;
    Ok(Some(TemplateView {
        id,
        media,
        link_preview,
        name: row.try_get("name")?,
        category: row.try_get("category")?,
        language: row.try_get("language")?,
        active: row.try_get("active")?,
        text: row.try_get("text")?,
        choice: choice(&row)?,
        split_long_caption: row.try_get("split_long_caption")?,
        samples: row.try_get::<Json<_>, _>("samples")?.0,
        updated_at: row.try_get("updated_at")?,
    }))
}

const FIRST_TEXT: usize = 160;

/// The one changed last first.
pub async fn list(db: &mut SqliteConnection) -> Result<Vec<TemplateRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, name, category, language, active, text, choice, samples, updated_at FROM templates
         ORDER BY updated_at DESC, id DESC",
    )
    .fetch_all(&mut *db)
    .await?;
    let files = attachment::store::count_by_template(db).await?;
    rows.iter().map(|row| template_row(row, &files)).collect()
}

fn template_row(row: &SqliteRow, files: &BTreeMap<TemplateId, i64>) -> Result<TemplateRow, sqlx::Error> {
    let (id, text, choice): (_, &str, _) = (row.try_get("id")?, row.try_get("text")?, choice(row)?);
    let files = files.get(&id).copied().unwrap_or_default();
    Ok(TemplateRow {
        id,
        name: row.try_get("name")?,
        category: row.try_get("category")?,
        language: row.try_get("language")?,
        active: row.try_get("active")?,
        kind: TemplateKind::of(choice.as_ref(), files),
        variables: variables(text, choice.as_ref()),
        samples: row.try_get::<Json<_>, _>("samples")?.0,
        files,
        first_text: text.chars().take(FIRST_TEXT).collect(),
        updated_at: row.try_get("updated_at")?,
    })
}

/// In place of the one that it had. Whoever sets it has touched it.
pub async fn set_link_preview(db: &mut Tx, id: TemplateId, preview: Option<LinkPreviewId>) -> Result<(), sqlx::Error> {
    let update = sqlx::query(concat!("UPDATE templates SET link_preview = ", kept_preview!(), " WHERE id = ?"));
    update.bind(preview).bind(id).execute(db).await?;
    Ok(())
}

/// Its files or its link preview are about to change. False when it is gone.
pub async fn touch(db: &mut Tx, id: TemplateId, now: Millis) -> Result<bool, sqlx::Error> {
    let touched =
        sqlx::query("UPDATE templates SET updated_at = ? WHERE id = ?").bind(now).bind(id).execute(db).await?;
    Ok(touched.rows_affected() == 1)
}

/// Its files go with it.
pub async fn delete(db: &mut Tx, id: TemplateId) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM templates WHERE id = ?").bind(id).execute(&mut *db).await?;
    media::store::remove_unused(db).await?;
    Ok(deleted.rows_affected() == 1)
}

pub async fn ids(db: &mut SqliteConnection) -> Result<Vec<TemplateId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM templates ORDER BY id").fetch_all(db).await
}

fn choice(row: &SqliteRow) -> Result<Option<Choice>, sqlx::Error> {
    Ok(row.try_get::<Option<Json<_>>, _>("choice")?.map(|Json(choice)| choice))
}
