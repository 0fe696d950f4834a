//! Triggers: made, tried out, and what they do with the events that programs tell.
//!
//! An event and the messages that it causes are one transaction, with the key by which it is known when it comes again.
//! One that causes nothing is written down with why, and counted for its owner where they can mend it.

mod trying;

pub use trying::{FieldSample, Tried};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::folders::FolderView;
use super::sending::{Frozen, Given, Matter, Recipient, UNREADABLE, address};
use super::{Problem, Programs, given};
use crate::app::credits::day_start;
use crate::clock::Millis;
use crate::contact::store as contacts;
use crate::db::Tx;
use crate::error::Params;
use crate::event::Event as Changed;
use crate::ids::{CampaignId, IdGenerator, MessageId, TemplateId, TriggerEventId, TriggerId};
use crate::outbox::state::{Origin, PartState};
use crate::outbox::store::recipients;
use crate::program::{Digest, Once, digest, store as answers};
use crate::settings;
use crate::trigger::folder::Brings;
use crate::trigger::store::folders::{self, FileId, TakenRow};
use crate::trigger::store::{self, Event};
use crate::trigger::{
    BUILT_IN, Binding, Outcome, Told, Trigger, TriggerEdit, TriggerError, check_name, items, sample, told,
};

/// The triggers that there are, and those that Ulak offers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TriggersView {
    pub triggers: Vec<Trigger>,
    /// Names that programs usually tell, and that have no trigger yet.
    pub offered: Vec<String>,
    /// Those that triggers look into.
    pub folders: Vec<FolderView>,
    /// Events that came today.
    pub today: i64,
    /// Events that nothing or not all was sent by, for a reason that the owner can mend and has not seen to.
    pub to_mend: i64,
}

/// How a trigger begins, and an event as it usually looks, as JSON.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FirstTrigger {
    pub binding: Binding,
    pub payload: String,
}

/// What a trigger did with an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Fired {
    pub event: TriggerEventId,
    pub outcome: Outcome,
    pub accepted: i64,
    pub refused: i64,
    pub messages: Vec<MessageId>,
    /// Why somebody gets nothing: the first reason.
    pub problem: Option<Problem>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename = "TriggerEventPage")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct EventPage {
    /// The newest first.
    pub rows: Vec<EventRow>,
    /// The place of the next page.
    pub next: Option<TriggerEventId>,
}

/// An event that came, as its owner sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename = "TriggerEventRow")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct EventRow {
    pub id: TriggerEventId,
    pub trigger_id: TriggerId,
    pub at: Millis,
    pub outcome: Outcome,
    pub code: Option<String>,
    /// What the sentence of that code is filled with.
    pub params: Params,
    pub accepted: i64,
    pub refused: i64,
    pub message_id: Option<MessageId>,
    /// Of the first message.
    pub person: Option<String>,
    pub state: Option<PartState>,
    pub replayed: bool,
    /// What came, as JSON; none where it was cleared.
    pub payload: Option<String>,
}

/// Events on a page.
const PAGE: u32 = 50;

/// One person of an event, on the way to a message.
struct Item {
    /// Counted from 0 in the event.
    place: usize,
    told: Told,
    template: TemplateId,
}

impl Programs {
    pub async fn triggers(&self) -> Result<TriggersView, Problem> {
        let today = day_start(self.now(), self.settings().await?.zone);
        let mut reader = self.reader().await?;
        let triggers = store::all(&mut reader).await.map_err(|error| self.db.error(error))?;
        let today = store::count_since(&mut reader, today).await.map_err(|error| self.db.error(error))?;
        let to_mend = settings::get(&mut reader, settings::key::EVENTS_TO_MEND).await;
        let to_mend: Option<i64> = to_mend.map_err(|error| self.db.error(error))?;
        drop(reader);
        let is_there = |name: &&str| triggers.iter().any(|trigger| trigger.name == **name);
        let offered = BUILT_IN.into_iter().filter(|name| !is_there(name)).map(str::to_owned).collect();
        let folders = self.folder_views().await?;
        Ok(TriggersView { triggers, offered, folders, today, to_mend: to_mend.unwrap_or(0) })
    }

    /// How a trigger of this name begins.
    pub fn first_trigger(&self, name: &str) -> Result<FirstTrigger, Problem> {
        check_name(name)?;
        let payload = serde_json::to_string_pretty(&sample(name)).unwrap_or_default();
        Ok(FirstTrigger { binding: Binding::first(name), payload })
    }

    /// One that is switched on must be complete, unless its folder brings people alone.
    pub async fn save_trigger(&self, edit: &TriggerEdit) -> Result<Trigger, Problem> {
        check_name(&edit.name)?;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let brings = match edit.id {
            Some(id) => folders::brings(&mut tx, id).await.map_err(|error| self.db.error(error))?,
            None => None,
        };
        if edit.active && brings != Some(Brings::Contacts) {
            edit.binding.check()?;
        }
        let other = store::by_name(&mut tx, &edit.name).await.map_err(|error| self.db.error(error))?;
        if other.is_some_and(|other| Some(other.id) != edit.id) {
            return Err(TriggerError::NameTaken.into());
        }
        let id = match edit.id {
            Some(id) => {
                let saved = store::save(&mut tx, id, edit, now).await.map_err(|error| self.db.error(error))?;
                if !saved {
                    return Err(TriggerError::Gone.into());
                }
                id
            }
            None => {
                let id = IdGenerator::at(now).next();
                store::add(&mut tx, id, edit, now).await.map_err(|error| self.db.error(error))?;
                id
            }
        };
        let saved = store::by_id(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.notices.withdraw(&TriggerError::Unheard { name: edit.name.clone() }.into());
        self.events.emit(Changed::TriggersChanged);
        saved.ok_or_else(|| TriggerError::Gone.into())
    }

    /// What it was told goes with it; messages that it caused stay.
    pub async fn delete_trigger(&self, id: TriggerId) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let deleted = store::delete(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Changed::TriggersChanged);
        if deleted { Ok(()) } else { Err(TriggerError::Gone.into()) }
    }

    /// A program tells that something happened.
    pub async fn fire(&self, once: Option<&Once>, name: &str, payload: Value) -> Result<Given<Fired>, Problem> {
        if let Some(answer) = self.answered(once).await? {
            return Ok(Given::again(answer));
        }
        if !payload.is_object() {
            return Err(TriggerError::NoObject.into());
        }
        let trigger = store::by_name(&mut *self.reader().await?, name).await.map_err(|error| self.db.error(error))?;
        let Some(trigger) = trigger else {
            // No log is there for it, so its owner is told at Home.
            if check_name(name).is_ok() {
                self.notices.tell(TriggerError::Unheard { name: name.to_owned() });
            }
            return Err(TriggerError::Unknown.into());
        };
        self.fired(&trigger, payload, Source::Program(once)).await
    }

    /// The owner has seen which events were refused.
    pub async fn refusals_seen(&self) -> Result<(), Problem> {
        self.put(settings::key::EVENTS_TO_MEND, &0).await?;
        self.events.emit(Changed::TriggersChanged);
        self.events.emit(Changed::NowChanged);
        Ok(())
    }

    /// The owner wants an event to be sent again, by the trigger as it is: to those of it who have no message yet, or whose
    /// message certainly did not arrive; to all of it only where they say so.
    pub async fn replay(&self, id: TriggerEventId, to_all: bool) -> Result<Fired, Problem> {
        let mut reader = self.reader().await?;
        let event = store::event_by_id(&mut reader, id).await.map_err(|error| self.db.error(error))?;
        let event = event.ok_or(TriggerError::Cleared)?;
        let first = event.replay_of.unwrap_or(id);
        let trigger = store::by_id(&mut reader, event.trigger).await.map_err(|error| self.db.error(error))?;
        drop(reader);
        let payload = event.payload.ok_or(TriggerError::Cleared)?;
        let source = Source::Owner(Again { first, to_all });
        Ok(self.fired(&trigger.ok_or(TriggerError::Gone)?, payload, source).await?.answer)
    }

    /// The places of an event whose people have a message that arrived, may have arrived, or will.
    async fn reached(&self, tx: &mut Tx, event: TriggerEventId) -> Result<BTreeSet<usize>, Problem> {
        let messages = store::messages_of(tx, event).await.map_err(|error| self.db.error(error))?;
        let ids: Vec<MessageId> = messages.iter().map(|(_, message)| *message).collect();
        let rows = recipients::rows(tx, &ids).await.map_err(|error| self.db.error(error))?;
        let missed = |row: &recipients::RecipientRow| match row.state {
            PartState::Cancelled | PartState::Skipped => true,
            PartState::Failed => row.reason.as_deref() != Some("outcome_unknown"),
            _ => false,
        };
        let missed: BTreeSet<MessageId> = rows.iter().filter(|row| missed(row)).map(|row| row.message_id).collect();
        Ok(messages.into_iter().filter(|(_, message)| !missed.contains(message)).map(|(place, _)| place).collect())
    }

    pub(super) async fn fired(
        &self,
        trigger: &Trigger,
        payload: Value,
        source: Source<'_>,
    ) -> Result<Given<Fired>, Problem> {
        let (once, again) = (source.once(), source.again());
        let mut planned = match trigger.active || again.is_some() {
            true => self.plan(&source.binding(&trigger.binding), &payload).await?,
            false => Planned::default(),
        };
        let frozen = self.freeze_all(&trigger.binding, &planned.items).await?;
        let _whole = self.freezing.read().await;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        if let Some(once) = once {
            let answered = answers::answered(&mut tx, once).await.map_err(|error| self.db.error(error))??;
            if let Some(answer) = given(answered)? {
                return Ok(Given::again(answer));
            }
        }
        if let Some(Again { first, to_all: false }) = again {
            let reached = self.reached(&mut tx, first).await?;
            planned.items.retain(|item| !reached.contains(&item.place));
            if planned.items.is_empty() && planned.problem.is_none() {
                return Err(TriggerError::AllReached.into());
            }
        }
        let done = self.take_in_items(&mut tx, trigger, &mut planned, &frozen, again.is_none(), now).await?;
        let outcome = match (&planned.problem, done.messages.is_empty()) {
            _ if !trigger.active && again.is_none() => Outcome::Off,
            (_, false) => Outcome::Accepted,
            (Some(_), true) => Outcome::Refused,
            (None, true) if done.known > 0 => Outcome::Duplicate,
            (None, true) => Outcome::Unmet,
        };
        let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let event = Event {
            id: IdGenerator::at(now).next(),
            trigger: trigger.id,
            payload: Some(payload),
            outcome,
            code: planned.problem.as_ref().map(|problem| problem.code.clone()),
            params: planned.problem.as_ref().map(|problem| problem.params.clone()).unwrap_or_default(),
            accepted: count(done.messages.len()),
            refused: count(planned.refused),
            replay_of: again.map(|again| again.first),
            at: now,
        };
        store::note(&mut tx, &event, &done.messages).await.map_err(|error| self.db.error(error))?;
        // Whoever sends it again sees what becomes of it.
        let to_mend = planned.to_mend && again.is_none();
        if to_mend {
            one_more_to_mend(&mut tx).await.map_err(|error| self.db.error(error))?;
        }
        if let Source::Row { file, row } = source {
            let taken = TakenRow { row, outcome, problem: planned.problem.clone() };
            folders::note(&mut tx, file, &taken).await.map_err(|error| self.db.error(error))?;
        }
        let mut fired = Fired {
            event: event.id,
            outcome,
            accepted: event.accepted,
            refused: event.refused,
            messages: done.messages.into_iter().map(|(_, message)| message).collect(),
            problem: planned.problem.as_ref().map(|problem| Problem {
                code: problem.code.clone(),
                message: String::new(),
                params: Params::new(),
            }),
        };
        // What its owner can mend (a trigger that is off, a refusal) may be different the next time.
        if let Some(once) = once.filter(|_| !matches!(outcome, Outcome::Refused | Outcome::Off)) {
            answers::remember(&mut tx, once, &fired, now).await.map_err(|error| self.db.error(error))?;
        }
        self.db.commit(tx).await?;
        done.queues.into_iter().for_each(|queue| self.campaigns.changed(queue));
        self.events.emit(Changed::TriggersChanged);
        if to_mend {
            self.events.emit(Changed::NowChanged);
        }
        fired.problem = planned.problem;
        Ok(Given::first(fired))
    }

    /// Whom an event is about and what each is to get, before anything is written.
    async fn plan(&self, binding: &Binding, payload: &Value) -> Result<Planned, Problem> {
        let mut planned = Planned::default();
        let country = self.country_of(Some(binding.country.trim()).filter(|code| !code.is_empty())).await?;
        let items = match items(binding, payload) {
            Ok(items) => items,
            Err(error) => {
                planned.refuse(error.into());
                return Ok(planned);
            }
        };
        let mut reader = self.reader().await?;
        for (place, item) in items.into_iter().enumerate() {
            let told = match told(binding, item) {
                Ok(Some(told)) => told,
                Ok(None) => continue,
                Err(error) => {
                    planned.refuse(error.into());
                    continue;
                }
            };
            let language = match (told.language, address(&told.phone, country)) {
                (Some(language), _) => Some(language),
                (None, Ok(phone)) => {
                    let of_contact = contacts::language_of(&mut reader, &phone.to_string()).await;
                    of_contact.map_err(|error| self.db.error(error))?
                }
                (None, Err(_)) => None,
            };
            match binding.template_for(language) {
                Some(template) => planned.items.push(Item { place, told, template }),
                None => planned.refuse(TriggerError::NoTemplate.into()),
            }
        }
        Ok(planned)
    }

    /// Each template that is needed, looked up once.
    async fn freeze_all(
        &self,
        binding: &Binding,
        items: &[Item],
    ) -> Result<BTreeMap<TemplateId, Result<Frozen, Problem>>, Problem> {
        let zone = self.settings().await?.zone;
        let send_at = binding.due_at(self.now(), zone);
        let along: Vec<&str> = binding.variables.keys().map(String::as_str).collect();
        let mut frozen = BTreeMap::new();
        for template in items.iter().map(|item| item.template) {
            if frozen.contains_key(&template) {
                continue;
            }
            let matter = Matter { send_at, ..matter(binding, template) };
            frozen.insert(template, self.freeze(true, &matter, &along, Origin::Trigger).await);
        }
        Ok(frozen)
    }

    async fn take_in_items(
        &self,
        tx: &mut Tx,
        trigger: &Trigger,
        planned: &mut Planned,
        frozen: &BTreeMap<TemplateId, Result<Frozen, Problem>>,
        heed_keys: bool,
        now: Millis,
    ) -> Result<Done, Problem> {
        let mut done = Done::default();
        // A clock that leapt ahead makes no key old.
        let believed = self.believed().await?;
        let since = believed.map_or(Millis::MIN, |until| until.min(now) - trigger.binding.key_span());
        for item in std::mem::take(&mut planned.items) {
            let key: Option<Digest> = item.told.key.as_ref().map(|key| digest(key.trim().as_bytes()));
            if let Some(key) = key.filter(|_| heed_keys) {
                let known = store::came_after(tx, trigger.id, &key, since).await;
                if known.map_err(|error| self.db.error(error))? {
                    done.known += 1;
                    continue;
                }
            }
            let frozen = match frozen.get(&item.template) {
                Some(Ok(frozen)) => frozen,
                Some(Err(problem)) => {
                    planned.refuse(problem.clone());
                    continue;
                }
                None => continue,
            };
            let place = item.place;
            match self.take_in_one(tx, frozen, &recipient(item.told), now).await {
                Ok((queue, accepted)) => {
                    if let Some(key) = key {
                        store::remember(tx, trigger.id, &key, now).await.map_err(|error| self.db.error(error))?;
                    }
                    done.queues.insert(queue);
                    done.messages.push((place, accepted.id));
                }
                Err(problem) if problem.code.starts_with("storage.") && problem.code != UNREADABLE => {
                    return Err(problem);
                }
                Err(problem) => planned.refuse(problem),
            }
        }
        Ok(done)
    }

    /// What triggers were told, the newest first; of one of them, or of all; by choice only that by which somebody got
    /// nothing for an error.
    pub async fn trigger_events(
        &self,
        of: Option<TriggerId>,
        refused: bool,
        before: Option<TriggerEventId>,
    ) -> Result<EventPage, Problem> {
        let mut reader = self.reader().await?;
        let found =
            store::events(&mut reader, of, refused, before, PAGE).await.map_err(|error| self.db.error(error))?;
        let messages: Vec<MessageId> = found.iter().filter_map(|(_, message)| *message).collect();
        let people = recipients::rows(&mut reader, &messages).await.map_err(|error| self.db.error(error))?;
        let people: BTreeMap<MessageId, _> = people.into_iter().map(|row| (row.message_id, row)).collect();
        let full = u32::try_from(found.len()).is_ok_and(|length| length == PAGE);
        let next = found.last().map(|(event, _)| event.id).filter(|_| full);
        let row = |(event, message): (Event, Option<MessageId>)| {
            let person = message.and_then(|message| people.get(&message));
            EventRow {
                id: event.id,
                trigger_id: event.trigger,
                at: event.at,
                outcome: event.outcome,
                code: event.code,
                params: event.params,
                accepted: event.accepted,
                refused: event.refused,
                message_id: message,
                person: person.map(|row| if row.name.is_empty() { row.phone_shown.clone() } else { row.name.clone() }),
                state: person.map(|row| row.state),
                replayed: event.replay_of.is_some(),
                payload: event.payload.and_then(|payload| serde_json::to_string_pretty(&payload).ok()),
            }
        };
        Ok(EventPage { rows: found.into_iter().map(row).collect(), next })
    }
}

/// What is sent by it, at once.
fn matter(binding: &Binding, template: TemplateId) -> Matter {
    Matter {
        template: Some(template),
        priority: Some(binding.priority),
        number: binding.number,
        category: binding.category,
        urgent: binding.urgent,
        country: Some(binding.country.trim().to_owned()).filter(|code| !code.is_empty()),
        ..Matter::default()
    }
}

async fn one_more_to_mend(tx: &mut Tx) -> Result<(), sqlx::Error> {
    let before: Option<i64> = settings::get(tx, settings::key::EVENTS_TO_MEND).await?;
    settings::put(tx, settings::key::EVENTS_TO_MEND, &(before.unwrap_or(0) + 1)).await
}

fn recipient(told: Told) -> Recipient {
    Recipient { to: told.phone, name: told.name, data: told.data }
}

/// An event that is sent again: which one came first, and whether also to those who have it.
#[derive(Clone, Copy)]
pub(super) struct Again {
    first: TriggerEventId,
    to_all: bool,
}

/// Who tells an event.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Program(Option<&'a Once>),
    /// Once more.
    Owner(Again),
    /// A row of a file in the trigger's folder.
    Row {
        file: FileId<'a>,
        row: u32,
    },
}

impl<'a> Source<'a> {
    fn once(self) -> Option<&'a Once> {
        if let Self::Program(once) = self { once } else { None }
    }

    fn again(self) -> Option<Again> {
        if let Self::Owner(again) = self { Some(again) } else { None }
    }

    /// A row is one event, also where those of programs are lists.
    fn binding(self, binding: &Binding) -> Cow<'_, Binding> {
        match self {
            Self::Row { .. } if !binding.each.is_empty() => {
                Cow::Owned(Binding { each: String::new(), ..binding.clone() })
            }
            _ => Cow::Borrowed(binding),
        }
    }
}

#[derive(Default)]
struct Planned {
    items: Vec<Item>,
    refused: usize,
    /// The first reason.
    problem: Option<Problem>,
    /// Some of the reasons can be mended by the owner.
    to_mend: bool,
}

/// Why somebody gets nothing where everything is as it should be.
const AS_WANTED: [&str; 2] = ["campaign.unwanted", "campaign.promoted"];

impl Planned {
    fn refuse(&mut self, problem: Problem) {
        self.refused += 1;
        self.to_mend |= !AS_WANTED.contains(&problem.code.as_str());
        self.problem.get_or_insert(problem);
    }
}

#[derive(Default)]
struct Done {
    messages: Vec<(usize, MessageId)>,
    queues: BTreeSet<CampaignId>,
    /// People whose event came before.
    known: usize,
}
