//! Scheduling: from a draft to parts in the outbox with their credits held.
//!
//! Small audiences take one transaction. Large ones take several, invisible to the planner until the last one opens
//! the queue; one that was interrupted goes on at the next start from the last contact it had reached.

use super::audience::Person;
use super::compose::{Composed, Content, compose};
use super::draft::{Draft, StoredState};
use super::review::{Survey, blockers, survey};
use super::{CampaignError, store};
use crate::clock::Millis;
use crate::db::Db;
use crate::ids::{CampaignId, ContactId, Mint, PartId};
use crate::ledger::store::{balance, hold, refuse_shortage};
use crate::outbox::state::SkipReason;
use crate::outbox::store::queue::{self, NewMessage, NewPart, NewQueue};

/// Contacts in one transaction: long enough to be quick, short enough not to keep sends of others waiting.
const CHUNK: u32 = 10_000;

/// Refuses with everything that is in the way; `only_covered` serves as many people as the free credits cover.
pub async fn schedule(db: &Db, id: CampaignId, only_covered: bool, now: Millis) -> Result<(), CampaignError> {
    let draft = draft_of(db, id).await?;
    refuse(db, &draft, only_covered).await?;
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

async fn draft_of(db: &Db, id: CampaignId) -> Result<Draft, CampaignError> {
    let draft = store::by_id(&mut *db.read().acquire().await?, id).await?.ok_or(CampaignError::Gone)?;
    if draft.state == StoredState::Draft { Ok(draft) } else { Err(CampaignError::NotADraft) }
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
    let content = draft.content()?;
    let due_at = draft.due_at.unwrap_or(now).max(now);
    loop {
        let mut tx = db.begin().await?;
        begin(&mut tx, draft, due_at, now).await?;
        let after: Option<ContactId> = queue::last_contact(&mut tx, draft.id).await?;
        let people = store::people_after(&mut tx, &draft.audience, after, CHUNK).await?;
        add_chunk(&mut tx, draft, &content, &people, due_at, now).await.map_err(|error| on(db, error))?;
        let complete = people.len() < CHUNK as usize;
        if complete {
            queue::open(&mut tx, draft.id).await?;
            store::end_scheduling(&mut tx, draft.id).await?;
        }
        db.commit(tx).await?;
        if complete {
            return Ok(());
        }
    }
}

/// Says which folder a storage error is about.
fn on(db: &Db, error: CampaignError) -> CampaignError {
    match error {
        CampaignError::Storage(crate::db::StorageError::Sql(error)) => CampaignError::Storage(db.error(error)),
        other => other,
    }
}

async fn begin(
    tx: &mut sqlx::SqliteConnection,
    draft: &Draft,
    due_at: Millis,
    now: Millis,
) -> Result<(), CampaignError> {
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

async fn add_chunk(
    tx: &mut sqlx::SqliteConnection,
    draft: &Draft,
    content: &Content,
    people: &[Person],
    due_at: Millis,
    now: Millis,
) -> Result<(), CampaignError> {
    let mut free = balance(tx, draft.book).await?.free();
    let mint = Mint::at(now);
    let mut wire_ids = WireIds::default();
    let mut messages = Vec::with_capacity(people.len());
    for person in people {
        messages.push(message(person, compose(content, person), &mint, &mut wire_ids, &mut free)?);
    }
    let parts: Vec<PartId> = messages.iter().flat_map(|message| message.parts.iter().map(|part| part.id)).collect();
    queue::add(tx, draft.id, due_at, &messages, now).await?;
    hold(tx, draft.book, draft.id, &parts, now).await?;
    Ok(())
}

/// Freezes one contact's message. Whom the free credits do not cover any more is skipped and told apart.
fn message(
    person: &Person,
    composed: Composed,
    mint: &Mint,
    wire_ids: &mut WireIds,
    free: &mut i64,
) -> Result<NewMessage, CampaignError> {
    let mut message = NewMessage {
        id: mint.next(),
        contact: person.id,
        phone: person.phone.clone(),
        name: person.name.clone(),
        text: String::new(),
        skipped: None,
        parts: Vec::new(),
    };
    match composed {
        Composed::Skipped { reason, variable } => message.skipped = Some((reason, variable)),
        Composed::Message { parts, .. } if i64::try_from(parts.len()).unwrap_or(i64::MAX) > *free => {
            *free = 0;
            message.skipped = Some((SkipReason::NotCovered, None));
        }
        Composed::Message { text, parts } => {
            *free -= i64::try_from(parts.len()).unwrap_or(0);
            message.text = text;
            for part in parts {
                let wire_id = wire_ids.next()?;
                message.parts.push(NewPart { id: mint.next(), wire_id, media: part.media, with_text: part.with_text });
            }
        }
    }
    Ok(message)
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
        Ok(rest.iter().fold(String::from("3EB0"), |id, byte| id + &format!("{byte:02X}")))
    }
}
