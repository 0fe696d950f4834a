//! The columns of exported contacts. Their headers are words that an import reads again.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::super::Contact;
use crate::clock::{Millis, local};
use crate::table::Cell;

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
            text(&contact.name),
            text(&contact.phone_shown),
            text(&contact.email),
            Cell::Text(contact.tags.join(", ").into()),
            text(contact.standing.as_str()),
            text(answer(contact)),
            contact
                .withdrawn_at
                .or(consent.map(|consent| consent.at))
                .map_or(Cell::Empty, |at| Cell::Day(self.day(at))),
            consent.map_or(Cell::Empty, |consent| text(&consent.source)),
        ];
        let field = |(key, _): &(String, String)| contact.fields.get(key).map_or(Cell::Empty, |value| text(value));
        own.into_iter().chain(self.fields.iter().map(field)).collect()
    }

    fn day(&self, at: Millis) -> NaiveDate {
        local(at, self.zone).date_naive()
    }
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}

/// What an import makes a consent or a withdrawal of.
fn answer(contact: &Contact) -> &'static str {
    match (contact.withdrawn_at, &contact.consent) {
        (Some(_), _) => "no",
        (None, Some(_)) => "yes",
        (None, None) => "",
    }
}
