//! The loop that sends: write down the outcomes, snapshot, plan, claim, and after the commit hand over.
//!
//! At most one part is on its way per session. An outcome that cannot be written (a full disk) is kept and tried again,
//! and nothing is claimed without it. What is claimed and on nobody's way any more, and what was in doubt for too long,
//! is looked for at every decision. A decision that breaks at a part is undone, the part is parked as unreadable, and the
//! next decision goes on without it.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};

use super::breaker::Opening;
use super::missed::TOLERATED;
use super::pace::Slot;
use super::plan::{Action, Wait, Why, next_action};
use super::stopping::Stopped;
use super::store::claim::{ANSWER_DEADLINE, Claim, Poll, Taken, claim, still_stands};
use super::store::complete::complete;
use super::store::park::park;
use super::store::{Broken, Walks, doubt, missed, queue, snapshot, stopping};
use super::turn::{QueueWait, Turns, queue_waits};
use crate::clock::{Millis, SharedClock};
use crate::db::{Db, Readers, StorageError, Tx};
use crate::error::Problem;
use crate::event::{Event, Events};
use crate::ids::{CampaignId, ClaimerId, IdGenerator, PartId, SessionId};
use crate::ledger::Book;
use crate::link_preview;
use crate::media;
use crate::notice::{Notices, Unreadable};
use crate::session::cause::Cause;
use crate::session::messenger::{Content, Messenger, Outcome, Outgoing, Wanted};
use crate::session::registry::ConnectionRegistry;

/// The longest sleep: a laptop that was closed must notice the time when it opens.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// So many parts in a row are parked at once. When every decision breaks, it may not be the parts' fault.
const MOST_PARKED: usize = 20;
const AFTER_MANY_PARKED: Duration = Duration::from_secs(60);

/// What the loop needs; shared with the doors that wake it.
pub struct Dispatcher {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub events: Events,
    pub notices: Notices,
    pub registry: Arc<ConnectionRegistry>,
    /// Something changed that the planner should look at.
    pub wake: Arc<Notify>,
    /// A message may have come back unsent whose content counts no more.
    pub outdated: Arc<Notify>,
    /// Who claims: this run.
    claimer: ClaimerId,
    wait: watch::Sender<Wait>,
    /// What each queue waits for; empty while nothing can be decided.
    queue_waits: watch::Sender<BTreeMap<CampaignId, QueueWait>>,
    walks: tokio::sync::Mutex<Walks>,
    media: media::LastRead,
    /// Books that do not add up, and what the owner is told of it: nothing is sent from them.
    stopped: Mutex<BTreeMap<Book, Problem>>,
}

impl Dispatcher {
    pub fn new(
        db: Arc<Db>,
        clock: SharedClock,
        events: Events,
        notices: Notices,
        registry: Arc<ConnectionRegistry>,
    ) -> Self {
        let wait = watch::Sender::new(Wait::new(Why::Nothing));
        let claimer = IdGenerator::at(clock.now()).next();
        Self {
            db,
            clock,
            events,
            notices,
            registry,
            claimer,
            wait,
            wake: Arc::default(),
            outdated: Arc::default(),
            queue_waits: watch::Sender::default(),
            walks: tokio::sync::Mutex::default(),
            media: media::LastRead::default(),
            stopped: Mutex::default(),
        }
    }

    /// Why nothing is being sent at this moment.
    pub fn wait(&self) -> Wait {
        *self.wait.borrow()
    }

    /// What each open queue waits for. One that is missing waits for what all of them wait for.
    pub fn queue_waits(&self) -> BTreeMap<CampaignId, QueueWait> {
        self.queue_waits.borrow().clone()
    }

    /// Follows the wait as it changes.
    pub fn watch(&self) -> watch::Receiver<Wait> {
        self.wait.subscribe()
    }

    /// Refuses what would wait in vain.
    pub fn refuse_stopped(&self, book: Book) -> Result<(), Problem> {
        self.stopped().get(&book).map_or(Ok(()), |problem| Err(problem.clone()))
    }

    /// Nothing is sent from a book any more that turned out not to add up.
    pub fn stop(&self, book: Book, problem: Problem) {
        self.stopped().insert(book, problem);
    }

    /// A poisoned lock only means that another task panicked; the list is whole at every step.
    fn stopped(&self) -> MutexGuard<'_, BTreeMap<Book, Problem>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs until `stop` is true, then sees what is on its way through to its outcome. The flight outlives a run that
    /// breaks.
    pub async fn run(self: Arc<Self>, flight: &mut InFlight, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.step(flight).await {
                Ok(Next::Again) => continue,
                Ok(Next::Wait(until)) => {
                    until.map_or(LONGEST_SLEEP, |until| self.clock.real_wait(until).min(LONGEST_SLEEP))
                }
                Err(error) => self.wait_after(&error, flight),
            };
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                () = flight.landed() => {}
                () = self.wake.notified() => {}
                () = self.registry.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.finish(flight).await;
    }

    fn wait_after(&self, error: &StorageError, flight: &InFlight) -> Duration {
        tracing::warn!(%error, "sending waits");
        let wait = Wait::new(match error {
            StorageError::Full { .. } => Why::Disk,
            StorageError::Locked { .. } => Why::Locked,
            StorageError::ReadOnly { .. } => Why::ReadOnly,
            StorageError::Damaged { .. } => Why::Damaged,
            _ => Why::Fault,
        });
        self.show(wait, BTreeMap::new());
        match error {
            StorageError::Damaged { .. } => self.notices.tell(Problem::of(error)),
            error if error.passes() => {}
            error => self.notices.tell(Unreadable::Data { reason: Problem::of(error) }),
        }
        if flight.parked > MOST_PARKED { AFTER_MANY_PARKED } else { AFTER_ERROR }
    }

    /// One decision. Where it breaks at a part, or the last one did by a panic, that one is parked.
    pub async fn step(self: &Arc<Self>, flight: &mut InFlight) -> Result<Next, StorageError> {
        self.park_broken(flight).await?;
        let next = self.decision(flight).await;
        match &next {
            Ok(_) if flight.at.is_none() => flight.parked = 0,
            Ok(_) => self.park_broken(flight).await?,
            Err(error) if error.is_unreadable() && flight.at.is_some() && flight.parked <= MOST_PARKED => {
                tracing::error!(%error, at = ?flight.at, "a decision broke");
                self.park_broken(flight).await?;
                return Ok(Next::Again);
            }
            // It stays noted where it broke.
            Err(error) if error.is_unreadable() => {}
            Err(_) => flight.at = None,
        }
        next
    }

    /// In a transaction of its own, by the part's id alone.
    async fn park_broken(&self, flight: &mut InFlight) -> Result<(), StorageError> {
        let Some(at) = flight.at else { return Ok(()) };
        let (part, cause) = match at {
            At::Claim(part) | At::Head(part) => (part, Cause::Unreadable),
            At::Outcome(part) => (part, flight.cause_of(part)),
        };
        let mut tx = self.db.begin().await?;
        let queue = park(&mut tx, part, &cause, self.clock.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        tracing::error!(%part, %cause, "a part that cannot be read is parked");
        flight.outcomes.retain(|(taken, _)| taken.part != part);
        flight.at = None;
        flight.parked += 1;
        self.notices.tell(Unreadable::Part);
        queue.into_iter().for_each(|queue| self.events.emit(Event::CampaignChanged(queue)));
        Ok(())
    }

    /// One decision, in one transaction: what became of the parts that came back is written, what may go now is claimed,
    /// and nothing is handed over before all that is on the disk.
    async fn decision(self: &Arc<Self>, flight: &mut InFlight) -> Result<Next, StorageError> {
        flight.collect();
        let decision = self.committed_decision(flight).await;
        flight.watch(self.clock.now(), decision.is_ok());
        let decision = decision?;
        self.tell_outcomes(flight, &decision.openings);
        self.tell_broken(flight, decision.broken);
        decision.paused.into_iter().for_each(|stopped| self.notices.tell(stopped));
        for queue in decision.changed {
            self.events.emit(Event::CampaignChanged(queue));
            self.events.emit(Event::LedgerChanged);
        }
        for (messenger, taken) in decision.claimed {
            self.events.emit(Event::CampaignChanged(taken.queue));
            flight.launch(self.clone(), messenger, taken);
        }
        let (wait, until) = match decision.action {
            _ if flight.at.is_some() => return Ok(Next::Again),
            Action::Send { .. } => return Ok(Next::Again),
            Action::Sleep { until, .. } if until <= self.clock.now() => return Ok(Next::Again),
            Action::Sleep { until, wait } => (wait, Some(until)),
            Action::Rest(wait) if flight.is_empty() => (wait, None),
            Action::Rest(_) => (Wait::new(Why::Sending), None),
        };
        self.show(wait, decision.queue_waits);
        Ok(Next::Wait(until.into_iter().chain(decision.doubt_at).min()))
    }

    async fn committed_decision(self: &Arc<Self>, flight: &mut InFlight) -> Result<Decision, StorageError> {
        let mut tx = self.db.begin().await?;
        let decision = self.decide(&mut tx, flight).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(decision)
    }

    async fn decide(&self, db: &mut Tx, flight: &mut InFlight) -> Result<Decision, sqlx::Error> {
        let now = self.clock.now();
        let openings = write(db, &flight.outcomes, now, &mut flight.at).await?;
        let overdue = doubt::overdue(db, &flight.parts(), now).await?;
        flight.at = overdue.first().map(At::Outcome);
        let mut changed = doubt::settle(db, &overdue, now).await?;
        flight.at = None;
        changed.extend(missed::find(db, flight.watched, now).await?);
        let paused = stopping::untold(db).await?;
        let usable = self.registry.ids();
        let mut walks = self.walks.lock().await;
        let mut busy = flight.busy();
        let mut claimed = Vec::new();
        let mut broken;
        let (action, seen) = loop {
            let (mut snapshot, unreadable) = snapshot(db, &mut walks, &mut flight.turns, now, &usable, &busy).await?;
            broken = unreadable;
            let stopped: Vec<Book> = self.stopped().keys().copied().collect();
            let stopped = queue::open_of(db, stopped.into_iter()).await?;
            snapshot.heads.retain(|head| !stopped.contains(&head.queue));
            let action = next_action(now, &snapshot);
            let Action::Send { part, session } = action else { break (action, snapshot) };
            let head = snapshot.heads.iter().find(|head| head.part == part);
            let queue = head.map(|head| head.queue);
            let not_after = head.and_then(|head| head.hours(&snapshot.hours)).and_then(|hours| hours.closes_at(now));
            let state = snapshot.sessions.iter_mut().find(|state| state.id == session);
            let (Some(state), Some(messenger)) = (state, self.registry.get(session)) else { break (action, snapshot) };
            let hurried = messenger.gap();
            let after = match hurried {
                Some(gap) => state.rhythm.after_hurried(now, gap),
                None => state.rhythm.after_send(now, &state.pace, getrandom::u64().unwrap_or(0)),
            };
            let slot = Slot { before: state.rhythm, after };
            flight.at = Some(At::Claim(part));
            let claimed_now = claim(db, part, session, self.claimer, slot, now).await?;
            flight.at = None;
            match claimed_now {
                Claim::Taken(taken) => {
                    // A message that has begun is finished before another queue has its turn.
                    if taken.last {
                        flight.turns.took(taken.queue);
                    }
                    claimed.push((messenger, Taken { not_after, ..*taken }));
                }
                Claim::Skipped(_) => {
                    changed.extend(queue);
                    break (action, snapshot);
                }
                // What was seen in this very transaction cannot have gone: something around it is missing.
                Claim::Gone => {
                    flight.at = Some(At::Claim(part));
                    break (action, snapshot);
                }
            }
            // One that reaches nobody takes all that is due in one transaction: a commit each would be its pace.
            if hurried.is_some() && after.next_send_at <= now {
                continue;
            }
            busy.push(session);
            // What stands behind this part may use the same numbers and is due no earlier. So where no other number
            // could have sent it, there is nothing more to send until something happens.
            state.busy = true;
            let behind = next_action(now, &snapshot);
            if !matches!(behind, Action::Send { .. }) {
                break (behind, snapshot);
            }
        };
        let on_the_way = claimed.iter().map(|(_, taken): &(_, Taken)| (taken.queue, taken.session));
        let flying: Vec<_> = flight.queues().chain(on_the_way).collect();
        let queue_waits = queue_waits(now, &seen, &flying);
        Ok(Decision { openings, claimed, changed, paused, broken, action, queue_waits, doubt_at: overdue.next_at })
    }

    /// A part that cannot be read is the next thing to park; what else cannot be read is told once a run.
    fn tell_broken(&self, flight: &mut InFlight, broken: Vec<Broken>) {
        for one in broken {
            if let Broken::Part(part) = one {
                flight.at = Some(At::Head(part));
            } else if flight.told.insert(one) {
                tracing::error!(?one, "it cannot be read and is left out");
                self.notices.tell(match one {
                    Broken::Number(_) => Unreadable::Number,
                    _ => Unreadable::Queue,
                });
            }
        }
    }

    /// They are written: what is kept of them goes, and whoever looks at them hears of it.
    fn tell_outcomes(&self, flight: &mut InFlight, openings: &[Opening]) {
        for opening in openings {
            tracing::warn!(cause = %opening.cause, "WhatsApp refused, so the number waits");
            self.events.emit(Event::NowChanged);
        }
        for (taken, outcome) in flight.outcomes.drain(..) {
            if matches!(outcome, Outcome::Refused(_)) {
                self.outdated.notify_one();
            }
            self.events.emit(Event::CampaignChanged(taken.queue));
            self.events.emit(Event::LedgerChanged);
        }
    }

    /// At the end: what is on its way gets its answer written, or is found as `sending` by the next start.
    async fn finish(&self, flight: &mut InFlight) {
        let _ = tokio::time::timeout(Duration::from_secs(3), async {
            while !flight.tasks.is_empty() {
                flight.landed().await;
            }
        })
        .await;
        flight.collect();
        if let Err(error) = self.write_outcomes(flight).await {
            tracing::warn!(%error, "an outcome was not saved; the part is checked at the next start");
        }
    }

    async fn write_outcomes(&self, flight: &mut InFlight) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        let written = write(&mut tx, &flight.outcomes, self.clock.now(), &mut None).await;
        let openings = written.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.tell_outcomes(flight, &openings);
        Ok(())
    }

    fn show(&self, wait: Wait, queue_waits: BTreeMap<CampaignId, QueueWait>) {
        let other = self.queue_waits.send_if_modified(|shown| {
            let other = *shown != queue_waits;
            *shown = queue_waits;
            other
        });
        let changed = self.wait.send_if_modified(|shown| std::mem::replace(shown, wait) != wait);
        if changed || other {
            self.events.emit(Event::NowChanged);
        }
    }

    async fn outcome(&self, messenger: Arc<dyn Messenger>, taken: &Taken) -> Outcome {
        let content = match self.content(taken).await {
            Ok(Some(content)) => content,
            Ok(None) => return Outcome::Refused(Cause::MediaGone),
            Err(error) => {
                tracing::warn!(%error, "a part cannot be read");
                return Outcome::Refused(Cause::Unreadable);
            }
        };
        let outgoing = Outgoing {
            part: taken.part,
            wire_id: taken.wire_id.clone(),
            to: taken.to.clone(),
            content,
            known: taken.known,
            typing: taken.typing,
            not_after: taken.not_after,
            wanted: Arc::new(Claimed {
                readers: self.db.read_for_outbox().clone(),
                clock: self.clock.clone(),
                part: taken.part,
                session: taken.session,
            }),
        };
        let deadline = self.clock.real_wait(self.clock.now() + ANSWER_DEADLINE).max(AFTER_ERROR);
        match tokio::time::timeout(deadline, messenger.send(outgoing)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Unknown(Cause::NoAnswer),
        }
    }

    async fn content(&self, taken: &Taken) -> Result<Option<Content>, StorageError> {
        if let Some(Poll { question, options }) = taken.poll.clone() {
            return Ok(Some(Content::Poll { text: question, options }));
        }
        let Some(sha256) = taken.media else {
            let Some(text) = taken.text.clone() else { return Ok(None) };
            let preview = match taken.link_preview {
                Some(id) => link_preview::store::by_id(&mut *self.db.read_for_outbox().acquire().await?, id).await?,
                None => None,
            };
            return Ok(Some(Content::Text { text, preview: preview.map(Arc::new) }));
        };
        let Some(file) = self.media.read(self.db.read_for_outbox(), sha256).await? else { return Ok(None) };
        Ok(Some(Content::Media { file, caption: taken.text.clone(), name: taken.file_name.clone() }))
    }
}

/// Asks the data whether a claim still stands.
struct Claimed {
    readers: Readers,
    clock: SharedClock,
    part: PartId,
    session: SessionId,
}

impl Wanted for Claimed {
    fn is_wanted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        let stands = async {
            let mut reader = self.readers.acquire().await?;
            still_stands(&mut reader, self.part, self.session, self.clock.now()).await
        };
        Box::pin(async {
            stands.await.unwrap_or_else(|error| {
                tracing::warn!(%error, "whether a part may still go cannot be read, so it goes back");
                false
            })
        })
    }
}

async fn write(
    db: &mut Tx,
    outcomes: &[(Taken, Outcome)],
    now: Millis,
    at: &mut Option<At>,
) -> Result<Vec<Opening>, sqlx::Error> {
    let mut openings = Vec::new();
    for (taken, outcome) in outcomes {
        *at = Some(At::Outcome(taken.part));
        openings.extend(complete(db, taken, outcome, now).await?);
    }
    *at = None;
    Ok(openings)
}

/// The part that a decision is at, so that it is known where it broke.
#[derive(Clone, Copy, Debug)]
enum At {
    Outcome(PartId),
    Claim(PartId),
    /// It stands first in its queue and cannot be read.
    Head(PartId),
}

/// What a transaction of the loop holds, and what is to be done once it is committed.
struct Decision {
    /// What shut a number.
    openings: Vec<Opening>,
    claimed: Vec<(Arc<dyn Messenger>, Taken)>,
    /// Where somebody was skipped or given up.
    changed: Vec<CampaignId>,
    /// What was paused by itself.
    paused: Vec<Stopped>,
    /// What the snapshot had to leave out.
    broken: Vec<Broken>,
    action: Action,
    queue_waits: BTreeMap<CampaignId, QueueWait>,
    /// When something will have been in doubt, or claimed, for too long.
    doubt_at: Option<Millis>,
}

/// What the loop does after a decision.
pub enum Next {
    Again,
    /// Until something happens, at the latest then.
    Wait(Option<Millis>),
}

/// What is on its way, and the outcomes that are not written yet.
#[derive(Default)]
pub struct InFlight {
    tasks: JoinSet<Outcome>,
    parts: BTreeMap<Id, Taken>,
    outcomes: Vec<(Taken, Outcome)>,
    /// Where the decision is that is being made, or where the last one broke.
    at: Option<At>,
    /// Parts that were parked since the last decision that held.
    parked: usize,
    turns: Turns,
    /// When this run decided last, or tried to without a pause.
    watched: Option<Millis>,
    /// What the owner was told that it cannot be read.
    told: BTreeSet<Broken>,
}

impl InFlight {
    fn launch(&mut self, dispatcher: Arc<Dispatcher>, messenger: Arc<dyn Messenger>, taken: Taken) {
        let part = taken.clone();
        let handle = self.tasks.spawn(async move { dispatcher.outcome(messenger, &part).await });
        self.parts.insert(handle.id(), taken);
    }

    /// A decision that broke ends no watch, and begins none.
    fn watch(&mut self, now: Millis, held: bool) {
        if held || self.watched.is_some_and(|watched| now - watched <= TOLERATED) {
            self.watched = Some(now);
        }
    }

    fn busy(&self) -> Vec<SessionId> {
        self.parts.values().map(|taken| taken.session).collect()
    }

    fn queues(&self) -> impl Iterator<Item = (CampaignId, SessionId)> + '_ {
        self.parts.values().map(|taken| (taken.queue, taken.session))
    }

    fn parts(&self) -> Vec<PartId> {
        self.parts.values().map(|taken| taken.part).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.outcomes.is_empty()
    }

    /// What is written of a part whose outcome cannot be: only a refusal says that it certainly did not arrive.
    fn cause_of(&self, part: PartId) -> Cause {
        let outcome = self.outcomes.iter().find(|(taken, _)| taken.part == part).map(|(_, outcome)| outcome);
        match outcome {
            Some(Outcome::Refused(_)) => Cause::Unreadable,
            _ => Cause::OutcomeUnknown,
        }
    }

    /// Something is on its way.
    #[cfg(any(test, feature = "testing"))]
    pub fn is_flying(&self) -> bool {
        !self.tasks.is_empty()
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
            Err(error) => (error.id(), Outcome::Unknown(Cause::Interrupted)),
        };
        if let Some(taken) = self.parts.remove(&id) {
            self.outcomes.push((taken, outcome));
        }
    }
}
