//! Whether a person is in a segment: the rule as a pure function. `store::condition` says the same in SQL.

use std::collections::BTreeSet;

use super::filter::{
    Condition, ConsentState, Filter, FilterError, Matching, Measure, OnWhatsapp, Range, Test, Today, Value, When,
    measure,
};
use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::contact::{Fields, Standing, language};
use crate::ids::ImportId;

/// What filters look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub tags: BTreeSet<String>,
    pub fields: Fields,
    pub standing: Standing,
    pub consented: bool,
    pub withdrawn: bool,
    pub last_message_at: Option<Millis>,
    pub last_reply_at: Option<Millis>,
    /// Empty where nobody has found out.
    pub on_whatsapp: Option<bool>,
    pub imports: BTreeSet<ImportId>,
}

pub fn matches(filter: &Filter, person: &Facts, today: Today) -> Result<bool, FilterError> {
    let held: Result<Vec<bool>, FilterError> =
        filter.conditions.iter().map(|condition| holds(condition, person, today)).collect();
    let held = held?;
    Ok(match filter.matching {
        Matching::All => held.into_iter().all(|holds| holds),
        Matching::Any => held.into_iter().any(|holds| holds),
        Matching::None => !held.into_iter().any(|holds| holds),
    })
}

fn holds(condition: &Condition, person: &Facts, today: Today) -> Result<bool, FilterError> {
    let passes = match &condition.test {
        Test::Tag { tag } => person.tags.contains(tag),
        Test::Field { field, value } => match person.fields.get(field) {
            Some(text) => has(value, text)?,
            None => false,
        },
        Test::Standing { standing } => person.standing == *standing,
        Test::Consent { consent } => match consent {
            ConsentState::Recorded => person.consented && !person.withdrawn,
            ConsentState::None => !person.consented && !person.withdrawn,
            ConsentState::Withdrawn => person.withdrawn,
        },
        Test::Contacted { when } => was(when, person.last_message_at, today)?,
        Test::Answered { when } => was(when, person.last_reply_at, today)?,
        Test::OnWhatsapp { known } => match known {
            OnWhatsapp::Yes => person.on_whatsapp == Some(true),
            OnWhatsapp::No => person.on_whatsapp == Some(false),
            OnWhatsapp::Unknown => person.on_whatsapp.is_none(),
        },
        Test::Language { spoken } => match spoken.language() {
            Some(spoken) => language::is_spoken(&person.fields, spoken),
            None => language::of(&person.fields).is_none(),
        },
        Test::Import { import } => person.imports.contains(import),
    };
    Ok(passes != condition.not)
}

fn has(value: &Value, text: &str) -> Result<bool, FilterError> {
    let size = measure(text);
    Ok(match (value, value.range()?) {
        (_, Some(Range::Days(first, last))) => {
            matches!(size, Some(Measure::Day(day)) if (first..=last).contains(&day))
        }
        (_, Some(Range::Numbers(first, last))) => {
            matches!(size, Some(Measure::Number(number)) if (first..=last).contains(&number))
        }
        (Value::Equal { to }, None) => fold(text) == fold(to.trim()) || (size.is_some() && size == measure(to)),
        (Value::Contains { text: part }, None) => fold(text).contains(&fold(part.trim())),
        (_, None) => true,
    })
}

fn was(when: &When, at: Option<Millis>, today: Today) -> Result<bool, FilterError> {
    Ok(match (when.span(today)?, at) {
        (None, at) => at.is_none(),
        (Some((from, before)), Some(at)) => (from..before).contains(&at),
        (Some(_), None) => false,
    })
}
