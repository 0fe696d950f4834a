//! Scheduling: from a draft to parts in the outbox with their credits held.
//!
//! A small audience takes one transaction. A large one takes several short ones, between which everybody else may
//! write, and it is invisible to the planner until the last one opens the queue. Each looks whether the campaign is
//! still being scheduled, so a cancel ends it at once. One that was interrupted goes on from the last contact that it
//! had reached, at the next start or when the owner schedules again.

use data_encoding::HEXUPPER;
use sqlx::SqliteConnection;
use tokio::sync::mpsc;

use super::audience::Target;
use super::compose::{Composed, Content, Layout, Reached, compose};
use super::draft::{Draft, StoredState};
use super::review::{Survey, blockers, survey, survey_after};
use super::{CampaignError, store};
use crate::clock::Millis;
use crate::contact::permission::Moment;
use crate::contact::phone::WhoseClock;
use crate::contact::segment::store::values;
use crate::contact::store::audience::{Person, people_after};
use crate::db::{Db, Readers, Tx};
use crate::ids::{CampaignId, ContactId, IdGenerator};
use crate::ledger::LedgerError;
use crate::ledger::store::{self as ledger, balance, hold};
use crate::outbox::price::Prices;
use crate::outbox::state::{Origin, PartKind, SkipReason};
use crate::outbox::store::queue::{self, NewMessage, NewPart, NewQueue};
use crate::settings;

/// Contacts that are read, rendered and written together: so few that a cancel or a send of others, which waits for
/// the transaction to end, does not notice.
const CHUNK: u32 = 500;

/// Refuses with everything that is in the way; `only_covered` serves as many people as the free credits cover.
pub async fn schedule(db: &Db, id: CampaignId, only_covered: bool, now: Millis) -> Result<(), CampaignError> {
    loop {
        let draft = Draft { only_covered, ..by_id(db, id, now).await? };
        if draft.revises.is_some() || draft.repeat.is_some() {
            return Err(CampaignError::NotADraft);
        }
        match draft.state {
            StoredState::Draft => refuse(db, &draft, now).await?,
            // It was cut off between two chunks: it goes on where it was.
            StoredState::Scheduling => refuse_shortage(db, &draft, now).await?,
            StoredState::Scheduled | StoredState::Cancelled => return Err(CampaignError::NotADraft),
        }
        // A save that came in the meantime is what the owner wants sent: it is looked at and scheduled instead.
        if fill(db, &draft, now).await? == Filled::Complete {
            return Ok(());
        }
    }
}

/// Finishes what a crash interrupted, as the owner had chosen it.
pub async fn resume(db: &Db, id: CampaignId, now: Millis) -> Result<(), CampaignError> {
    let draft = by_id(db, id, now).await?;
    if draft.state == StoredState::Scheduling {
        match fill(db, &draft, now).await {
            // Its owner has cancelled it in the meantime, and knows.
            Ok(_) | Err(CampaignError::Cancelled) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// As it was frozen, or as it would be at this moment.
async fn by_id(db: &Db, id: CampaignId, now: Millis) -> Result<Draft, CampaignError> {
    values::settle(db).await?;
    let mut reader = db.read().acquire().await?;
    let mut draft = store::by_id(&mut reader, id).await?.ok_or(CampaignError::Gone)?;
    if draft.frozen.is_none() {
        draft.frozen = Some(draft.audience.freeze(&mut reader, now).await?);
    }
    Ok(draft)
}

async fn refuse(db: &Db, draft: &Draft, now: Millis) -> Result<(), CampaignError> {
    let mut reader = db.read().acquire().await?;
    let survey = survey(&mut reader, draft, now).await?;
    let hours = settings::load(&mut reader).await?.hours();
    match blockers(draft, &survey, &hours, now).into_iter().next() {
        Some(blocker) => Err(blocker),
        None => refuse_uncovered(&mut reader, draft, &survey).await,
    }
}

/// Of those who are not scheduled yet.
async fn refuse_shortage(db: &Db, draft: &Draft, now: Millis) -> Result<(), CampaignError> {
    let mut reader = db.read().acquire().await?;
    let after = queue::last_contact(&mut reader, draft.id).await?;
    let rest = survey_after(&mut reader, draft, after, now).await?;
    refuse_uncovered(&mut reader, draft, &rest).await
}

async fn refuse_uncovered(reader: &mut SqliteConnection, draft: &Draft, survey: &Survey) -> Result<(), CampaignError> {
    let balance = balance(reader, draft.book).await?;
    let needed = if draft.only_covered && survey.covered_by(balance.free()) > 0 { 0 } else { survey.credits() };
    Ok(ledger::refuse_shortage(&balance, needed)?)
}

#[derive(PartialEq, Eq)]
enum Filled {
    Complete,
    /// The draft was saved since it was read, and nothing was written.
    Outdated,
}

async fn fill(db: &Db, draft: &Draft, now: Millis) -> Result<Filled, CampaignError> {
    let due_at = draft.leaves_at(now);
    let mut reader = db.read().acquire().await?;
    let after = queue::last_contact(&mut reader, draft.id).await?;
    let prices = draft.prices(&mut reader).await?;
    drop(reader);
    let mut chunks = read_ahead(Reading::after(after, db, draft, prices, now).await?);
    let mut begun = draft.state == StoredState::Scheduling;
    loop {
        let chunk = chunks.recv().await.ok_or(sqlx::Error::WorkerCrashed)??;
        let complete = chunk.complete;
        let mut tx = db.begin().await?;
        if begun {
            go_on(&mut tx, draft).await?;
        } else if !begin(&mut tx, draft, due_at, prices, now).await? {
            return Ok(Filled::Outdated);
        }
        begun = true;
        let written = write(&mut tx, draft, due_at, chunk, now).await;
        if let Err(error) = written {
            drop(tx);
            return Err(explained(db, draft, error, now).await);
        }
        if complete {
            open(&mut tx, draft.id).await?;
        }
        db.commit(tx).await?;
        if complete {
            return Ok(Filled::Complete);
        }
    }
}

async fn write(tx: &mut Tx, draft: &Draft, due_at: Millis, mut chunk: Chunk, now: Millis) -> Result<(), CampaignError> {
    if draft.only_covered {
        let mut free = balance(tx, draft.book).await?.free().max(0);
        chunk.messages.iter_mut().for_each(|message| cover(message, &mut free));
    }
    queue::add(tx, draft.id, Origin::Campaign, draft.purpose(), due_at, &chunk.messages, now).await?;
    let charges: Vec<_> = chunk.messages.iter().flat_map(NewMessage::charges).collect();
    Ok(hold(tx, draft.book, draft.id, &charges, "", now).await?)
}

/// A shortage is told of everybody who is left, not of those who were being written.
async fn explained(db: &Db, draft: &Draft, error: CampaignError, now: Millis) -> CampaignError {
    match error {
        CampaignError::Ledger(LedgerError::Short { .. }) => {
            refuse_shortage(db, draft, now).await.err().unwrap_or(error)
        }
        error => on(db, error),
    }
}

/// The campaign and its queue leave the building together, or not at all.
async fn open(tx: &mut Tx, id: CampaignId) -> Result<(), CampaignError> {
    match store::end_scheduling(tx, id).await? && queue::open(tx, id).await? {
        true => Ok(()),
        false => Err(CampaignError::Cancelled),
    }
}

/// Says which folder a storage error is about.
pub(super) fn on(db: &Db, error: CampaignError) -> CampaignError {
    match error {
        CampaignError::Storage(crate::db::StorageError::Sql(error)) => CampaignError::Storage(db.error(error)),
        other => other,
    }
}

/// False where the draft is no longer what was read.
async fn begin(tx: &mut Tx, draft: &Draft, due_at: Millis, prices: Prices, now: Millis) -> Result<bool, CampaignError> {
    if !store::begin_scheduling(tx, draft, due_at, now).await? {
        return match store::state(tx, draft.id).await? {
            Some(StoredState::Draft) => Ok(false),
            Some(_) => Err(CampaignError::NotADraft),
            None => Err(CampaignError::Gone),
        };
    }
    let queue = NewQueue {
        id: draft.id,
        priority: draft.priority,
        due_at,
        keep_hours: draft.keeps_hours(),
        hours: draft.hours,
        local_hours: draft.local_hours,
        book: draft.book,
        sessions: &draft.session_ids,
        prices,
    };
    queue::create(tx, &queue).await?;
    Ok(true)
}

/// Whoever cancels it between two transactions has the last word.
async fn go_on(tx: &mut Tx, draft: &Draft) -> Result<(), CampaignError> {
    match store::go_on_scheduling(tx, draft).await? {
        true => Ok(()),
        false => Err(CampaignError::Cancelled),
    }
}

/// Whom the free credits do not cover any more is skipped and told apart, and so is everybody behind.
fn cover(message: &mut NewMessage, free: &mut i64) {
    let price = message.price();
    if price <= *free {
        *free -= price;
    } else {
        // Nor does anybody behind who costs nothing.
        *free = -1;
        message.skipped = Some((SkipReason::NotCovered, None));
        message.text.clear();
        message.parts.clear();
    }
}

/// The audience in chunks of frozen messages, behind one contact.
struct Reading {
    readers: Readers,
    target: Target,
    moment: Moment,
    after: Option<ContactId>,
    reached: Reached,
    freezing: Freezing,
}

struct Chunk {
    messages: Vec<NewMessage>,
    /// Nobody comes after it.
    complete: bool,
}

/// On a task of its own, so that the next chunk is read and rendered while one is being written.
fn read_ahead(mut reading: Reading) -> mpsc::Receiver<Result<Chunk, CampaignError>> {
    let (chunks, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let chunk = reading.chunk().await;
            let last = chunk.as_ref().map_or(true, |chunk| chunk.complete);
            if chunks.send(chunk).await.is_err() || last {
                return;
            }
        }
    });
    receiver
}

impl Reading {
    async fn after(
        after: Option<ContactId>,
        db: &Db,
        draft: &Draft,
        prices: Prices,
        now: Millis,
    ) -> Result<Self, CampaignError> {
        let freezing = Freezing::of(draft.content()?, draft.local_hours, prices, now);
        let mut reader = db.read().acquire().await?;
        let moment = draft.moment(&mut reader, now).await?;
        let target = draft.target(&mut reader, now).await?;
        let reached = Reached::of(&queue::written_to(&mut reader, draft.id).await?);
        Ok(Self { readers: db.read().clone(), target, moment, after, reached, freezing })
    }

    async fn chunk(&mut self) -> Result<Chunk, CampaignError> {
        let mut reader = self.readers.acquire().await?;
        let people = people_after(&mut reader, self.target.whom(), self.moment, self.after, CHUNK).await?;
        self.after = people.last().map(|person| person.id).or(self.after);
        let mut freeze = |person| {
            let composed = self.reached.compose(&self.freezing.content, person);
            self.freezing.frozen(person, composed)
        };
        let messages = people.iter().map(&mut freeze).collect::<Result<_, _>>()?;
        Ok(Chunk { messages, complete: people.len() < CHUNK as usize })
    }
}

/// What turns a person of the audience into a message that changes no more.
pub struct Freezing {
    content: Content,
    local_hours: bool,
    prices: Prices,
    ids: IdGenerator,
    wire_ids: WireIds,
}

impl Freezing {
    pub fn of(content: Content, local_hours: bool, prices: Prices, now: Millis) -> Self {
        Self { content, local_hours, prices, ids: IdGenerator::at(now), wire_ids: WireIds::default() }
    }

    pub fn message(&mut self, person: &Person) -> Result<NewMessage, CampaignError> {
        let composed = compose(&self.content, person);
        self.frozen(person, composed)
    }

    fn frozen(&mut self, person: &Person, composed: Composed) -> Result<NewMessage, CampaignError> {
        let mut message = NewMessage {
            id: self.ids.next(),
            contact: person.id,
            phone: person.phone.clone(),
            name: person.name.clone(),
            text: String::new(),
            question: None,
            options: None,
            skipped: None,
            parts: Vec::new(),
        };
        match composed {
            Composed::Skipped { reason, variable } => message.skipped = Some((reason, variable)),
            Composed::Message { text, answers, parts } => {
                message.text = text;
                if let Some(answers) = answers {
                    message.question = answers.question;
                    message.options = Some(answers.options);
                }
                message.parts = self.parts(parts, &person.phone)?;
            }
        }
        Ok(message)
    }

    pub fn parts(&mut self, layout: Vec<Layout>, phone: &str) -> Result<Vec<NewPart>, CampaignError> {
        let clock = self.local_hours.then(|| WhoseClock::of(phone));
        let part = |part: Layout| {
            let (id, wire_id, kind) = (self.ids.next(), self.wire_ids.next()?, part.kind());
            let price = self.prices.of(kind);
            let link_preview = self.content.link_preview.filter(|_| kind == PartKind::Text);
            Ok(NewPart { id, wire_id, kind, price, media: part.media, link_preview, with_text: part.with_text, clock })
        };
        layout.into_iter().map(part).collect()
    }
}

/// Ids on the wire, in the form that WhatsApp's own clients use: `3EB0` and 18 random hex digits.
#[derive(Default)]
struct WireIds {
    random: Vec<u8>,
}

impl WireIds {
    fn next(&mut self) -> Result<String, CampaignError> {
        const BYTES: usize = 9;
        if self.random.len() < BYTES {
            self.random = vec![0; BYTES * 1000];
            getrandom::fill(&mut self.random).map_err(|error| sqlx::Error::Encode(error.to_string().into()))?;
        }
        let rest = self.random.split_off(self.random.len() - BYTES);
        Ok(String::from("3EB0") + &HEXUPPER.encode(&rest))
    }
}
