//! The columns of exported contacts, in the owner's language. An import reads their words again in each of the three.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::super::reading;
use super::super::{Contact, Standing};
use crate::clock::{Millis, local};
use crate::messages::Messages;
use crate::table::Cell;

pub struct Sheet {
    /// By their keys, with what the owner calls them.
    pub fields: Vec<(String, String)>,
    zone: Tz,
    own: [String; 8],
    standings: [String; 3],
    yes: String,
    no: String,
}

const OWN: [&str; 8] = [
    "list_name",
    "list_phone",
    "list_email",
    "list_tags",
    "list_list",
    "list_consent",
    "list_consent_date",
    "list_consent_source",
];

impl Sheet {
    pub fn of(fields: Vec<String>, labels: &BTreeMap<String, String>, zone: Tz, words: &Messages) -> Self {
        let named = |key: String| (key.clone(), labels.get(&key).cloned().unwrap_or(key));
        let say = |key| words.say(key, &[]);
        Self {
            fields: fields.into_iter().map(named).collect(),
            zone,
            own: OWN.map(say),
            standings: ["standing_normal", "standing_gray", "standing_black"].map(say),
            yes: say("list_yes"),
            no: say("list_no"),
        }
    }

    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.own.iter().chain(self.fields.iter().map(|(_, label)| label)).map(String::as_str)
    }

    pub fn cells<'a>(&'a self, contact: &'a Contact) -> Vec<Cell<'a>> {
        let consent = contact.consent.as_ref();
        let own = [
            text(&contact.name),
            text(&contact.phone_shown),
            text(&contact.email),
            Cell::Text(contact.tags.join(", ").into()),
            text(self.list(contact.standing)),
            text(self.answer(contact)),
            contact
                .withdrawn_at
                .or(consent.map(|consent| consent.at))
                .map_or(Cell::Empty, |at| Cell::Day(self.day(at))),
            consent.map_or(Cell::Empty, |consent| text(&consent.source)),
        ];
        let field = |(key, _): &(String, String)| contact.fields.get(key).map_or(Cell::Empty, |value| value_of(value));
        own.into_iter().chain(self.fields.iter().map(field)).collect()
    }

    fn day(&self, at: Millis) -> NaiveDate {
        local(at, self.zone).date_naive()
    }

    fn list(&self, standing: Standing) -> &str {
        let [normal, gray, black] = &self.standings;
        match standing {
            Standing::Normal => normal,
            Standing::Gray => gray,
            Standing::Black => black,
        }
    }

    /// What an import makes a consent or a withdrawal of.
    fn answer(&self, contact: &Contact) -> &str {
        match (contact.withdrawn_at, &contact.consent) {
            (Some(_), _) => &self.no,
            (None, Some(_)) => &self.yes,
            (None, None) => "",
        }
    }
}

/// A day leaves as one where nothing but a day stands there, with its whole year.
fn value_of(value: &str) -> Cell<'_> {
    let parts: Vec<&str> = value.split(['.', '/', '-']).collect();
    let is_whole = parts.len() == 3 && parts.iter().any(|part| part.len() == 4);
    match reading::day(value).filter(|day| is_whole && day.year() >= OLDEST) {
        Some(day) => Cell::Dated { text: value.into(), day },
        None => text(value),
    }
}

/// The first year that workbooks know.
const OLDEST: i32 = 1901;

fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}
