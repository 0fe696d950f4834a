//! The same message to many, asked for at once: durable when it is answered, taken in a thousand at a time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::sending::{Frozen, Given, Matter, Recipient, Taken, UNREADABLE, address};
use super::{Problem, Programs, given};
use crate::db::StorageError;
use crate::ids::{BulkId, IdGenerator, MessageId};
use crate::media;
use crate::outbox::state::Origin;
use crate::program::store::jobs::{self, BulkJob, Placed};
use crate::program::{Once, Program, ProgramError, store};

pub const MOST_RECIPIENTS: usize = 10_000;
/// So many are taken in by one transaction.
const AT_ONCE: usize = 1_000;
/// Of a recipient who is in the list twice with the same words.
const TWICE: &str = "program.twice";

/// A list of messages and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkView {
    pub job: BulkJob,
}

/// What became of one recipient of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BulkPlace {
    /// Counted from 0.
    pub place: i64,
    pub message_id: Option<MessageId>,
    /// Why there is no message.
    pub code: Option<String>,
}

/// What is kept of a request until everybody was looked at.
#[derive(Serialize, Deserialize)]
struct Request {
    frozen: Frozen,
    recipients: Vec<Recipient>,
}

#[derive(Serialize, Deserialize)]
struct Begun {
    id: BulkId,
}

impl Programs {
    /// Takes a list down. Its messages follow in the background, also after a crash.
    pub async fn send_bulk(
        &self,
        program: Program,
        once: Option<&Once>,
        matter: &Matter,
        recipients: Vec<Recipient>,
    ) -> Result<Given<BulkId>, Problem> {
        if let Some(Begun { id }) = self.answered(once).await? {
            return Ok(Given::again(id));
        }
        if !(1..=MOST_RECIPIENTS).contains(&recipients.len()) {
            return Err(ProgramError::Recipients { limit: MOST_RECIPIENTS }.into());
        }
        let along: BTreeSet<&str> =
            recipients.iter().flat_map(|recipient| recipient.data.keys().map(String::as_str)).collect();
        let along: Vec<&str> = along.into_iter().collect();
        let frozen = self.freeze(program.rights.urgent, matter, &along, Origin::Api).await?;
        let request = Request { frozen, recipients };
        let now = self.now();
        let id = IdGenerator::at(now).next();
        let mut tx = self.db.begin().await?;
        if let Some(once) = once {
            let answered = store::answered(&mut tx, once).await.map_err(|error| self.db.error(error))??;
            if let Some(Begun { id }) = given(answered)? {
                return Ok(Given::again(id));
            }
            store::remember(&mut tx, once, &Begun { id }, now).await.map_err(|error| self.db.error(error))?;
        }
        let created = jobs::create(&mut tx, (id, program.token), &request, request.recipients.len(), now).await;
        created.map_err(|error| self.db.error(error))?;
        // From here on its files stay, whatever becomes of the template.
        let files = request.frozen.files()?;
        media::store::carry(&mut tx, &files).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.bulk.notify_one();
        Ok(Given::first(id))
    }

    pub async fn bulk_job(&self, id: BulkId) -> Result<BulkView, Problem> {
        let job = jobs::by_id(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        Ok(BulkView { job: job.ok_or(ProgramError::NoSuchJob)? })
    }

    /// What became of the recipients from a place on, as far as they were looked at.
    pub async fn bulk_places(&self, id: BulkId, from: i64, limit: u32) -> Result<Vec<BulkPlace>, Problem> {
        self.bulk_job(id).await?;
        let places = jobs::places(&mut *self.reader().await?, id, from, limit).await;
        let place = |placed: Placed| BulkPlace {
            place: placed.place,
            message_id: placed.outcome.as_ref().ok().copied(),
            code: placed.outcome.err(),
        };
        Ok(places.map_err(|error| self.db.error(error))?.into_iter().map(place).collect())
    }

    /// Takes lists in as they come, for ever.
    pub(in crate::app) async fn keep_taking_in(&self) {
        loop {
            if let Err(problem) = self.finish_bulk().await {
                tracing::warn!(%problem, "lists of messages wait until data can be saved");
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
                continue;
            }
            self.bulk.notified().await;
        }
    }

    /// Takes in all that waits. A list that cannot go on holds no other one up.
    pub async fn finish_bulk(&self) -> Result<(), Problem> {
        let open = jobs::open(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let mut first = None;
        for id in open {
            if let Err(problem) = self.finish_list(id).await {
                first.get_or_insert(problem);
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// What lies with one recipient costs only that one: a thousand that cannot be taken in is tried in smaller steps.
    async fn finish_list(&self, id: BulkId) -> Result<(), Problem> {
        let mut at_once = AT_ONCE;
        loop {
            match self.take_in_some(id, at_once).await {
                Ok(true) => at_once = AT_ONCE,
                Ok(false) => return Ok(()),
                Err(problem) if problem.code == UNREADABLE && at_once > 1 => at_once = (at_once / 10).max(1),
                Err(problem) if problem.code == UNREADABLE => self.refuse_next(id, &problem).await?,
                Err(problem) => return Err(problem),
            }
        }
    }

    /// The next recipients of a list; false where there are no more.
    async fn take_in_some(&self, id: BulkId, at_once: usize) -> Result<bool, Problem> {
        let request = jobs::request(&mut *self.reader().await?, id).await.map_err(|error| self.db.error(error))?;
        let Some((request, next)) = request else { return Ok(false) };
        let request: Request =
            serde_json::from_value(request).map_err(|error| StorageError::from(sqlx::Error::Decode(error.into())))?;
        let from = usize::try_from(next).unwrap_or_default();
        let some: Vec<Recipient> = request.recipients.iter().skip(from).take(at_once).cloned().collect();
        let twice = twice(&request, from, &some)?;
        let once: Vec<Recipient> =
            some.iter().zip(&twice).filter(|(_, twice)| !**twice).map(|(one, _)| one.clone()).collect();
        let _whole = self.freezing.read().await;
        let now = self.now();
        let mut tx = self.db.begin().await?;
        let taken = match self.take_in(&mut tx, &request.frozen, &once, now).await {
            // What stops all of them and does not pass is the answer to each.
            Err(problem) if !problem.code.starts_with("storage.") => {
                drop(tx);
                tx = self.db.begin().await?;
                let refused = once.iter().map(|_| Err(problem.clone())).collect();
                Taken { queue: None, outcomes: refused, messages: Vec::new() }
            }
            taken => taken?,
        };
        let mut outcomes = taken.outcomes.into_iter();
        let outcome = |twice: &bool| match twice {
            true => Err(TWICE.to_owned()),
            false => match outcomes.next() {
                Some(outcome) => outcome.map(|accepted| accepted.id).map_err(|problem| problem.code),
                None => Err(TWICE.to_owned()),
            },
        };
        let placed: Vec<Placed> =
            (next..).zip(twice.iter().map(outcome)).map(|(place, outcome)| Placed { place, outcome }).collect();
        let noted = async {
            jobs::note(&mut tx, id, &placed).await?;
            if jobs::end(&mut tx, id, now).await? {
                // Whether anything needs its files is asked when what is no longer kept is cleared.
                let files: Vec<Vec<u8>> =
                    request.frozen.files().unwrap_or_default().into_iter().map(|file| file.to_vec()).collect();
                media::store::note_due(&mut tx, &files).await?;
            }
            Ok(())
        };
        noted.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        if let Some(queue) = taken.queue {
            self.campaigns.changed(queue);
        }
        Ok(from + some.len() < request.recipients.len())
    }

    /// The next recipient, or the whole rest of a list that cannot be read, gets nothing.
    async fn refuse_next(&self, id: BulkId, why: &Problem) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        let refused = async {
            let Some(job) = jobs::by_id(&mut tx, id).await? else { return Ok(()) };
            let readable = jobs::request(&mut tx, id).await.is_ok_and(|request| {
                request.is_some_and(|(request, _)| serde_json::from_value::<Request>(request).is_ok())
            });
            let until = if readable { job.next + 1 } else { job.recipients };
            let placed: Vec<Placed> =
                (job.next..until).map(|place| Placed { place, outcome: Err(why.code.clone()) }).collect();
            jobs::note(&mut tx, id, &placed).await?;
            jobs::end(&mut tx, id, self.now()).await?;
            Ok(())
        };
        refused.await.map_err(|error| self.db.error(error))?;
        Ok(self.db.commit(tx).await?)
    }
}

/// Of these recipients, which stand before in the list with the same phone and the same words.
fn twice(request: &Request, from: usize, some: &[Recipient]) -> Result<Vec<bool>, Problem> {
    let country = request.frozen.country()?;
    let key = |one: &Recipient| {
        let phone = address(&one.to, country).ok().map(|phone| phone.subscriber());
        phone.map(|phone| (phone, one.data.clone()))
    };
    let mut seen: BTreeSet<_> = request.recipients.iter().take(from).filter_map(key).collect();
    Ok(some.iter().map(|one| key(one).is_some_and(|key| !seen.insert(key))).collect())
}
