//! The mark of the data folder: compared at every start, moved on at every start, at every scheduling, every minute of
//! sending and at the end. `mark.rs` says what it is for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use super::{Home, Problem};
use crate::clock::{DAY, Millis};
use crate::db::{Db, DbKey, FoundMark, StorageError, Tx, kept_copies};
use crate::mark::{self, Count, Finding, Mark};
use crate::outbox::store::reading;
use crate::settings;
use crate::trigger::store::folders;

const EVERY: Duration = Duration::from_secs(60);

/// What a start found out.
pub(super) struct Observed {
    pub mark: Mark,
    /// Why everything is paused; also what an earlier start found and the owner has not answered yet.
    pub finding: Option<Finding>,
}

/// Compares the mark with the data, in the transaction of the start. What does not fit pauses everything.
pub(super) async fn observe(tx: &mut Tx, db: &Db, key: &DbKey) -> Result<Observed, StorageError> {
    let place = mark::place(db.folder(), key);
    let tries = reading::last_try(tx).await?;
    let data: Option<Count> = settings::get(tx, settings::key::MARK).await?;
    let file = db.mark().sound();
    let found = match db.mark() {
        FoundMark::Unsound => Some(Finding::Unmarked),
        FoundMark::None | FoundMark::Sound(_) => mark::compare(file, data.as_ref(), tries, &place),
    };
    if let Some(found) = &found {
        settings::put(tx, settings::key::PAUSED_ALL, &true).await?;
        settings::put(tx, settings::key::FOLDER_FINDING, found).await?;
    }
    if matches!(found, Some(Finding::Copied)) {
        folders::leave_all(tx).await?;
    }
    let known = file.map(|mark| &mark.count).into_iter().chain(&data);
    let before = known.max_by_key(|known| known.count).cloned();
    let before = match before {
        Some(before) if !matches!(found, Some(Finding::Copied | Finding::Unmarked)) => before,
        before => Count { installation: fresh(db)?, count: before.map_or(0, |before| before.count) },
    };
    let mark = Mark { count: before, tries, place };
    if matches!(db.mark(), FoundMark::None) && data.is_none() {
        // A crash before the end of this start must not look like a mark that was lost.
        save(db, key, &mark).await?;
    }
    let mark = next(tx, mark).await?;
    let finding = settings::get(tx, settings::key::FOLDER_FINDING).await?;
    Ok(Observed { mark, finding })
}

fn fresh(db: &Db) -> Result<String, StorageError> {
    mark::fresh_installation().map_err(|error| StorageError::io(error, db.folder()))
}

async fn next(tx: &mut Tx, mark: Mark) -> Result<Mark, StorageError> {
    let count = Count { count: mark.count.count + 1, ..mark.count };
    settings::put(tx, settings::key::MARK, &count).await?;
    Ok(Mark { count, tries: reading::last_try(tx).await?, ..mark })
}

async fn save(db: &Db, key: &DbKey, mark: &Mark) -> Result<(), StorageError> {
    let (folder, key, mark) = (db.folder().to_owned(), key.clone(), mark.clone());
    let saved = tokio::task::spawn_blocking(move || mark::save(&folder, &key, &mark)).await;
    saved.map_err(std::io::Error::other).and_then(|saved| saved).map_err(|error| StorageError::io(error, db.folder()))
}

/// The mark of open data.
pub(super) struct FolderMark {
    db: Arc<Db>,
    key: DbKey,
    /// Behind the lock, so that the file is written in the order of the data.
    mark: Mutex<Mark>,
}

impl FolderMark {
    /// Writes down what the start made of the mark, once its transaction is committed.
    pub async fn keep(db: Arc<Db>, key: DbKey, mark: Mark) -> Result<Arc<Self>, StorageError> {
        save(&db, &key, &mark).await?;
        if mark.count.count == 1 {
            // From here on a lost log leaves older data, and not none.
            db.take_in_log().await?;
        }
        Ok(Arc::new(Self { db, key, mark: Mutex::new(mark) }))
    }

    /// Moves it on: in the data first, so that data are never behind by a crash in between.
    pub async fn advance(&self) -> Result<(), StorageError> {
        let mut mark = self.mark.lock().await;
        let mut tx = self.db.begin().await?;
        let moved = next(&mut tx, mark.clone()).await?;
        self.db.commit(tx).await?;
        *mark = moved;
        save(&self.db, &self.key, &mark).await
    }

    /// A mark that cannot be moved now is moved the next time.
    pub async fn advance_or_warn(&self) {
        if let Err(error) = self.advance().await {
            tracing::warn!(%error, "how far the data are was not written beside them");
        }
    }

    pub async fn advance_if_sent(&self) {
        if self.sent_since().await.unwrap_or(true) {
            self.advance_or_warn().await;
        }
    }

    async fn sent_since(&self) -> Result<bool, sqlx::Error> {
        let tries = reading::last_try(&mut *self.db.read().acquire().await?).await?;
        Ok(tries != self.mark.lock().await.tries)
    }

    /// What the folder sees to every minute: its mark, and how far the log may grow.
    pub async fn every_minute(&self, mut stop: watch::Receiver<bool>) {
        while tokio::time::timeout(EVERY, stop.wait_for(|stop| *stop)).await.is_err() {
            self.advance_if_sent().await;
            if let Err(error) = self.db.fit_log().await {
                tracing::warn!(%error, "the log was not fitted to the disk");
            }
        }
    }
}

/// The copies of a migration, by the newest one, and since when the data have opened well.
#[derive(Serialize, Deserialize)]
struct GoodSince {
    copy: String,
    at: Millis,
}

const WEEK: Millis = 7 * DAY;

/// Removes the copies that were kept before migrations once the data have opened well for a week.
pub(super) async fn remove_old_copies(tx: &mut Tx, db: &Db, now: Millis) -> Result<(), StorageError> {
    let copies = kept_copies(db.folder()).map_err(|error| StorageError::io(error, db.folder()))?;
    let newest = copies.iter().filter_map(|copy| Some((copy.metadata().ok()?.modified().ok()?, copy))).max();
    let Some((_, newest)) = newest else { return Ok(()) };
    let copy = newest.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let good: Option<GoodSince> = settings::get(tx, settings::key::GOOD_SINCE).await?;
    match good.filter(|good| good.copy == copy && good.at <= now) {
        Some(good) if now - good.at >= WEEK => copies.iter().for_each(remove),
        Some(_) => {}
        None => settings::put(tx, settings::key::GOOD_SINCE, &GoodSince { copy, at: now }).await?,
    }
    Ok(())
}

fn remove(copy: &PathBuf) {
    if let Err(error) = std::fs::remove_file(copy) {
        tracing::warn!(%error, "a copy of the data from before a migration could not be removed");
    }
}

impl Home {
    /// What was found out when the data were opened and the owner has not answered yet.
    pub fn found(&self) -> Vec<Problem> {
        self.found.all()
    }
}
