//! The table of templates.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Choice;
use super::Language;
use super::{Category, Samples, TemplateEdit, TemplateKind, TemplateRow, TemplateView, variables};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{IdGenerator, TemplateId};
use crate::media;
use crate::media::attachment::{self, Owner};

/// Of a template that is made.
pub struct NewTemplate {
    pub name: String,
    pub category: Category,
    pub language: Language,
    pub active: bool,
    pub text: String,
    pub choice: Option<Choice>,
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
            split_long_caption: one.split_long_caption,
            samples: one.samples,
        }
    }
}

pub async fn create(db: &mut Tx, new: &NewTemplate, now: Millis) -> Result<TemplateId, sqlx::Error> {
    let id: TemplateId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO templates (id, name, category, language, active, text, choice, split_long_caption, samples,
                                created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?10, ?10)",
    )
    .bind(id)
    .bind(&new.name)
    .bind(new.category.as_str())
    .bind(code_of(new.language))
    .bind(new.active)
    .bind(&new.text)
    .bind(new.choice.as_ref().map(json).transpose()?)
    .bind(new.split_long_caption)
    .bind(json(&new.samples)?)
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
    .bind(edit.category.as_str())
    .bind(code_of(edit.language))
    .bind(edit.active)
    .bind(&edit.text)
    .bind(edit.choice.as_ref().map(json).transpose()?)
    .bind(edit.split_long_caption)
    .bind(json(&edit.samples)?)
    .bind(now)
    .bind(edit.id)
    .execute(db)
    .await?;
    Ok(saved.rows_affected() == 1)
}

pub async fn by_id(db: &mut SqliteConnection, id: TemplateId) -> Result<Option<TemplateView>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT name, category, language, active, text, choice, split_long_caption, samples, updated_at
         FROM templates WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let media = attachment::store::list(db, Owner::Template(id)).await?;
    Ok(Some(TemplateView {
        id,
        media,
        name: row.get("name"),
        category: Category::parse(row.get("category")),
        language: language(row.get("language")),
        active: row.get("active"),
        text: row.get("text"),
        choice: choice(&row),
        split_long_caption: row.get("split_long_caption"),
        samples: serde_json::from_str(row.get("samples")).unwrap_or_default(),
        updated_at: row.get("updated_at"),
    }))
}

const FIRST_TEXT: usize = 160;

/// The one changed last first.
pub async fn list(db: &mut SqliteConnection) -> Result<Vec<TemplateRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT t.id, t.name, t.category, t.language, t.active, t.text, t.choice, t.updated_at,
                (SELECT count(*) FROM template_media m WHERE m.template_id = t.id) AS files
         FROM templates t ORDER BY t.updated_at DESC, t.id DESC",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(template_row).collect())
}

fn template_row(row: &SqliteRow) -> TemplateRow {
    let (text, choice, files): (&str, Option<Choice>, i64) = (row.get("text"), choice(row), row.get("files"));
    TemplateRow {
        id: row.get("id"),
        name: row.get("name"),
        category: Category::parse(row.get("category")),
        language: language(row.get("language")),
        active: row.get("active"),
        kind: TemplateKind::of(choice.as_ref(), files),
        variables: variables(text, choice.as_ref()),
        files,
        first_text: text.chars().take(FIRST_TEXT).collect(),
        updated_at: row.get("updated_at"),
    }
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

fn choice(row: &SqliteRow) -> Option<Choice> {
    row.get::<Option<&str>, _>("choice").and_then(|choice| serde_json::from_str(choice).ok())
}

fn code_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Tr => "tr",
        Language::Id => "id",
    }
}

/// The table holds nothing else.
fn language(code: &str) -> Language {
    match code {
        "tr" => Language::Tr,
        "id" => Language::Id,
        _ => Language::En,
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
