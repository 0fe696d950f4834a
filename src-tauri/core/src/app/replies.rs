//! What people wrote back: the list of it, what the owner notes and decides, and the answer over the same number.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::common::{Common, facet};
use super::{Direct, Outbox, Problem};
use crate::campaign::{CampaignError, store as campaigns};
use crate::category::Category;
use crate::clock::{Millis, local};
use crate::contact::phone::Phone;
use crate::contact::store::{Stopped, suppressions};
use crate::contact::{self, Contact, Standing, phone};
use crate::db::StorageError;
use crate::durable::Half;
use crate::error::{Coded, Params};
use crate::event::Event;
use crate::ids::{CampaignId, ContactId, MessageId, ReplyId, SessionId};
use crate::inbound::store::Sender;
use crate::inbound::store::chat::{self, Theirs};
use crate::inbound::store::files::{self, ReplyFile, StoredFile};
use crate::inbound::store::marks::{self, Mark, Written};
use crate::inbound::store::replies::{self, ReplyCounts, ReplyPage, ReplyQuery, ReplyRow};
use crate::messages::Messages;
use crate::outbox::state::PartState;
use crate::outbox::store::chats::{self, Ours};
use crate::page::Place;
use crate::params;
use crate::session::NumberError;
use crate::session::client::ClientError;
use crate::session::numbers::Numbers as SupervisedNumbers;
use crate::session::store as sessions;
use crate::table::{Cell, Table, TableError};

/// What is shown of a chat beside a reply: no more than reminds its owner of what it was about.
const SHOWN: u32 = 10;
/// What is larger is opened on the phone: it would be held in memory whole, and stay in the data.
const LARGEST: u64 = 32_000_000;

#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    #[error("This reply is no longer there.")]
    Gone,
    #[error("This person writes without showing a number. Answer on the phone that got the message.")]
    Hidden,
    #[error("The number that got this message was taken off the list, so nothing can be sent over it.")]
    NumberGone,
}

impl Coded for ReplyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Gone => "reply.gone",
            Self::Hidden => "reply.hidden",
            Self::NumberGone => "reply.number_gone",
        }
    }

    fn params(&self) -> Params {
        params! {}
    }
}

/// The person behind a reply, and what was last said between them and the number.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Chat {
    pub contact: Option<Contact>,
    /// Empty where only a hidden identity is known.
    pub phone_shown: String,
    pub session_id: SessionId,
    pub session_name: String,
    /// Oldest first.
    pub lines: Vec<ChatLine>,
    /// Why they cannot be written to.
    pub refusal: Option<ChatRefusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum ChatRefusal {
    /// They want nothing more.
    OptedOut,
    /// Only a hidden identity is known.
    Hidden,
    NumberGone,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ChatLine {
    pub at: Millis,
    pub text: String,
    /// When its text was cleared.
    pub cleared_at: Option<Millis>,
    /// Of a reply.
    pub reply_id: Option<ReplyId>,
    pub chosen: Vec<String>,
    pub files: Vec<ReplyFile>,
    /// Of a message to them.
    pub message_id: Option<MessageId>,
    pub state: Option<PartState>,
    /// The emoji that they put to it.
    pub reaction: Option<String>,
    pub campaign_name: String,
}

/// The list of replies.
pub struct Replies {
    pub(super) common: Common,
    pub(super) outbox: Arc<Outbox>,
    pub(super) numbers: Arc<SupervisedNumbers>,
}

facet!(Replies);

impl Replies {
    pub async fn list(&self, query: &ReplyQuery) -> Result<ReplyPage, Problem> {
        let mut reader = self.reader().await?;
        let mut page = replies::page(&mut reader, query).await.map_err(StorageError::from)?;
        name_campaigns(&mut reader, &mut page.rows).await.map_err(StorageError::from)?;
        Ok(page)
    }

    /// Those of these replies that are there, as they are at this moment.
    pub async fn by_ids(&self, ids: &[ReplyId]) -> Result<Vec<ReplyRow>, Problem> {
        let mut reader = self.reader().await?;
        let mut rows = replies::by_ids(&mut reader, ids).await.map_err(StorageError::from)?;
        name_campaigns(&mut reader, &mut rows).await.map_err(StorageError::from)?;
        Ok(rows)
    }

    pub async fn counts(&self) -> Result<ReplyCounts, Problem> {
        Ok(replies::counts(&mut *self.reader().await?).await.map_err(StorageError::from)?)
    }

    pub async fn mark(&self, ids: &[ReplyId], mark: Mark) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        marks::mark(&mut tx, ids, mark).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::RepliesChanged);
        Ok(())
    }

    /// The owner knows that a reply was not meant as a STOP.
    pub async fn dismiss(&self, id: ReplyId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        marks::see_to(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::RepliesChanged);
        Ok(())
    }

    /// The owner reads a STOP in it: nothing goes to this person any more.
    pub async fn opt_out(&self, id: ReplyId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let written = marks::written(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        let Written { sender, contact, at, .. } = written.ok_or(ReplyError::Gone)?;
        let opted_out = async {
            marks::see_to_all(&mut tx, &sender, contact).await?;
            contact::store::opt_out(&mut tx, &stopped(sender, contact), at, self.now()).await
        };
        opted_out.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::RepliesChanged);
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(())
    }

    /// Writes all that the query finds, the newest first, into a workbook or separated text; answers how many.
    pub async fn export(&self, query: &ReplyQuery, path: &Path) -> Result<u32, Problem> {
        let settings = self.settings().await?;
        let (zone, words) = (settings.zone, Messages::of(settings.spoken().as_str()));
        let (headers, yes) = (HEADERS.map(|key| words.say(key, &[])), words.say("list_yes", &[]));
        let mut table = Table::create(path, headers.iter().map(String::as_str))?;
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.list(&ReplyQuery { place: Place::behind(after, AT_ONCE), ..query.clone() }).await?;
            page.rows.iter().try_for_each(|row| table.add(cells(row, zone, &yes)))?;
            count += u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        table.end()?;
        Ok(count)
    }

    /// The chat that a reply belongs to.
    pub async fn chat(&self, id: ReplyId) -> Result<Chat, Problem> {
        let mut reader = self.reader().await?;
        let written = marks::written(&mut reader, id).await.map_err(StorageError::from)?;
        let written = written.ok_or(ReplyError::Gone)?;
        let contact = contact_of(&mut reader, &written).await.map_err(StorageError::from)?;
        let lines = lines(&mut reader, &written, contact).await.map_err(StorageError::from)?;
        let refusal = refusal(&mut reader, &written, contact).await.map_err(StorageError::from)?;
        let names: BTreeMap<_, _> =
            sessions::names(&mut reader).await.map_err(StorageError::from)?.into_iter().collect();
        drop(reader);
        let contact = match contact {
            Some(id) => contact::store::by_ids(self.db.read(), &[id]).await?.pop(),
            None => None,
        };
        Ok(Chat {
            phone_shown: written.sender.phone().map(phone::shown).unwrap_or_default(),
            session_name: names.get(&written.session).cloned().unwrap_or_default(),
            session_id: written.session,
            contact,
            lines,
            refusal,
        })
    }

    /// What a person sent, fetched over the number that it came to unless it is there already.
    pub async fn file(&self, id: ReplyId, nr: i64) -> Result<StoredFile, Problem> {
        let (file, session) = {
            let mut reader = self.reader().await?;
            let written = marks::written(&mut reader, id).await.map_err(StorageError::from)?;
            let file = files::stored(&mut reader, id, nr).await.map_err(StorageError::from)?;
            (file.ok_or(ReplyError::Gone)?, written.ok_or(ReplyError::Gone)?.session)
        };
        if file.content.is_some() {
            return Ok(file);
        }
        if file.size.is_some_and(|size| u64::try_from(size).is_ok_and(|size| size > LARGEST)) {
            return Err(NumberError::from(ClientError::TooLarge { most: LARGEST }).into());
        }
        let place = file.place.clone().ok_or(ReplyError::Gone)?;
        let content = self.numbers.fetch(session, place, LARGEST).await?;
        let mut tx = self.db.begin().await?;
        files::keep(&mut tx, id, nr, &content).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::RepliesChanged);
        Ok(StoredFile { content: Some(content), ..file })
    }

    /// Writes what a person sent to a file of the owner's choice.
    pub async fn save_file(&self, id: ReplyId, nr: i64, path: &Path) -> Result<(), Problem> {
        let content = self.file(id, nr).await?.content.unwrap_or_default();
        let half = Half::beside(path);
        let written = std::fs::write(half.path(), &content).and_then(|()| half.done());
        Ok(written.map_err(|error| TableError::cannot_write(path, error))?)
    }

    /// Answers over the number that was written to. Who asks may be answered, so it is no promotion; who said stop is
    /// not written to. Where the number is not connected it waits for it.
    pub async fn answer(&self, id: ReplyId, text: &str) -> Result<MessageId, Problem> {
        let (session, phone) = self.way_back(id).await?;
        let wish = Direct {
            to: phone,
            text: text.to_owned(),
            over: vec![session],
            category: Category::Notification,
            ..Direct::default()
        };
        let message = self.outbox.send_direct(&wish).await?;
        self.events.emit(Event::RepliesChanged);
        Ok(message)
    }

    /// The number that was written to, and the phone that wrote: the contact may have moved to another one since.
    async fn way_back(&self, id: ReplyId) -> Result<(SessionId, String), Problem> {
        let mut reader = self.reader().await?;
        let written = marks::written(&mut reader, id).await.map_err(StorageError::from)?;
        let written = written.ok_or(ReplyError::Gone)?;
        let contact = contact_of(&mut reader, &written).await.map_err(StorageError::from)?;
        match refusal(&mut reader, &written, contact).await.map_err(StorageError::from)? {
            Some(ChatRefusal::OptedOut) => return Err(CampaignError::Unwanted.into()),
            Some(ChatRefusal::Hidden) => return Err(ReplyError::Hidden.into()),
            Some(ChatRefusal::NumberGone) => return Err(ReplyError::NumberGone.into()),
            None => {}
        }
        let contact = match &written.sender {
            Sender::Phone(_) => owner_of(&mut reader, &written.sender).await.map_err(StorageError::from)?,
            Sender::Lid(_) => contact,
        };
        drop(reader);
        let phone = match (contact, written.sender) {
            // Whoever became one with another is answered where they wrote.
            (Some(contact), Sender::Phone(phone)) => {
                let known = contact::store::by_id(self.db.read(), contact).await?.phone;
                if is_spelling(&known, &phone) { known } else { phone }
            }
            (Some(contact), Sender::Lid(_)) => contact::store::by_id(self.db.read(), contact).await?.phone,
            (None, Sender::Phone(phone)) => phone,
            (None, Sender::Lid(_)) => return Err(ReplyError::Hidden.into()),
        };
        Ok((written.session, phone))
    }
}

fn is_spelling(one: &str, other: &str) -> bool {
    Phone::from_e164(one).is_some_and(|phone| phone.spellings().iter().any(|spelling| spelling.to_string() == other))
}

/// So many replies are held in memory while they are written.
const AT_ONCE: u32 = 500;

const HEADERS: [&str; 9] = [
    "list_phone",
    "report_name",
    "list_date",
    "list_time",
    "list_answer",
    "list_text",
    "report_opted_out",
    "list_campaign",
    "live_col_number",
];

fn cells(row: &ReplyRow, zone: Tz, yes: &str) -> [Cell<'static>; 9] {
    let at = local(row.at, zone);
    let text = |text: &str| Cell::Text(text.to_owned().into());
    [
        text(&row.phone_shown),
        text(&row.name),
        Cell::Day(at.date_naive()),
        text(&at.format("%H:%M").to_string()),
        text(&row.chosen.join(", ")),
        text(&row.text),
        text(if row.stop || row.opted_out { yes } else { "" }),
        text(&row.campaign_name),
        text(&row.session_name),
    ]
}

async fn name_campaigns(db: &mut SqliteConnection, rows: &mut [ReplyRow]) -> Result<(), sqlx::Error> {
    let names = campaign_names(db, rows.iter().filter_map(|row| row.campaign_id)).await?;
    for row in rows {
        row.campaign_id = row.campaign_id.filter(|id| names.contains_key(id));
        row.campaign_name = row.campaign_id.and_then(|id| names.get(&id)).cloned().unwrap_or_default();
    }
    Ok(())
}

async fn campaign_names(
    db: &mut SqliteConnection,
    ids: impl Iterator<Item = CampaignId>,
) -> Result<BTreeMap<CampaignId, String>, sqlx::Error> {
    let ids: BTreeSet<CampaignId> = ids.collect();
    let ids: Vec<CampaignId> = ids.into_iter().collect();
    Ok(campaigns::by_ids(db, &ids).await?.into_iter().map(|campaign| (campaign.id, campaign.name)).collect())
}

/// Everything by which the person of a reply is known.
fn stopped(sender: Sender, contact: Option<ContactId>) -> Stopped {
    match sender {
        Sender::Phone(phone) => Stopped { phones: vec![phone], lid: None, contact },
        Sender::Lid(lid) => Stopped { phones: Vec::new(), lid: Some(lid), contact },
    }
}

/// The contact as it is at this moment: one that came into the list after the reply, too.
async fn contact_of(db: &mut SqliteConnection, written: &Written) -> Result<Option<ContactId>, sqlx::Error> {
    let linked: Vec<ContactId> = written.contact.into_iter().collect();
    let there = contact::store::called(db, &linked).await?.into_keys().next();
    match there {
        Some(id) => Ok(Some(id)),
        None => owner_of(db, &written.sender).await,
    }
}

/// The contact that has the sender's phone, in whatever spelling.
async fn owner_of(db: &mut SqliteConnection, sender: &Sender) -> Result<Option<ContactId>, sqlx::Error> {
    match sender.phone() {
        Some(phone) => contact::store::by_any_spelling(db, phone).await,
        None => Ok(None),
    }
}

async fn refusal(
    db: &mut SqliteConnection,
    written: &Written,
    contact: Option<ContactId>,
) -> Result<Option<ChatRefusal>, sqlx::Error> {
    let known: Vec<ContactId> = contact.into_iter().collect();
    let black = contact::store::called(db, &known).await?.values().any(|(_, standing)| *standing == Standing::Black);
    let on_list = sessions::all(db).await?.iter().any(|session| session.id == written.session);
    Ok(if black || suppressions::is_suppressed(db, written.sender.as_str()).await? {
        Some(ChatRefusal::OptedOut)
    } else if contact.is_none() && written.sender.phone().is_none() {
        Some(ChatRefusal::Hidden)
    } else {
        (!on_list).then_some(ChatRefusal::NumberGone)
    })
}

async fn lines(
    db: &mut SqliteConnection,
    written: &Written,
    contact: Option<ContactId>,
) -> Result<Vec<ChatLine>, sqlx::Error> {
    let theirs = chat::newest(db, written.session, &written.sender, SHOWN).await?;
    // An answer goes to the phone that wrote, which may be another contact's by then.
    let people = BTreeSet::from_iter(contact.into_iter().chain(owner_of(db, &written.sender).await?));
    let mut ours = Vec::new();
    for person in people {
        ours.extend(chats::newest(db, written.session, person, SHOWN).await?);
    }
    let names = campaign_names(db, ours.iter().filter_map(|line| line.campaign)).await?;
    let ids: Vec<ReplyId> = theirs.iter().map(|line| line.id).collect();
    let mut files = files::of(db, &ids).await?;
    let with_files =
        |line: Theirs| ChatLine { files: files.remove(&line.id).unwrap_or_default(), ..ChatLine::from(line) };
    let mut lines: Vec<ChatLine> = theirs.into_iter().map(with_files).collect();
    lines.extend(ours.into_iter().map(|line| {
        let campaign_name = line.campaign.and_then(|id| names.get(&id)).cloned().unwrap_or_default();
        ChatLine { campaign_name, ..ChatLine::from(line) }
    }));
    lines.sort_by_key(|line| line.at);
    Ok(lines.split_off(lines.len().saturating_sub(SHOWN as usize)))
}

impl From<Theirs> for ChatLine {
    fn from(Theirs { id, at, text, cleared_at, chosen }: Theirs) -> Self {
        Self {
            at,
            text,
            cleared_at,
            reply_id: Some(id),
            chosen,
            files: Vec::new(),
            message_id: None,
            state: None,
            reaction: None,
            campaign_name: String::new(),
        }
    }
}

impl From<Ours> for ChatLine {
    fn from(Ours { message, text, cleared_at, state, reaction, at, .. }: Ours) -> Self {
        Self {
            at,
            text,
            cleared_at,
            reply_id: None,
            chosen: Vec::new(),
            files: Vec::new(),
            message_id: Some(message),
            state: Some(state),
            reaction,
            campaign_name: String::new(),
        }
    }
}
