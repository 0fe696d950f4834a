//! What the practice number owes at a start: the ticks of what it took, and the log's word on what may come again. Only
//! that is read, however much was ever practised.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::{Millis, SharedClock};
use crate::db::{Db, StorageError};
use crate::ids::SessionId;
use crate::outbox::store::reading;
use crate::session::practice::PracticeNumber;
use crate::settings;

pub(super) struct Owed {
    /// Wire ids and phones.
    pub ticks: Vec<(String, String)>,
    pub repeats_since: Option<Millis>,
}

impl Owed {
    /// A time that lies ahead was written before the clock was set back: then everything is looked at.
    pub async fn read(db: &Db, practice: SessionId, now: Millis) -> Result<Self, StorageError> {
        let mut reader = db.read().acquire().await?;
        let in_since: Option<Millis> = settings::get(&mut reader, settings::key::PRACTICE_TICKS).await?;
        let in_since = in_since.filter(|since| *since <= now).unwrap_or(0);
        let repeats_since = reading::repeats_since(&mut reader, practice).await?;
        Ok(Self {
            ticks: reading::awaited(&mut reader, practice, in_since).await?,
            repeats_since: repeats_since.map(|since| if since <= now { since } else { 0 }),
        })
    }
}

/// Remembers up to when the practice number owes no tick.
#[derive(Clone)]
pub(super) struct Ticks {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub practice: Arc<PracticeNumber>,
    /// How many of its ticks are written down.
    pub applied: Arc<AtomicU64>,
}

impl Ticks {
    /// While some are on their way nothing is known of those before them.
    pub async fn note(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        if !self.practice.is_quiet(self.applied.load(Ordering::SeqCst)) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        settings::put(&mut tx, settings::key::PRACTICE_TICKS, &now).await?;
        self.db.commit(tx).await
    }
}
