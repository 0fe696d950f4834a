//! One message to one person, written by the owner: through the outbox like everything else, as a campaign of one.

use std::path::PathBuf;

use serde::Deserialize;

use super::{Outbox, Problem};
use crate::campaign::CampaignError;
use crate::campaign::audience::{Audience, Person};
use crate::campaign::draft::{Draft, DraftEdit};
use crate::campaign::live::all_sessions;
use crate::campaign::store::person_at;
use crate::contact::{self, Contact, ContactEdit, Standing, phone};
use crate::db::StorageError;
use crate::ids::{CampaignId, SessionId};
use crate::media::attachment::{Owner, store::replace};
use crate::outbox::store::reading::{self, PartLine};
use crate::session::SessionKind;
use crate::template::{Choice, Missing, Template, render};

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

/// A draft, as one contact of its audience would get it, to a phone of the owner.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TestSend {
    pub draft_id: CampaignId,
    /// Position in the audience.
    pub index: u32,
    pub to: String,
    pub over: SessionId,
}

/// Why this person may be written to: the owner chose them by hand.
const BASIS: &str = "direct";
const FIRST: u8 = 1;

impl Outbox {
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
        let draft = self.campaigns.create_draft().await?;
        let scheduled = self.compose_direct(wish, over, &contact, draft.id).await;
        if scheduled.is_err() {
            self.campaigns.delete_draft(draft.id).await?;
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
            self.campaigns.add_media(id, file).await?;
        }
        self.campaigns
            .save_draft(&DraftEdit {
                id,
                name: contact.phone_shown.clone(),
                text: wish.text.clone(),
                choice: None,
                audience: Audience { everyone: false, tags: Vec::new(), only: Some(contact.id) },
                split_long_caption: true,
                due_at: None,
                priority: FIRST,
                session_ids: over,
                keep_hours: false,
                consent_basis: BASIS.to_owned(),
            })
            .await?;
        self.campaigns.schedule_campaign(id, false).await
    }

    /// Sends a draft to a phone of the owner, as the contact in the preview would get it: at once, outside the sending
    /// hours too, and for credits like everything else.
    pub async fn send_test(&self, test: &TestSend) -> Result<CampaignId, Problem> {
        let draft = self.campaigns.draft(test.draft_id).await?;
        let person = person_at(&mut *self.reader().await?, &draft.audience, test.index).await;
        let person = person.map_err(StorageError::from)?.ok_or(CampaignError::Nobody)?;
        let contact = self.contact_for(&test.to).await?;
        if contact.standing != Standing::Normal {
            return Err(CampaignError::Unwanted.into());
        }
        let edit = filled(&draft, &person, &contact, test.over)?;
        let id = self.campaigns.create_draft().await?.id;
        let scheduled = self.schedule_test(&DraftEdit { id, ..edit }, draft.id).await;
        if scheduled.is_err() {
            self.campaigns.delete_draft(id).await?;
        }
        scheduled
    }

    async fn schedule_test(&self, edit: &DraftEdit, from: CampaignId) -> Result<CampaignId, Problem> {
        let mut tx = self.db.begin().await?;
        let copied = replace(&mut tx, Owner::Campaign(from), Owner::Campaign(edit.id), self.now()).await;
        copied.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.campaigns.save_draft(edit).await?;
        self.campaigns.schedule_campaign(edit.id, false).await
    }

    async fn linked_numbers(&self) -> Result<Vec<SessionId>, Problem> {
        let sessions = all_sessions(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let real = sessions.iter().filter(|session| session.kind == SessionKind::Whatsapp);
        Ok(real.map(|session| session.id).collect())
    }

    /// The contact with this phone, taken into the list where it is new.
    async fn contact_for(&self, to: &str) -> Result<Contact, Problem> {
        let phone = phone::parse(to, self.people.country().await?).map_err(contact::ContactError::from)?;
        if let Some(known) = contact::store::by_phone(self.db.read(), &phone.to_string()).await? {
            return Ok(known);
        }
        self.people
            .save_contact(&ContactEdit {
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

/// The draft with everything filled for `person`, to go to `contact`.
fn filled(draft: &Draft, person: &Person, contact: &Contact, over: SessionId) -> Result<DraftEdit, CampaignError> {
    let fill = |text: &str| {
        let filled = render(&Template::parse(text)?, |variable| person.value(variable));
        filled.map_err(|Missing(variable)| CampaignError::TestMissing { variable })
    };
    let choice = match &draft.choice {
        None => None,
        Some(choice) => Some(Choice {
            style: choice.style,
            question: fill(&choice.question)?,
            options: choice.options.iter().map(|option| fill(option)).collect::<Result<_, _>>()?,
        }),
    };
    Ok(DraftEdit {
        id: draft.id,
        name: [draft.name.as_str(), &contact.phone_shown].map(str::trim).join(" · "),
        text: fill(&draft.text)?,
        choice,
        audience: Audience { everyone: false, tags: Vec::new(), only: Some(contact.id) },
        split_long_caption: true,
        due_at: None,
        priority: FIRST,
        session_ids: vec![over],
        keep_hours: false,
        consent_basis: BASIS.to_owned(),
    })
}
