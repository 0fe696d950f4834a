//! Backups: at the owner's word, and by themselves into a folder of the owner's choice.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;
use sqlx::SqliteConnection;
use tokio::task::JoinHandle;

use super::common::{Common, facet};
use super::{Problem, locked};
use crate::backup::container::Opener;
use crate::backup::keep::{BackupPlan, superfluous};
use crate::backup::make::{Wish, make};
use crate::backup::restore::Prepared;
use crate::backup::store::{self, Tried};
use crate::backup::{BackupError, Contents, EXTENSION, Progress, restore};
use crate::clock::{Clock as _, DAY, HOUR, Millis, SystemClock, local};
use crate::db::{DbKey, FolderLock, StorageError, lock_folder};
use crate::event::Event;
use crate::mark::Count;
use crate::settings::{self, key};
use crate::vault::{self, Keyring};

/// Days that the page shows.
const DAYS: i64 = 7;
/// Copies in the folder that the page shows.
const COPIES: usize = 40;

pub struct Backups {
    common: Common,
    key: DbKey,
    running: Mutex<Option<Arc<Progress>>>,
    /// What the plan asked for, while it is being done.
    at_work: Mutex<Option<JoinHandle<()>>>,
    stopped: AtomicBool,
}

facet!(Backups);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupsView {
    pub plan: BackupPlan,
    /// The plan's folder is there.
    pub folder_there: bool,
    pub next_at: Option<Millis>,
    /// How much of the one that is being made is through, in percent.
    pub percent: Option<u8>,
    /// The newest good one.
    pub last: Option<BackupLine>,
    /// What became of the last try of the plan, where there is no backup of its last moment.
    pub problem: Option<Problem>,
    /// The last days, the oldest first.
    pub days: Vec<BackupDay>,
    /// The copies in the plan's folder that are of this data, the newest first.
    pub copies: Vec<BackupCopy>,
    /// The owner has the recovery code.
    pub code_known: bool,
    pub opens_by_keyring: bool,
    pub opens_by_passphrase: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupLine {
    pub at: Millis,
    pub file: String,
    pub bytes: i64,
    pub contacts: i64,
    pub campaigns: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupDay {
    /// Noon of the day.
    pub at: Millis,
    pub state: DayState,
    /// Why there is none.
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum DayState {
    Good,
    Missed,
    /// None was wanted.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupCopy {
    pub file: String,
    pub made_at: Millis,
    pub contacts: i64,
    pub campaigns: i64,
    pub bytes: i64,
}

/// What is in a backup, as its owner is asked before it comes in.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct BackupContents {
    pub made_at: Millis,
    pub version: String,
    pub business: String,
    pub contacts: i64,
    pub campaigns: i64,
    pub messages: i64,
    pub credits: i64,
    pub numbers: Vec<String>,
    pub bytes: i64,
}

impl From<&Contents> for BackupContents {
    fn from(contents: &Contents) -> Self {
        Self {
            made_at: contents.made_at,
            version: contents.version.clone(),
            business: contents.business.clone(),
            contacts: contents.contacts,
            campaigns: contents.campaigns,
            messages: contents.messages,
            credits: contents.credits,
            numbers: contents.numbers.clone(),
            bytes: i64::try_from(contents.bytes).unwrap_or(i64::MAX),
        }
    }
}

impl From<Tried> for BackupLine {
    fn from(tried: Tried) -> Self {
        let Tried { ended_at, file, bytes, contacts, campaigns, .. } = tried;
        Self { at: ended_at, file, bytes, contacts, campaigns }
    }
}

/// What came in by a restore.
#[derive(Clone, Debug, Serialize)]
pub struct RestoredView {
    pub contents: BackupContents,
    /// Where the earlier data are.
    pub aside: Option<String>,
}

/// Puts a backup in the place of the data of a folder that no Ulak has open. They open paused.
pub async fn restore_into(
    folder: &Path,
    file: &Path,
    secret: Option<String>,
    keyring: Arc<dyn Keyring>,
) -> Result<RestoredView, Problem> {
    let lock = lock_folder(folder)?;
    restore::finish(&lock).map_err(|error| StorageError::io(error, folder))?;
    let prepared = prepare_restore(folder, file, secret, keyring.clone()).await?;
    put_in(prepared, &lock, keyring).await
}

/// Looks a whole backup through beside the data, which may be open.
pub async fn prepare_restore(
    folder: &Path,
    file: &Path,
    secret: Option<String>,
    keyring: Arc<dyn Keyring>,
) -> Result<Prepared, Problem> {
    Ok(restore::prepare(folder, restore::Wish { file: file.to_owned(), secret, key: None }, keyring).await?)
}

/// Puts a prepared one in the place of the data, which must be closed.
pub async fn restore_prepared(
    folder: &Path,
    prepared: Prepared,
    keyring: Arc<dyn Keyring>,
) -> Result<RestoredView, Problem> {
    put_in(prepared, &lock_folder(folder)?, keyring).await
}

async fn put_in(prepared: Prepared, lock: &FolderLock, keyring: Arc<dyn Keyring>) -> Result<RestoredView, Problem> {
    let restored = prepared.put_in(lock, keyring, SystemClock.now()).await?;
    Ok(RestoredView {
        contents: BackupContents::from(&restored.contents),
        aside: restored.aside.map(|aside| aside.display().to_string()),
    })
}

/// What is in a backup, for a folder that is not open.
pub async fn look_into(
    folder: &Path,
    file: &Path,
    secret: Option<String>,
    keyring: Arc<dyn Keyring>,
) -> Result<BackupContents, Problem> {
    let (folder, file) = (folder.to_owned(), file.to_owned());
    let opened =
        tokio::task::spawn_blocking(move || restore::open(&folder, &file, secret.as_deref(), keyring.as_ref()));
    Ok(BackupContents::from(&opened.await.map_err(Problem::crashed)??.contents))
}

impl Backups {
    pub(super) fn new(common: Common, key: DbKey) -> Self {
        Self { common, key, running: Mutex::default(), at_work: Mutex::default(), stopped: AtomicBool::default() }
    }

    /// The one that is being made ends without a result, and none begins any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(progress) = locked(&self.running).as_ref() {
            progress.stop();
        }
    }

    pub async fn plan(&self) -> Result<BackupPlan, StorageError> {
        let plan = settings::get(&mut *self.reader().await?, key::BACKUP_PLAN).await;
        Ok(plan.map_err(|error| self.db.error(error))?.unwrap_or_default())
    }

    pub async fn save_plan(&self, plan: &BackupPlan) -> Result<BackupPlan, Problem> {
        let plan = plan.clone().tidied();
        if plan.is_on() && !Path::new(&plan.folder).is_dir() {
            return Err(BackupError::NoFolder { folder: plan.folder }.into());
        }
        self.put(key::BACKUP_PLAN, &plan).await?;
        self.events.emit(Event::BackupsChanged);
        Ok(plan)
    }

    pub async fn view(&self) -> Result<BackupsView, Problem> {
        let mut view = self.facts().await?;
        (view.copies, view.folder_there) = self.copies(&view.plan).await?;
        Ok(view)
    }

    /// One is being made at this moment.
    pub fn is_running(&self) -> bool {
        locked(&self.running).is_some()
    }

    /// All that is known without reading the copies.
    pub(super) async fn facts(&self) -> Result<BackupsView, Problem> {
        let (plan, zone, now) = (self.plan().await?, self.settings().await?.zone, self.now());
        let mut reader = self.reader().await?;
        let read = async {
            let tried = store::since(&mut reader, now - (DAYS + 1) * DAY).await?;
            let last = store::last_good(&mut reader).await?;
            let saved = settings::get(&mut reader, key::RECOVERY_SAVED).await?;
            Ok((tried, last, failing(&mut reader).await?, saved.unwrap_or(false)))
        };
        let (tried, last, problem, code_known) = read.await.map_err(|error| self.db.error(error))?;
        drop(reader);
        let day = |at: Millis| local(at, zone).date_naive();
        let days = (0..DAYS).rev().map(|back| day_of(&tried, now - back * DAY, |at| day(at) == day(now - back * DAY)));
        let percent = locked(&self.running).as_ref().map(|progress| percent(progress.seen()));
        let folder = self.db.folder().to_owned();
        let ways = tokio::task::spawn_blocking(move || vault::opens_by(&folder)).await.map_err(Problem::crashed)?;
        // A folder of a test has no keys of its own.
        let (opens_by_keyring, opens_by_passphrase) = ways.unwrap_or_default();
        Ok(BackupsView {
            folder_there: plan.is_on(),
            next_at: plan.is_on().then(|| plan.next_due(now, zone)).flatten(),
            plan,
            percent,
            last: last.map(BackupLine::from),
            problem,
            days: days.collect(),
            copies: Vec::new(),
            code_known,
            opens_by_keyring,
            opens_by_passphrase,
        })
    }

    /// The copies of this data in the plan's folder, and whether it is there.
    async fn copies(&self, plan: &BackupPlan) -> Result<(Vec<BackupCopy>, bool), Problem> {
        if !plan.is_on() {
            return Ok((Vec::new(), false));
        }
        let (folder, key) = (PathBuf::from(&plan.folder), self.key.clone());
        let found = tokio::task::spawn_blocking(move || (copies_in(&folder, &key), folder.is_dir())).await;
        found.map_err(Problem::crashed)
    }

    /// What is in a backup: one of this data opens without a secret.
    pub async fn look(&self, file: &Path, secret: Option<&str>) -> Result<BackupContents, Problem> {
        let (path, key, secret) = (file.to_owned(), self.key.clone(), secret.map(str::to_owned));
        let looked = tokio::task::spawn_blocking(move || match secret {
            Some(secret) => restore::look(&path, Opener::Secret(&secret)),
            None => match restore::look(&path, Opener::Key(&key)) {
                Err(BackupError::WrongSecret { file }) => Err(BackupError::SecretNeeded { file }),
                looked => looked,
            },
        });
        Ok(BackupContents::from(&looked.await.map_err(Problem::crashed)??))
    }

    /// Looks a whole backup through, beside the data that are open. One of this data needs no secret.
    pub async fn prepare_restore(
        &self,
        file: &Path,
        secret: Option<String>,
        keyring: Arc<dyn Keyring>,
    ) -> Result<Prepared, Problem> {
        let wish = restore::Wish { file: file.to_owned(), secret, key: Some(self.key.clone()) };
        Ok(restore::prepare(self.db.folder(), wish, keyring).await?)
    }

    /// Into this file, or into the plan's folder. `passphrase` opens this file alone, beside what opens the data.
    pub async fn back_up(&self, to: Option<&Path>, passphrase: Option<String>) -> Result<BackupLine, Problem> {
        // The plan's own is waited for.
        self.settled().await;
        let now = self.now();
        let place = match to {
            Some(place) => with_ending(place),
            None => self.place_in(&self.plan().await?, now).await?,
        };
        let made = self.make(&place, passphrase).await;
        let tried = self.tried(false, now, &place, &made);
        self.note(&tried).await?;
        made?;
        Ok(tried.into())
    }

    async fn make(&self, place: &Path, passphrase: Option<String>) -> Result<Contents, BackupError> {
        let progress: Arc<Progress> = Arc::default();
        {
            let mut running = locked(&self.running);
            if self.stopped.load(Ordering::Relaxed) {
                return Err(BackupError::Stopped);
            }
            if running.is_some() {
                return Err(BackupError::Running);
            }
            *running = Some(progress.clone());
        }
        self.events.emit(Event::BackupsChanged);
        let made = self.make_alone(place, passphrase, &progress).await;
        *locked(&self.running) = None;
        self.events.emit(Event::BackupsChanged);
        made
    }

    async fn make_alone(
        &self,
        place: &Path,
        passphrase: Option<String>,
        progress: &Arc<Progress>,
    ) -> Result<Contents, BackupError> {
        let saved = settings::get(&mut *self.reader().await?, key::RECOVERY_SAVED).await;
        let code_is_known = saved.map_err(|error| self.db.error(error))?.unwrap_or(false);
        let wish =
            Wish { place: place.to_owned(), passphrase, code_is_known, mark: self.mark().await?, now: self.now() };
        make(&self.db, &self.key, wish, progress).await
    }

    fn tried(&self, by_itself: bool, due_at: Millis, file: &Path, made: &Result<Contents, BackupError>) -> Tried {
        let contents = made.as_ref().ok();
        Tried {
            by_itself,
            due_at,
            ended_at: self.now(),
            file: file.display().to_string(),
            bytes: contents
                .map_or(0, |_| file.metadata().map_or(0, |file| i64::try_from(file.len()).unwrap_or(i64::MAX))),
            contacts: contents.map_or(0, |contents| contents.contacts),
            campaigns: contents.map_or(0, |contents| contents.campaigns),
            problem: made.as_ref().err().map(Problem::of),
            removed_at: None,
        }
    }

    async fn note(&self, tried: &Tried) -> Result<(), StorageError> {
        let mut tx = self.db.begin().await?;
        store::note(&mut tx, tried).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::BackupsChanged);
        Ok(())
    }

    /// Does what the plan asks for on a task of its own: a slow disk keeps no other job of the agenda waiting, and a dead one
    /// does not keep Ulak from ending.
    pub(super) fn begin_by_itself(self: &Arc<Self>) {
        let mut at_work = locked(&self.at_work);
        if self.stopped.load(Ordering::Relaxed) || at_work.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let backups = self.clone();
        *at_work = Some(tokio::spawn(async move {
            if let Err(problem) = backups.by_itself().await {
                tracing::warn!(code = problem.code, "the plan of backups is looked at again later");
            }
        }));
    }

    /// Returns when what the plan asked for is done.
    pub async fn settled(&self) {
        let task = locked(&self.at_work).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    /// What the plan asks for. A folder that is not there is told once for each moment of the plan and looked for again
    /// with every look; whatever else went wrong is tried again after an hour.
    async fn by_itself(&self) -> Result<(), Problem> {
        let (plan, zone, now) = (self.plan().await?, self.settings().await?.zone, self.now());
        let Some(due_at) = plan.last_due(now, zone).filter(|_| plan.is_on()) else { return Ok(()) };
        let before =
            store::of_moment(&mut *self.reader().await?, due_at).await.map_err(|error| self.db.error(error))?;
        let problem = match &before {
            Some(tried) if tried.problem.is_none() => return Ok(()),
            before => before.as_ref().and_then(|tried| tried.problem.clone()),
        };
        let missing = |problem: &Problem| problem.code == "backup.no_folder";
        let there = Path::new(&plan.folder).is_dir();
        let too_soon = before.as_ref().is_some_and(|tried| now < tried.ended_at + HOUR && now >= tried.ended_at);
        match &problem {
            Some(problem) if missing(problem) && !there => return Ok(()),
            Some(problem) if !missing(problem) && too_soon => return Ok(()),
            _ => {}
        }
        let place = if there { self.place_in(&plan, now).await? } else { PathBuf::from(&plan.folder).join("none") };
        let made = self.make(&place, None).await;
        if let Err(BackupError::Stopped | BackupError::Running) = made {
            return Ok(());
        }
        self.note(&self.tried(true, due_at, &place, &made)).await?;
        match &made {
            Ok(_) => self.remove_superfluous(&plan).await?,
            Err(error) if problem.is_none() => self.notices.tell(Problem::of(error)),
            Err(_) => {}
        }
        Ok(())
    }

    async fn remove_superfluous(&self, plan: &BackupPlan) -> Result<(), Problem> {
        let zone = self.settings().await?.zone;
        let kept = store::kept(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let made: Vec<Millis> = kept.iter().map(|(at, _)| *at).collect();
        let gone = superfluous(&made, plan.keep, zone);
        for (_, file) in kept.iter().filter(|(at, _)| gone.contains(at)) {
            if let Err(error) = std::fs::remove_file(file)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, "an old backup could not be removed");
                continue;
            }
            let mut tx = self.db.begin().await?;
            store::removed(&mut tx, file, self.now()).await.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
        }
        Ok(())
    }

    /// What the names of its backups hold: several Ulaks may share a folder.
    async fn mark(&self) -> Result<String, StorageError> {
        let count: Option<Count> =
            settings::get(&mut *self.reader().await?, key::MARK).await.map_err(|error| self.db.error(error))?;
        Ok(count.map(|count| count.installation.chars().take(8).collect::<String>().to_lowercase()).unwrap_or_default())
    }

    /// A name that nothing has yet.
    async fn place_in(&self, plan: &BackupPlan, now: Millis) -> Result<PathBuf, Problem> {
        if !plan.is_on() || !Path::new(&plan.folder).is_dir() {
            return Err(BackupError::NoFolder { folder: plan.folder.clone() }.into());
        }
        let stamp = local(now, self.settings().await?.zone).format("ulak-%Y-%m-%d-%H%M").to_string();
        let stamp = format!("{stamp}-{}", self.mark().await?);
        let folder = Path::new(&plan.folder);
        let named = |number: u32| match number {
            0 => folder.join(format!("{stamp}.{EXTENSION}")),
            number => folder.join(format!("{stamp}-{number}.{EXTENSION}")),
        };
        Ok((0..).map(named).find(|place| !place.exists()).unwrap_or_else(|| named(0)))
    }
}

/// Why the plan's last one was not made.
pub(super) async fn failing(db: &mut SqliteConnection) -> Result<Option<Problem>, sqlx::Error> {
    let plan: BackupPlan = settings::get(db, key::BACKUP_PLAN).await?.unwrap_or_default();
    if !plan.is_on() {
        return Ok(None);
    }
    Ok(store::last_by_itself(db).await?.and_then(|tried| tried.problem))
}

fn percent((done, total): (u64, u64)) -> u8 {
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or_default();
    u8::try_from(percent.min(100)).unwrap_or(100)
}

fn day_of(tried: &[Tried], noon: Millis, is_its: impl Fn(Millis) -> bool) -> BackupDay {
    let its: Vec<&Tried> = tried.iter().filter(|tried| is_its(tried.ended_at)).collect();
    let good = its.iter().any(|tried| tried.problem.is_none());
    let problem = its.iter().find_map(|tried| tried.problem.clone()).filter(|_| !good);
    let state = match (good, &problem) {
        (true, _) => DayState::Good,
        (false, Some(_)) => DayState::Missed,
        (false, None) => DayState::None,
    };
    BackupDay { at: noon, state, problem }
}

fn copies_in(folder: &Path, key: &DbKey) -> Vec<BackupCopy> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let is_backup = |path: &PathBuf| path.extension().is_some_and(|ending| ending == EXTENSION);
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_backup).collect();
    // The names of Ulak's own sort by time.
    files.sort_unstable_by(|one, other| other.cmp(one));
    files.truncate(4 * COPIES);
    let copy = |file: PathBuf| {
        let contents = restore::look(&file, Opener::Key(key)).ok()?;
        let bytes = i64::try_from(file.metadata().ok()?.len()).ok()?;
        let Contents { made_at, contacts, campaigns, .. } = contents;
        Some(BackupCopy { file: file.display().to_string(), made_at, contacts, campaigns, bytes })
    };
    let mut copies: Vec<BackupCopy> = files.into_iter().filter_map(copy).take(COPIES).collect();
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.made_at));
    copies
}

/// A file that the owner named otherwise gets the ending behind its name.
fn with_ending(place: &Path) -> PathBuf {
    if place.extension().is_some_and(|ending| ending == EXTENSION) {
        return place.to_owned();
    }
    let mut name = place.as_os_str().to_owned();
    name.push(format!(".{EXTENSION}"));
    PathBuf::from(name)
}
