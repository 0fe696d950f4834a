//! Worlds with linked numbers.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use super::{FakeMessenger, Number, World, store};
use crate::app::Problem;
use crate::clock::Millis;
use crate::db::StorageError;
use crate::ids::{PartId, SessionId};
use crate::inbound::{self, Received};
use crate::ledger::Book;
use crate::outbox::store::removal;
use crate::session::Pace;
use crate::session::client::{Reply, Signal};
use crate::session::messenger::{Content, Messenger, Outcome, Outgoing, Wanted};

/// Quick enough that a test's day has room, without rests or caps.
pub const BRISK: Pace = Pace { min_ms: 1_000, max_ms: 1_000, batch: 0, rest_ms: 0, hourly_cap: 0, daily_cap: 0 };

pub(super) fn connected(numbers: &[Number]) -> BTreeMap<SessionId, Arc<dyn Messenger>> {
    let there = numbers.iter().filter(|number| number.connected && !number.removed);
    there.map(|number| (number.id, number.phone.clone() as Arc<dyn Messenger>)).collect()
}

impl World {
    /// A world with so many linked and connected numbers, in their order, and a thousand real credits.
    pub async fn with_numbers(now: Millis, paces: &[Pace]) -> Result<Self, Problem> {
        Self::at(now).await?.and_numbers(paces).await
    }

    /// The same with linked numbers.
    pub async fn and_numbers(self, paces: &[Pace]) -> Result<Self, Problem> {
        let now = self.app.now();
        let mut world = self;
        world.app.credits().top_up(Book::Real, 1_000, "", "start").await?;
        for (place, pace) in (1..).zip(paces) {
            let mut tx = world.app.db().begin().await?;
            let id = store::link(&mut tx, place, pace, now).await.map_err(StorageError::from)?;
            world.app.db().commit(tx).await?;
            let phone = Arc::new(FakeMessenger { clock: world.clock.clone(), ..FakeMessenger::default() });
            world.numbers.push(Number { id, phone, connected: true, removed: false });
        }
        world.restart().await
    }

    /// The number is not connected any more, or again.
    pub async fn connect(mut self, number: usize, connected: bool) -> Result<Self, Problem> {
        if let Some(number) = self.numbers.get_mut(number) {
            number.connected = connected;
        }
        self.restart().await
    }

    /// The number was linked for the first time then.
    pub async fn warms_up(&self, number: SessionId, since: Millis) -> Result<(), Problem> {
        let mut tx = self.app.db().begin().await?;
        store::warms_up(&mut tx, number, since).await.map_err(StorageError::from)?;
        Ok(self.app.db().commit(tx).await?)
    }

    /// What WhatsApp said of a number's limits.
    pub async fn limits(&self, number: SessionId, limits: &crate::session::client::Limits) -> Result<(), Problem> {
        let mut tx = self.app.db().begin().await?;
        store::limits(&mut tx, number, limits, self.app.now()).await.map_err(StorageError::from)?;
        Ok(self.app.db().commit(tx).await?)
    }

    /// The owner takes a number off the list, and it is gone from the next start on.
    pub async fn remove(&mut self, number: usize) -> Result<(), Problem> {
        let Some(number) = self.numbers.get_mut(number) else { return Ok(()) };
        number.removed = true;
        let mut tx = self.app.db().begin().await?;
        let now = self.app.now();
        store::remove(&mut tx, number.id, now).await.map_err(StorageError::from)?;
        removal::number_gone(&mut tx, number.id, now).await.map_err(StorageError::from)?;
        Ok(self.app.db().commit(tx).await?)
    }

    pub fn removed(&self) -> usize {
        self.numbers.iter().filter(|number| number.removed).count()
    }

    /// Lets a number's phone name contacts, and shows "typing…" over it.
    pub async fn choose(&self, number: SessionId, take_names: bool, typing: bool) -> Result<(), Problem> {
        let mut tx = self.app.db().begin().await?;
        store::choose(&mut tx, number, take_names, typing).await.map_err(StorageError::from)?;
        Ok(self.app.db().commit(tx).await?)
    }

    /// A signal of a number, in a transaction of its own.
    pub async fn hear(&self, number: SessionId, signal: &Signal) -> Result<Received, Problem> {
        let mut tx = self.app.db().begin().await?;
        let received = inbound::receive(&mut tx, number, signal, self.app.now()).await.map_err(StorageError::from)?;
        self.app.db().commit(tx).await?;
        Ok(received)
    }

    /// Who got which part over which number, by WhatsApp's own account: number, recipient, wire id.
    pub fn accepted(&self) -> Vec<(usize, String, String)> {
        self.answered(|outcome| *outcome == Outcome::Accepted)
    }

    /// The same with all that may have arrived: nobody heard whether it did.
    pub fn perhaps_arrived(&self) -> Vec<(usize, String, String)> {
        self.answered(|outcome| !matches!(outcome, Outcome::Refused(_)))
    }

    fn answered(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<(usize, String, String)> {
        let mut found = Vec::new();
        for (place, number) in self.numbers.iter().enumerate() {
            let sent = number.phone.sent().into_iter().filter(|sent| wanted(&sent.outcome));
            found.extend(sent.map(|sent| (place, sent.to, sent.wire_id)));
        }
        found
    }
}

/// A text as the outbox hands it over.
pub fn outgoing(to: &str, wire_id: &str) -> Outgoing {
    Outgoing {
        part: PartId(uuid::Uuid::nil()),
        wire_id: wire_id.to_owned(),
        to: to.to_owned(),
        content: Content::text("Merhaba"),
        known: false,
        typing: false,
        not_after: None,
        wanted: Arc::new(Always(true)),
    }
}

/// A part that is wanted whenever it is asked, or never.
pub struct Always(pub bool);

impl Wanted for Always {
    fn is_wanted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(self.0))
    }
}

/// A text from a phone, quoting nothing.
pub fn reply(id: &str, phone: &str, text: &str, at: Millis) -> Reply {
    Reply {
        id: id.to_owned(),
        edits: None,
        phone: Some(phone.to_owned()),
        lid: None,
        text: text.to_owned(),
        quotes: None,
        chosen: Vec::new(),
        push_name: String::new(),
        attached: None,
        reaction: false,
        at,
    }
}
