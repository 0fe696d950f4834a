//! All linked numbers and the phones that are being linked: who is there, who starts and ends their loops.
//!
//! One loop a number takes its events one at a time. Until `run` is called there are no loops, and tests take their
//! steps by hand.

#[cfg(any(test, feature = "testing"))]
mod by_hand;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::client::{ClientConfig, LinkHow, Network};
use super::client_loop::{ClientEvents, OpenedClient, Owner, run_client};
use super::error::NumberError;
use super::key_store;
use super::linked::LinkedNumbers;
use super::linking::{LinkAttempt, Progress};
use super::messenger::Arrived;
use super::notes::StoredNotes;
use super::state::LinkState;
use super::store::numbers as store;
use super::supervisor::{Context, Status, Supervisor};
use crate::clock::Millis;
use crate::db::{DbKey, StorageError};
use crate::ids::{IdGenerator, SessionId};

/// So many signals of a number may wait for the database before its client has to.
const WAITING_SIGNALS: usize = 256;
const CLOSE_DEADLINE: Duration = Duration::from_secs(6);

pub struct Numbers {
    linked: Arc<LinkedNumbers>,
    access: Access,
    key: DbKey,
    attempts: Mutex<BTreeMap<SessionId, Arc<LinkAttempt>>>,
    receipts: Mutex<Option<mpsc::Sender<Arrived>>>,
    loops: Mutex<Loops>,
}

/// How WhatsApp is reached, or why it is not.
pub enum Access {
    Network(Arc<dyn Network>),
    /// This run does without.
    Nothing,
    /// The data's clock is not the world's.
    FastTime,
}

impl Access {
    fn network(&self) -> Result<&Arc<dyn Network>, NumberError> {
        match self {
            Self::Network(network) => Ok(network),
            Self::Nothing => Err(NumberError::NoNetwork),
            Self::FastTime => Err(NumberError::FastTime),
        }
    }
}

enum Loops {
    /// Nobody runs yet.
    Waiting(Vec<(Owner, ClientEvents)>),
    Running(JoinSet<()>),
}

impl Numbers {
    pub fn new(context: Arc<Context>, access: Access, key: DbKey, receipts: mpsc::Sender<Arrived>) -> Self {
        Self {
            linked: Arc::new(LinkedNumbers::new(context)),
            access,
            key,
            attempts: Mutex::default(),
            receipts: Mutex::new(Some(receipts)),
            loops: Mutex::new(Loops::Waiting(Vec::new())),
        }
    }

    /// How far this computer's clock is ahead of WhatsApp's, negative where it is behind, if that is far.
    pub fn clock_ahead(&self) -> Option<Millis> {
        self.linked.context.server_clock.far()
    }

    /// Gives every linked number its supervisor, which connects it where it may.
    pub async fn start(&self) -> Result<(), StorageError> {
        let mut tx = self.linked.context.db.begin().await?;
        let numbers = store::all(&mut tx).await?;
        let key_ids = store::key_ids(&mut tx).await?;
        self.linked.context.db.commit(tx).await?;
        key_store::sweep(self.linked.folder(), &key_ids);
        if self.access.network().is_err() {
            return Ok(());
        }
        for number in numbers {
            let Some(key_id) = number.key_id else { continue };
            let OpenedClient { client, done, events } = match self.open_client(key_id) {
                Ok(opened) => opened,
                Err(error) => {
                    tracing::error!(%error, "a linked number stays disconnected");
                    continue;
                }
            };
            let supervisor = Supervisor::new(&number, key_id, self.linked.context.clone(), client, done);
            let supervisor = self.linked.install(supervisor).await;
            self.spawn(Owner::Linked(supervisor), events);
        }
        Ok(())
    }

    /// Starts the loops: of what is there, and of what comes.
    pub fn run(&self) {
        let mut loops = locked(&self.loops);
        if let Loops::Waiting(owners) = &mut *loops {
            let owners = std::mem::take(owners);
            let mut running = JoinSet::new();
            for (owner, events) in owners {
                running.spawn(run_client(self.linked.clone(), owner, events));
            }
            *loops = Loops::Running(running);
        }
    }

    /// Closes every client, and returns when what they had heard is written down or has been handed to the receipts.
    pub async fn close(&self) {
        let attempts: Vec<Arc<LinkAttempt>> = locked(&self.attempts).values().cloned().collect();
        for attempt in attempts {
            if attempt.cancel().await {
                self.linked.forget_keys(attempt.id);
            }
        }
        let supervisors = self.linked.all().into_iter();
        let mut ends: JoinSet<()> = supervisors.map(|supervisor| async move { supervisor.stop().await }).collect();
        while ends.join_next().await.is_some() {}
        locked(&self.receipts).take();
        let loops = std::mem::replace(&mut *locked(&self.loops), Loops::Waiting(Vec::new()));
        if let Loops::Running(mut running) = loops {
            let ended = async { while running.join_next().await.is_some() {} };
            if tokio::time::timeout(CLOSE_DEADLINE, ended).await.is_err() {
                tracing::warn!("a number did not end in time");
            }
        }
    }

    pub fn changed(&self) {
        self.linked.changed();
    }

    pub fn status(&self, id: SessionId) -> Option<Status> {
        self.linked.status(id)
    }

    /// A phone is awaited for this number.
    pub fn is_linking(&self, id: SessionId) -> bool {
        locked(&self.attempts).values().any(|attempt| attempt.expected == Some(id) && attempt.is_open())
    }

    /// Begins to link a phone, as a number of its own or as the `expected` one.
    pub async fn link(&self, how: LinkHow, expected: Option<SessionId>) -> Result<SessionId, NumberError> {
        if expected.is_some_and(|id| self.linked.is_up(id)) {
            return Err(NumberError::Connected);
        }
        let id = IdGenerator::at(self.linked.context.clock.now()).next();
        let OpenedClient { client, done, events } = self.open_client(id)?;
        let attempt = Arc::new(LinkAttempt::new(id, expected, how, client, done));
        attempt.begin().await?;
        let mut attempts = locked(&self.attempts);
        attempts.retain(|_, earlier| earlier.is_open());
        attempts.insert(id, attempt.clone());
        drop(attempts);
        self.spawn(Owner::Linking(attempt), events);
        self.changed();
        Ok(id)
    }

    pub fn progress(&self, attempt: SessionId) -> Result<Progress, NumberError> {
        Ok(self.attempt(attempt)?.progress())
    }

    pub async fn begin_again(&self, attempt: SessionId) -> Result<(), NumberError> {
        self.attempt(attempt)?.begin().await?;
        self.changed();
        Ok(())
    }

    pub async fn use_passkey(&self, attempt: SessionId) -> Result<(), NumberError> {
        self.attempt(attempt)?.use_passkey().await
    }

    pub async fn confirm_passkey(&self, attempt: SessionId) -> Result<(), NumberError> {
        self.attempt(attempt)?.confirm_passkey().await
    }

    /// Gives an attempt up; nothing is left of it, unless a phone has accepted.
    pub async fn cancel(&self, id: SessionId) -> Result<(), NumberError> {
        let attempt = self.attempt(id)?;
        if attempt.cancel().await {
            self.linked.forget_keys(id);
        }
        locked(&self.attempts).remove(&id);
        self.changed();
        Ok(())
    }

    pub async fn connect(&self, id: SessionId) -> Result<(), NumberError> {
        let supervisor = self.supervisor(id)?;
        match supervisor.status().state {
            LinkState::LoggedOut => Err(NumberError::LoggedOut),
            state => match state.banned_until(self.linked.context.clock.now()) {
                Some(until) => Err(NumberError::Banned { until }),
                None => {
                    supervisor.connect().await;
                    Ok(())
                }
            },
        }
    }

    /// Ends a link, and says whether WhatsApp was told.
    pub async fn unlink(&self, id: SessionId) -> Result<bool, NumberError> {
        Ok(self.supervisor(id)?.unlink().await)
    }

    /// Fetches what a person sent to a number, over that number.
    pub async fn fetch(&self, id: SessionId, place: String, most: u64) -> Result<Vec<u8>, NumberError> {
        Ok(self.supervisor(id)?.fetch(place, most).await?)
    }

    /// A number that was taken off the list: its loop ends, its key material goes.
    pub async fn retire(&self, id: SessionId) {
        self.linked.retire(id).await;
    }

    fn attempt(&self, id: SessionId) -> Result<Arc<LinkAttempt>, NumberError> {
        locked(&self.attempts).get(&id).cloned().ok_or(NumberError::LinkOver)
    }

    fn supervisor(&self, id: SessionId) -> Result<Arc<Supervisor>, NumberError> {
        self.access.network()?;
        self.linked.supervisor(id).ok_or(NumberError::Gone)
    }

    fn open_client(&self, key_id: SessionId) -> Result<OpenedClient, NumberError> {
        let network = self.access.network()?;
        let receipts = locked(&self.receipts).clone().ok_or(NumberError::LinkOver)?;
        let folder = key_store::folder(self.linked.folder());
        std::fs::create_dir_all(&folder).map_err(|error| StorageError::Folder {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        })?;
        let (signals, heard) = mpsc::channel(WAITING_SIGNALS);
        let (done, ended) = mpsc::unbounded_channel();
        let notes = StoredNotes::of(key_id, self.linked.context.db.clone(), self.linked.context.clock.clone());
        let client = network.client(ClientConfig {
            session: key_id,
            file: key_store::file(self.linked.folder(), key_id),
            key: key_store::key(&self.key, key_id),
            clock: self.linked.context.clock.clone(),
            notes: Arc::new(notes),
            signals,
        });
        Ok(OpenedClient { client, done, events: ClientEvents { heard, done: ended, receipts } })
    }

    fn spawn(&self, owner: Owner, events: ClientEvents) {
        match &mut *locked(&self.loops) {
            Loops::Running(running) => {
                running.spawn(run_client(self.linked.clone(), owner, events));
            }
            Loops::Waiting(owners) => owners.push((owner, events)),
        }
    }
}

/// A poisoned lock only means that another task panicked; what these locks guard is whole at every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
