//! The linked numbers, each with its supervisor: which number an accepting phone is, who takes a number over, who goes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::NumberError;
use super::key_store;
use super::state::LinkState;
use super::store::numbers as store;
use super::supervisor::{Context, Status, Supervisor};
use crate::event::Event as Changed;
use crate::ids::SessionId;

pub struct LinkedNumbers {
    pub context: Arc<Context>,
    supervisors: Mutex<BTreeMap<SessionId, Arc<Supervisor>>>,
}

impl LinkedNumbers {
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, supervisors: Mutex::default() }
    }

    pub fn changed(&self) {
        self.context.events.emit(Changed::NumbersChanged);
    }

    pub fn all(&self) -> Vec<Arc<Supervisor>> {
        self.locked().values().cloned().collect()
    }

    pub fn supervisor(&self, id: SessionId) -> Option<Arc<Supervisor>> {
        self.locked().get(&id).cloned()
    }

    pub fn status(&self, id: SessionId) -> Option<Status> {
        Some(self.supervisor(id)?.status())
    }

    /// Connected, or about to be.
    pub fn is_up(&self, id: SessionId) -> bool {
        self.status(id).is_some_and(|status| status.state.is_usable() || status.state == LinkState::Connecting)
    }

    /// Decides which number an accepting phone is, and writes it down.
    pub async fn admit(
        &self,
        key_id: SessionId,
        expected: Option<SessionId>,
        phone: &str,
        lid: Option<&str>,
        push_name: &str,
    ) -> Result<store::Number, NumberError> {
        let now = self.context.clock.now();
        let mut tx = self.context.db.begin().await?;
        let known = store::by_phone(&mut tx, phone).await?;
        if let Some(expected) = expected
            && known.as_ref().is_none_or(|known| known.session.id != expected)
        {
            let number = store::by_id(&mut tx, expected).await?.ok_or(NumberError::Gone)?;
            return Err(NumberError::OtherPhone { phone: phone.to_owned(), expected: number.session.phone });
        }
        if let Some(known) = known.as_ref().filter(|known| self.is_up(known.session.id)) {
            let name = if known.session.name.is_empty() { phone } else { &known.session.name };
            return Err(NumberError::Taken { phone: phone.to_owned(), name: name.to_owned() });
        }
        let linked = store::Linked { key_id, phone, lid, push_name, now };
        let id = match &known {
            Some(known) => {
                store::relink(&mut tx, known.session.id, linked).await?;
                known.session.id
            }
            None => {
                store::insert(&mut tx, key_id, linked).await?;
                key_id
            }
        };
        self.context.inbound.linked(&mut tx, now).await?;
        let number = store::by_id(&mut tx, id).await?.ok_or(NumberError::Gone)?;
        self.context.db.commit(tx).await?;
        // The first number brings credits.
        self.context.events.emit(Changed::LedgerChanged);
        Ok(number)
    }

    /// Puts a supervisor in charge of its number, in the place of one that had it before, and starts it.
    pub async fn install(&self, supervisor: Supervisor) -> Arc<Supervisor> {
        let supervisor = Arc::new(supervisor);
        let before = self.locked().insert(supervisor.id, supervisor.clone());
        if let Some(before) = before {
            before.unlink().await;
            before.stop().await;
            self.forget_keys(before.key_id);
        }
        supervisor.start().await;
        supervisor
    }

    pub fn forget_keys(&self, key_id: SessionId) {
        key_store::remove(self.folder(), key_id);
    }

    /// A number that was taken off the list: its loop ends, its key material goes.
    pub async fn retire(&self, id: SessionId) {
        let supervisor = self.locked().remove(&id);
        if let Some(supervisor) = supervisor {
            supervisor.stop().await;
            self.forget_keys(supervisor.key_id);
        }
        self.changed();
    }

    pub fn folder(&self) -> &Path {
        self.context.db.folder()
    }

    /// A poisoned lock only means that another task panicked; what it guards is whole at every step.
    fn locked(&self) -> MutexGuard<'_, BTreeMap<SessionId, Arc<Supervisor>>> {
        self.supervisors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
