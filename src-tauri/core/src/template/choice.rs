//! Answers offered to the recipient. Buttons and lists of WhatsApp do not arrive reliably from a linked number, so they
//! go out as numbered lines at the end of the text, or as a poll behind it. Pure.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Template, TemplateError};
use crate::error::{Coded, Params};
use crate::params;
use crate::text::is_blank;

pub const FEWEST_OPTIONS: usize = 2;
/// WhatsApp's own limits of a poll. Numbered lines keep to the first, so that one can become the other.
pub const MOST_OPTIONS: usize = 12;
pub const OPTION_LIMIT: usize = 100;
pub const QUESTION_LIMIT: usize = 255;
/// More of them are a list.
pub const MOST_BUTTONS: usize = 3;

/// What the recipient may answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Choice {
    pub style: ChoiceStyle,
    /// Stands over the answers; the name of a poll.
    pub question: String,
    pub options: Vec<String>,
}

/// Lines with numbers in the text, or a poll of WhatsApp's own as the last part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ChoiceStyle {
    Numbered,
    Poll,
}

/// The answers of a text, taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Of a poll; numbered answers ask in the text.
    pub question: Option<Template>,
    pub options: Vec<Template>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error("The answers need two at least. Write another one, or take the answers away.")]
    Few,
    #[error("WhatsApp takes {MOST_OPTIONS} answers at most.")]
    Many,
    #[error("Two answers are the same: {option}. Change one of them.")]
    Twice { option: String },
    #[error("The poll has no question. Write one, or show the answers with numbers.")]
    NoQuestion,
}

impl Coded for ChoiceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Few => "choice.few",
            Self::Many => "choice.many",
            Self::Twice { .. } => "choice.twice",
            Self::NoQuestion => "choice.no_question",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Many => params! { most: MOST_OPTIONS },
            Self::Twice { option } => params! { option: option },
            Self::Few | Self::NoQuestion => Params::new(),
        }
    }
}

impl Choice {
    /// The answers that have been written.
    pub fn written(&self) -> Vec<&str> {
        self.options.iter().map(|option| option.trim()).filter(|option| !is_blank(option)).collect()
    }

    pub fn is_poll(&self) -> bool {
        self.style == ChoiceStyle::Poll && (!is_blank(&self.question) || !self.written().is_empty())
    }

    /// What forbids sending it like this.
    pub fn flaw(&self) -> Option<ChoiceError> {
        let options = self.written();
        if options.len() < FEWEST_OPTIONS {
            return Some(ChoiceError::Few);
        }
        if options.len() > MOST_OPTIONS {
            return Some(ChoiceError::Many);
        }
        if let Some(twice) = twice(&options) {
            return Some(ChoiceError::Twice { option: twice.to_owned() });
        }
        (self.style == ChoiceStyle::Poll && is_blank(&self.question)).then_some(ChoiceError::NoQuestion)
    }

    pub fn offer(&self) -> Result<Option<Offer>, TemplateError> {
        let options: Vec<Template> = self.written().into_iter().map(Template::parse).collect::<Result<_, _>>()?;
        let question = if self.is_poll() { Some(Template::parse(self.question.trim())?) } else { None };
        Ok((question.is_some() || !options.is_empty()).then_some(Offer { question, options }))
    }
}

/// The first option that says the same as one before it, whatever its case and its spaces.
pub fn twice(options: &[impl AsRef<str>]) -> Option<&str> {
    let said = |option: &str| option.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    let mut before = HashSet::new();
    options.iter().map(AsRef::as_ref).find(|option| !before.insert(said(option)))
}

/// The whole text of the text part: numbered answers stand at its end.
pub fn whole_text(text: &str, choice: Option<&Choice>) -> String {
    let Some(choice) = choice.filter(|choice| choice.style == ChoiceStyle::Numbered) else { return text.to_owned() };
    let options = choice.written();
    if options.is_empty() {
        return text.to_owned();
    }
    let lines = (1..).zip(&options).map(|(number, option)| format!("{number}. {option}"));
    let asked = Some(choice.question.trim().to_owned()).filter(|question| !is_blank(question));
    let asked: Vec<String> = asked.into_iter().chain(lines).collect();
    let above = text.trim_end();
    if is_blank(above) { asked.join("\n") } else { format!("{above}\n\n{}", asked.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(style: ChoiceStyle, question: &str, options: &[&str]) -> Choice {
        Choice { style, question: question.into(), options: options.iter().map(|one| (*one).to_owned()).collect() }
    }

    #[test]
    fn numbered_answers_stand_at_the_end_of_the_text_without_the_empty_ones() {
        let asked = choice(ChoiceStyle::Numbered, " Which? ", &["Yes", " ", "No "]);
        assert_eq!(whole_text("Hi\n", Some(&asked)), "Hi\n\nWhich?\n1. Yes\n2. No");
        assert_eq!(whole_text("", Some(&asked)), "Which?\n1. Yes\n2. No");
        let plain = choice(ChoiceStyle::Numbered, "", &["Yes", "No"]);
        assert_eq!(whole_text("Hi", Some(&plain)), "Hi\n\n1. Yes\n2. No");
        assert_eq!(whole_text("Hi", Some(&choice(ChoiceStyle::Poll, "Which?", &["Yes", "No"]))), "Hi");
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let flaw = |style, question: &str, options: &[&str]| choice(style, question, options).flaw();
        assert_eq!(flaw(ChoiceStyle::Numbered, "", &["Yes", " "]), Some(ChoiceError::Few));
        assert_eq!(
            flaw(ChoiceStyle::Numbered, "", &["Yes", "yes "]),
            Some(ChoiceError::Twice { option: "yes".into() })
        );
        assert_eq!(flaw(ChoiceStyle::Poll, " ", &["Yes", "No"]), Some(ChoiceError::NoQuestion));
        assert_eq!(flaw(ChoiceStyle::Poll, "Which?", &["Yes", "No"]), None);
        let many: Vec<String> = (0..13).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(flaw(ChoiceStyle::Numbered, "", &many), Some(ChoiceError::Many));
    }

    #[test]
    fn only_a_poll_has_a_question_of_its_own() {
        let offer = choice(ChoiceStyle::Poll, "Which, {{name}}?", &["{{a}}", "b"]).offer().unwrap().unwrap();
        assert_eq!(offer.question.unwrap().variables(), ["name"]);
        assert_eq!(offer.options.len(), 2);
        let numbered = choice(ChoiceStyle::Numbered, "Which?", &["a", "b"]).offer().unwrap().unwrap();
        assert_eq!(numbered.question, None);
        assert_eq!(choice(ChoiceStyle::Numbered, "Which?", &["", ""]).offer().unwrap(), None);
    }
}
