//! Words that several paths share: ids, times, and how they are read.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulak_core::clock::Millis;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use crate::body::{Limits, sized};
use crate::problem::Unfit;

/// A time of RFC 3339, to the millisecond, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-27T09:00:00.000Z")]
pub struct Time(pub Millis);

impl Time {
    pub fn maybe(at: Option<Millis>) -> Option<Self> {
        at.map(Self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| D::Error::custom("a time is written as in 2026-11-27T09:00:00+03:00"))?;
        Ok(Self(time.timestamp_millis()))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Text(String),
    Whole(i64),
    Number(f64),
    Yes(bool),
}

/// Any of these types: a whole number is a number too, so it would be two of one-of.
impl PartialSchema for Scalar {
    fn schema() -> RefOr<Schema> {
        let types = SchemaType::from_iter([Type::String, Type::Number, Type::Boolean]);
        let described = "What fills a variable: a text, a number, or yes and no.";
        ObjectBuilder::new().schema_type(types).description(Some(described)).into()
    }
}

impl ToSchema for Scalar {}

impl Scalar {
    pub fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Yes(yes) => yes.to_string(),
        }
    }
}

/// What a message is for. A promotion needs the consent of whoever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Promotion,
    Notification,
    Reminder,
}

impl From<Category> for ulak_core::category::Category {
    fn from(category: Category) -> Self {
        match category {
            Category::Promotion => Self::Promotion,
            Category::Notification => Self::Notification,
            Category::Reminder => Self::Reminder,
        }
    }
}

impl From<ulak_core::category::Category> for Category {
    fn from(category: ulak_core::category::Category) -> Self {
        match category {
            ulak_core::category::Category::Promotion => Self::Promotion,
            ulak_core::category::Category::Notification => Self::Notification,
            ulak_core::category::Category::Reminder => Self::Reminder,
        }
    }
}

/// Answers that are offered: lines with numbers at the end of the text, or a poll behind it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub style: ChoiceStyle,
    #[serde(default)]
    pub question: String,
    #[schema(min_items = 2, max_items = 12)]
    pub options: Vec<String>,
}

impl Limits for Choice {
    fn check(&self) -> Result<(), Unfit> {
        sized("options", self.options.len(), 2, 12)
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceStyle {
    Numbered,
    Poll,
}

impl From<Choice> for ulak_core::template::Choice {
    fn from(choice: Choice) -> Self {
        let style = match choice.style {
            ChoiceStyle::Numbered => ulak_core::template::ChoiceStyle::Numbered,
            ChoiceStyle::Poll => ulak_core::template::ChoiceStyle::Poll,
        };
        Self { style, question: choice.question, options: choice.options }
    }
}

impl From<ulak_core::template::Choice> for Choice {
    fn from(choice: ulak_core::template::Choice) -> Self {
        let style = match choice.style {
            ulak_core::template::ChoiceStyle::Numbered => ChoiceStyle::Numbered,
            ulak_core::template::ChoiceStyle::Poll => ChoiceStyle::Poll,
        };
        Self { style, question: choice.question, options: choice.options }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    En,
    Tr,
    Id,
}

impl From<Language> for ulak_core::language::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Tr => Self::Tr,
            Language::Id => Self::Id,
        }
    }
}

impl From<ulak_core::language::Language> for Language {
    fn from(language: ulak_core::language::Language) -> Self {
        match language {
            ulak_core::language::Language::En => Self::En,
            ulak_core::language::Language::Tr => Self::Tr,
            ulak_core::language::Language::Id => Self::Id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_any_zone_and_written_in_utc() {
        let time: Time = serde_json::from_str("\"2026-11-27T12:00:00+03:00\"").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-11-27T09:00:00.000Z\"");
        for wrong in ["\"2026-11-27\"", "\"tomorrow\"", "5"] {
            assert!(serde_json::from_str::<Time>(wrong).is_err(), "{wrong}");
        }
    }
}
