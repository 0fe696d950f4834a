//! The loop of one line: takes what happens, one event at a time, and gives it to whoever is in charge of the line.
//!
//! A line begins with an attempt to link it, or with its supervisor. When a phone has accepted, the supervisor takes
//! over in the middle of the loop, so nothing that the line says in between can be lost.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::line::{Heard, Line};
use super::linking::Attempt;
use super::messenger::Arrived;
use super::numbers::Numbers;
use super::supervisor::{Done, Event, Supervisor};
use crate::clock::Millis;

/// Who takes the events of a line.
pub enum Post {
    Linking(Arc<Attempt>),
    Linked(Arc<Supervisor>),
    Over,
}

/// A line and what is heard of it.
pub struct Opened {
    pub line: Arc<dyn Line>,
    pub done: mpsc::UnboundedSender<Done>,
    pub ears: Ears,
}

/// What is heard of a line.
pub struct Ears {
    pub heard: mpsc::Receiver<Heard>,
    pub done: mpsc::UnboundedReceiver<Done>,
    /// Where its ticks go.
    pub receipts: mpsc::Sender<Arrived>,
}

impl Post {
    /// One event; says who takes the next one.
    pub(super) async fn take(self, event: Event, ears: &mut Ears, numbers: &Arc<Numbers>) -> Self {
        match self {
            Self::Linking(attempt) => attempt.take(event, ears, numbers).await,
            Self::Linked(supervisor) => {
                supervisor.take(event, &ears.receipts).await;
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

impl Ears {
    /// What happens next. None when whoever listens was told to stop.
    async fn next(&mut self, post: &Post, numbers: &Numbers) -> Option<Event> {
        let mut stopped = post.stopped()?;
        let wait = post.wake_at().map(|at| numbers.office().clock.real_wait(at));
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

/// The loop of one line. At its end it still takes what had been heard.
pub(super) async fn attend(numbers: Arc<Numbers>, mut post: Post, mut ears: Ears) {
    while let Some(event) = ears.next(&post, &numbers).await {
        post = post.take(event, &mut ears, &numbers).await;
    }
    while let Some(event) = ears.ready() {
        post = post.take(event, &mut ears, &numbers).await;
    }
}
