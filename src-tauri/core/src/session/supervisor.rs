//! Keeps one linked number connected: drives its client with the state machine of `state.rs`.
//!
//! Everything that happens comes in as an `Event`, one at a time and in order; the machine decides, this carries out,
//! saves what changed and lets the outbox see whether the number can send. What people write goes on to the layers
//! above before it is confirmed. `numbers.rs` runs the loop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::cause::Shut;
use super::client::{BoxFuture, ClientError, Closed, Heard, Limits, SessionClient, Signal};
use super::messenger::{Arrived, LookingUp, Messenger, Outcome, Outgoing, Sending};
use super::registry::ConnectionRegistry;
use super::server_clock::ServerClock;
use super::state::{Act, Input, Link, LinkState, MOST_JITTER};
use super::store::numbers as store;
use crate::clock::{MINUTE, Millis, SharedClock, is_ahead};
use crate::db::{Db, StorageError, Tx, unreadable};
use crate::event::{Event as Changed, Events};
use crate::ids::SessionId;
use crate::notice::Unreadable;
use crate::supervise::{Supervision, catch};

/// A client that is told to close, or to unlink, and does not is left to itself.
const CLOSE_DEADLINE: Duration = Duration::from_secs(5);
const UNLINK_DEADLINE: Duration = Duration::from_secs(15);
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// What was heard last is written at most so often: every receipt changes it.
const SEEN_EVERY: Millis = MINUTE;

/// What a number needs of the app.
pub struct Context {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub events: Events,
    pub supervision: Supervision,
    pub registry: Arc<ConnectionRegistry>,
    pub server_clock: ServerClock,
    pub inbound: Arc<dyn InboundStore>,
}

/// What the layers above keep of what happens to numbers.
pub trait InboundStore: Send + Sync + 'static {
    /// Puts a reply, a hidden identity or a name into the database. `Ok` means that it is there, and brings what is
    /// to be said because of it.
    fn store<'a>(
        &'a self,
        session: SessionId,
        signal: &'a Signal,
    ) -> BoxFuture<'a, Result<Vec<PlainText>, StorageError>>;
    /// A phone accepted a link; part of the transaction that writes it down.
    fn linked<'a>(&'a self, db: &'a mut Tx, now: Millis) -> BoxFuture<'a, Result<(), StorageError>>;
}

/// A text that is no part of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainText {
    pub to: String,
    pub text: String,
}

/// What a client did or said, or the passing of time.
pub enum Event {
    Heard(Heard),
    Done(Done),
    Time,
}

/// The end of something that the client was asked to do.
pub enum Done {
    Began(Result<(), ClientError>),
    LinkBegan(Result<(), ClientError>),
    Checked(Result<Millis, ClientError>),
    Limits(Result<Limits, ClientError>),
    Sent { answered: bool, new_chat_refused: bool },
}

/// What is shown of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: LinkState,
    pub since: Millis,
    pub next_try_at: Option<Millis>,
    pub tries: u32,
    /// How long the newest check took.
    pub respond_ms: Option<Millis>,
}

pub struct Supervisor {
    pub id: SessionId,
    pub key_id: SessionId,
    context: Arc<Context>,
    client: Arc<dyn SessionClient>,
    done: mpsc::UnboundedSender<Done>,
    run: tokio::sync::Mutex<Run>,
    status: Mutex<Status>,
    stopped: watch::Sender<bool>,
}

struct Run {
    link: Link,
    /// What the client is doing; ended with the connection.
    tasks: JoinSet<()>,
    /// The state could not be written down yet.
    unsaved: bool,
    heard_at: Option<Millis>,
    phone_seen_at: Option<Millis>,
    seen_saved_at: Millis,
}

impl Supervisor {
    pub fn new(
        number: &store::Number,
        key_id: SessionId,
        context: Arc<Context>,
        client: Arc<dyn SessionClient>,
        done: mpsc::UnboundedSender<Done>,
    ) -> Self {
        let now = context.clock.now();
        let link = Link::new(number.state, number.since.unwrap_or(now), now);
        let status = shown(&link, None);
        let run = Run {
            link,
            tasks: JoinSet::new(),
            unsaved: false,
            heard_at: None,
            phone_seen_at: None,
            seen_saved_at: now,
        };
        Self {
            id: number.session.id,
            key_id,
            context,
            client,
            done,
            run: tokio::sync::Mutex::new(run),
            status: Mutex::new(status),
            stopped: watch::Sender::new(false),
        }
    }

    pub fn status(&self) -> Status {
        self.shown().clone()
    }

    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stopped.subscribe()
    }

    pub fn wake_at(&self) -> Millis {
        let run = self.run.try_lock();
        run.map_or_else(|_| self.context.clock.now(), |run| run.link.wake_at())
    }

    /// Ulak starts, or the phone has just accepted the link.
    pub async fn start(&self) {
        self.step(&mut *self.run.lock().await, Input::Started).await;
    }

    pub async fn connect(&self) {
        self.step(&mut *self.run.lock().await, Input::OwnerConnects).await;
    }

    /// Closes the client and ends the loop once what it heard before is written down.
    pub async fn stop(&self) {
        let mut run = self.run.lock().await;
        self.step(&mut run, Input::Stopped).await;
        self.save_seen(&mut run).await;
        self.stopped.send_replace(true);
    }

    /// Fetches what a person sent to this number.
    pub async fn fetch(&self, place: String, most: u64) -> Result<Vec<u8>, ClientError> {
        self.client.fetch(place, most).await
    }

    /// Ends the link for good, and says whether WhatsApp was told.
    pub async fn unlink(&self) -> bool {
        let mut run = self.run.lock().await;
        self.context.registry.remove(self.id);
        let told = tokio::time::timeout(UNLINK_DEADLINE, self.client.unlink()).await.is_ok_and(|told| told.is_ok());
        self.step(&mut run, Input::Closed(Closed::LoggedOut)).await;
        told
    }

    /// One event. `receipts` is where the ticks go.
    pub async fn take(&self, event: Event, receipts: &mpsc::Sender<Arrived>) {
        match event {
            Event::Heard(heard) => self.hear(heard, receipts).await,
            Event::Done(done) => self.finish(done).await,
            Event::Time => {}
        }
        let mut run = self.run.lock().await;
        self.step(&mut run, Input::Tick).await;
        if !is_ahead(run.seen_saved_at + SEEN_EVERY, self.context.clock.now(), SEEN_EVERY) {
            self.save_seen(&mut run).await;
        }
    }

    async fn hear(&self, heard: Heard, receipts: &mpsc::Sender<Arrived>) {
        let Heard { signal, confirm, .. } = heard;
        match signal {
            Signal::Receipt(receipt) => {
                self.note_heard().await;
                // Gone only after the last supervisor: whoever sent it tells it again.
                let _ = receipts.send(Arrived { receipt, confirm }).await;
                return;
            }
            Signal::Reply(_)
            | Signal::Lid { .. }
            | Signal::Found { .. }
            | Signal::NotFound { .. }
            | Signal::Name { .. } => {
                if matches!(signal, Signal::Reply(_)) {
                    self.note_heard().await;
                }
                if !self.keep(&signal).await {
                    return;
                }
            }
            Signal::Connected => self.step(&mut *self.run.lock().await, Input::Connected).await,
            Signal::Closed(closed) => self.step(&mut *self.run.lock().await, Input::Closed(closed)).await,
            Signal::ClockAhead { by } => self.context.server_clock.hear(by),
            Signal::PhoneSeen => self.run.lock().await.phone_seen_at = Some(self.context.clock.now()),
            Signal::Limits { limits, tells_quota, tells_lock } => {
                self.save_limits(&limits, tells_quota, tells_lock).await;
            }
            Signal::Qr { .. }
            | Signal::Code { .. }
            | Signal::Passkey { .. }
            | Signal::PasskeyCode { .. }
            | Signal::LinkEnded(_)
            | Signal::Linked { .. } => {}
        }
        if let Some(confirm) = confirm {
            let _ = confirm.send(());
        }
    }

    /// Tries until it is down; false when Ulak ended first, and then nothing is confirmed.
    async fn keep(&self, signal: &Signal) -> bool {
        let mut stopped = self.stopped();
        loop {
            match self.store(signal).await {
                Ok(texts) => {
                    self.say(texts).await;
                    return true;
                }
                Err(error) if error.is_unreadable() => {
                    tracing::error!(session = %self.id, %error, "what was heard is set aside");
                    self.context.supervision.notices.tell(Unreadable::Signal);
                    return false;
                }
                Err(error) => tracing::warn!(%error, "what was heard waits until it can be saved"),
            }
            if *stopped.borrow() {
                return false;
            }
            let _ = tokio::time::timeout(AFTER_ERROR, stopped.wait_for(|stopped| *stopped)).await;
        }
    }

    async fn store(&self, signal: &Signal) -> Result<Vec<PlainText>, StorageError> {
        let stored = catch(self.context.inbound.store(self.id, signal)).await;
        stored.unwrap_or_else(|panicked| Err(unreadable(panicked).into()))
    }

    /// Best effort, and never in the way of what is heard next.
    async fn say(&self, texts: Vec<PlainText>) {
        let mut run = self.run.lock().await;
        for PlainText { to, text } in texts {
            let client = self.client.clone();
            run.tasks.spawn(async move {
                if let Err(error) = client.say(to, text).await {
                    tracing::info!(%error, "a confirmation was not sent");
                }
            });
        }
    }

    async fn note_heard(&self) {
        self.run.lock().await.heard_at = Some(self.context.clock.now());
    }

    async fn finish(&self, done: Done) {
        let input = match done {
            Done::Began(Err(ClientError::NotLinked)) => Input::Closed(Closed::LoggedOut),
            Done::Began(Err(error)) => Input::Closed(Closed::Lost { reason: error.to_string() }),
            Done::Checked(Ok(ms)) => {
                self.shown().respond_ms = Some(ms);
                Input::Checked(ms)
            }
            Done::Checked(Err(_)) => Input::CheckFailed,
            Done::Limits(Ok(limits)) => return self.save_limits(&limits, true, true).await,
            Done::Sent { answered, new_chat_refused } => {
                if new_chat_refused {
                    // The refusal says that there is a limit; until when is what the owner wants to know.
                    self.begin(&mut *self.run.lock().await, Act::ReadLimits);
                }
                if answered { Input::Answered } else { Input::NotAnswered }
            }
            Done::Limits(Err(_)) | Done::Began(Ok(())) | Done::LinkBegan(_) => return,
        };
        self.step(&mut *self.run.lock().await, input).await;
    }

    async fn step(&self, run: &mut Run, input: Input) {
        if let Input::Closed(closed) = &input {
            tracing::info!(session = %self.id, ?closed, "a number's connection ended");
        }
        let before = (run.link.state(), run.link.since());
        let acts = run.link.step(input, self.context.clock.now(), jitter());
        let state = run.link.state();
        if !state.is_usable() {
            self.context.registry.remove(self.id);
        }
        for act in acts {
            if act == Act::Disconnect {
                run.tasks = JoinSet::new();
                let _ = tokio::time::timeout(CLOSE_DEADLINE, self.client.disconnect()).await;
            } else {
                self.begin(run, act);
            }
        }
        if state.is_usable() {
            let messenger = Watched { client: self.client.clone(), done: self.done.clone() };
            self.context.registry.put(self.id, Arc::new(messenger));
        }
        let changed = self.show(&run.link);
        if before != (state, run.link.since()) || run.unsaved {
            run.unsaved = !self.save_state(&run.link).await;
        }
        if changed {
            self.context.events.emit(Changed::NumbersChanged);
        }
    }

    /// Asks the client and lets it answer by an event.
    fn begin(&self, run: &mut Run, act: Act) {
        while run.tasks.try_join_next().is_some() {}
        let (client, done) = (self.client.clone(), self.done.clone());
        run.tasks.spawn(async move {
            let end = match act {
                Act::Connect => Done::Began(client.connect().await),
                Act::Check => Done::Checked(client.check().await),
                Act::ReadLimits => Done::Limits(client.limits().await),
                Act::Disconnect => return,
            };
            let _ = done.send(end);
        });
    }

    /// True when the owner would see a difference.
    fn show(&self, link: &Link) -> bool {
        let mut status = self.shown();
        let respond_ms = status.respond_ms.filter(|_| link.state().is_usable());
        let fresh = shown(link, respond_ms);
        let differs = Status { tries: status.tries, respond_ms, ..fresh.clone() } != *status;
        *status = fresh;
        differs
    }

    fn shown(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn save_state(&self, link: &Link) -> bool {
        let saved = async {
            let mut tx = self.context.db.begin().await?;
            store::save_state(&mut tx, self.id, link.state(), link.since()).await?;
            self.context.db.commit(tx).await
        };
        saved.await.inspect_err(|error| tracing::warn!(%error, "a number's state is not saved yet")).is_ok()
    }

    async fn save_limits(&self, limits: &Limits, quota: bool, lock: bool) {
        let saved: Result<(), StorageError> = async {
            let mut tx = self.context.db.begin().await?;
            if quota {
                store::save_quota(&mut tx, self.id, limits, self.context.clock.now()).await?;
            }
            if lock {
                store::save_lock(&mut tx, self.id, limits.locked_until).await?;
            }
            self.context.db.commit(tx).await
        }
        .await;
        match saved {
            Ok(()) => self.context.events.emit(Changed::NumbersChanged),
            Err(error) => tracing::warn!(%error, "a number's limits are not saved; they are read again in an hour"),
        }
    }

    async fn save_seen(&self, run: &mut Run) {
        run.seen_saved_at = self.context.clock.now();
        if run.heard_at.is_none() && run.phone_seen_at.is_none() {
            return;
        }
        let saved: Result<(), StorageError> = async {
            let mut tx = self.context.db.begin().await?;
            store::save_seen(&mut tx, self.id, run.heard_at, run.phone_seen_at).await?;
            self.context.db.commit(tx).await
        }
        .await;
        match saved {
            Ok(()) => (run.heard_at, run.phone_seen_at) = (None, None),
            Err(error) => tracing::warn!(%error, "when a number was heard last is not saved yet"),
        }
    }
}

fn shown(link: &Link, respond_ms: Option<Millis>) -> Status {
    Status {
        state: link.state(),
        since: link.since(),
        next_try_at: link.next_try_at(),
        tries: link.tries(),
        respond_ms,
    }
}

fn jitter() -> Millis {
    let spread = u64::try_from(MOST_JITTER).unwrap_or(0) + 1;
    Millis::try_from(getrandom::u64().unwrap_or(0) % spread).unwrap_or(0)
}

/// The client as the outbox gets it: how its sends end is also a sign of how the connection is.
struct Watched {
    client: Arc<dyn SessionClient>,
    done: mpsc::UnboundedSender<Done>,
}

impl Messenger for Watched {
    fn send(&self, part: Outgoing) -> Sending<'_> {
        Box::pin(async move {
            let mut report = Report { done: &self.done, answered: Some(false), new_chat_refused: false };
            let outcome = self.client.send(part).await;
            report.of(&outcome);
            outcome
        })
    }

    fn look_up(&self, phones: Vec<String>) -> LookingUp<'_> {
        self.client.look_up(phones)
    }
}

/// Told when a send ends, also when the outbox stops waiting for it.
struct Report<'a> {
    done: &'a mpsc::UnboundedSender<Done>,
    /// None where the end says nothing of the connection.
    answered: Option<bool>,
    new_chat_refused: bool,
}

impl Report<'_> {
    fn of(&mut self, outcome: &Outcome) {
        self.answered = match outcome {
            Outcome::Accepted => Some(true),
            Outcome::Unknown(_) => Some(false),
            Outcome::Refused(cause) => cause.connection_works(),
        };
        self.new_chat_refused = matches!(outcome, Outcome::Refused(cause) if cause.shuts() == Some(Shut::NewChats));
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if let Some(answered) = self.answered {
            let _ = self.done.send(Done::Sent { answered, new_chat_refused: self.new_chat_refused });
        }
    }
}
