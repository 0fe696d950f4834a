//! The columns of exported contacts. Their headers are words that an import reads again.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::super::Contact;
use crate::clock::{Millis, local};

/// What a cell holds.
pub enum Cell<'a> {
    Text(&'a str),
    Joined(String),
    Day(NaiveDate),
    Empty,
}

pub struct Sheet {
    /// By their keys, with what the owner calls them.
    pub fields: Vec<(String, String)>,
    zone: Tz,
}

const OWN: [&str; 8] = ["Name", "Phone", "Email", "Tags", "List", "Consent", "Consent date", "Consent source"];

impl Sheet {
    pub fn of(fields: Vec<String>, labels: &BTreeMap<String, String>, zone: Tz) -> Self {
        let named = |key: String| (key.clone(), labels.get(&key).cloned().unwrap_or(key));
        Self { fields: fields.into_iter().map(named).collect(), zone }
    }

    pub fn headers(&self) -> impl Iterator<Item = &str> {
        OWN.into_iter().chain(self.fields.iter().map(|(_, label)| label.as_str()))
    }

    pub fn cells<'a>(&'a self, contact: &'a Contact) -> Vec<Cell<'a>> {
        let consent = contact.consent.as_ref();
        let own = [
            Cell::Text(&contact.name),
            Cell::Text(&contact.phone_shown),
            Cell::Text(&contact.email),
            Cell::Joined(contact.tags.join(", ")),
            Cell::Text(contact.standing.as_str()),
            Cell::Text(answer(contact)),
            contact
                .withdrawn_at
                .or(consent.map(|consent| consent.at))
                .map_or(Cell::Empty, |at| Cell::Day(self.day(at))),
            consent.map_or(Cell::Empty, |consent| Cell::Text(&consent.source)),
        ];
        let field =
            |(key, _): &(String, String)| contact.fields.get(key).map_or(Cell::Empty, |value| Cell::Text(value));
        own.into_iter().chain(self.fields.iter().map(field)).collect()
    }

    fn day(&self, at: Millis) -> NaiveDate {
        local(at, self.zone).date_naive()
    }
}

/// What an import makes a consent or a withdrawal of.
fn answer(contact: &Contact) -> &'static str {
    match (contact.withdrawn_at, &contact.consent) {
        (Some(_), _) => "no",
        (None, Some(_)) => "yes",
        (None, None) => "",
    }
}
