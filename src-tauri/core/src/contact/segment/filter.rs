//! What a filter says, and whether it can be asked. Pure.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clock::{DAY, Millis, at_wall};
use crate::contact::Standing;
use crate::contact::reading::{self, Number};
use crate::error::{Coded, Params};
use crate::ids::ImportId;
use crate::language::Language;
use crate::params;
use crate::text::is_blank;

/// Conditions, and how many of them must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Filter {
    pub matching: Matching,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Matching {
    All,
    Any,
    None,
}

/// A test that a contact must pass, or must not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Condition {
    pub not: bool,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Test {
    /// Has this very tag.
    Tag {
        tag: String,
    },
    /// A column of a list, by the key that contacts have it under.
    Field {
        field: String,
        value: Value,
    },
    Standing {
        standing: Standing,
    },
    Consent {
        consent: ConsentState,
    },
    /// When WhatsApp took the newest message to them.
    Contacted {
        when: When,
    },
    /// When they wrote last.
    Answered {
        when: When,
    },
    OnWhatsapp {
        known: OnWhatsapp,
    },
    /// What a column of a list says of their language.
    Language {
        spoken: Spoken,
    },
    /// The list made or changed them.
    Import {
        import: ImportId,
    },
}

/// What a field holds. Texts are compared without case and accents; what reads as a day or a number is compared as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Value {
    /// Anything at all.
    Filled,
    Equal {
        to: String,
    },
    Contains {
        text: String,
    },
    Greater {
        than: String,
    },
    Less {
        than: String,
    },
    /// Both ends count.
    Between {
        from: String,
        to: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ConsentState {
    /// On record and not taken back.
    Recorded,
    /// Neither given nor taken back.
    None,
    Withdrawn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum OnWhatsapp {
    Yes,
    No,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Spoken {
    En,
    Tr,
    Id,
    /// No column names one of these.
    Unknown,
}

/// Days are `YYYY-MM-DD`, in the owner's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum When {
    /// In the last so many times 24 hours.
    Within {
        days: u16,
    },
    /// Before the day began.
    Before {
        day: String,
    },
    /// When the day was over.
    After {
        day: String,
    },
    Never,
}

/// When a filter is asked, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Today {
    pub now: Millis,
    pub zone: Tz,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("Add a condition, or everybody would be meant.")]
    Empty,
    #[error("A segment takes at most {most} conditions.")]
    TooMany { most: usize },
    #[error("A condition is not filled in. Fill it in, or take it away.")]
    Blank,
    #[error(
        "\"{text}\" is neither a number nor a date, so nothing can be greater, less or between. Write 1250 or 31.12.2026."
    )]
    Measure { text: String },
    #[error("From {from} to {to} there is nothing. Give two numbers or two dates, the smaller one first.")]
    Range { from: String, to: String },
    #[error("\"{text}\" is not a date.")]
    Day { text: String },
}

impl Coded for FilterError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "filter.empty",
            Self::TooMany { .. } => "filter.too_many",
            Self::Blank => "filter.blank",
            Self::Measure { .. } => "filter.measure",
            Self::Range { .. } => "filter.range",
            Self::Day { .. } => "filter.day",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::Empty | Self::Blank => Params::new(),
            Self::TooMany { most } => params! { most: most },
            Self::Measure { text } | Self::Day { text } => params! { text: text },
            Self::Range { from, to } => params! { from: from, to: to },
        }
    }
}

/// More would be read by nobody.
pub const MOST_CONDITIONS: usize = 20;

impl Filter {
    /// Refuses what could not be asked.
    pub fn check(&self) -> Result<(), FilterError> {
        match self.conditions.len() {
            0 => Err(FilterError::Empty),
            1..=MOST_CONDITIONS => self.conditions.iter().try_for_each(|condition| condition.test.check()),
            _ => Err(FilterError::TooMany { most: MOST_CONDITIONS }),
        }
    }

    /// Whether it looks at the values of fields.
    pub fn reads_fields(&self) -> bool {
        self.conditions.iter().any(|condition| matches!(condition.test, Test::Field { .. } | Test::Language { .. }))
    }
}

impl Test {
    fn check(&self) -> Result<(), FilterError> {
        match self {
            Self::Tag { tag } => filled(tag),
            Self::Field { field, value } => filled(field).and_then(|()| value.check()),
            Self::Contacted { when } | Self::Answered { when } => when.check(),
            Self::Standing { .. }
            | Self::Consent { .. }
            | Self::OnWhatsapp { .. }
            | Self::Language { .. }
            | Self::Import { .. } => Ok(()),
        }
    }
}

impl Spoken {
    /// None where no language is meant.
    pub fn language(self) -> Option<Language> {
        match self {
            Self::En => Some(Language::En),
            Self::Tr => Some(Language::Tr),
            Self::Id => Some(Language::Id),
            Self::Unknown => None,
        }
    }
}

impl Value {
    fn check(&self) -> Result<(), FilterError> {
        match self {
            Self::Filled => Ok(()),
            Self::Equal { to } => filled(to),
            Self::Contains { text } => filled(text),
            Self::Greater { .. } | Self::Less { .. } | Self::Between { .. } => self.range().map(|_| ()),
        }
    }

    /// In what it must lie; none where it is compared as a text.
    pub fn range(&self) -> Result<Option<Range>, FilterError> {
        Ok(Some(match self {
            Self::Filled | Self::Equal { .. } | Self::Contains { .. } => return Ok(None),
            Self::Greater { than } => match measured(than)? {
                Measure::Day(day) => Range::Days(day + 1, i64::MAX),
                Measure::Number(number) => Range::Numbers(number.saturating_add(1), i64::MAX),
            },
            Self::Less { than } => match measured(than)? {
                Measure::Day(day) => Range::Days(i64::MIN, day - 1),
                Measure::Number(number) => Range::Numbers(i64::MIN, number.saturating_sub(1)),
            },
            Self::Between { from, to } => match (measured(from)?, measured(to)?) {
                (Measure::Day(first), Measure::Day(last)) if first <= last => Range::Days(first, last),
                (Measure::Number(first), Measure::Number(last)) if first <= last => Range::Numbers(first, last),
                _ => return Err(FilterError::Range { from: from.clone(), to: to.clone() }),
            },
        }))
    }
}

impl When {
    fn check(&self) -> Result<(), FilterError> {
        match self {
            Self::Within { .. } | Self::Never => Ok(()),
            Self::Before { day } | Self::After { day } => iso(day).map(|_| ()),
        }
    }

    /// Between which times something must have happened, the second one excluded; none where it must not have happened.
    pub fn span(&self, today: Today) -> Result<Option<(Millis, Millis)>, FilterError> {
        let begins = |day: NaiveDate| at_wall(day.and_time(NaiveTime::MIN), today.zone);
        Ok(Some(match self {
            Self::Never => return Ok(None),
            Self::Within { days } => (today.now - Millis::from(*days) * DAY, Millis::MAX),
            Self::Before { day } => (Millis::MIN, begins(iso(day)?).ok_or_else(|| no_day(day))?),
            Self::After { day } => {
                let next = iso(day)?.succ_opt().and_then(begins);
                (next.ok_or_else(|| no_day(day))?, Millis::MAX)
            }
        }))
    }
}

/// What a text is compared as where it is no mere text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Days since 1970.
    Day(i64),
    Number(Number),
}

/// A day before a number: 2.9.2026 could only be the one.
pub fn measure(text: &str) -> Option<Measure> {
    let day = reading::day(text).map(|day| Measure::Day(i64::from(day.to_epoch_days())));
    day.or_else(|| reading::number(text).map(Measure::Number))
}

fn measured(text: &str) -> Result<Measure, FilterError> {
    measure(text).ok_or_else(|| FilterError::Measure { text: text.to_owned() })
}

/// The days or the numbers between two, which both count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    Days(i64, i64),
    Numbers(Number, Number),
}

fn filled(text: &str) -> Result<(), FilterError> {
    if is_blank(text) { Err(FilterError::Blank) } else { Ok(()) }
}

fn iso(day: &str) -> Result<NaiveDate, FilterError> {
    NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| no_day(day))
}

fn no_day(text: &str) -> FilterError {
    FilterError::Day { text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(value: Value) -> Filter {
        let test = Test::Field { field: "şehir".into(), value };
        Filter { matching: Matching::All, conditions: vec![Condition { not: false, test }] }
    }

    #[test]
    fn what_was_stored_is_read_back_and_what_is_unknown_is_an_error() {
        let filter = Filter {
            matching: Matching::Any,
            conditions: vec![
                Condition { not: true, test: Test::Contacted { when: When::Within { days: 30 } } },
                Condition { not: false, test: Test::Field { field: "x".into(), value: Value::Filled } },
            ],
        };
        let stored = serde_json::to_string(&filter).unwrap();
        assert_eq!(serde_json::from_str::<Filter>(&stored).unwrap(), filter, "{stored}");
        for broken in [
            r#"{"matching":"most","conditions":[]}"#,
            r#"{"matching":"all","conditions":[],"limit":5}"#,
            r#"{"matching":"all","conditions":[{"not":false,"test":{"kind":"mood"}}]}"#,
            r#"{"matching":"all","conditions":[{"not":false,"test":{"kind":"tag","tag":"a","within":3}}]}"#,
            r#"{"matching":"all","conditions":[{"test":{"kind":"tag","tag":"a"}}]}"#,
            r#"{"matching":"all","conditions":[{"not":false,"test":{"kind":"contacted","when":{"is":"within","days":-1}}}]}"#,
        ] {
            assert!(serde_json::from_str::<Filter>(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let refused = |filter: Filter| filter.check().unwrap_err().code();
        assert_eq!(refused(Filter { matching: Matching::None, conditions: Vec::new() }), "filter.empty");
        assert_eq!(refused(field(Value::Equal { to: " ".into() })), "filter.blank");
        assert_eq!(refused(field(Value::Greater { than: "çok".into() })), "filter.measure");
        let between = |from: &str, to: &str| field(Value::Between { from: from.into(), to: to.into() });
        assert_eq!(refused(between("10", "9")), "filter.range");
        assert_eq!(refused(between("10", "01.02.2026")), "filter.range");
        assert_eq!(between("31.12.2025", "2026-01-01").check(), Ok(()));
        let day = Condition { not: false, test: Test::Answered { when: When::After { day: "31.12.2026".into() } } };
        assert_eq!(refused(Filter { matching: Matching::All, conditions: vec![day.clone()] }), "filter.day");
        assert_eq!(refused(Filter { matching: Matching::All, conditions: vec![day; 21] }), "filter.too_many");
    }

    #[test]
    fn days_begin_and_end_in_the_owners_zone() {
        let today = Today { now: 1_790_000_000_000, zone: chrono_tz::Europe::Istanbul };
        let day = || "2026-10-12".to_owned();
        // Istanbul is three hours ahead: its 12 October begins at 21:00 UTC of the day before.
        let midnight = 1_791_752_400_000;
        assert_eq!(When::Before { day: day() }.span(today), Ok(Some((Millis::MIN, midnight))));
        assert_eq!(When::After { day: day() }.span(today), Ok(Some((midnight + DAY, Millis::MAX))));
        assert_eq!(When::Within { days: 2 }.span(today), Ok(Some((today.now - 2 * DAY, Millis::MAX))));
    }
}
