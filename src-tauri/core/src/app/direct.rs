//! One message to one person, written by the owner: through the outbox like everything else, as a campaign of one.

use std::path::PathBuf;

use super::{App, Problem};
use crate::campaign::CampaignError;
use crate::campaign::audience::Audience;
use crate::campaign::draft::DraftEdit;
use crate::campaign::live::all_sessions;
use crate::contact::{self, Contact, ContactEdit, Standing, phone};
use crate::db::StorageError;
use crate::ids::{CampaignId, SessionId};
use crate::outbox::store::reading::{self, PartLine};
use crate::session::SessionKind;

/// What the owner wants to be sent.
#[derive(Clone, Debug, Default)]
pub struct Direct {
    /// As people write phones; without a country code it is one of the default country.
    pub to: String,
    pub text: String,
    pub media: Vec<PathBuf>,
    /// Over these numbers; empty: over every linked one.
    pub over: Vec<SessionId>,
}

/// Why this person may be written to: the owner chose them by hand.
const BASIS: &str = "direct";
const FIRST: u8 = 1;

impl App {
    /// Puts it into the outbox to be sent at once, outside the sending hours too: the owner asks for it by hand.
    /// Whoever opted out gets nothing all the same.
    pub async fn send_direct(&self, wish: &Direct) -> Result<CampaignId, Problem> {
        let over = if wish.over.is_empty() { self.linked_numbers().await? } else { wish.over.clone() };
        if over.is_empty() {
            return Err(CampaignError::NoNumber.into());
        }
        let contact = self.contact_for(&wish.to).await?;
        if contact.standing != Standing::Normal {
            return Err(CampaignError::Unwanted.into());
        }
        let draft = self.create_draft().await?;
        let scheduled = self.compose_direct(wish, over, &contact, draft.id).await;
        if scheduled.is_err() {
            self.delete_draft(draft.id).await?;
        }
        scheduled
    }

    /// The parts of a campaign, in order: for the few of a direct message.
    pub async fn parts_of(&self, id: CampaignId) -> Result<Vec<PartLine>, Problem> {
        let parts = reading::lines(&mut *self.reader().await?, id).await;
        Ok(parts.map_err(|error| self.db.error(error))?)
    }

    async fn compose_direct(
        &self,
        wish: &Direct,
        over: Vec<SessionId>,
        contact: &Contact,
        id: CampaignId,
    ) -> Result<CampaignId, Problem> {
        for file in &wish.media {
            self.add_media(id, file).await?;
        }
        self.save_draft(&DraftEdit {
            id,
            name: contact.phone_shown.clone(),
            text: wish.text.clone(),
            audience: Audience { everyone: false, tags: Vec::new(), only: Some(contact.id) },
            split_long_caption: true,
            due_at: None,
            priority: FIRST,
            session_ids: over,
            keep_hours: false,
            consent_basis: BASIS.to_owned(),
        })
        .await?;
        self.schedule_campaign(id, false).await
    }

    async fn linked_numbers(&self) -> Result<Vec<SessionId>, Problem> {
        let sessions = all_sessions(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let real = sessions.iter().filter(|session| session.kind == SessionKind::Whatsapp);
        Ok(real.map(|session| session.id).collect())
    }

    /// The contact with this phone, taken into the list where it is new.
    async fn contact_for(&self, to: &str) -> Result<Contact, Problem> {
        let phone = phone::parse(to, self.country().await?).map_err(contact::ContactError::from)?;
        if let Some(known) = contact::store::by_phone(self.db.read(), &phone.to_string()).await? {
            return Ok(known);
        }
        self.save_contact(&ContactEdit {
            id: None,
            phone: phone.to_string(),
            name: String::new(),
            email: String::new(),
            fields: contact::Fields::new(),
            tags: Vec::new(),
            consent: None,
        })
        .await
    }
}
