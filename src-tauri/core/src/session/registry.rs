//! The numbers that can send at this moment. The dispatcher reads them at every step and is woken when they change.
//! The practice number is always here; a linked number only while it is connected.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::messenger::Messenger;
use crate::ids::SessionId;

#[derive(Default)]
pub struct ConnectionRegistry {
    usable: Mutex<BTreeMap<SessionId, Arc<dyn Messenger>>>,
    changed: Notify,
}

impl ConnectionRegistry {
    pub fn put(&self, session: SessionId, messenger: Arc<dyn Messenger>) {
        if self.map().insert(session, messenger).is_none() {
            self.changed.notify_one();
        }
    }

    pub fn remove(&self, session: SessionId) {
        if self.map().remove(&session).is_some() {
            self.changed.notify_one();
        }
    }

    pub fn get(&self, session: SessionId) -> Option<Arc<dyn Messenger>> {
        self.map().get(&session).cloned()
    }

    pub fn ids(&self) -> Vec<SessionId> {
        self.map().keys().copied().collect()
    }

    /// Returns when a number came or went since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A poisoned lock only means that another task panicked; the map is whole at every step.
    fn map(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<dyn Messenger>>> {
        self.usable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
