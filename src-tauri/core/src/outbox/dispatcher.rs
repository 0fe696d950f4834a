//! The loop that sends: snapshot, plan, claim, hand over, write down the outcome.
//!
//! At most one part is on its way per session. Outcomes are written before the next claim of that session; one that
//! cannot be written (a full disk) is kept and tried again, and nothing more is claimed until it is down.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};

use super::plan::{Action, Wait, Why, next_action};
use super::state::cause;
use super::store::claim::{Claim, Poll, Taken, claim};
use super::store::complete::complete;
use super::store::numbers::next_rhythm;
use super::store::{queue, snapshot};
use crate::clock::{SECOND, SharedClock};
use crate::db::{Db, StorageError};
use crate::event::{Event, Events};
use crate::ids::{PartId, SessionId};
use crate::media;
use crate::session::lines::Lines;
use crate::session::messenger::{Content, Messenger, Outcome, Outgoing};

/// After this long without an answer the outcome is unknown.
const ANSWER_DEADLINE: crate::clock::Millis = 75 * SECOND;
/// The longest sleep: a laptop that was closed must notice the time when it opens.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// What the loop needs; shared with the doors that wake it.
pub struct Dispatcher {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub events: Events,
    pub lines: Arc<Lines>,
    /// Something changed that the planner should look at.
    pub wake: Notify,
    wait: watch::Sender<Wait>,
    media: media::LastRead,
}

impl Dispatcher {
    pub fn new(db: Arc<Db>, clock: SharedClock, events: Events, lines: Arc<Lines>) -> Self {
        let wait = watch::Sender::new(Wait::new(Why::Nothing));
        Self { db, clock, events, lines, wake: Notify::new(), wait, media: media::LastRead::default() }
    }

    /// Why nothing is being sent at this moment.
    pub fn wait(&self) -> Wait {
        *self.wait.borrow()
    }

    /// Follows the wait as it changes.
    pub fn watch(&self) -> watch::Receiver<Wait> {
        self.wait.subscribe()
    }

    /// Runs until `stop` is true, then sees what is on its way through to its outcome.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut flight = Flight::default();
        while !*stop.borrow() {
            let pause = match self.step(&mut flight).await {
                Ok(Next::Again) => continue,
                Ok(Next::Wait(_, pause)) => pause,
                Err(error) => {
                    tracing::warn!(%error, "sending waits until data can be saved");
                    self.show(Wait::new(Why::Disk));
                    AFTER_ERROR
                }
            };
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                () = flight.landed() => {}
                () = self.wake.notified() => {}
                () = self.lines.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.finish(flight).await;
    }

    /// One decision. Outcomes that came in are written first.
    pub async fn step(self: &Arc<Self>, flight: &mut Flight) -> Result<Next, StorageError> {
        self.write_outcomes(flight).await?;
        let now = self.clock.now();
        let usable = self.lines.ids();
        let mut snapshot = {
            let mut reader = self.db.read().acquire().await?;
            snapshot(&mut reader, now, &usable, &flight.busy()).await?
        };
        let mut action = next_action(now, &snapshot);
        if let Action::Send { part, session } = action {
            if !self.send(flight, part, session).await? {
                return Ok(Next::Again);
            }
            // What stands behind this part may use the same numbers and is due no earlier. So where no other number
            // could have sent it, there is nothing more to send until something happens.
            snapshot.sessions.iter_mut().filter(|state| state.id == session).for_each(|state| state.busy = true);
            action = next_action(now, &snapshot);
        }
        match action {
            Action::Send { .. } => Ok(Next::Again),
            Action::Sleep { until, wait } => {
                self.show(wait);
                Ok(Next::Wait(wait, self.clock.real_wait(until).min(LONGEST_SLEEP)))
            }
            Action::Rest(wait) => {
                if wait.why == Why::Nothing && flight.is_empty() {
                    self.close_finished().await?;
                }
                let wait = if flight.is_empty() { wait } else { Wait::new(Why::Sending) };
                self.show(wait);
                Ok(Next::Wait(wait, LONGEST_SLEEP))
            }
        }
    }

    /// Whether it is on its way now.
    async fn send(
        self: &Arc<Self>,
        flight: &mut Flight,
        part: PartId,
        session: SessionId,
    ) -> Result<bool, StorageError> {
        let Some(messenger) = self.lines.get(session) else { return Ok(false) };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let rhythm = next_rhythm(&mut tx, session, now, getrandom::u64().unwrap_or(0)).await;
        let rhythm = rhythm.map_err(|error| self.db.error(error))?;
        let claim = claim(&mut tx, part, session, rhythm, now).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        match claim {
            Claim::Taken(taken) => {
                self.events.emit(Event::CampaignChanged(taken.queue));
                self.show(Wait { why: Why::Sending, until: None, session: Some(session) });
                flight.launch(self.clone(), messenger, *taken);
                return Ok(true);
            }
            Claim::Skipped(_) => self.events.emit(Event::LedgerChanged),
            Claim::Gone => {}
        }
        Ok(false)
    }

    async fn write_outcomes(&self, flight: &mut Flight) -> Result<(), StorageError> {
        flight.collect();
        while let Some((taken, outcome)) = flight.outcomes.front() {
            let mut tx = self.db.begin().await?;
            let completed = complete(&mut tx, taken, outcome, self.clock.now()).await;
            let trip = completed.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
            if let Some(trip) = trip {
                tracing::warn!(cause = trip.cause, "WhatsApp refused, so the number waits");
                self.events.emit(Event::NowChanged);
            }
            self.events.emit(Event::CampaignChanged(taken.queue));
            self.events.emit(Event::LedgerChanged);
            flight.outcomes.pop_front();
        }
        Ok(())
    }

    async fn close_finished(&self) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        let finished = queue::close_finished(&mut tx).await?;
        self.db.commit(tx).await?;
        finished.into_iter().for_each(|queue| self.events.emit(Event::CampaignChanged(queue)));
        Ok(())
    }

    /// At the end: what is on its way gets its answer written, or is found as `sending` by the next start.
    async fn finish(&self, mut flight: Flight) {
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while !flight.tasks.is_empty() {
                flight.landed().await;
            }
        })
        .await;
        if let Err(error) = self.write_outcomes(&mut flight).await {
            tracing::warn!(%error, "an outcome was not saved; the part is checked at the next start");
        }
    }

    fn show(&self, wait: Wait) {
        let changed = self.wait.send_if_modified(|shown| std::mem::replace(shown, wait) != wait);
        if changed {
            self.events.emit(Event::NowChanged);
        }
    }

    async fn outcome(&self, messenger: Arc<dyn Messenger>, taken: &Taken) -> Outcome {
        let content = match self.content(taken).await {
            Ok(Some(content)) => content,
            Ok(None) => return Outcome::Refused { cause: cause::MEDIA_GONE.to_owned(), again: false },
            Err(error) => {
                tracing::warn!(%error, "a part cannot be read");
                return Outcome::Refused { cause: cause::UNREADABLE.to_owned(), again: true };
            }
        };
        let outgoing = Outgoing {
            part: taken.part,
            wire_id: taken.wire_id.clone(),
            to: taken.to.clone(),
            content,
            known: taken.known,
            typing: taken.typing,
        };
        let deadline = self.clock.real_wait(self.clock.now() + ANSWER_DEADLINE).max(AFTER_ERROR);
        match tokio::time::timeout(deadline, messenger.send(outgoing)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown { cause: cause::NO_ANSWER.to_owned() },
        }
    }

    async fn content(&self, taken: &Taken) -> Result<Option<Content>, StorageError> {
        if let Some(Poll { question, options }) = taken.poll.clone() {
            return Ok(Some(Content::Poll { text: question, options }));
        }
        let Some(sha256) = taken.media else { return Ok(taken.text.clone().map(Content::Text)) };
        let Some(file) = self.media.read(&self.db, sha256).await? else { return Ok(None) };
        Ok(Some(Content::Media { file, caption: taken.text.clone(), name: taken.file_name.clone() }))
    }
}

/// What the loop does after a decision.
pub enum Next {
    Again,
    /// Until something happens, at most so long.
    Wait(Wait, Duration),
}

/// What is on its way, and the outcomes that are not written yet.
#[derive(Default)]
pub struct Flight {
    tasks: JoinSet<Outcome>,
    parts: BTreeMap<Id, Taken>,
    outcomes: VecDeque<(Taken, Outcome)>,
}

impl Flight {
    fn launch(&mut self, dispatcher: Arc<Dispatcher>, messenger: Arc<dyn Messenger>, taken: Taken) {
        let part = taken.clone();
        let handle = self.tasks.spawn(async move { dispatcher.outcome(messenger, &part).await });
        self.parts.insert(handle.id(), taken);
    }

    fn busy(&self) -> Vec<SessionId> {
        let waiting = self.outcomes.iter().map(|(taken, _)| taken.session);
        self.parts.values().map(|taken| taken.session).chain(waiting).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.outcomes.is_empty()
    }

    /// Gives up on everything that is on its way, as a crash does.
    #[cfg(any(test, feature = "testing"))]
    pub async fn abandon(mut self) {
        self.tasks.shutdown().await;
    }

    /// Returns when one more outcome is there; never while nothing is on its way.
    pub async fn landed(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(joined) => self.take(joined),
            None => std::future::pending().await,
        }
    }

    fn collect(&mut self) {
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            self.take(joined);
        }
    }

    fn take(&mut self, joined: Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match joined {
            Ok((id, outcome)) => (id, outcome),
            Err(error) => (error.id(), Outcome::Unknown { cause: cause::INTERRUPTED.to_owned() }),
        };
        if let Some(taken) = self.parts.remove(&id) {
            self.outcomes.push_back((taken, outcome));
        }
    }
}
