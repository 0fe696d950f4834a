//! One message to one person, written by the owner: through the outbox like everything else, without a campaign.

use std::path::PathBuf;

use serde::Deserialize;
use ulak_media::{Prepared, Wish};

use super::{Outbox, Problem};
use crate::campaign::CampaignError;
use crate::campaign::compose::{Content, MOST_FILES};
use crate::campaign::draft::Draft;
use crate::campaign::live::all_sessions;
use crate::campaign::review::{refuse_misnamed, refuse_too_long};
use crate::campaign::schedule::Freezing;
use crate::category::Category;
use crate::clock::Millis;
use crate::contact::permission::{Moment, Purpose};
use crate::contact::store::audience::{Person, Whom, person_at};
use crate::contact::store::merge;
use crate::contact::{self, Contact, ContactEdit, phone};
use crate::db::StorageError;
use crate::ids::{CampaignId, ContactId, MessageId, SessionId};
use crate::ledger::{LedgerError, store as ledger};
use crate::media;
use crate::outbox::state::{Origin, SkipReason};
use crate::outbox::store::clear;
use crate::outbox::store::queue::{self, Again, Failed, NewMessage, Standing};
use crate::outbox::store::reading::{self, PartLine};
use crate::outbox::store::troubled;
use crate::session::SessionKind;
use crate::template::{Choice, Missing, Template, render};

/// What the owner wants to be sent.
#[derive(Clone, Debug, Default)]
pub struct Direct {
    /// As people write phones; without a country code it is one of the default country.
    pub to: String,
    pub text: String,
    pub media: Vec<PathBuf>,
    /// What the files are to be sent as.
    pub media_as: Wish,
    /// Over these numbers; empty: over every linked one.
    pub over: Vec<SessionId>,
    /// What it is for; a promotion where nothing is said.
    pub category: Category,
}

/// What ought to be known of a file that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNotice {
    /// What the file is called.
    pub file: String,
    pub notice: Problem,
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

/// A text to one contact, over the linked numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DirectText {
    pub contact_id: ContactId,
    pub text: String,
    pub category: Category,
}

/// Why this person may be written to: the owner chose them by hand.
const BASIS: &str = "direct";
/// It goes before everything that waits, and outside the sending hours too: the owner asks for it by hand.
const FIRST: u8 = 1;

/// A file on its way into a message: its name and what is sent.
type Added = (String, Prepared);

impl Outbox {
    /// Puts it into the outbox to be sent at once. Whoever opted out gets nothing all the same.
    pub async fn send_direct(&self, wish: &Direct) -> Result<MessageId, Problem> {
        Ok(self.send_direct_noticing(wish).await?.0)
    }

    /// As `send_direct`, and what ought to be known of its files.
    pub async fn send_direct_noticing(&self, wish: &Direct) -> Result<(MessageId, Vec<FileNotice>), Problem> {
        let over = if wish.over.is_empty() { self.linked_numbers().await? } else { wish.over.clone() };
        if over.is_empty() {
            return Err(CampaignError::NoNumber.into());
        }
        let template = Template::parse(&wish.text).map_err(CampaignError::from)?;
        let contact = self.contact_for(&wish.to).await?;
        let files = self.prepare_all(wish).await?;
        let media = files.iter().map(|(name, file)| media::store::attached(name, file)).collect();
        let purpose = Purpose { category: wish.category, on_basis: true };
        let content = Content { template, offer: None, media, link_preview: None, purpose, to_made_up: true };
        let message = self.put_in(content, &contact, &over, &files).await?;
        let noticed = |(name, file): &Added| {
            let name = name.clone();
            media::notices(file).into_iter().map(move |notice| FileNotice { file: name.clone(), notice })
        };
        Ok((message, files.iter().flat_map(noticed).collect()))
    }

    /// Writes to one contact, as `send_direct` does.
    pub async fn write_to(&self, wish: &DirectText) -> Result<MessageId, Problem> {
        let to = self.people.contact(wish.contact_id).await?.phone;
        let direct = Direct { to, text: wish.text.clone(), category: wish.category, ..Direct::default() };
        self.send_direct(&direct).await
    }

    /// Sends a draft to a phone of the owner, as the contact in the preview would get it: at once, outside the sending
    /// hours too, and for credits like everything else.
    pub async fn send_test(&self, test: &TestSend) -> Result<MessageId, Problem> {
        let draft = self.campaigns.draft(test.draft_id).await?;
        let mut reader = self.reader().await?;
        let moment = draft.moment(&mut reader, self.now()).await.map_err(StorageError::from)?;
        let target = draft.target(&mut reader, self.now()).await?;
        let person = person_at(&mut reader, target.whom(), moment, test.index).await;
        let person = person.map_err(StorageError::from)?.ok_or(CampaignError::Nobody)?;
        refuse_misnamed(&mut reader, &draft.content()?.variables(), &[]).await?;
        drop(reader);
        let content = filled(&draft, &person)?;
        let contact = self.contact_for(&test.to).await?;
        self.put_in(content, &contact, &[test.over], &[]).await
    }

    /// The parts of a message, in order.
    pub async fn parts_of(&self, id: MessageId) -> Result<Vec<PartLine>, Problem> {
        let parts = reading::lines(&mut *self.reader().await?, id).await;
        Ok(parts.map_err(|error| self.db.error(error))?)
    }

    /// What of a single message waits goes out no more, and what is on its way only where it was handed over already.
    pub async fn cancel_message(&self, id: MessageId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let cancelled = queue::cancel_message(&mut tx, id, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.campaigns.changed(cancelled.ok_or(CampaignError::NotWaiting)?);
        Ok(())
    }

    /// Sends again what failed of a single message; what may have arrived only where it may be seen twice.
    pub async fn retry_message(&self, id: MessageId, may_be_seen_twice: bool) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        if clear::message_cleared_at(&mut tx, id).await.map_err(|error| self.db.error(error))?.is_some() {
            return Err(CampaignError::MessageCleared.into());
        }
        let failed = Failed::Single(id);
        let retryable = queue::retryable(&mut tx, failed, self.now()).await.map_err(|error| self.db.error(error))?;
        let again = match retryable.doubtful {
            0 => Again::Certain,
            _ if may_be_seen_twice => Again::Doubtful,
            people => return Err(CampaignError::OtherDoubt { people }.into()),
        };
        let put_back = queue::retry_failed(&mut tx, failed, again, self.now()).await?;
        let (queue, book) = put_back.queue.ok_or(CampaignError::NotFailed)?;
        self.campaigns.dispatcher.refuse_stopped(book)?;
        self.db.commit(tx).await?;
        self.campaigns.changed(queue);
        Ok(())
    }

    /// The owner has seen to a single message that stood under "needs attention".
    pub async fn dismiss_message(&self, id: MessageId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        troubled::dismiss(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.nudge();
        Ok(())
    }

    /// Message, files, credits and the queue they stand in, in one transaction.
    async fn put_in(
        &self,
        content: Content,
        contact: &Contact,
        over: &[SessionId],
        files: &[Added],
    ) -> Result<MessageId, Problem> {
        let _whole = self.freezing.read().await;
        let (book, now, purpose) = (self.campaigns.book_of(over).await?, self.now(), content.purpose);
        self.campaigns.dispatcher.refuse_stopped(book)?;
        let message = self.frozen(content, contact, now).await?;
        let charges: Vec<_> = message.charges().collect();
        let shared = Standing { book, sessions: over, priority: FIRST, urgent: true, keep_hours: false };
        let id = message.id;
        let mut tx = self.db.begin().await?;
        let put = async {
            for (_, file) in files {
                media::store::keep(&mut tx, file).await?;
            }
            let queue = queue::standing(&mut tx, &shared, now).await?;
            queue::add(&mut tx, queue, Origin::Direct, purpose, now, &[message], now).await?;
            ledger::hold(&mut tx, book, queue, &charges, "", now).await?;
            queue::go_on(&mut tx, queue).await?;
            Ok::<_, LedgerError>(queue)
        };
        let queue = put.await?;
        self.db.commit(tx).await?;
        self.campaigns.changed(queue);
        Ok(id)
    }

    /// The message as this contact gets it, or why they get none.
    async fn frozen(&self, content: Content, contact: &Contact, now: Millis) -> Result<NewMessage, Problem> {
        let settings = self.settings().await?;
        let moment = Moment { at: now, promotion_gap: settings.promotion_gap() };
        let mut reader = self.reader().await?;
        refuse_misnamed(&mut reader, &content.variables(), &[]).await?;
        let person = person_at(&mut reader, Whom::One(contact.id), moment, 0).await.map_err(StorageError::from)?;
        drop(reader);
        let person = Person { phone: contact.phone.clone(), ..person.ok_or(CampaignError::Nobody)? };
        let message = Freezing::of(content, false, settings.prices, now).message(&person)?;
        refuse_skipped(&message)?;
        Ok(message)
    }

    async fn prepare_all(&self, wish: &Direct) -> Result<Vec<Added>, Problem> {
        if wish.media.len() > MOST_FILES {
            return Err(CampaignError::TooManyFiles { most: MOST_FILES }.into());
        }
        let mut files = Vec::with_capacity(wish.media.len());
        for path in &wish.media {
            files.push(self.files.prepare_path(path, wish.media_as).await?);
        }
        Ok(files)
    }

    async fn linked_numbers(&self) -> Result<Vec<SessionId>, Problem> {
        let sessions = all_sessions(&mut *self.reader().await?).await.map_err(StorageError::from)?;
        let real = sessions.iter().filter(|session| session.kind == SessionKind::Whatsapp);
        Ok(real.map(|session| session.id).collect())
    }

    /// The contact with this phone, taken into the list where it is new. Whoever became one with another is that one, and
    /// is written to where they were.
    async fn contact_for(&self, to: &str) -> Result<Contact, Problem> {
        let phone = phone::parse(to, self.people.country().await?).map_err(contact::ContactError::from)?;
        if let Some(known) = contact::store::by_phone(self.db.read(), &phone.to_string()).await? {
            return Ok(known);
        }
        let phone_known = phone.to_string();
        let owner = merge::owner_of(&mut *self.reader().await?, std::slice::from_ref(&phone_known)).await;
        if let Some(owner) = owner.map_err(StorageError::from)? {
            return Ok(Contact { phone: phone_known, ..self.people.contact(owner).await? });
        }
        self.people.save_contact(&ContactEdit { phone: phone.to_string(), ..ContactEdit::default() }).await
    }
}

/// Why a single message would not go out at all, for whoever asked for it.
pub(super) fn refuse_skipped(message: &NewMessage) -> Result<(), CampaignError> {
    match &message.skipped {
        None => {}
        Some((SkipReason::MissingVariable, Some(variable))) => {
            return Err(CampaignError::TestMissing { variable: variable.clone() });
        }
        Some((SkipReason::Empty, _)) => return Err(CampaignError::Empty),
        Some((SkipReason::Promoted, _)) => return Err(CampaignError::Promoted),
        Some((SkipReason::SameOptions, _)) => return Err(CampaignError::SameOptions),
        Some(_) => return Err(CampaignError::Unwanted),
    }
    refuse_too_long(&message.text, message.question.as_deref(), message.options.as_deref().unwrap_or_default())
}

/// What a draft is with everything filled for `person`.
fn filled(draft: &Draft, person: &Person) -> Result<Content, CampaignError> {
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
    if let Some(flaw) = choice.as_ref().and_then(Choice::flaw) {
        return Err(flaw.into());
    }
    let text = fill(&draft.text)?;
    // A test is no promotion: it may be repeated, and the next campaign reaches the owner too.
    let category = Category::Notification;
    let filled = Draft { text, choice, category, consent_basis: BASIS.to_owned(), ..draft.clone() };
    filled.content()
}
