//! One person: the contact, and everything that happened with them. Each feature gives its part, and here they become
//! one list by time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{People, Problem};
use crate::campaign::repeat::store as repeats;
use crate::campaign::store as campaigns;
use crate::campaign::store::versions;
use crate::clock::Millis;
use crate::contact::acts::store as acts;
use crate::contact::store::history::{Change, Record, changes, record};
use crate::contact::store::suppressions::Cause;
use crate::contact::store::{erased, holders};
use crate::contact::{Contact, ContactError, Standing, import};
use crate::db::{StorageError, Tx};
use crate::event::Event;
use crate::ids::{CampaignId, ContactId, MessageId};
use crate::inbound::store::history::{self as replies, Writer, WrittenReply};
use crate::outbox::store::erase as outbox;
use crate::outbox::store::history::{self as messages, SentMessage};
use crate::page::{Cursor, Place};
use crate::session::client::NoteKind;
use crate::session::store::notes;
use crate::settings::{self, key};
use crate::trigger::store as triggers;

/// What a contact's page shows beside the timeline.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PersonView {
    pub contact: Contact,
    /// Until then no other promotion reaches them; none where one may go at this moment.
    pub promotion_from: Option<Millis>,
    pub last_reply_at: Option<Millis>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TimelineQuery {
    pub contact_id: ContactId,
    /// Of one kind alone.
    pub only: Option<TimelineKind>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum TimelineKind {
    Messages,
    Replies,
    /// Consents, lists and opt-outs.
    Consent,
    Imports,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TimelinePage {
    pub next: Option<Cursor>,
    /// The newest first.
    pub rows: Vec<TimelineRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct TimelineRow {
    pub at: Millis,
    /// Tells rows of one time apart.
    pub key: String,
    pub what: Happening,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Happening {
    Message(Box<SentMessage>),
    Reply(WrittenReply),
    Consent {
        source: String,
        note: String,
    },
    Withdrawn,
    Standing {
        standing: Standing,
    },
    OptedOut {
        cause: Cause,
    },
    Returned {
        reason: String,
    },
    /// An import wrote the contact, or made it.
    Imported {
        file_name: String,
        made: bool,
    },
    /// The contact came in by hand, or with a message.
    Added,
}

/// Single messages are written in less; only a scheduling takes longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The place of a row: its time, then its kind, then what tells it apart within both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key(Millis, TimelineKind, Uuid);

const KINDS: [TimelineKind; 4] =
    [TimelineKind::Messages, TimelineKind::Replies, TimelineKind::Consent, TimelineKind::Imports];

impl People {
    pub async fn person(&self, id: ContactId) -> Result<PersonView, Problem> {
        let gap = self.settings().await?.promotion_gap();
        let mut reader = self.reader().await?;
        let Record { contact, addresses, promoted_at, .. } = record(&mut reader, id).await?;
        let writer = Writer { contact: id, addresses: &addresses };
        let newest = replies::before(&mut reader, writer, (Millis::MAX, Uuid::max().into()), 1).await;
        let now = self.now();
        Ok(PersonView {
            contact,
            promotion_from: promoted_at.filter(|at| (0..gap).contains(&(now - at))).map(|at| at + gap),
            last_reply_at: newest.map_err(StorageError::from)?.first().map(|reply| reply.at),
        })
    }

    /// Erases a person at their wish: everything of them goes, here and in what was sent. What waits for them is cancelled
    /// first. Totals and credits stay, and so does the wish, as a keyed hash of the phone.
    pub async fn erase(&self, id: ContactId) -> Result<(), Problem> {
        let nobody_writes = tokio::time::timeout(PATIENCE, self.freezing.write()).await;
        let _nobody_writes = nobody_writes.map_err(|_| ContactError::BeingScheduled)?;
        let now = self.now();
        let mut reader = self.reader().await?;
        let record = record(&mut reader, id).await?;
        let messages =
            outbox::messages_to(&mut reader, &record.ids(), &record.addresses).await.map_err(StorageError::from)?;
        drop(reader);
        let mut tx = self.db.begin().await?;
        if outbox::on_the_way(&mut tx, &messages).await.map_err(StorageError::from)? {
            return Err(ContactError::OnItsWay.into());
        }
        let queues = erase_all(&mut tx, &record, &messages, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        queues.into_iter().for_each(|queue| self.events.emit(Event::CampaignChanged(queue)));
        self.events.emit(Event::ContactsChanged);
        self.events.emit(Event::LedgerChanged);
        self.nudge();
        Ok(())
    }

    /// Erases again whom a restore brought back. Who is gone already is done; whoever cannot be erased now is tried at
    /// the next start.
    pub(super) async fn finish_erasures(&self) {
        let again = async {
            let read = settings::get(&mut *self.reader().await?, key::ERASE_AGAIN).await;
            let ids: Vec<ContactId> = read.map_err(|error| self.db.error(error))?.unwrap_or_default();
            if ids.is_empty() {
                return Ok::<_, Problem>(());
            }
            let mut left = Vec::new();
            for id in ids {
                match self.erase(id).await {
                    Err(problem) if problem.code != "contact.unknown" => left.push(id),
                    _ => {}
                }
            }
            Ok(self.put(key::ERASE_AGAIN, &left).await?)
        };
        if let Err(problem) = again.await {
            tracing::warn!(code = problem.code, "people are erased again at the next start");
        }
    }

    /// What happened with a person, the newest first.
    pub async fn timeline(&self, query: &TimelineQuery) -> Result<TimelinePage, Problem> {
        let mut reader = self.reader().await?;
        let record = record(&mut reader, query.contact_id).await?;
        Ok(page(&mut reader, &record, query).await.map_err(StorageError::from)?)
    }
}

async fn erase_all(
    tx: &mut Tx,
    record: &Record,
    messages: &[MessageId],
    now: Millis,
) -> Result<BTreeSet<CampaignId>, sqlx::Error> {
    let addresses = &record.addresses;
    let written = versions::erase(tx, messages).await?;
    let queues = outbox::erase(tx, messages, now).await?;
    outbox::drop_unsent(tx, &written).await?;
    for address in addresses {
        notes::forget(tx, NoteKind::OnWhatsapp, notes::EVERYBODYS, address).await?;
    }
    // The same person may be there under several spellings of the phone.
    let others = record.others.iter().copied();
    for contact in holders(tx, addresses).await?.into_iter().chain(others) {
        replies::erase(tx, Writer { contact, addresses }).await?;
        repeats::erase(tx, contact).await?;
        import::erase(tx, contact, addresses).await?;
        acts::erase(tx, contact, addresses).await?;
    }
    triggers::erase(tx, messages, addresses).await?;
    erased::erase(tx, record, now).await?;
    Ok(queues)
}

async fn page(db: &mut SqliteConnection, record: &Record, query: &TimelineQuery) -> Result<TimelinePage, sqlx::Error> {
    let before = query.place.key()?.unwrap_or(Key(Millis::MAX, TimelineKind::Imports, Uuid::max()));
    let mut rows = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| query.only.is_none_or(|only| only == *kind)) {
        rows.append(&mut of_kind(db, record, kind, &before, query.place.take()).await?);
    }
    rows.sort_by(|(one, _), (other, _)| other.cmp(one));
    rows.truncate(usize::try_from(query.place.take()).unwrap_or(usize::MAX));
    let (rows, next) = query.place.cut(rows, |(key, _)| key.clone())?;
    let mut rows: Vec<TimelineRow> = rows.into_iter().map(|(key, what)| row(&key, what)).collect();
    name_campaigns(db, &mut rows).await?;
    Ok(TimelinePage { next, rows })
}

fn row(Key(at, kind, id): &Key, what: Happening) -> TimelineRow {
    TimelineRow { at: *at, key: format!("{kind:?} {id} {at}"), what }
}

/// Rows of one kind that lie before a place; at least the first `take` of them.
async fn of_kind(
    db: &mut SqliteConnection,
    record: &Record,
    kind: TimelineKind,
    before: &Key,
    take: i64,
) -> Result<Vec<(Key, Happening)>, sqlx::Error> {
    let Key(at, other, id) = before;
    let bound = match kind.cmp(other) {
        std::cmp::Ordering::Less => Uuid::max(),
        std::cmp::Ordering::Equal => *id,
        std::cmp::Ordering::Greater => Uuid::nil(),
    };
    let contact = record.contact.id;
    let rows: Vec<(Key, Happening)> = match kind {
        TimelineKind::Messages => {
            let found = messages::before(db, &record.ids(), (*at, bound.into()), take).await?;
            let key = |one: &SentMessage| Key(one.at, kind, one.id.0);
            found.into_iter().map(|one| (key(&one), Happening::Message(Box::new(one)))).collect()
        }
        TimelineKind::Replies => {
            let writer = Writer { contact, addresses: &record.addresses };
            let found = replies::before(db, writer, (*at, bound.into()), take).await?;
            found.into_iter().map(|one| (Key(one.at, kind, one.id.0), Happening::Reply(one))).collect()
        }
        TimelineKind::Consent => numbered(kind, changes(db, record).await?, happened),
        TimelineKind::Imports => imports(db, record).await?,
    };
    Ok(rows.into_iter().filter(|(key, _)| key < before).collect())
}

/// Facts without an id are told apart by their place among those of one time.
fn numbered<T>(kind: TimelineKind, facts: Vec<(Millis, T)>, what: impl Fn(T) -> Happening) -> Vec<(Key, Happening)> {
    let facts = facts.into_iter().enumerate();
    facts.map(|(place, (at, fact))| (Key(at, kind, Uuid::from_u128(place as u128 + 1)), what(fact))).collect()
}

fn happened(change: Change) -> Happening {
    match change {
        Change::Consent { source, note } => Happening::Consent { source, note },
        Change::Withdrawn => Happening::Withdrawn,
        Change::Standing(standing) => Happening::Standing { standing },
        Change::OptedOut(cause) => Happening::OptedOut { cause },
        Change::Returned { reason } => Happening::Returned { reason },
    }
}

async fn imports(db: &mut SqliteConnection, record: &Record) -> Result<Vec<(Key, Happening)>, sqlx::Error> {
    let contact = &record.contact;
    let mut touches = Vec::new();
    for id in record.ids() {
        touches.extend(import::touching(db, id).await?);
    }
    let added = !touches.iter().any(|touch| touch.made);
    let mut facts: Vec<_> = touches
        .into_iter()
        .map(|touch| (touch.at, Happening::Imported { file_name: touch.file_name, made: touch.made }))
        .collect();
    facts.sort_by_key(|(at, _)| *at);
    facts.extend(added.then_some((contact.created_at, Happening::Added)));
    Ok(numbered(TimelineKind::Imports, facts, |what| what))
}

async fn name_campaigns(db: &mut SqliteConnection, rows: &mut [TimelineRow]) -> Result<(), sqlx::Error> {
    let mut ids: Vec<CampaignId> = rows.iter().filter_map(|row| campaign_of(&row.what)).collect();
    ids.sort_unstable();
    ids.dedup();
    let named = campaigns::by_ids(db, &ids).await?;
    let names: BTreeMap<_, _> = named.into_iter().map(|campaign| (campaign.id, campaign.name)).collect();
    for row in rows {
        let name = campaign_of(&row.what).and_then(|id| names.get(&id).cloned());
        match &mut row.what {
            Happening::Message(message) => message.campaign_name = name,
            Happening::Reply(reply) => reply.campaign_name = name,
            _ => {}
        }
    }
    Ok(())
}

fn campaign_of(what: &Happening) -> Option<CampaignId> {
    match what {
        Happening::Message(message) => message.campaign_id,
        Happening::Reply(reply) => reply.campaign_id,
        _ => None,
    }
}
