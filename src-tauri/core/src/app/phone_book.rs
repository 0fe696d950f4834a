//! The address books of the linked phones, as a proposal: who is no contact yet, and who has a name there.

use std::collections::BTreeSet;

use super::{People, Problem};
use crate::contact::store::phone_names::{self, PhoneBook};
use crate::contact::{self, ContactEdit, ContactError};
use crate::db::StorageError;
use crate::event::Event;

impl People {
    /// What is offered at this moment.
    pub async fn phone_book(&self) -> Result<PhoneBook, Problem> {
        Ok(phone_names::offered(&mut *self.reader().await?).await.map_err(StorageError::from)?)
    }

    /// Takes over those that were ticked: new people with this tag and without a consent, names for contacts that have
    /// none. Answers how many people came in.
    pub async fn take_phone_names(&self, phones: &[String], tag: &str) -> Result<u32, Problem> {
        let offered = self.phone_book().await?;
        let wanted: BTreeSet<&str> = phones.iter().map(String::as_str).collect();
        let (country, now) = (self.country().await?, self.now());
        let (mut taken, mut known) = (0, Vec::new());
        let mut tx = self.db.begin().await?;
        for one in offered.people.iter().filter(|one| wanted.contains(one.phone.as_str())) {
            let edit = ContactEdit {
                phone: one.phone.clone(),
                name: one.name.clone(),
                tags: vec![tag.to_owned()],
                ..ContactEdit::default()
            };
            match contact::store::save(&mut tx, &edit, country, now).await {
                Ok(_) => taken += 1,
                // In the list under another spelling, erased since it was offered, or nobody who can be written to.
                Err(
                    ContactError::PhoneTaken { .. }
                    | ContactError::Erased { .. }
                    | ContactError::Phone(_)
                    | ContactError::TooLong { .. },
                ) => known.push(one.phone.clone()),
                Err(error) => return Err(error.into()),
            }
        }
        for one in offered.names.iter().filter(|one| wanted.contains(one.phone.as_str())) {
            let named = contact::store::name_nameless(&mut tx, &one.phone, &one.name, now).await;
            named.map_err(|error| self.db.error(error))?;
        }
        // There is nothing to take of them, so they are not offered again.
        phone_names::decline(&mut tx, &known).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(taken)
    }

    /// Those that were ticked are not offered again.
    pub async fn decline_phone_names(&self, phones: &[String]) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        phone_names::decline(&mut tx, phones).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(())
    }
}
