//! The templates that come with Ulak, in three languages. They are looked at and taken over; a copy is the owner's own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Choice, Language};
use crate::category::Category;

/// A template that comes with Ulak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReadyTemplate {
    pub key: String,
    pub language: Language,
    pub category: Category,
    pub name: String,
    pub text: String,
    pub choice: Option<Choice>,
    pub samples: BTreeMap<String, String>,
}

static READY: OnceLock<Vec<ReadyTemplate>> = OnceLock::new();

/// All of them; a test reads the file that they come from.
pub fn ready() -> &'static [ReadyTemplate] {
    READY.get_or_init(|| serde_json::from_str(include_str!("ready.json")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Template, render, whole_text};

    #[test]
    fn each_is_there_in_every_language_and_its_samples_fill_it() {
        for language in [Language::En, Language::Tr, Language::Id] {
            assert_eq!(ready().iter().filter(|one| one.language == language).count(), 8);
        }
        for one in ready() {
            let template = Template::parse(&whole_text(&one.text, one.choice.as_ref())).unwrap();
            let text = render(&template, |name| one.samples.get(name).map(String::as_str));
            assert!(text.is_ok(), "{} {:?}: {text:?}", one.key, one.language);
            assert_eq!(one.choice.as_ref().and_then(Choice::flaw), None, "{}", one.key);
        }
    }
}
