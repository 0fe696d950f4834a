//! Messages that a program asks for: one at a time, or the same to many.
//!
//! All of one message is one transaction: the contact where it is new, the message with its parts, their credits, the
//! queue they stand in, and what the program is answered. So an answer is true whatever happens after it, and a request
//! that comes twice under one key is answered twice and sent once.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Serialize};

use super::{Problem, Programs, given};
use crate::app::direct::refuse_skipped;
use crate::campaign::CampaignError;
use crate::campaign::compose::{Content, MOST_FILES};
use crate::campaign::review::refuse_misnamed;
use crate::campaign::schedule::Freezing;
use crate::category::Category;
use crate::clock::{DAY, Millis};
use crate::contact::permission::{Moment, Purpose};
use crate::contact::phone::{self, Country, Phone};
use crate::contact::store as contacts;
use crate::contact::store::audience::{Person, Whom, person_at};
use crate::contact::{ContactEdit, ContactError, variable};
use crate::db::{StorageError, Tx, unreadable};
use crate::ids::{CampaignId, ContactId, LinkPreviewId, MessageId, SessionId, TemplateId, UploadId};
use crate::ledger::{Book, LedgerError, store as ledger};
use crate::mail::store as mail;
use crate::media::store::uploads;
use crate::media::{Attached, MediaKind};
use crate::outbox::state::Origin;
use crate::outbox::store::queue::{self, NewMessage, Standing};
use crate::program::{Once, Program, ProgramError, store};
use crate::session::SessionKind;
use crate::session::store as sessions;
use crate::template::store as templates;
use crate::template::{Choice, Template, variables, whole_text};
use crate::text::is_blank;

/// Where nobody says otherwise: behind what the owner writes by hand, before campaigns of the usual priority.
pub const USUAL_PRIORITY: u8 = 3;
const FURTHEST: Millis = 400 * DAY;
const ADDRESS: &str = "@s.whatsapp.net";

/// What is to be said, to one person or to many.
#[derive(Clone, Debug, Default)]
pub struct Matter {
    pub text: Option<String>,
    pub template: Option<TemplateId>,
    pub choice: Option<Choice>,
    pub media: Vec<UploadId>,
    /// 1 is first, 10 last.
    pub priority: Option<u8>,
    /// Not before then; at once where it is past.
    pub send_at: Option<Millis>,
    /// Over this number alone; else over any linked one.
    pub number: Option<SessionId>,
    /// The template's where none is given.
    pub category: Option<Category>,
    /// Outside the sending hours too, and before everything that waits.
    pub urgent: bool,
    /// Where phones without a country code are from; the owner's country where none is given.
    pub country: Option<String>,
}

/// To whom, and what fills the variables for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// A phone, or an address that ends in `@s.whatsapp.net`.
    pub to: String,
    /// What somebody new is called.
    #[serde(default)]
    pub name: Option<String>,
    /// These go before the fields of the contact.
    #[serde(default)]
    pub data: BTreeMap<String, String>,
}

/// A message that will go out unless something forbids it by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub id: MessageId,
    pub contact_id: ContactId,
    pub parts: i64,
    /// What they cost; none where it was accepted before parts had prices, when each cost one.
    #[serde(default)]
    pub credits: Option<i64>,
    pub due_at: Millis,
}

/// An answer, and whether the same request got it before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    pub answer: T,
    pub again: bool,
}

impl<T> Given<T> {
    pub(super) fn first(answer: T) -> Self {
        Self { answer, again: false }
    }

    pub(super) fn again(answer: T) -> Self {
        Self { answer, again: true }
    }
}

/// What is to be said, looked up and frozen: a template that changes changes nothing of it any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Frozen {
    text: String,
    choice: Option<Choice>,
    media: Vec<FrozenFile>,
    category: Category,
    over: Vec<SessionId>,
    book: Book,
    priority: u8,
    urgent: bool,
    due_at: Option<Millis>,
    country: String,
    origin: Origin,
    /// Its template wants an e-mail where WhatsApp does not reach.
    #[serde(default)]
    by_mail: bool,
    /// Of its template.
    link_preview: Option<LinkPreviewId>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FrozenFile {
    sha256: String,
    kind: String,
    name: Option<String>,
}

impl FrozenFile {
    fn of(file: &Attached) -> Self {
        Self {
            sha256: HEXLOWER_PERMISSIVE.encode(&file.sha256),
            kind: file.kind.as_str().to_owned(),
            name: file.name.as_deref().map(str::to_owned),
        }
    }

    fn attached(&self) -> Result<Attached, sqlx::Error> {
        let wrong = |error: &dyn std::fmt::Display| unreadable(format!("a file of a list of messages: {error}"));
        let sha256 = HEXLOWER_PERMISSIVE.decode(self.sha256.as_bytes()).map_err(|error| wrong(&error))?;
        let sha256 = sha256.try_into().map_err(|_| wrong(&"its hash"))?;
        let kind: MediaKind = self.kind.parse().map_err(|error: crate::stored::UnknownWord| wrong(&error))?;
        Ok(Attached { sha256, kind, name: self.name.as_deref().map(Into::into) })
    }
}

impl Frozen {
    fn content(&self) -> Result<Content, Problem> {
        let template = Template::parse(&whole_text(&self.text, self.choice.as_ref())).map_err(CampaignError::from)?;
        let offer = self.choice.as_ref().map(Choice::offer).transpose().map_err(CampaignError::from)?;
        let media: Result<Vec<Attached>, sqlx::Error> = self.media.iter().map(FrozenFile::attached).collect();
        Ok(Content {
            template,
            offer: offer.flatten(),
            media: media.map_err(StorageError::from)?,
            link_preview: self.link_preview,
            purpose: Purpose { category: self.category, on_basis: false },
            // A program names each person.
            to_made_up: true,
        })
    }

    /// The files that its messages carry, by their hashes.
    pub(super) fn files(&self) -> Result<BTreeSet<[u8; 32]>, Problem> {
        let files: Result<BTreeSet<_>, sqlx::Error> =
            self.media.iter().map(|file| file.attached().map(|file| file.sha256)).collect();
        Ok(files.map_err(StorageError::from)?)
    }

    /// Where it does not arrive, no e-mail goes instead.
    pub(super) fn without_mail(self) -> Self {
        Self { by_mail: false, ..self }
    }

    /// What fills its variables for a recipient, in a transaction that is undone.
    pub(super) async fn values(
        &self,
        tx: &mut Tx,
        to: &Recipient,
        now: Millis,
    ) -> Result<BTreeMap<String, String>, Problem> {
        let moment = Moment { at: now, promotion_gap: 0 };
        let person = person_for(tx, to, self.country()?, moment, now).await?;
        let value = |name: String| Some((name.clone(), person.value(&name)?.to_owned()));
        Ok(variables(&self.text, self.choice.as_ref()).into_iter().filter_map(value).collect())
    }

    pub(super) fn country(&self) -> Result<Country, Problem> {
        let none = || ContactError::Country { country: self.country.clone() };
        Ok(Country::of(&self.country).ok_or_else(none)?)
    }
}

impl Programs {
    /// Takes one message in, to be sent as soon as it may.
    pub async fn send(
        &self,
        program: Program,
        once: Option<&Once>,
        matter: &Matter,
        to: &Recipient,
    ) -> Result<Given<Accepted>, Problem> {
        if let Some(answer) = self.answered(once).await? {
            return Ok(Given::again(answer));
        }
        let along: Vec<&str> = to.data.keys().map(String::as_str).collect();
        let frozen = self.freeze(program.rights.urgent, matter, &along, Origin::Api).await?;
        let _whole = self.freezing.read().await;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if let Some(once) = once {
            // The same request may have been taken in while this one waited for the writer.
            let answered = store::answered(&mut tx, once).await.map_err(|error| self.db.error(error))??;
            if let Some(answer) = given(answered)? {
                return Ok(Given::again(answer));
            }
        }
        let (queue, accepted) = self.take_in_one(&mut tx, &frozen, to, now).await?;
        if let Some(once) = once {
            store::remember(&mut tx, once, &accepted, now).await.map_err(|error| self.db.error(error))?;
        }
        self.db.commit(tx).await?;
        self.campaigns.changed(queue);
        Ok(Given::first(accepted))
    }

    /// One message inside the caller's transaction.
    pub(super) async fn take_in_one(
        &self,
        tx: &mut Tx,
        frozen: &Frozen,
        to: &Recipient,
        now: Millis,
    ) -> Result<(CampaignId, Accepted), Problem> {
        let mut taken = self.take_in(tx, frozen, std::slice::from_ref(to), now).await?;
        let accepted = taken.outcomes.pop().unwrap_or_else(|| Err(CampaignError::Nobody.into()))?;
        let queue = taken.queue.ok_or(CampaignError::Nobody)?;
        Ok((queue, accepted))
    }

    /// Looks up all that a message needs beside its recipient, and refuses what can never be sent. `along` are the
    /// variables that come with it.
    pub(super) async fn freeze(
        &self,
        may_be_urgent: bool,
        matter: &Matter,
        along: &[&str],
        origin: Origin,
    ) -> Result<Frozen, Problem> {
        let now = self.now();
        if matter.urgent && !may_be_urgent {
            return Err(ProgramError::NotUrgent.into());
        }
        let priority = matter.priority.unwrap_or(USUAL_PRIORITY);
        if !(1..=10).contains(&priority) {
            return Err(ProgramError::Priority.into());
        }
        if matter.send_at.is_some_and(|at| at > now + FURTHEST) {
            return Err(ProgramError::TooFar.into());
        }
        let country = self.country_of(matter.country.as_deref()).await?.code();
        let said = self.said(matter).await?;
        let over = self.over(matter.number).await?;
        let book = self.campaigns.book_of(&over).await?;
        self.campaigns.dispatcher.refuse_stopped(book)?;
        let frozen = Frozen {
            text: said.text,
            choice: said.choice,
            media: said.media.iter().map(FrozenFile::of).collect(),
            category: matter.category.unwrap_or(said.category),
            over,
            book,
            priority,
            urgent: matter.urgent,
            due_at: matter.send_at,
            country,
            origin,
            by_mail: self.wants_mail(matter.template).await?,
            link_preview: said.link_preview,
        };
        let content = frozen.content()?;
        // One without a fallback is refused for whoever has no value.
        refuse_misnamed(&mut *self.reader().await?, &content.with_fallback(), along).await?;
        Ok(frozen)
    }

    async fn wants_mail(&self, template: Option<TemplateId>) -> Result<bool, Problem> {
        let Some(template) = template else { return Ok(false) };
        let wanted = mail::is_wanted(&mut *self.reader().await?, mail::Kind::Template, template.0).await;
        Ok(wanted.map_err(|error| self.db.error(error))?)
    }

    async fn said(&self, matter: &Matter) -> Result<Said, Problem> {
        let mut reader = self.reader().await?;
        let mut said = match (&matter.text, matter.template) {
            (Some(text), Some(_)) if !is_blank(text) => return Err(ProgramError::TwoContents.into()),
            (_, Some(id)) => {
                let template = templates::by_id(&mut reader, id).await.map_err(|error| self.db.error(error))?;
                let template = template.ok_or(crate::template::exchange::TemplateFileError::Gone)?;
                if !template.active {
                    return Err(ProgramError::TemplateOff { name: template.name }.into());
                }
                let media = template.media.iter().map(crate::media::attachment::MediaItem::attached).collect();
                let link_preview = template.link_preview.filter(|card| card.belongs_to(&template.text));
                Said {
                    text: template.text,
                    choice: template.choice,
                    media,
                    link_preview: link_preview.map(|card| card.id),
                    category: template.category,
                }
            }
            (text, None) => {
                let text = text.clone().unwrap_or_default();
                Said { text, choice: None, media: Vec::new(), link_preview: None, category: Category::default() }
            }
        };
        if matter.choice.is_some() {
            said.choice.clone_from(&matter.choice);
        }
        if let Some(flaw) = said.choice.as_ref().and_then(Choice::flaw) {
            return Err(CampaignError::from(flaw).into());
        }
        for id in &matter.media {
            let file = uploads::attached(&mut reader, *id).await.map_err(|error| self.db.error(error))?;
            said.media.push(file.ok_or(ProgramError::NoSuchUpload)?);
        }
        if said.media.len() > MOST_FILES {
            return Err(CampaignError::TooManyFiles { most: MOST_FILES }.into());
        }
        if is_blank(&said.text) && said.choice.is_none() && said.media.is_empty() {
            return Err(ProgramError::NoContent.into());
        }
        Ok(said)
    }

    /// The numbers that may send it. Practice reaches nobody, so it is never meant by leaving the number away.
    async fn over(&self, number: Option<SessionId>) -> Result<Vec<SessionId>, Problem> {
        let sessions = sessions::all(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let chosen: Vec<SessionId> = match number {
            Some(number) => sessions.iter().map(|session| session.id).filter(|id| *id == number).collect(),
            None => {
                let linked = sessions.iter().filter(|session| session.kind == SessionKind::Whatsapp);
                linked.map(|session| session.id).collect()
            }
        };
        match (chosen.is_empty(), number) {
            (false, _) => Ok(chosen),
            (true, Some(_)) => Err(ProgramError::NoSuchNumber.into()),
            (true, None) => Err(CampaignError::NoNumber.into()),
        }
    }

    /// The practice number's id, for programs that are tried out.
    pub fn practice_number(&self) -> SessionId {
        self.practice_id
    }

    /// Takes recipients in, in one transaction of the caller's: each with a message, or with why there is none. What stops
    /// all of them is an error.
    pub(super) async fn take_in(
        &self,
        tx: &mut Tx,
        frozen: &Frozen,
        recipients: &[Recipient],
        now: Millis,
    ) -> Result<Taken, Problem> {
        let content = frozen.content()?;
        let country = frozen.country()?;
        let purpose = content.purpose;
        let due_at = frozen.due_at.unwrap_or(now).max(now);
        let settings = crate::settings::load(tx).await.map_err(|error| self.db.error(error))?;
        let moment = Moment { at: due_at, promotion_gap: settings.promotion_gap() };
        let mut freezing = Freezing::of(content, false, settings.prices, now);
        let mut free = ledger::balance(tx, frozen.book).await.map_err(|error| self.db.error(error))?.free();
        let (mut messages, mut outcomes): (Vec<NewMessage>, Vec<_>) = (Vec::new(), Vec::new());
        for recipient in recipients {
            store::begin_one(tx).await.map_err(|error| self.db.error(error))?;
            let composed = message_for(tx, &mut freezing, recipient, country, moment, now).await;
            let covered = composed.and_then(|message| covered(message, &mut free));
            if let Err(problem) = &covered
                && problem.code.starts_with("storage.")
                && problem.code != UNREADABLE
            {
                return Err(problem.clone());
            }
            store::end_one(tx, covered.is_ok()).await.map_err(|error| self.db.error(error))?;
            outcomes.push(covered.map(|message| {
                let parts = i64::try_from(message.parts.len()).unwrap_or(i64::MAX);
                let credits = Some(message.price());
                let accepted = Accepted { id: message.id, contact_id: message.contact, parts, credits, due_at };
                messages.push(message);
                accepted
            }));
        }
        let queue = match messages.is_empty() {
            true => None,
            false => Some(self.enqueue(tx, frozen, purpose, due_at, &messages, now).await?),
        };
        Ok(Taken { queue, outcomes, messages })
    }

    async fn enqueue(
        &self,
        tx: &mut Tx,
        frozen: &Frozen,
        purpose: Purpose,
        due_at: Millis,
        messages: &[NewMessage],
        now: Millis,
    ) -> Result<CampaignId, Problem> {
        let charges: Vec<_> = messages.iter().flat_map(NewMessage::charges).collect();
        let shared = Standing {
            book: frozen.book,
            sessions: &frozen.over,
            priority: frozen.priority,
            urgent: frozen.urgent,
            keep_hours: !frozen.urgent,
        };
        let put = async {
            let queue = queue::standing(tx, &shared, now).await?;
            queue::add(tx, queue, frozen.origin, purpose, due_at, messages, now).await?;
            ledger::hold(tx, frozen.book, queue, &charges, "", now).await?;
            if frozen.by_mail {
                for message in messages {
                    mail::want(tx, mail::Kind::Message, message.id.0, true, now).await?;
                }
            }
            queue::go_on(tx, queue).await?;
            Ok::<_, LedgerError>(queue)
        };
        put.await.map_err(|error| match error {
            LedgerError::Storage(error) => of_one(error),
            error => error.into(),
        })
    }
}

/// What lies with the rows of one recipient, and will be so again.
pub(super) const UNREADABLE: &str = "storage.unreadable";

/// An error that lies with what is stored has one code, whatever the database calls it; the others pass or concern all.
fn of_one(error: StorageError) -> Problem {
    if error.is_unreadable() {
        let reason = error.to_string();
        return StorageError::Unreadable { folder: "the data folder".to_owned(), reason }.into();
    }
    error.into()
}

/// What a message says, before anything is filled in.
struct Said {
    text: String,
    choice: Option<Choice>,
    media: Vec<Attached>,
    link_preview: Option<LinkPreviewId>,
    category: Category,
}

/// What became of recipients, in their order.
pub(super) struct Taken {
    /// None where nobody gets anything.
    pub queue: Option<CampaignId>,
    pub outcomes: Vec<Result<Accepted, Problem>>,
    pub messages: Vec<NewMessage>,
}

/// Takes the message's credits from those that are free.
fn covered(message: NewMessage, free: &mut i64) -> Result<NewMessage, Problem> {
    let needed = message.price();
    if needed > (*free).max(0) {
        return Err(LedgerError::Short { shortage: needed - *free, needed, free: *free }.into());
    }
    *free -= needed;
    Ok(message)
}

async fn message_for(
    tx: &mut Tx,
    freezing: &mut Freezing,
    recipient: &Recipient,
    country: Country,
    moment: Moment,
    now: Millis,
) -> Result<NewMessage, Problem> {
    let message = freezing.message(&person_for(tx, recipient, country, moment, now).await?)?;
    refuse_skipped(&message)?;
    Ok(message)
}

/// Whom a message is for, with what comes along.
async fn person_for(
    tx: &mut Tx,
    recipient: &Recipient,
    country: Country,
    moment: Moment,
    now: Millis,
) -> Result<Person, Problem> {
    let phone = address(&recipient.to, country)?;
    let contact = contact_with(tx, phone, recipient, country, now).await?;
    let person = person_at(tx, Whom::One(contact), moment, 0).await.map_err(|error| of_one(error.into()))?;
    let mut person = Person { phone: phone.to_string(), ..person.ok_or(CampaignError::Nobody)? };
    if let Some(name) = recipient.name.as_ref().filter(|name| !is_blank(name)) {
        person.name = name.trim().to_owned();
    }
    // What comes along goes before a field of the contact, however either is written.
    person.fields.retain(|name, _| !recipient.data.keys().any(|given| variable::is_same(given, name)));
    person.fields.extend(recipient.data.clone());
    Ok(person)
}

/// The contact behind a phone in any of its spellings, made where it is new.
async fn contact_with(
    tx: &mut Tx,
    phone: Phone,
    recipient: &Recipient,
    country: Country,
    now: Millis,
) -> Result<ContactId, Problem> {
    let phone = phone.to_string();
    if let Some(known) = contacts::holder(tx, &phone).await.map_err(|error| of_one(error.into()))? {
        return Ok(known);
    }
    if let Some(known) = contacts::by_any_spelling(tx, &phone).await.map_err(|error| of_one(error.into()))? {
        return Ok(known);
    }
    let edit = ContactEdit { phone, name: recipient.name.clone().unwrap_or_default(), ..ContactEdit::default() };
    match contacts::save(tx, &edit, country, now).await {
        Ok(saved) => Ok(saved.id),
        Err(ContactError::Storage(error)) => Err(of_one(error)),
        Err(error) => Err(error.into()),
    }
}

/// A phone as programs write it.
pub(super) fn address(to: &str, country: Country) -> Result<Phone, Problem> {
    let to = to.trim();
    let phone = match to.split_once('@') {
        None => phone::parse(to, country),
        Some((digits, _)) => {
            let is_one =
                to.ends_with(ADDRESS) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_one || digits.len() + ADDRESS.len() != to.len() {
                return Err(ProgramError::Address { to: to.chars().take(60).collect() }.into());
            }
            phone::parse(&format!("+{digits}"), country)
        }
    };
    Ok(phone.map_err(ContactError::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::state::PartKind;

    #[test]
    fn a_recipient_is_a_phone_or_an_address_of_whatsapp_and_nothing_else() {
        let turkey = Country::of("TR").unwrap();
        let of = |to: &str| address(to, turkey).map(|phone| phone.to_string()).map_err(|problem| problem.code);
        for to in ["+90 538 555 02 14", "0538 555 02 14", "905385550214@s.whatsapp.net"] {
            assert_eq!(of(to), Ok("+905385550214".to_owned()), "{to}");
        }
        for to in [
            "905385550214@g.us",
            "905385550214@lid",
            "@s.whatsapp.net",
            "90538555a214@s.whatsapp.net",
            "1@2@s.whatsapp.net",
        ] {
            assert_eq!(of(to), Err("program.address".to_owned()), "{to}");
        }
        assert!(of("12@s.whatsapp.net").is_err());
    }

    #[test]
    fn credits_are_taken_in_order_until_they_are_short() {
        let message = |price: i64| NewMessage {
            id: crate::ids::IdGenerator::at(0).next(),
            contact: crate::ids::IdGenerator::at(0).next(),
            phone: String::new(),
            name: String::new(),
            text: String::new(),
            question: None,
            options: None,
            skipped: None,
            parts: vec![queue::NewPart {
                id: crate::ids::IdGenerator::at(0).next(),
                wire_id: String::new(),
                kind: PartKind::Text,
                price,
                media: None,
                link_preview: None,
                with_text: true,
                clock: None,
            }],
        };
        let mut free = 3;
        assert!(covered(message(2), &mut free).is_ok());
        let short = covered(message(2), &mut free).err().unwrap();
        assert_eq!(short.params["shortage"], "1");
        assert!(covered(message(1), &mut free).is_ok());
        assert_eq!(free, 0);
        assert!(covered(message(0), &mut free).is_ok());
    }
}
