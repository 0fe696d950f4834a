//! What the layers above the sessions keep of what happens to linked numbers.

use std::sync::Arc;

use sqlx::SqliteConnection;

use crate::clock::{Millis, SharedClock};
use crate::db::{Db, StorageError};
use crate::event::{Event, Events};
use crate::ids::SessionId;
use crate::ledger::{Book, LedgerError, store as ledger};
use crate::session::line::{Doing, Signal};
use crate::session::supervisor::{Keeper, Saying};
use crate::settings;

/// The first linked number of an installation brings these, so that the owner can begin.
pub const START_CREDITS: i64 = 1_000;
pub const START_NOTE: &str = "start";

pub(super) struct Desk {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub events: Events,
}

impl Keeper for Desk {
    fn keep<'a>(&'a self, session: SessionId, signal: &'a Signal) -> Doing<'a, Result<Vec<Saying>, StorageError>> {
        Box::pin(async move {
            let _ = (session, signal, self.clock.now());
            let tx = self.db.begin().await?;
            self.db.commit(tx).await?;
            Ok(Vec::new())
        })
    }

    fn linked<'a>(&'a self, db: &'a mut SqliteConnection, now: Millis) -> Doing<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let given: Option<bool> = settings::get(db, settings::key::START_CREDITS).await?;
            if given == Some(true) {
                return Ok(());
            }
            match ledger::grant(db, Book::Real, START_CREDITS, "", START_NOTE, now).await {
                Ok(()) => {}
                Err(LedgerError::Storage(error)) => return Err(error),
                Err(error) => tracing::error!(%error, "the credits to start with were not granted"),
            }
            settings::put(db, settings::key::START_CREDITS, &true).await?;
            self.events.emit(Event::LedgerChanged);
            Ok(())
        })
    }
}
