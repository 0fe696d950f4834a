//! Templates, and how one reads when it is filled.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use ulak_core::campaign::CampaignError;
use ulak_core::ids::TemplateId;
use ulak_core::program::ProgramError;
use ulak_core::template::{self, TemplateEdit, TemplateRow, TemplateView, whatsapp_length, whole_text};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Body, Id, Limits, maybe, text};
use crate::gate::Inside;
use crate::messages::{LONGEST_TEXT, word};
use crate::problem::{Answer, Refused, Unfit};
use crate::words::{Category, Choice, Language, Scalar, Time};

#[derive(Serialize, ToSchema)]
pub struct Templates {
    /// The one changed last first.
    templates: Vec<TemplateLine>,
}

#[derive(Serialize, ToSchema)]
pub struct TemplateLine {
    id: Uuid,
    name: String,
    category: Category,
    language: Language,
    active: bool,
    /// `text`, `media`, `button` or `list`.
    kind: String,
    variables: Vec<String>,
    files: i64,
    updated_at: Time,
}

impl From<TemplateRow> for TemplateLine {
    fn from(row: TemplateRow) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            category: row.category.into(),
            language: row.language.into(),
            active: row.active,
            kind: word(&row.kind),
            variables: row.variables,
            files: row.files,
            updated_at: Time(row.updated_at),
        }
    }
}

/// What a template says.
#[derive(Serialize, ToSchema)]
pub struct TemplateWhole {
    id: Uuid,
    name: String,
    category: Category,
    language: Language,
    active: bool,
    text: String,
    choice: Option<Choice>,
    /// What the preview in Ulak fills the variables with.
    samples: BTreeMap<String, String>,
    variables: Vec<String>,
    files: usize,
    updated_at: Time,
}

impl From<TemplateView> for TemplateWhole {
    fn from(view: TemplateView) -> Self {
        Self {
            variables: template::variables(&view.text, view.choice.as_ref()),
            id: view.id.0,
            name: view.name,
            category: view.category.into(),
            language: view.language.into(),
            active: view.active,
            text: view.text,
            choice: view.choice.map(Into::into),
            samples: view.samples,
            files: view.media.len(),
            updated_at: Time(view.updated_at),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateRequest {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    category: Category,
    language: Language,
    #[serde(default = "yes")]
    active: bool,
    #[schema(max_length = 20000)]
    text: String,
    choice: Option<Choice>,
    #[serde(default)]
    samples: BTreeMap<String, String>,
}

impl Limits for TemplateRequest {
    fn check(&self) -> Result<(), Unfit> {
        text("name", &self.name, 1, 200)?;
        text("text", &self.text, 0, LONGEST_TEXT)?;
        self.choice.as_ref().map_or(Ok(()), Limits::check)
    }
}

impl Limits for PreviewRequest {
    fn check(&self) -> Result<(), Unfit> {
        maybe("text", self.text.as_ref(), 0, LONGEST_TEXT)?;
        self.choice.as_ref().map_or(Ok(()), Limits::check)
    }
}

fn yes() -> bool {
    true
}

impl TemplateRequest {
    /// What cannot be read is refused before anything is kept.
    fn edit(self, before: &TemplateView) -> Result<TemplateEdit, Refused> {
        let choice: Option<template::Choice> = self.choice.map(Into::into);
        readable(&self.text, choice.as_ref())?;
        Ok(TemplateEdit {
            id: before.id,
            name: self.name,
            category: self.category.into(),
            language: self.language.into(),
            active: self.active,
            text: self.text,
            choice,
            split_long_caption: before.split_long_caption,
            samples: self.samples,
        })
    }
}

fn readable(text: &str, choice: Option<&template::Choice>) -> Result<(), Refused> {
    template::check(text, choice).map_err(|error| Refused(CampaignError::from(error).into()))?;
    match choice.and_then(template::Choice::flaw) {
        Some(flaw) => Err(Refused(CampaignError::from(flaw).into())),
        None => Ok(()),
    }
}

/// The templates, without what they say.
#[utoipa::path(get, path = "/api/whatsapp/templates", operation_id = "list_templates",
    tag = "templates", responses((status = 200, body = Templates)))]
pub async fn list(State(inside): State<Inside>) -> Answer<Json<Templates>> {
    let rows = inside.app.templates().list().await?;
    Ok(Json(Templates { templates: rows.into_iter().map(Into::into).collect() }))
}

/// One template as a whole.
#[utoipa::path(get, path = "/api/whatsapp/templates/{id}", operation_id = "get_template",
    tag = "templates", params(("id" = Uuid, Path)),
    responses((status = 200, body = TemplateWhole)))]
pub async fn one(State(inside): State<Inside>, Id(id): Id<TemplateId>) -> Answer<Json<TemplateWhole>> {
    Ok(Json(inside.app.templates().template(id).await?.into()))
}

/// Makes a template. Its files are added in Ulak.
#[utoipa::path(post, path = "/api/whatsapp/templates", operation_id = "create_template",
    tag = "templates", request_body = TemplateRequest,
    responses((status = 201, body = TemplateWhole)))]
pub async fn create(
    State(inside): State<Inside>,
    Body { value, .. }: Body<TemplateRequest>,
) -> Answer<(StatusCode, Json<TemplateWhole>)> {
    let choice = value.choice.clone().map(Into::into);
    readable(&value.text, choice.as_ref())?;
    let made = inside.app.templates().create_template(value.language.into()).await?;
    let saved = inside.app.templates().save_template(&value.edit(&made)?).await?;
    Ok((StatusCode::CREATED, Json(saved.into())))
}

/// Says anew what a template says; its files stay.
#[utoipa::path(put, path = "/api/whatsapp/templates/{id}", operation_id = "replace_template",
    tag = "templates", params(("id" = Uuid, Path)),
    request_body = TemplateRequest, responses((status = 200, body = TemplateWhole)))]
pub async fn save(
    State(inside): State<Inside>,
    Id(id): Id<TemplateId>,
    Body { value, .. }: Body<TemplateRequest>,
) -> Answer<Json<TemplateWhole>> {
    let before = inside.app.templates().template(id).await?;
    Ok(Json(inside.app.templates().save_template(&value.edit(&before)?).await?.into()))
}

/// Messages that were made from it stay.
#[utoipa::path(delete, path = "/api/whatsapp/templates/{id}", operation_id = "delete_template",
    tag = "templates", params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub async fn remove(State(inside): State<Inside>, Id(id): Id<TemplateId>) -> Answer<StatusCode> {
    inside.app.templates().template(id).await?;
    inside.app.templates().delete_template(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The id of a template, or
    template: Option<Uuid>,
    /// a text of its own.
    #[schema(max_length = 20000)]
    text: Option<String>,
    choice: Option<Choice>,
    #[serde(default)]
    data: BTreeMap<String, Scalar>,
}

/// How it reads. A variable that nothing fills stays as it is and is named.
#[derive(Serialize, ToSchema)]
pub struct Preview {
    text: String,
    /// Every variable, each once.
    variables: Vec<String>,
    missing: Vec<String>,
    /// As WhatsApp counts it.
    length: usize,
}

/// Fills a template or a text with data. Nothing is sent.
#[utoipa::path(post, path = "/api/whatsapp/templates/preview", operation_id = "preview_template",
    tag = "templates", request_body = PreviewRequest,
    responses((status = 200, body = Preview)))]
pub async fn preview(State(inside): State<Inside>, Body { value, .. }: Body<PreviewRequest>) -> Answer<Json<Preview>> {
    let choice: Option<template::Choice> = value.choice.map(Into::into);
    let (text, choice) = match (value.template, value.text) {
        (Some(_), Some(_)) => return Err(ProgramError::TwoContents.into()),
        (Some(id), None) => {
            let view = inside.app.templates().template(id.into()).await?;
            (view.text, choice.or(view.choice))
        }
        (None, Some(text)) => (text, choice),
        (None, None) => return Err(ProgramError::NoContent.into()),
    };
    readable(&text, choice.as_ref())?;
    let parsed = template::Template::parse(&whole_text(&text, choice.as_ref()));
    let parsed = parsed.map_err(|error| Refused(CampaignError::from(error).into()))?;
    let data: BTreeMap<String, String> = value.data.into_iter().map(|(name, value)| (name, value.text())).collect();
    let (mut shown, mut missing) = (String::new(), Vec::new());
    for segment in parsed.segments {
        let one = template::Template { segments: vec![segment.clone()] };
        match template::render(&one, |name| data.get(name).map(String::as_str)) {
            Ok(text) => shown.push_str(&text),
            Err(template::Missing(name)) => {
                shown.push_str(&format!("{{{{{name}}}}}"));
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
    }
    let variables = template::variables(&text, choice.as_ref());
    Ok(Json(Preview { length: whatsapp_length(&shown), text: shown, variables, missing }))
}
