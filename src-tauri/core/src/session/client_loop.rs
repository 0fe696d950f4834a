//! The loop of one client: takes what happens, one event at a time, and gives it to whoever is in charge of the client.
//!
//! A client begins with an attempt to link it, or with its supervisor. When a phone has accepted, the supervisor takes
//! over in the middle of the loop, so nothing that the client says in between can be lost.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, watch};

use super::client::{Heard, SessionClient};
use super::linked::LinkedNumbers;
use super::linking::{Became, LinkAttempt};
use super::messenger::Arrived;
use super::supervisor::{Done, Event, Supervisor};
use crate::clock::Millis;
use crate::supervise::{Task, supervise};

/// Who takes the events of a client.
#[derive(Clone)]
pub enum Owner {
    Linking(Arc<LinkAttempt>),
    Linked(Arc<Supervisor>),
    Over,
}

/// A client and what is heard of it.
pub struct OpenedClient {
    pub client: Arc<dyn SessionClient>,
    pub done: mpsc::UnboundedSender<Done>,
    pub events: ClientEvents,
}

/// What is heard of a client.
pub struct ClientEvents {
    pub heard: mpsc::Receiver<Heard>,
    pub done: mpsc::UnboundedReceiver<Done>,
    /// Where its ticks go.
    pub receipts: mpsc::Sender<Arrived>,
}

impl Owner {
    /// One event; says who takes the next one.
    pub(super) async fn take(self, event: Event, events: &mut ClientEvents, linked: &LinkedNumbers) -> Self {
        match self {
            Self::Linking(attempt) => match attempt.take(event, &mut events.heard, linked).await {
                Became::Nothing => Self::Linking(attempt),
                Became::Number(supervisor) => Self::Linked(supervisor),
                Became::Refused => Self::Over,
            },
            Self::Linked(supervisor) => {
                supervisor.take(event, &events.receipts).await;
                Self::Linked(supervisor)
            }
            Self::Over => Self::Over,
        }
    }

    pub(super) fn stopped(&self) -> Option<watch::Receiver<bool>> {
        match self {
            Self::Linking(attempt) => Some(attempt.stopped()),
            Self::Linked(supervisor) => Some(supervisor.stopped()),
            Self::Over => None,
        }
    }

    /// None: only a signal moves it.
    fn wake_at(&self) -> Option<Millis> {
        match self {
            Self::Linked(supervisor) => Some(supervisor.wake_at()),
            Self::Linking(_) | Self::Over => None,
        }
    }
}

impl ClientEvents {
    /// What happens next. None when whoever listens was told to stop.
    async fn next(&mut self, owner: &Owner, linked: &LinkedNumbers) -> Option<Event> {
        let mut stopped = owner.stopped()?;
        let wait = owner.wake_at().map(|at| linked.context.clock.real_wait(at));
        let time = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            Some(heard) = self.heard.recv() => Some(Event::Heard(heard)),
            Some(done) = self.done.recv() => Some(Event::Done(done)),
            () = time => Some(Event::Time),
        }
    }

    /// What has already happened.
    pub(super) fn ready(&mut self) -> Option<Event> {
        self.heard.try_recv().ok().map(Event::Heard).or_else(|| self.done.try_recv().ok().map(Event::Done))
    }
}

/// The loop of one client. Whoever is in charge and what was heard outlive a loop that breaks; only the event at which
/// it broke is lost, and what was not confirmed is told again.
pub(super) async fn run_client(linked: Arc<LinkedNumbers>, owner: Owner, events: ClientEvents) {
    let supervision = linked.context.supervision.clone();
    let client = Arc::new(Mutex::new((owner, events)));
    supervise(Task::Number, &supervision, || take_events(linked.clone(), client.clone())).await;
}

/// At the end it still takes what had been heard.
async fn take_events(linked: Arc<LinkedNumbers>, client: Arc<Mutex<(Owner, ClientEvents)>>) {
    let (owner, events) = &mut *client.lock().await;
    while let Some(event) = events.next(owner, &linked).await {
        *owner = owner.clone().take(event, events, &linked).await;
    }
    while let Some(event) = events.ready() {
        *owner = owner.clone().take(event, events, &linked).await;
    }
}
