//! Triggers: when another program tells that something happened, a template goes to whom it happened.
//!
//! What a trigger makes of what it was told is pure and stands here and in `payload`; `store` keeps triggers, the last
//! events and the keys by which one that comes twice is known. Sending itself is the outbox's, as for every message.

pub mod folder;
pub mod payload;
pub mod store;

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::category::Category;
use crate::clock::{DAY, HOUR, MINUTE, Millis, at_wall, local};
use crate::error::{Coded, Params};
use crate::ids::{SessionId, TemplateId, TriggerId};
use crate::language::Language;
use crate::params;
use crate::stored::stored_words;
use payload::{compare, number, text_at, value_at};

/// What came is kept for so long, to be looked at and to be sent again,
pub const EVENTS_KEPT: Millis = 30 * DAY;
/// and at most so many of each trigger.
pub const MOST_EVENTS: i64 = 2_000;
/// What is longer is not kept, and cannot be sent again.
pub const LONGEST_KEPT: usize = 64 * 1024;
/// People in one event.
pub const MOST_ITEMS: usize = 1_000;
const LONGEST_NAME: usize = 60;
/// A key is remembered no longer than this.
const LONGEST_SPAN_HOURS: u32 = 24 * 366;
const LONGEST_DELAY: u32 = 60 * 24 * 366;

/// The events that shops have anyway; the owner's own ones stand beside them.
pub const BUILT_IN: [&str; 6] =
    ["invoice.created", "payment.completed", "service.expiring", "appointment.reminder", "order.ready", "bulk.send"];

/// What such an event looks like, to begin with.
pub fn sample(name: &str) -> Value {
    let customer = serde_json::json!({ "name": "Elif Şahin", "phone": "+90 532 555 01 42" });
    match name {
        "invoice.created" => serde_json::json!({
            "no": "F-2026-1184", "customer": customer, "total": "1.850,00", "currency": "TRY", "due_date": "27.11.2026"
        }),
        "payment.completed" => serde_json::json!({
            "no": "T-2026-0317", "customer": customer, "total": "1.850,00", "currency": "TRY"
        }),
        "service.expiring" => serde_json::json!({
            "id": "A-1207-2026-11", "service": "Fiber 100", "customer": customer, "ends": "30.11.2026"
        }),
        "appointment.reminder" => serde_json::json!({
            "id": "R-88", "customer": customer, "day": "28.11.2026", "time": "14:30"
        }),
        "order.ready" => serde_json::json!({ "order": "S-4410", "customer": customer }),
        "bulk.send" => serde_json::json!({ "people": [{ "name": "Elif Şahin", "phone": "+90 532 555 01 42" }] }),
        _ => serde_json::json!({ "id": "1", "customer": customer }),
    }
}

/// What a trigger does with what it is told. Fields are named by their way through the payload, as in `customer.phone`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename = "TriggerBinding")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Binding {
    /// A list in the payload of which each item is an event of its own; empty for one event.
    pub each: String,
    pub phone: String,
    /// Where phones without a country code are from; empty for the owner's country.
    pub country: String,
    /// Empty where nothing says it.
    pub name: String,
    /// Which field fills which variable of the template.
    pub variables: BTreeMap<String, String>,
    /// What is sent to whoever none of the next is for.
    pub template: Option<TemplateId>,
    pub by_language: Vec<LanguageTemplate>,
    /// The field that says the language; empty where the contact's own is asked.
    pub language: String,
    /// The template's own where none is chosen.
    pub category: Option<Category>,
    pub priority: u8,
    pub delay_minutes: u32,
    /// Not before this minute of the day, after the delay.
    pub at_minute: Option<u16>,
    /// Over this number alone.
    pub number: Option<SessionId>,
    /// What tells that an event came before; empty where every event counts.
    pub key: String,
    /// For how long.
    pub key_hours: u32,
    pub condition: Option<Condition>,
    /// Outside the sending hours too.
    pub urgent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LanguageTemplate {
    pub language: Language,
    pub template: TemplateId,
}

/// Only what fits it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "TriggerCondition")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Condition {
    pub field: String,
    pub is: Comparison,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TriggerComparison")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Comparison {
    Is,
    IsNot,
    Above,
    Below,
}

/// A trigger as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename = "TriggerView")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Trigger {
    pub id: TriggerId,
    pub name: String,
    pub active: bool,
    pub binding: Binding,
    pub updated_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TriggerEdit {
    pub id: Option<TriggerId>,
    pub name: String,
    pub active: bool,
    pub binding: Binding,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TriggerOutcome")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Outcome {
    /// Somebody gets a message.
    Accepted,
    /// It came before.
    Duplicate,
    /// Its condition does not hold.
    Unmet,
    /// The trigger is switched off.
    Off,
    Refused,
}

stored_words!(Outcome {
    Accepted = "accepted",
    Duplicate = "duplicate",
    Unmet = "unmet",
    Off = "off",
    Refused = "refused",
});

impl Binding {
    /// How one that is made begins: with the fields of the sample.
    pub fn first(name: &str) -> Self {
        let many = name == "bulk.send";
        let of = |field: &str| if many { field.to_owned() } else { format!("customer.{field}") };
        let key = match name {
            "invoice.created" | "payment.completed" => "no",
            "appointment.reminder" | "service.expiring" => "id",
            "order.ready" => "order",
            _ => "",
        };
        // What expires is told night by night, for longer than a month.
        let key_days = if name == "service.expiring" { 90 } else { 30 };
        Self {
            each: if many { "people".to_owned() } else { String::new() },
            phone: of("phone"),
            country: String::new(),
            name: of("name"),
            variables: BTreeMap::new(),
            template: None,
            by_language: Vec::new(),
            language: String::new(),
            category: None,
            priority: 3,
            delay_minutes: 0,
            at_minute: None,
            number: None,
            key: key.to_owned(),
            key_hours: 24 * key_days,
            condition: None,
            urgent: false,
        }
    }

    pub fn check(&self) -> Result<(), TriggerError> {
        if self.phone.trim().is_empty() {
            return Err(TriggerError::NoPhoneField);
        }
        if self.template.is_none() && self.by_language.is_empty() {
            return Err(TriggerError::NoTemplate);
        }
        if !(1..=10).contains(&self.priority) {
            return Err(TriggerError::Priority);
        }
        let late = self.delay_minutes > LONGEST_DELAY || self.at_minute.is_some_and(|minute| minute >= 24 * 60);
        if late || self.key_hours > LONGEST_SPAN_HOURS {
            return Err(TriggerError::Span);
        }
        if !self.key.trim().is_empty() && self.key_hours == 0 {
            return Err(TriggerError::Span);
        }
        match &self.condition {
            Some(condition) if condition.field.trim().is_empty() => Err(TriggerError::NoConditionField),
            Some(Condition { is: Comparison::Above | Comparison::Below, value, .. }) if number(value).is_none() => {
                Err(TriggerError::NoNumber)
            }
            _ => Ok(()),
        }
    }

    /// What is sent to somebody of this language.
    pub fn template_for(&self, language: Option<Language>) -> Option<TemplateId> {
        let own = self.by_language.iter().find(|one| Some(one.language) == language);
        let first = || self.by_language.first().map(|one| one.template);
        own.map(|one| one.template).or(self.template).or_else(first)
    }

    /// When it goes, at the earliest; none for at once.
    pub fn due_at(&self, now: Millis, zone: Tz) -> Option<Millis> {
        let after = now + Millis::from(self.delay_minutes) * MINUTE;
        match self.at_minute {
            None => Some(after).filter(|at| *at > now),
            Some(minute) => {
                let days = (0..3).map(|day| local(after + day * DAY, zone).date_naive());
                let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0)?;
                days.filter_map(|day| at_wall(day.and_time(time), zone)).find(|at| *at >= after)
            }
        }
    }

    pub fn key_span(&self) -> Millis {
        Millis::from(self.key_hours) * HOUR
    }
}

/// A name as programs call it in an address.
pub fn check_name(name: &str) -> Result<(), TriggerError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
    let fit = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(fits);
    if fit { Ok(()) } else { Err(TriggerError::Name) }
}

/// Whom an event is about, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub phone: String,
    pub name: Option<String>,
    pub data: BTreeMap<String, String>,
    pub language: Option<Language>,
    /// By which it is known when it comes again.
    pub key: Option<String>,
}

/// What a trigger makes of one event: whom it is about, nothing where its condition does not hold, or what is missing.
pub fn told(binding: &Binding, event: &Value) -> Result<Option<Told>, TriggerError> {
    if let Some(condition) = &binding.condition {
        let found = value_at(event, &condition.field);
        match compare(found, condition.is, &condition.value) {
            Some(true) => {}
            Some(false) => return Ok(None),
            // Neither sent nor left out in silence.
            None => return Err(TriggerError::NoValue { field: condition.field.clone() }),
        }
    }
    let phone = text_at(event, &binding.phone).filter(|phone| !phone.trim().is_empty());
    let phone = phone.ok_or_else(|| TriggerError::NoPhone { field: binding.phone.clone() })?;
    let key = match binding.key.trim() {
        "" => None,
        path => Some(text_at(event, path).ok_or_else(|| TriggerError::NoKey { field: path.to_owned() })?),
    };
    let filled = |(variable, path): (&String, &String)| Some((variable.clone(), text_at(event, path)?));
    let language = text_at(event, &binding.language).and_then(|word| {
        let word = word.trim().to_lowercase();
        word.get(..2).and_then(|two| two.parse().ok())
    });
    Ok(Some(Told {
        phone,
        name: text_at(event, &binding.name),
        data: binding.variables.iter().filter_map(filled).collect(),
        language,
        key,
    }))
}

/// The events in a payload: itself, or the items of its list.
pub fn items<'a>(binding: &Binding, payload: &'a Value) -> Result<Vec<&'a Value>, TriggerError> {
    let path = binding.each.trim();
    if path.is_empty() {
        return Ok(vec![payload]);
    }
    let list = payload::value_at(payload, path).and_then(Value::as_array);
    let list = list.ok_or_else(|| TriggerError::NoList { field: path.to_owned() })?;
    match list.len() {
        0 => Err(TriggerError::NoList { field: path.to_owned() }),
        length if length > MOST_ITEMS => Err(TriggerError::LongList { limit: MOST_ITEMS }),
        _ => Ok(list.iter().collect()),
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    #[error("A trigger's name has 1 to 60 small letters, digits, dots, dashes or underscores, as in order.ready.")]
    Name,
    #[error("A trigger of this name is there already. Open that one, or choose another name.")]
    NameTaken,
    #[error("No trigger has this name. Make it in Ulak under \"Other programs\" first.")]
    Unknown,
    #[error(
        "A program tells \"{name}\", and no trigger has this name, so nothing is sent. Make one under \"Other programs\", or correct the name in the program."
    )]
    Unheard { name: String },
    #[error("This trigger is no longer there.")]
    Gone,
    #[error("Say which field holds the phone.")]
    NoPhoneField,
    #[error("Choose the template that is sent.")]
    NoTemplate,
    #[error("Say which field the condition looks at, or take the condition away.")]
    NoConditionField,
    #[error("Priorities go from 1 (first) to 10.")]
    Priority,
    #[error("Choose a delay and a span of at most a year, and a time of the day.")]
    Span,
    #[error("The field \"{field}\" is empty in this event, and it should hold the phone.")]
    NoPhone { field: String },
    #[error(
        "The field \"{field}\" is empty in this event or is no number that can be compared, so its condition could not be looked at."
    )]
    NoValue { field: String },
    #[error("Above and below need a number. Write it without dots between thousands, as in 1850 or 1850,50.")]
    NoNumber,
    #[error("The field \"{field}\" is empty in this event, so Ulak could not tell whether it came before.")]
    NoKey { field: String },
    #[error("The field \"{field}\" holds no list of people in this event.")]
    NoList { field: String },
    #[error("An event has at most {limit} people. Send several, or use the path for lists.")]
    LongList { limit: usize },
    #[error("The condition is not met by this event, so there is nothing to send.")]
    Unmet,
    #[error("What is told must be a JSON object.")]
    NoObject,
    #[error("What this event said was cleared, so it cannot be sent again.")]
    Cleared,
    #[error("Everybody in this event has a message already. Say so to send it to all of them once more.")]
    AllReached,
}

impl Coded for TriggerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Name => "trigger.name",
            Self::NameTaken => "trigger.name_taken",
            Self::Unknown => "trigger.unknown",
            Self::Unheard { .. } => "trigger.unheard",
            Self::Unmet => "trigger.unmet",
            Self::Gone => "trigger.gone",
            Self::NoPhoneField => "trigger.no_phone_field",
            Self::NoTemplate => "trigger.no_template",
            Self::NoConditionField => "trigger.no_condition_field",
            Self::Priority => "program.priority",
            Self::Span => "trigger.span",
            Self::NoPhone { .. } => "trigger.no_phone",
            Self::NoValue { .. } => "trigger.no_value",
            Self::NoNumber => "trigger.no_number",
            Self::NoKey { .. } => "trigger.no_key",
            Self::NoList { .. } => "trigger.no_list",
            Self::LongList { .. } => "trigger.long_list",
            Self::NoObject => "trigger.no_object",
            Self::Cleared => "trigger.cleared",
            Self::AllReached => "trigger.all_reached",
        }
    }

    fn params(&self) -> Params {
        match self {
            Self::NoPhone { field } | Self::NoValue { field } | Self::NoKey { field } | Self::NoList { field } => {
                params! { field: field }
            }
            Self::Unheard { name } => params! { name: name },
            Self::LongList { limit } => params! { limit: limit },
            _ => Params::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::IdGenerator;

    fn binding() -> Binding {
        Binding {
            variables: [("invoice", "no"), ("total", "total"), ("gone", "x.y")]
                .map(|(variable, path)| (variable.to_owned(), path.to_owned()))
                .into(),
            ..Binding::first("invoice.created")
        }
    }

    #[test]
    fn an_event_is_taken_apart_by_the_ways_to_its_fields() {
        let event =
            json!({ "no": "F-1", "total": 1850.0, "customer": { "phone": 905_325_550_142_i64, "name": "Elif" } });
        let told = told(&binding(), &event).unwrap().unwrap();
        assert_eq!((told.phone.as_str(), told.name.as_deref()), ("905325550142", Some("Elif")));
        assert_eq!(told.key.as_deref(), Some("F-1"));
        assert_eq!(
            told.data.into_iter().collect::<Vec<_>>(),
            [("invoice".to_owned(), "F-1".to_owned()), ("total".to_owned(), "1850".to_owned())]
        );
    }

    #[test]
    fn what_is_missing_is_named_and_a_condition_that_does_not_hold_is_no_error() {
        let none = json!({ "no": "F-1", "customer": { "phone": " " } });
        assert_eq!(told(&binding(), &none), Err(TriggerError::NoPhone { field: "customer.phone".into() }));
        let keyless = json!({ "customer": { "phone": "+905325550142" } });
        assert_eq!(told(&binding(), &keyless), Err(TriggerError::NoKey { field: "no".into() }));
        let condition = Condition { field: "total".into(), is: Comparison::Above, value: "100".into() };
        let binding = Binding { condition: Some(condition), ..binding() };
        let event = |total: i64| json!({ "no": "F-1", "total": total, "customer": { "phone": "+905325550142" } });
        assert_eq!(told(&binding, &event(100)), Ok(None));
        let unread = json!({ "no": "F-1", "total": "1.850", "customer": { "phone": "+905325550142" } });
        assert_eq!(told(&binding, &unread), Err(TriggerError::NoValue { field: "total".into() }));
        assert!(told(&binding, &event(101)).unwrap().is_some());
    }

    #[test]
    fn a_list_is_as_many_events_as_it_has_items() {
        let many = Binding::first("bulk.send");
        assert_eq!(items(&many, &sample("bulk.send")).unwrap().len(), 1);
        assert!(matches!(items(&many, &json!({ "people": [] })), Err(TriggerError::NoList { .. })));
        assert!(matches!(items(&many, &json!({ "people": "Elif" })), Err(TriggerError::NoList { .. })));
        let long = json!({ "people": vec![0; MOST_ITEMS + 1] });
        assert!(matches!(items(&many, &long), Err(TriggerError::LongList { .. })));
    }

    #[test]
    fn a_template_is_chosen_by_language_and_the_usual_one_is_for_all_others() {
        let ids = IdGenerator::at(0);
        let (usual, turkish): (TemplateId, TemplateId) = (ids.next(), ids.next());
        let by_language = vec![LanguageTemplate { language: Language::Tr, template: turkish }];
        let both = Binding { template: Some(usual), by_language: by_language.clone(), ..binding() };
        assert_eq!(both.template_for(Some(Language::Tr)), Some(turkish));
        assert_eq!(both.template_for(Some(Language::Id)), Some(usual));
        assert_eq!(both.template_for(None), Some(usual));
        let one = Binding { template: None, by_language, ..binding() };
        assert_eq!(one.template_for(None), Some(turkish));
        assert_eq!(binding().template_for(None), None);
    }

    #[test]
    fn a_time_of_the_day_is_the_next_one_after_the_delay() {
        let nine = Binding { at_minute: Some(9 * 60), ..binding() };
        assert_eq!(nine.due_at(8 * HOUR, Tz::UTC), Some(9 * HOUR));
        assert_eq!(nine.due_at(10 * HOUR, Tz::UTC), Some(33 * HOUR));
        let later = Binding { delay_minutes: 24 * 60, ..nine };
        assert_eq!(later.due_at(8 * HOUR, Tz::UTC), Some(33 * HOUR));
        assert_eq!(binding().due_at(8 * HOUR, Tz::UTC), None);
        assert_eq!(Binding { delay_minutes: 5, ..binding() }.due_at(0, Tz::UTC), Some(5 * MINUTE));
    }

    /// A program may tell the same thing night by night.
    #[test]
    fn what_shops_tell_of_one_person_is_known_when_it_comes_again() {
        for name in BUILT_IN.into_iter().filter(|name| *name != "bulk.send") {
            let told = told(&Binding::first(name), &sample(name)).unwrap().unwrap();
            assert!(told.key.is_some_and(|key| !key.is_empty()), "{name}");
        }
        assert_eq!(Binding::first("service.expiring").key_span(), 90 * DAY);
        assert_eq!(Binding::first("invoice.created").key_span(), 30 * DAY);
    }

    #[test]
    fn names_are_what_an_address_can_carry() {
        assert!(BUILT_IN.iter().all(|name| check_name(name) == Ok(())));
        for name in ["", "Order", "a b", "ş", "a/b", &"a".repeat(61)] {
            assert_eq!(check_name(name), Err(TriggerError::Name), "{name:?}");
        }
    }

    #[test]
    fn every_sample_fits_the_binding_that_it_begins_with() {
        for name in BUILT_IN {
            let (binding, sample) = (Binding::first(name), sample(name));
            for item in items(&binding, &sample).unwrap() {
                assert!(told(&binding, item).unwrap().is_some(), "{name}");
            }
        }
    }
}
