//! What every facet works with, beside what is its own.

use std::sync::{Arc, Mutex};

use serde::Serialize;
use tokio::sync::{Notify, RwLock};

use super::folder::FolderMark;
use super::{Problem, locked};
use crate::clock::{Millis, SharedClock};
use crate::contact::segment::filter::Today;
use crate::db::{Db, Reader, StorageError};
use crate::event::{Event, Events};
use crate::notice::Notices;
use crate::settings::{self, Settings};

/// The data, the time, who listens and who sends. A facet reaches these as if they were its own fields; nobody outside
/// the App reaches them at all.
#[derive(Clone)]
pub struct Common {
    pub(super) db: Arc<Db>,
    pub(super) clock: SharedClock,
    pub(super) events: Events,
    pub(super) mark: Arc<FolderMark>,
    pub(super) found: Found,
    pub(super) notices: Notices,
    /// Held by whoever reads people and writes messages to them; who erases a person waits for nobody to hold it.
    pub(super) freezing: Arc<RwLock<()>>,
    /// Wakes the loop that sends.
    pub(super) wake: Arc<Notify>,
    /// Wakes the loop that goes on with revisions.
    pub(super) outdated: Arc<Notify>,
}

/// What was found out when the data were opened and the owner is to know. It lasts until Ulak ends, or the owner has
/// answered it.
#[derive(Clone, Default)]
pub(super) struct Found(Arc<Mutex<Vec<Problem>>>);

impl Found {
    pub fn of(problems: Vec<Problem>) -> Self {
        Self(Arc::new(Mutex::new(problems)))
    }

    pub fn tell(&self, problem: Problem) {
        tracing::warn!(code = problem.code, "{problem}");
        locked(&self.0).push(problem);
    }

    pub fn all(&self) -> Vec<Problem> {
        locked(&self.0).clone()
    }

    /// What was told under this code does not hold any more.
    pub fn forget(&self, code: &str) {
        locked(&self.0).retain(|problem| problem.code != code);
    }

    /// What was found out about the folder, until its owner has answered it.
    pub fn folder(&self) -> Option<Problem> {
        locked(&self.0).iter().find(|problem| problem.code.starts_with("folder.")).cloned()
    }

    /// What was found out about the folder is answered.
    pub fn folder_is_answered(&self) {
        locked(&self.0).retain(|problem| !problem.code.starts_with("folder."));
    }
}

/// Lets a facet with a field `common` use what stands in there as its own.
macro_rules! facet {
    ($facet:ty) => {
        impl std::ops::Deref for $facet {
            type Target = crate::app::common::Common;

            fn deref(&self) -> &Self::Target {
                &self.common
            }
        }
    };
}

pub(super) use facet;

impl Common {
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(super) async fn reader(&self) -> Result<Reader, StorageError> {
        self.db.read().acquire().await.map_err(|error| self.db.error(error))
    }

    pub(super) async fn settings(&self) -> Result<Settings, StorageError> {
        settings::load(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))
    }

    pub(super) async fn today(&self) -> Result<Today, StorageError> {
        Ok(Today { now: self.now(), zone: self.settings().await?.zone })
    }

    pub(super) async fn put<T: Serialize>(&self, key: &str, value: &T) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        settings::put(&mut tx, key, value).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    /// Something changed that the planner and the now bar should look at.
    pub(super) fn nudge(&self) {
        self.wake.notify_one();
        self.events.emit(Event::NowChanged);
    }
}
