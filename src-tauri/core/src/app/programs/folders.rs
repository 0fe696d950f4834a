//! Watched folders: what programs write that can do nothing else, taken in row by row.
//!
//! Each row is an event, by the same steps as one that a program tells. That it was taken is written in the transaction
//! of its event, so whatever ends Ulak in the middle of a file, the next look goes on behind the last row. A file is
//! moved away once all of its rows are taken and its report lies on the disk.
//!
//! Folders do not wait for each other: one may lie on a disk of the network that does not answer.

mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::sending::UNREADABLE;
use super::triggers::Source;
use super::{Problem, Programs, TriggersView};
use crate::app::locked;
use crate::clock::Millis;
use crate::contact::import::{Headed, ImportError, ImportState, LeftOut, NamedRow, Origin};
use crate::event::Event;
use crate::ids::TriggerId;
use crate::language::Language;
use crate::program::digest;
use crate::trigger::folder::{self, Brings, Folder, FolderError, Found, LARGEST_MB, Looks, MOST_ROWS, Way};
use crate::trigger::store::by_id;
use crate::trigger::store::folders::{self as store, Begun, Digest, FileId, Last, OnItsWay, TakenRow};
use crate::trigger::{Outcome, TriggerError};

const EVERY: Duration = Duration::from_secs(5);
/// A disk of the network that does not answer for so long is not there.
const LONGEST_LOOK: Duration = Duration::from_secs(10);
/// A whole file may take longer.
const LONGEST_WORK: Duration = Duration::from_secs(60);
/// Rows that wait between the thread that reads a file and the data.
const AHEAD: usize = 64;
/// Rows of an import that are looked up at once.
const LEFT_OUT: u32 = 1_000;
/// What ends an import and is over some time.
const PASSES: [&str; 3] = ["import.disk_full", "import.stopped", "import.unreadable"];
const MEGABYTE: u64 = 1024 * 1024;

/// The folder of a trigger, as its owner sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename = "TriggerFolder")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct FolderView {
    pub trigger_id: TriggerId,
    pub path: String,
    pub brings: Brings,
    /// Lists that lie in it.
    pub waiting: u32,
    /// Why it cannot be looked into, or why a file in it waits.
    pub problem: Option<Problem>,
    pub last: Option<LastFile>,
}

/// The file that was read last, or is being read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LastFile {
    pub name: String,
    /// Where it lies within the folder, once it was moved.
    pub place: Option<String>,
    /// When it was moved, or begun.
    pub at: Millis,
    /// Rows by which somebody gets a message or comes in; by which nobody does, as it should be; and that were refused.
    pub accepted: i64,
    pub passed: i64,
    pub refused: i64,
    /// What was wrong with it as a whole.
    pub problem: Option<Problem>,
}

impl From<Last> for LastFile {
    fn from(last: Last) -> Self {
        Self {
            name: last.name,
            place: last.moved_at.map(|_| last.place),
            at: last.moved_at.unwrap_or(last.began_at),
            accepted: last.accepted,
            passed: last.passed,
            refused: last.refused,
            problem: last.problem,
        }
    }
}

/// What is known of watched folders beside what is stored.
#[derive(Default)]
pub(super) struct Watches {
    watches: Mutex<BTreeMap<TriggerId, Watch>>,
    /// Folders that somebody is at: who looks, or a thread that their disk has not given back.
    turns: Mutex<BTreeMap<PathBuf, Weak<()>>>,
    /// At the last look there was nothing to look into.
    none: AtomicBool,
}

impl Watches {
    /// None while an earlier look into the folder is not over.
    fn begin(&self, folder: Folder) -> Option<Look> {
        let mut turns = locked(&self.turns);
        turns.retain(|_, turn| turn.strong_count() > 0);
        if turns.contains_key(&folder.path) {
            return None;
        }
        let turn = Arc::new(());
        turns.insert(folder.path.clone(), Arc::downgrade(&turn));
        Some(Look { folder, turn })
    }
}

/// A look into a folder. It is over when nobody has its turn any more.
struct Look {
    folder: Folder,
    turn: Arc<()>,
}

impl Look {
    /// Does something at the folder's disk, off the loops that others wait for. A disk that does not answer is given up
    /// on; its thread keeps the turn until it comes back.
    async fn aside<T: Send + 'static>(
        &self,
        longest: Duration,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (path, turn) = (self.folder.path.clone(), self.turn.clone());
        let thread = tokio::task::spawn_blocking(move || {
            let done = work(&path);
            drop(turn);
            done
        });
        let done = tokio::time::timeout(longest, thread).await;
        done.map_err(io::Error::from)?.map_err(io::Error::other)?
    }
}

#[derive(Default)]
struct Watch {
    path: PathBuf,
    looks: Looks,
    waiting: usize,
    /// Of the folder, and of files in it by their names.
    troubles: BTreeMap<Option<OsString>, Problem>,
}

/// A file that can be taken in.
enum Opened {
    Rows(Headed),
    People,
}

impl Programs {
    /// The folder of a trigger; none where it looks into none.
    pub async fn watch_folder(
        &self,
        trigger: TriggerId,
        path: Option<&Path>,
        brings: Brings,
    ) -> Result<TriggersView, Problem> {
        let real = match path {
            Some(path) => Some(self.checked_folder(trigger, path.to_owned()).await?),
            None => None,
        };
        let mut tx = self.db.begin().await?;
        let kept = by_id(&mut tx, trigger).await.map_err(|error| self.db.error(error))?.ok_or(TriggerError::Gone)?;
        if kept.active && brings == Brings::Messages {
            kept.binding.check()?;
        }
        let set = match &real {
            Some(real) => store::set(&mut tx, trigger, real, brings).await,
            None => store::leave(&mut tx, trigger).await,
        };
        set.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TriggersChanged);
        self.triggers().await
    }

    /// A folder that is there, and that nobody else fills or empties.
    async fn checked_folder(&self, trigger: TriggerId, path: PathBuf) -> Result<String, Problem> {
        let own = self.db.folder().to_owned();
        let (real, own) = aside(move || (folder::real(&path), folder::real(&own))).await?;
        let real = real?;
        if own.is_ok_and(|own| real.starts_with(&own)) {
            return Err(FolderError::Own.into());
        }
        let folders = store::all(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        let other = folders.iter().find(|one| one.trigger != trigger && folder::are_tangled(&one.path, &real));
        if let Some(other) = other {
            return Err(FolderError::Taken { trigger: other.name.clone() }.into());
        }
        let missing = || FolderError::Missing { folder: real.display().to_string(), reason: "its name".to_owned() };
        Ok(real.to_str().ok_or_else(missing)?.to_owned())
    }

    pub(super) async fn folder_views(&self) -> Result<Vec<FolderView>, Problem> {
        let mut reader = self.reader().await?;
        let mut views = Vec::new();
        for folder in store::all(&mut reader).await.map_err(|error| self.db.error(error))? {
            let last = store::last(&mut reader, folder.trigger).await.map_err(|error| self.db.error(error))?;
            let watches = locked(&self.watches.watches);
            let watch = watches.get(&folder.trigger).filter(|watch| watch.path == folder.path);
            views.push(FolderView {
                trigger_id: folder.trigger,
                path: folder.path.display().to_string(),
                brings: folder.brings,
                waiting: watch.map_or(0, |watch| u32::try_from(watch.waiting).unwrap_or(u32::MAX)),
                problem: watch.and_then(|watch| watch.troubles.values().next().cloned()),
                last: last.map(LastFile::from),
            });
        }
        Ok(views)
    }

    /// Looks into the folders of triggers, for ever.
    pub(in crate::app) async fn keep_watching(&self) {
        let mut looks = FuturesUnordered::new();
        loop {
            let mut events = self.events.subscribe();
            looks.push(self.look_into_folders());
            let mut pause = pin!(tokio::time::sleep(EVERY));
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    Some(looked) = looks.next() => {
                        if let Err(problem) = looked {
                            tracing::warn!(%problem, "watched folders wait until data can be saved");
                        }
                    }
                }
            }
            while self.watches.none.load(Ordering::Relaxed) {
                if let Ok(Event::TriggersChanged) | Err(_) = events.recv().await {
                    break;
                }
            }
        }
    }

    /// Looks once into every folder that nobody is at, and takes in what is complete. Data that may be older than what
    /// went out take nothing in before their owner has said that they may.
    pub async fn look_into_folders(&self) -> Result<(), Problem> {
        self.watches.none.store(false, Ordering::Relaxed);
        if self.found.folder().is_some() {
            return Ok(());
        }
        let folders = store::all(&mut *self.reader().await?).await.map_err(|error| self.db.error(error))?;
        self.forget_watches(&folders);
        self.watches.none.store(folders.is_empty(), Ordering::Relaxed);
        let looks = folders.into_iter().filter_map(|folder| self.watches.begin(folder));
        join_all(looks.map(|look| self.look_into(look))).await.into_iter().collect()
    }

    /// Of folders that nobody looks into any more.
    fn forget_watches(&self, folders: &[Folder]) {
        let is_kept = |trigger: TriggerId, watch: &Watch| {
            folders.iter().any(|folder| folder.trigger == trigger && folder.path == watch.path)
        };
        let mut gone = Vec::new();
        locked(&self.watches.watches).retain(|trigger, watch| {
            let kept = is_kept(*trigger, watch);
            if !kept {
                gone.extend(std::mem::take(&mut watch.troubles).into_values());
            }
            kept
        });
        gone.iter().for_each(|problem| self.notices.withdraw(problem));
    }

    async fn look_into(&self, look: Look) -> Result<(), Problem> {
        let (folder, now) = (&look.folder, self.now());
        let found = match look.aside(LONGEST_LOOK, folder::list).await {
            Ok(found) => found,
            Err(error) => {
                self.missing(folder, &error);
                return Ok(());
            }
        };
        let complete = self.seen(folder, found, now);
        if !folder.active {
            self.trouble(folder, None, None);
            return Ok(());
        }
        self.see_to_the_moved(&look).await?;
        if !complete.is_empty()
            && let Err(error) = look.aside(LONGEST_LOOK, folder::make_ways).await
        {
            let shown = folder.path.display().to_string();
            let cannot = FolderError::CannotWrite { folder: shown, reason: error.to_string() };
            self.trouble(folder, None, Some(cannot.into()));
            return Ok(());
        }
        self.trouble(folder, None, None);
        for file in complete {
            let taken = self.take_file(&look, &file).await;
            if taken.is_err() {
                self.put_off(folder, &file);
            }
            match taken {
                Err(problem) if problem.code.starts_with("storage.") => return Err(problem),
                taken => self.trouble(folder, Some(&file.name), taken.err()),
            }
        }
        Ok(())
    }

    /// Nobody misses the folder of a trigger that is off.
    fn missing(&self, folder: &Folder, error: &io::Error) {
        let shown = folder.path.display().to_string();
        let missing = FolderError::Missing { folder: shown, reason: error.to_string() };
        locked(&self.watches.watches).entry(folder.trigger).or_default().waiting = 0;
        self.trouble(folder, None, folder.active.then(|| missing.into()));
    }

    /// What is complete of what a look found.
    fn seen(&self, folder: &Folder, found: Vec<Found>, now: Millis) -> Vec<Found> {
        let mut watches = locked(&self.watches.watches);
        let watch = watches.entry(folder.trigger).or_default();
        let before = watch.waiting;
        (watch.path, watch.waiting) = (folder.path.clone(), found.len());
        let is_there = |name: &OsString| found.iter().any(|one| one.name == *name);
        let (kept, gone) =
            std::mem::take(&mut watch.troubles).into_iter().partition(|(name, _)| name.as_ref().is_none_or(is_there));
        watch.troubles = kept;
        let gone: BTreeMap<Option<OsString>, Problem> = gone;
        let complete = watch.looks.take(found, now);
        let changed = before != watch.waiting;
        drop(watches);
        gone.values().for_each(|problem| self.notices.withdraw(problem));
        if changed {
            self.events.emit(Event::TriggersChanged);
        }
        complete
    }

    fn put_off(&self, folder: &Folder, file: &Found) {
        if let Some(watch) = locked(&self.watches.watches).get_mut(&folder.trigger) {
            watch.looks.put_off(&file.name, self.now());
        }
    }

    /// What is wrong with a folder or a file in it, told when it begins and withdrawn when it is over.
    fn trouble(&self, folder: &Folder, file: Option<&OsStr>, problem: Option<Problem>) {
        let mut watches = locked(&self.watches.watches);
        let watch = watches.entry(folder.trigger).or_default();
        watch.path.clone_from(&folder.path);
        let name = file.map(OsStr::to_owned);
        let before = match &problem {
            Some(problem) => watch.troubles.insert(name, problem.clone()),
            None => watch.troubles.remove(&name),
        };
        drop(watches);
        if before.as_ref().map(|before| &before.code) == problem.as_ref().map(|problem| &problem.code) {
            return;
        }
        if let Some(before) = &before {
            self.notices.withdraw(before);
        }
        if let Some(problem) = problem {
            self.notices.tell(problem);
        }
        self.events.emit(Event::TriggersChanged);
    }

    /// Files that came to their place without its being written down.
    async fn see_to_the_moved(&self, look: &Look) -> Result<(), Problem> {
        let trigger = look.folder.trigger;
        let files = store::on_their_way(&mut *self.reader().await?, trigger).await;
        for OnItsWay { digest, place } in files.map_err(|error| self.db.error(error))? {
            let moved = look.aside(LONGEST_LOOK, move |path| folder::is_moved(path, &place)).await;
            if matches!(moved, Ok(true)) {
                self.note_moved(FileId { trigger, digest: &digest }).await?;
            }
        }
        Ok(())
    }

    async fn note_moved(&self, file: FileId<'_>) -> Result<(), Problem> {
        let mut tx = self.db.begin().await?;
        store::moved(&mut tx, file, self.now()).await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TriggersChanged);
        Ok(())
    }

    /// Takes a file in and moves it away. What hinders that and may pass is an error.
    async fn take_file(&self, look: &Look, found: &Found) -> Result<(), Problem> {
        let Some((digest, opened)) = self.open(look, found).await? else { return Ok(()) };
        let folder = &look.folder;
        let file = FileId { trigger: folder.trigger, digest: &digest };
        let mut tx = self.db.begin().await?;
        let begun = store::begin(&mut tx, file, &found.shown(), self.now()).await;
        let begun = begun.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        self.events.emit(Event::TriggersChanged);
        let problem = match (opened, begun) {
            (Err(problem), _) => Some(problem),
            (Ok(Opened::Rows(_)), Begun::Changed) => Some(FolderError::Changed { file: found.shown() }.into()),
            (Ok(Opened::Rows(headed)), Begun::Behind(taken)) => {
                if !self.take_rows(folder, file, headed, &taken).await? {
                    return Ok(());
                }
                None
            }
            (Ok(Opened::People), _) => match self.bring_people(file, &folder.path.join(&found.name)).await? {
                ControlFlow::Continue(problem) => problem,
                ControlFlow::Break(()) => return Ok(()),
            },
        };
        self.put_away(look, found, file, problem).await
    }

    /// Reads a file whole, so that it is one thing from here on; none where somebody is at it.
    async fn open(&self, look: &Look, found: &Found) -> Result<Option<(Digest, Result<Opened, Problem>)>, Problem> {
        let shown = found.shown();
        if found.length > LARGEST_MB * MEGABYTE {
            let seen = format!("{shown}\n{}\n{:?}", found.length, found.modified);
            let problem = FolderError::TooLarge { file: shown, limit: LARGEST_MB }.into();
            return Ok(Some((digest(seen.as_bytes()), Err(problem))));
        }
        let one = found.clone();
        let read = look.aside(LONGEST_WORK, move |path| folder::read(path, &one)).await;
        let read = read.map_err(|error| FolderError::CannotOpen { file: shown.clone(), reason: error.to_string() })?;
        let Some(bytes) = read else { return Ok(None) };
        let (home, brings) = (self.settings().await?.country, look.folder.brings);
        let opened = aside(move || {
            let digest = digest(&bytes);
            let opened = match brings {
                Brings::Messages => headed(&shown, bytes, &home).map(Opened::Rows),
                Brings::Contacts => Ok(Opened::People),
            };
            (digest, opened)
        });
        Ok(Some(opened.await?))
    }

    /// Imports the people of a file. Whoever came in before is known, so beginning anew does no harm. Answers what was
    /// wrong with the file, or that Ulak ends.
    async fn bring_people(&self, file: FileId<'_>, path: &Path) -> Result<ControlFlow<(), Option<Problem>>, Problem> {
        let brought = self.people.bring_in(Origin::File { path: path.to_owned() }).await?;
        let problem = match (brought.state, brought.error) {
            (ImportState::Done, _) => None,
            (_, Some(problem)) if PASSES.contains(&problem.code.as_str()) => return Err(problem),
            (ImportState::Failed, Some(problem)) => Some(problem),
            _ => return Ok(ControlFlow::Break(())),
        };
        let (mut left_out, mut after) = (Vec::new(), 0);
        loop {
            let some = self.people.refusals(brought.import_id, LeftOut::All, after, LEFT_OUT).await?;
            let Some(last) = some.last() else { break };
            after = last.row;
            left_out.extend(some);
        }
        let totals = brought.totals;
        let mut tx = self.db.begin().await?;
        let noted = async {
            store::forget_rows(&mut tx, file).await?;
            for refusal in left_out {
                let refused = TakenRow { row: refusal.row, outcome: Outcome::Refused, problem: Some(refusal.reason) };
                store::note(&mut tx, file, &refused).await?;
            }
            store::count(&mut tx, file, [totals.new, totals.known + totals.twice, totals.doubtful + totals.refused])
                .await
        };
        noted.await.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        Ok(ControlFlow::Continue(problem))
    }

    /// False where the trigger was switched off or looks elsewhere meanwhile: the file goes on when it looks again.
    async fn take_rows(
        &self,
        folder: &Folder,
        file: FileId<'_>,
        headed: Headed,
        taken: &BTreeSet<u32>,
    ) -> Result<bool, Problem> {
        let (sender, mut rows) = mpsc::channel(AHEAD);
        let reading = tokio::task::spawn_blocking(move || {
            headed.each(&mut |row| match sender.blocking_send(row) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        while let Some(NamedRow { row, cells }) = rows.recv().await {
            if taken.contains(&row) {
                continue;
            }
            let mut reader = self.reader().await?;
            let watched = store::is_watched(&mut reader, folder).await.map_err(|error| self.db.error(error))?;
            let trigger = by_id(&mut reader, file.trigger).await.map_err(|error| self.db.error(error))?;
            drop(reader);
            let Some(trigger) = trigger.filter(|_| watched) else { return Ok(false) };
            let told = match cells {
                Ok(cells) => {
                    let event: Map<String, Value> =
                        cells.into_iter().map(|(name, cell)| (name, Value::String(cell))).collect();
                    let source = Source::Row { file, row };
                    self.fired(&trigger, Value::Object(event), source).await.map(drop)
                }
                Err(error) => Err(Problem::of(&error)),
            };
            match told {
                Ok(()) => {}
                Err(problem) if problem.code.starts_with("storage.") && problem.code != UNREADABLE => {
                    return Err(problem);
                }
                Err(problem) => self.refuse_row(file, row, problem).await?,
            }
        }
        // It was gone through once before, so it has no flaw that would show first here.
        Ok(reading.await.map_err(Problem::crashed)?.map(|()| true)?)
    }

    async fn refuse_row(&self, file: FileId<'_>, row: u32, problem: Problem) -> Result<(), Problem> {
        let refused = TakenRow { row, outcome: Outcome::Refused, problem: Some(problem) };
        let mut tx = self.db.begin().await?;
        store::note(&mut tx, file, &refused).await.map_err(|error| self.db.error(error))?;
        Ok(self.db.commit(tx).await?)
    }

    /// Writes the report and moves the file beside it.
    async fn put_away(
        &self,
        look: &Look,
        found: &Found,
        file: FileId<'_>,
        problem: Option<Problem>,
    ) -> Result<(), Problem> {
        let rows = store::rows(&mut *self.reader().await?, file).await.map_err(|error| self.db.error(error))?;
        let language = self.settings().await?.language.unwrap_or(Language::En);
        let going = store::on_their_way(&mut *self.reader().await?, file.trigger).await;
        let going = going.map_err(|error| self.db.error(error))?;
        let before = going.into_iter().find(|one| one.digest == *file.digest).map(|one| one.place);
        let cannot = |reason: String| Problem::from(FolderError::CannotMove { file: found.shown(), reason });
        let refused = rows.iter().any(|row| row.outcome == Outcome::Refused);
        let (one, whole) = (found.clone(), problem.is_none());
        let placed = look.aside(LONGEST_LOOK, move |path| {
            let unchanged = folder::is_unchanged(path, &one)?;
            let way = if refused || !whole || !unchanged { Way::Failed } else { Way::Done };
            Ok((unchanged, folder::place(path, way, &one.name, before)?))
        });
        let (unchanged, place) = placed.await.map_err(|error| cannot(error.to_string()))?;
        let changed = || (!unchanged).then(|| FolderError::Changed { file: found.shown() }.into());
        let problem = problem.or_else(changed);
        let mut tx = self.db.begin().await?;
        let sent_off = store::send_off(&mut tx, file, &place, problem.as_ref()).await;
        sent_off.map_err(|error| self.db.error(error))?;
        self.db.commit(tx).await?;
        let name = found.name.clone();
        let moved = look.aside(LONGEST_WORK, move |path| {
            let report = path.join(folder::report_of(&place));
            report::write(&report, language, &rows, problem.as_ref()).map_err(io::Error::other)?;
            folder::put_away(path, &name, &place)
        });
        moved.await.map_err(|error| cannot(error.to_string()))?;
        self.note_moved(file).await
    }
}

/// The rows of a file, gone through once so that one that breaks off in the middle brings nothing at all.
fn headed(file: &str, bytes: Vec<u8>, home: &str) -> Result<Headed, Problem> {
    let headed = Headed::open(file, bytes.into(), home)?;
    let mut rows = 0;
    headed.each(&mut |_| {
        rows += 1;
        if rows > MOST_ROWS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match rows {
        0 => Err(ImportError::NoRows { file: file.to_owned() }.into()),
        rows if rows > MOST_ROWS => Err(FolderError::TooLong { file: file.to_owned(), limit: MOST_ROWS }.into()),
        _ => Ok(headed),
    }
}

/// Off the loops that others wait for.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(Problem::crashed)
}
