//! Scheduling: from a draft to parts in the outbox with their credits held.
//!
//! Small audiences take one transaction. Large ones take several, invisible to the planner until the last one opens
//! the queue; one that was interrupted goes on at the next start from the last contact it had reached.

use data_encoding::HEXUPPER;
use tokio::sync::mpsc;

use super::audience::{Audience, Person};
use super::compose::{Composed, Content, compose};
use super::draft::{Draft, StoredState};
use super::review::{Survey, blockers, survey};
use super::{CampaignError, store};
use crate::clock::Millis;
use crate::db::{Db, Readers, Tx};
use crate::ids::{CampaignId, ContactId, IdGenerator};
use crate::ledger::store::{balance, hold, refuse_shortage};
use crate::outbox::state::{Origin, SkipReason};
use crate::outbox::store::queue::{self, NewMessage, NewPart, NewQueue};

/// Contacts that are read and rendered together.
const CHUNK: u32 = 5_000;
/// Chunks in one transaction: long enough to be quick, short enough not to keep sends of others waiting.
const CHUNKS: u32 = 5;

/// Refuses with everything that is in the way; `only_covered` serves as many people as the free credits cover.
pub async fn schedule(db: &Db, id: CampaignId, only_covered: bool, now: Millis) -> Result<(), CampaignError> {
    let draft = store::by_id(&mut *db.read().acquire().await?, id).await?.ok_or(CampaignError::Gone)?;
    match draft.state {
        StoredState::Draft => refuse(db, &draft, only_covered).await?,
        // A full disk stopped it between two chunks: it goes on where it was.
        StoredState::Scheduling => {}
        StoredState::Scheduled | StoredState::Cancelled => return Err(CampaignError::NotADraft),
    }
    fill(db, &draft, now).await
}

/// Finishes what a crash interrupted.
pub async fn resume(db: &Db, now: Millis) -> Result<Vec<CampaignId>, CampaignError> {
    let interrupted = store::interrupted(&mut *db.read().acquire().await?).await?;
    for id in &interrupted {
        let draft = store::by_id(&mut *db.read().acquire().await?, *id).await?.ok_or(CampaignError::Gone)?;
        fill(db, &draft, now).await?;
    }
    Ok(interrupted)
}

async fn refuse(db: &Db, draft: &Draft, only_covered: bool) -> Result<(), CampaignError> {
    let mut reader = db.read().acquire().await?;
    let survey: Survey = survey(&mut reader, draft).await?;
    if let Some(blocker) = blockers(draft, &survey).into_iter().next() {
        return Err(blocker);
    }
    let balance = balance(&mut reader, draft.book).await?;
    let needed = if only_covered && survey.covered_by(balance.free()) > 0 { 0 } else { survey.credits() };
    Ok(refuse_shortage(&balance, needed)?)
}

async fn fill(db: &Db, draft: &Draft, now: Millis) -> Result<(), CampaignError> {
    let due_at = draft.due_at.unwrap_or(now).max(now);
    let after = queue::last_contact(&mut *db.read().acquire().await?, draft.id).await?;
    let mut chunks = read_ahead(Reading::after(after, db, draft, now)?);
    let mut complete = false;
    while !complete {
        let mut tx = db.begin().await?;
        begin(&mut tx, draft, due_at, now).await?;
        let mut free = balance(&mut tx, draft.book).await?.free();
        let mut parts = Vec::new();
        for _ in 0..CHUNKS {
            let mut chunk = chunks.recv().await.ok_or(sqlx::Error::WorkerCrashed)??;
            chunk.messages.iter_mut().for_each(|message| cover(message, &mut free));
            parts.extend(chunk.messages.iter().flat_map(|message| message.parts.iter().map(|part| part.id)));
            queue::add(&mut tx, draft.id, Origin::Campaign, due_at, &chunk.messages, now)
                .await
                .map_err(|error| db.error(error))?;
            complete = chunk.complete;
            if complete {
                break;
            }
        }
        hold(&mut tx, draft.book, draft.id, &parts, now).await.map_err(|error| on(db, error.into()))?;
        if complete {
            queue::open(&mut tx, draft.id).await?;
            store::end_scheduling(&mut tx, draft.id).await?;
        }
        db.commit(tx).await?;
    }
    Ok(())
}

/// Says which folder a storage error is about.
fn on(db: &Db, error: CampaignError) -> CampaignError {
    match error {
        CampaignError::Storage(crate::db::StorageError::Sql(error)) => CampaignError::Storage(db.error(error)),
        other => other,
    }
}

async fn begin(tx: &mut Tx, draft: &Draft, due_at: Millis, now: Millis) -> Result<(), CampaignError> {
    if !store::begin_scheduling(tx, draft.id, due_at, now).await? && draft.state == StoredState::Draft {
        // Between the first chunk and this one the row is `scheduling`; anything else means that somebody else was quicker.
        let state = store::by_id(tx, draft.id).await?.map(|draft| draft.state);
        if state != Some(StoredState::Scheduling) {
            return Err(CampaignError::NotADraft);
        }
    }
    let queue = NewQueue {
        id: draft.id,
        priority: draft.priority,
        due_at,
        keep_hours: draft.keeps_hours(),
        book: draft.book,
        sessions: &draft.session_ids,
    };
    Ok(queue::create(tx, &queue).await?)
}

/// Whom the free credits do not cover any more is skipped and told apart, and so is everybody behind.
fn cover(message: &mut NewMessage, free: &mut i64) {
    let credits = i64::try_from(message.parts.len()).unwrap_or(i64::MAX);
    if credits <= *free {
        *free -= credits;
    } else {
        *free = 0;
        message.skipped = Some((SkipReason::NotCovered, None));
        message.text.clear();
        message.parts.clear();
    }
}

/// The audience in chunks of frozen messages, behind one contact.
struct Reading {
    readers: Readers,
    audience: Audience,
    after: Option<ContactId>,
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
    fn after(after: Option<ContactId>, db: &Db, draft: &Draft, now: Millis) -> Result<Self, CampaignError> {
        let freezing = Freezing::of(draft.content()?, now);
        Ok(Self { readers: db.read().clone(), audience: draft.audience.clone(), after, freezing })
    }

    async fn chunk(&mut self) -> Result<Chunk, CampaignError> {
        let mut reader = self.readers.acquire().await?;
        let people = store::people_after(&mut reader, &self.audience, self.after, CHUNK).await?;
        self.after = people.last().map(|person| person.id).or(self.after);
        let messages = people.iter().map(|person| self.freezing.message(person)).collect::<Result<_, _>>()?;
        Ok(Chunk { messages, complete: people.len() < CHUNK as usize })
    }
}

/// What turns a person of the audience into a message that changes no more.
pub struct Freezing {
    content: Content,
    ids: IdGenerator,
    wire_ids: WireIds,
}

impl Freezing {
    pub fn of(content: Content, now: Millis) -> Self {
        Self { content, ids: IdGenerator::at(now), wire_ids: WireIds::default() }
    }

    pub fn message(&mut self, person: &Person) -> Result<NewMessage, CampaignError> {
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
        match compose(&self.content, person) {
            Composed::Skipped { reason, variable } => message.skipped = Some((reason, variable)),
            Composed::Message { text, answers, parts } => {
                message.text = text;
                if let Some(answers) = answers {
                    message.question = answers.question;
                    message.options = Some(answers.options);
                }
                for part in parts {
                    let (id, wire_id) = (self.ids.next(), self.wire_ids.next()?);
                    message.parts.push(NewPart {
                        id,
                        wire_id,
                        media: part.media,
                        with_text: part.with_text,
                        poll: part.poll,
                    });
                }
            }
        }
        Ok(message)
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
