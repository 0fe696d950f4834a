//! Templates that are stored for reuse, as the owner sees and changes them.
//!
//! A template has what a draft has (text, files, answers) and no audience. Using one copies it, so a campaign never
//! changes with its template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::choice::MOST_BUTTONS;
use super::{Category, Choice, Language, Template, TemplateError, whole_text};
use crate::clock::Millis;
use crate::ids::TemplateId;
use crate::link_preview::LinkCard;
use crate::media::attachment::MediaItem;

pub type Samples = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TemplateView {
    pub id: TemplateId,
    pub name: String,
    pub category: Category,
    pub language: Language,
    pub active: bool,
    pub text: String,
    pub choice: Option<Choice>,
    pub split_long_caption: bool,
    /// What the preview fills the variables with.
    pub samples: Samples,
    pub media: Vec<MediaItem>,
    /// Kept also while the text does not have its link.
    pub link_preview: Option<LinkCard>,
    pub updated_at: Millis,
}

/// What the owner changes by typing; files have their own commands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TemplateEdit {
    pub id: TemplateId,
    pub name: String,
    pub category: Category,
    pub language: Language,
    pub active: bool,
    pub text: String,
    pub choice: Option<Choice>,
    pub split_long_caption: bool,
    pub samples: Samples,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TemplateRow {
    pub id: TemplateId,
    pub name: String,
    pub category: Category,
    pub language: Language,
    pub active: bool,
    pub kind: TemplateKind,
    /// In the order they appear.
    pub variables: Vec<String>,
    /// What the owner gave them for previews.
    pub samples: Samples,
    pub files: i64,
    pub first_text: String,
    pub updated_at: Millis,
}

/// Follows from the content: answers make it a button (up to three) or a list, files a media template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum TemplateKind {
    Text,
    Media,
    Button,
    List,
}

impl TemplateKind {
    pub fn of(choice: Option<&Choice>, files: i64) -> Self {
        match choice.map_or(0, |choice| choice.written().len()) {
            0 if files > 0 => Self::Media,
            0 => Self::Text,
            options if options <= MOST_BUTTONS => Self::Button,
            _ => Self::List,
        }
    }
}

/// The variables of a text and its answers. What cannot be read has none: it is said where it is written.
pub fn variables(text: &str, choice: Option<&Choice>) -> Vec<String> {
    let polled = choice
        .into_iter()
        .filter(|choice| choice.is_poll())
        .flat_map(|choice| std::iter::once(choice.question.as_str()).chain(choice.options.iter().map(String::as_str)));
    let all: Vec<String> = std::iter::once(whole_text(text, choice)).chain(polled.map(str::to_owned)).collect();
    Template::parse(&all.join("\n"))
        .map(|template| template.variables().into_iter().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Whether text and answers can be read.
pub fn check(text: &str, choice: Option<&Choice>) -> Result<(), TemplateError> {
    Template::parse(&whole_text(text, choice))?;
    choice.map(Choice::offer).transpose()?;
    Ok(())
}
