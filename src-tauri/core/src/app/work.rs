//! What the agenda does: each job with the layer that knows it.

use std::sync::{Arc, OnceLock};

use super::owed::Ticks;
use super::{Backups, Campaigns, Retention, log};
use crate::agenda::{BoxFuture, JobKind, Work};
use crate::clock::{DAY, Millis, SharedClock};
use crate::contact::acts::store as acts;
use crate::contact::store::accounts;
use crate::db::{Db, StorageError};
use crate::error::Problem;
use crate::feed;
use crate::ids::MessageId;
use crate::inbound::store::marks;
use crate::ledger::LedgerError;
use crate::ledger::store::{self as ledger, seals};
use crate::mail::schedule::STALE;
use crate::mail::store as mail;
use crate::media::store::uploads;
use crate::outbox::dispatcher::Dispatcher;
use crate::outbox::store::{mailed, reading};
use crate::program::store as programs;
use crate::program::{REMEMBERED, UPLOADS_KEPT};
use crate::session::store::notes;
use crate::settings;
use crate::trigger::store as triggers;

/// So many changes are removed in one transaction, so that nobody waits long for the writer.
const CHANGES_AT_ONCE: i64 = 10_000;

/// Other jobs are not kept waiting for all the messages of years; the rest is for the next run.
const CHUNKS_A_RUN: usize = 100;

pub(super) struct AppWork {
    pub db: Arc<Db>,
    pub clock: SharedClock,
    pub ticks: Ticks,
    pub dispatcher: Arc<Dispatcher>,
    /// They are there before the agenda's loop begins.
    pub facets: Arc<OnceLock<Facets>>,
}

/// The facets that do some of it.
pub(super) struct Facets {
    pub campaigns: Arc<Campaigns>,
    pub retention: Arc<Retention>,
    pub backups: Arc<Backups>,
}

impl Work for AppWork {
    fn run(&self, kind: JobKind) -> BoxFuture<'_> {
        Box::pin(async move {
            match kind {
                JobKind::PruneChanges => self.prune_changes().await?,
                JobKind::RemoveExpiredNotes => self.remove_expired_notes().await?,
                JobKind::CheckLedger => self.check_ledger().await?,
                JobKind::NotePracticeTicks => self.ticks.note().await?,
                JobKind::ForgetActs => self.forget_acts().await?,
                JobKind::IndexMessages => self.index_messages().await?,
                JobKind::SealLedger => self.seal_ledger().await?,
                JobKind::RunRepeats => {
                    if let Some(facets) = self.facets.get() {
                        facets.campaigns.run_repeats().await?;
                    }
                }
                JobKind::ClearOld => {
                    if let Some(facets) = self.facets.get() {
                        facets.retention.clear_by_itself().await?;
                    }
                }
                JobKind::BackUp => {
                    if let Some(facets) = self.facets.get() {
                        facets.backups.begin_by_itself();
                    }
                }
                JobKind::ForgetPrograms => self.forget_programs().await?,
                JobKind::FindNearWords => self.find_near_words().await?,
            }
            Ok(())
        })
    }
}

impl AppWork {
    async fn prune_changes(&self) -> Result<(), StorageError> {
        let mut more = true;
        while more {
            let mut tx = self.db.begin().await?;
            let pruned = feed::store::prune(&mut tx, self.clock.now(), CHANGES_AT_ONCE).await;
            more = pruned.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
        }
        let mut tx = self.db.begin().await?;
        let forgotten = async {
            let (now, wanted) = (self.clock.now(), mail::wanted(&mut tx).await?);
            let messages: Vec<MessageId> = wanted
                .iter()
                .filter(|(kind, ..)| *kind == mail::Kind::Message)
                .map(|(_, id, _)| MessageId(*id))
                .collect();
            let undecided = mailed::undecided(&mut tx, &messages, now - STALE).await?;
            for message in messages.iter().filter(|message| !undecided.contains(message)) {
                mail::want(&mut tx, mail::Kind::Message, message.0, false, now).await?;
            }
            Ok(())
        };
        forgotten.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    /// So that a start after months adds up the lines of a day. A book that does not add up sends nothing from then on.
    async fn check_ledger(&self) -> Result<(), LedgerError> {
        let mut tx = self.db.begin().await?;
        let open = reading::open_credits(&mut tx).await.map_err(|error| self.db.error(error))?;
        let disagreeing = ledger::disagreeing(&mut tx, &open).await?;
        for (book, error) in &disagreeing {
            let problem = Problem::of(error);
            self.dispatcher.stop(*book, problem.clone());
            self.dispatcher.notices.tell(problem);
        }
        if !disagreeing.is_empty() {
            return Ok(());
        }
        ledger::move_checkpoints(&mut tx).await.map_err(|error| self.db.error(error))?;
        Ok(self.db.commit(tx).await?)
    }

    async fn find_near_words(&self) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        let found = async {
            let words = settings::load(&mut tx).await?.stop_words;
            marks::find_near_words(&mut tx, &words).await
        };
        found.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    /// The digest is made while others write; only keeping it takes the writer.
    async fn seal_ledger(&self) -> Result<(), StorageError> {
        loop {
            let mut reader = self.db.read().acquire().await.map_err(|error| self.db.error(error))?;
            let seal = seals::next(&mut reader, seals::MOST).await.map_err(|error| self.db.error(error))?;
            drop(reader);
            let Some(seal) = seal else { return Ok(()) };
            let mut tx = self.db.begin().await?;
            seals::keep(&mut tx, &seal).await.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
        }
    }

    async fn index_messages(&self) -> Result<(), StorageError> {
        for _ in 0..CHUNKS_A_RUN {
            if !log::take_in_some(&self.db).await? {
                break;
            }
        }
        Ok(())
    }

    async fn forget_acts(&self) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        acts::forget_old(&mut tx, self.clock.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    async fn forget_programs(&self) -> Result<(), StorageError> {
        let Some(facets) = self.facets.get() else { return Ok(()) };
        let Some(now) = facets.retention.believed().await? else { return Ok(()) };
        let kept = match facets.retention.settings().await?.kept.texts_days {
            0 => Millis::MAX,
            days => Millis::from(days) * DAY,
        };
        let mut tx = self.db.begin().await?;
        let forgotten = async {
            programs::forget_old(&mut tx, now).await?;
            programs::jobs::forget_ended(&mut tx, now - REMEMBERED).await?;
            uploads::forget(&mut tx, now - UPLOADS_KEPT).await?;
            triggers::forget_old(&mut tx, kept, now).await
        };
        forgotten.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }

    async fn remove_expired_notes(&self) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        notes::remove_expired(&mut tx, self.clock.now()).await.map_err(|error| self.db.error(error))?;
        accounts::forget_old(&mut tx, self.clock.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await
    }
}
