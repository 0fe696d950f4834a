//! What the owner typed about a person, checked: the part of saving a contact that needs no database.
//!
//! Called by `store::save`. A card that exists has a dialable phone, trimmed texts within their limit, field
//! names that `{{…}}` can name, and no empty fields.

use super::fold::{field_name, haystack};
use super::phone::{self, Country, Phone};
use super::{Consent, ContactEdit, ContactError, Fields};
use crate::mail;
use crate::text::is_blank;

/// The most characters a name, a field or a tag may have; WhatsApp's own text limit.
pub const TEXT_LIMIT: usize = 4096;

/// An edit after every check that needs no database.
pub(super) struct Card<'a> {
    pub(super) phone: Phone,
    pub(super) name: &'a str,
    pub(super) email: &'a str,
    pub(super) fields: Fields,
    pub(super) consent: Option<&'a Consent>,
}

impl<'a> Card<'a> {
    pub(super) fn of(edit: &'a ContactEdit, country: Country) -> Result<Self, ContactError> {
        let email = edit.email.trim();
        if !email.is_empty() && !mail::is_address(email) {
            return Err(ContactError::Email { email: email.to_owned() });
        }
        let mut fields = Fields::new();
        for (label, value) in &edit.fields {
            let name = field_name(label).ok_or_else(|| ContactError::FieldName { name: label.clone() })?;
            fields.insert(name, short_enough(label, value)?.to_owned());
        }
        fields.retain(|_, value| !is_blank(value));
        let name = short_enough("name", &edit.name)?;
        Ok(Self { phone: phone::parse(&edit.phone, country)?, name, email, fields, consent: edit.consent.as_ref() })
    }

    pub(super) fn search(&self) -> String {
        haystack(self.name, self.phone, self.email, &self.fields)
    }
}

pub(super) fn short_enough<'a>(what: &str, text: &'a str) -> Result<&'a str, ContactError> {
    let text = text.trim();
    let length = text.chars().count();
    if length > TEXT_LIMIT {
        return Err(ContactError::TooLong { what: what.to_owned(), length, limit: TEXT_LIMIT });
    }
    Ok(text)
}
