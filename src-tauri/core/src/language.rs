//! The languages that Ulak speaks: of the window, and of a template.

use serde::{Deserialize, Serialize};

use crate::stored::stored_words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Language {
    En,
    Tr,
    Id,
}

stored_words!(Language { En = "en", Tr = "tr", Id = "id" });
