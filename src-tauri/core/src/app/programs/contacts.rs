//! People as a program brings them and changes them: each act in one transaction, over what is known of them.

use std::collections::BTreeSet;

use super::{Problem, Programs};
use crate::contact::phone::{self, Country};
use crate::contact::{self, Consent, Contact, ContactEdit, ContactError, Fields, variable};
use crate::event::Event;
use crate::ids::ContactId;

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
    /// Adds the person with this phone in any of its spellings, or changes them; true where they are new. Fields and tags
    /// come to those that are there.
    pub async fn bring_contact(&self, person: &Person) -> Result<(Contact, bool), Problem> {
        let country = self.country_of(person.country.as_deref()).await?;
        let phone = phone::parse(&person.phone, country).map_err(ContactError::from)?.to_string();
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let known = async {
            match contact::store::holder(&mut tx, &phone).await? {
                Some(known) => Ok(Some(known)),
                None => contact::store::by_any_spelling(&mut tx, &phone).await,
            }
        };
        let known = known.await.map_err(|error: sqlx::Error| self.db.error(error))?;
        let before = match known {
            Some(id) => edit(contact::store::one(&mut tx, id).await?),
            None => ContactEdit { phone, ..ContactEdit::default() },
        };
        let mut fields = before.fields;
        fields.retain(|name, _| !person.fields.keys().any(|given| variable::is_same(given, name)));
        fields.extend(person.fields.clone());
        let tags: BTreeSet<String> = before.tags.iter().chain(&person.tags).cloned().collect();
        let edit = ContactEdit {
            name: person.name.clone().unwrap_or(before.name),
            email: person.email.clone().unwrap_or(before.email),
            fields,
            tags: tags.into_iter().collect(),
            consent: person.consent.clone().or(before.consent),
            ..before
        };
        let saved = contact::store::save(&mut tx, &edit, country, now).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok((saved, known.is_none()))
    }

    /// Gives a person tags and takes others away.
    pub async fn tag_contact(&self, id: ContactId, add: &[String], remove: &[String]) -> Result<Contact, Problem> {
        self.change(id, |edit| {
            edit.tags.retain(|tag| !remove.contains(tag));
            let more: Vec<String> = add.iter().filter(|tag| !edit.tags.contains(tag)).cloned().collect();
            edit.tags.extend(more);
        })
        .await
    }

    /// Records that a person gave permission. Whoever took it back is left as they are.
    pub async fn note_consent(&self, id: ContactId, consent: &Consent) -> Result<Contact, Problem> {
        self.change(id, |edit| edit.consent = Some(consent.clone())).await
    }

    /// Records that a person took the permission back: promotions reach them no more, until its owner says otherwise.
    pub async fn withdraw_consent(&self, id: ContactId) -> Result<Contact, Problem> {
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let contact = contact::store::withdraw_consent(&mut tx, id, now).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(contact)
    }

    async fn change(&self, id: ContactId, change: impl FnOnce(&mut ContactEdit)) -> Result<Contact, Problem> {
        let country = self.people.country().await?;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let mut edit = edit(contact::store::one(&mut tx, id).await?);
        change(&mut edit);
        let saved = contact::store::save(&mut tx, &edit, country, now).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(saved)
    }

    pub(super) async fn country_of(&self, code: Option<&str>) -> Result<Country, Problem> {
        match code {
            None => self.people.country().await,
            Some(code) => Ok(Country::of(code).ok_or_else(|| ContactError::Country { country: code.to_owned() })?),
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
