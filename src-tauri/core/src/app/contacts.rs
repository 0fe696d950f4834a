//! The list of contacts and what is brought into it.

use crate::contact::phone::Country;
use crate::contact::{self, Contact, ContactEdit, ContactPage, ContactQuery, ContactTotals, Standing};
use crate::error::{Coded, Params};
use crate::event::Event;
use crate::ids::ContactId;
use crate::params;

use super::{App, Problem};

#[derive(Default)]
pub struct Imports {}

impl App {
    pub async fn contacts(&self, query: &ContactQuery) -> Result<ContactPage, Problem> {
        Ok(contact::store::page(self.db.read(), query).await?)
    }

    pub async fn contact_totals(&self) -> Result<ContactTotals, Problem> {
        Ok(contact::store::totals(self.db.read()).await?)
    }

    pub async fn contact(&self, id: ContactId) -> Result<Contact, Problem> {
        Ok(contact::store::by_id(self.db.read(), id).await?)
    }

    pub async fn save_contact(&self, edit: &ContactEdit) -> Result<Contact, Problem> {
        let country = self.country().await?;
        let mut tx = self.db.begin().await?;
        let saved = contact::store::save(&mut tx, edit, country, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(saved)
    }

    pub async fn set_standing(&self, id: ContactId, standing: Standing) -> Result<Contact, Problem> {
        let mut tx = self.db.begin().await?;
        let changed = contact::store::set_standing(&mut tx, id, standing, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(changed)
    }

    /// The owner's default country.
    pub(super) async fn country(&self) -> Result<Country, Problem> {
        let code = self.settings().await?.country;
        Country::of(&code).ok_or_else(|| NoSuchCountry { code }.into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("\"{code}\" is no country. Choose the default country in Settings.")]
struct NoSuchCountry {
    code: String,
}

impl Coded for NoSuchCountry {
    fn code(&self) -> &'static str {
        "settings.country"
    }

    fn params(&self) -> Params {
        params! { country: self.code }
    }
}
