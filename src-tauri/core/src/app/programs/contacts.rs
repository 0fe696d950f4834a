//! People as a program brings them: by their phone, over what is known of them.

use std::collections::BTreeSet;

use super::{Problem, Programs};
use crate::contact::phone::{self, Country};
use crate::contact::{self, Consent, Contact, ContactEdit, ContactError, Fields};

/// What a program says of a person. What it does not say stays.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub phone: String,
    pub country: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub fields: Fields,
    pub tags: Vec<String>,
    pub consent: Option<Consent>,
}

impl Programs {
    /// Adds the person with this phone, or changes them; true where they are new. Fields and tags come to those that are there.
    pub async fn bring_contact(&self, person: &Person) -> Result<(Contact, bool), Problem> {
        let country = self.country_of(person.country.as_deref()).await?;
        let phone = phone::parse(&person.phone, country).map_err(ContactError::from)?.to_string();
        let known = contact::store::by_phone(self.db.read(), &phone).await?;
        let is_new = known.is_none();
        let before = known.map_or_else(ContactEdit::default, edit);
        let mut fields = before.fields;
        fields.extend(person.fields.clone());
        let tags: BTreeSet<String> = before.tags.iter().chain(&person.tags).cloned().collect();
        let edit = ContactEdit {
            phone,
            name: person.name.clone().unwrap_or(before.name),
            email: person.email.clone().unwrap_or(before.email),
            fields,
            tags: tags.into_iter().collect(),
            consent: person.consent.clone().or(before.consent),
            ..before
        };
        Ok((self.people.save_contact(&edit).await?, is_new))
    }

    pub(super) async fn country_of(&self, code: Option<&str>) -> Result<Country, Problem> {
        match code {
            None => self.people.country().await,
            Some(code) => {
                Ok(Country::of(code).ok_or_else(|| ContactError::Country { country: code.to_owned() })?)
            }
        }
    }
}

/// A contact as its form would save it.
fn edit(contact: Contact) -> ContactEdit {
    ContactEdit {
        id: Some(contact.id),
        phone: contact.phone,
        name: contact.name,
        email: contact.email,
        fields: contact.fields,
        tags: contact.tags,
        consent: contact.consent,
        take_erased: false,
    }
}
