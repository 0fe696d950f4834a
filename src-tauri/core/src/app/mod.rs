//! The composition root, and the only door for the window, the terminal and other software.
//!
//! Opens a data folder, starts the few loops that a running Ulak has (sending, receipts, practice phones) and offers
//! what an owner can do, in facets: people, campaigns, outbox and so on. Every error that leaves here is a `Problem`:
//! code, parameters, sentence.

mod acts;
pub mod awake;
mod backups;
pub mod campaigns;
mod common;
mod contacts;
mod credits;
mod direct;
mod everything;
mod facets;
pub mod figures;
mod files;
mod folder;
pub mod health;
mod home;
mod inbound;
mod lines;
mod link_previews;
mod log;
mod look_up;
mod loops;
mod mail;
mod missed;
pub mod news;
mod numbers;
mod options;
mod outbox;
mod owed;
mod owner_settings;
pub mod person;
mod person_file;
mod phone_book;
mod planned;
mod practice;
pub mod programs;
mod repeats;
mod replies;
mod report;
mod retention;
mod review;
mod revise;
mod segments;
mod statement;
mod summary;
pub mod support;
mod templates;
pub mod tray;
pub mod updates;
mod webhooks;
mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use ulak_media::Workshop;

pub use crate::error::Problem;
pub use backups::{
    BackupContents, BackupCopy, BackupDay, BackupLine, Backups, BackupsView, DayState, RestoredView, look_into,
    prepare_restore, restore_into, restore_prepared,
};
pub use campaigns::{Campaigns, DraftCheck, MessagePreview, PartPreview};
pub use contacts::People;
pub use credits::{Credits, CreditsView, MonthSpent};
pub use direct::{Direct, DirectText, FileNotice, TestSend};
pub use everything::ExportedView;
pub use health::{DataChecked, Health, HealthKind, HealthRow, HealthState, HealthView};
pub use home::{Attention, AttentionKind, Finished, Home, HomeView, NowView};
pub use inbound::{START_CREDITS, START_NOTE};
pub use look_up::LookedUp;
pub use mail::{MailAccountEdit, MailAccountView, MailFor, MailPreview, MailTemplateView, MailTest, Mails};
pub use missed::{Missed, MissedAnswer};
pub use numbers::{BanView, LimitsView, LinkEndView, LinkView, NumberKind, NumberView, Numbers, ShutView, WarmUpView};
pub use outbox::Outbox;
pub use owner_settings::OwnerSettings;
pub use planned::{PlannedCampaign, PlannedDay};
pub use practice::{Brought, Practice, PracticeJob};
pub use programs::{NewToken, Programs, ProgramsView};
pub use repeats::{LastRun, NextRun, RepeatEdit, RepeatView};
pub use replies::{Chat, ChatLine, ChatRefusal, Replies, ReplyError};
pub use retention::{ClearPreview, ClearedLast, Gone, Retention, RetentionView};
pub use review::{DayPlan, OtherSpan, Review, SessionShare, Span};
pub use revise::{OnlyFor, RevisionChoice, RevisionReview, VersionView};
pub use summary::{SkippedPeople, Summary};
pub use support::{Support, SupportFile};
pub use templates::{TemplateCheck, Templates, TemplatesBrought};
pub use webhooks::{WebhookEdit, WebhookSaved, WebhookTest, WebhookView, Webhooks};

use crate::agenda::{Agenda, store as jobs};
use crate::backup::restore;
use crate::campaign::store as drafts;
use crate::clock::{Clock, FastClock, Millis, SharedClock, SystemClock, TimeLine};
use crate::contact::import;
use crate::db::{Db, DbKey, FolderLock, StorageError, Tx, lock_folder};
use crate::error::Coded;
use crate::event::Events;
use crate::feed;
use crate::ids::SessionId;
use crate::ledger::{Book, LedgerError, store as ledger};
use crate::link_preview::Web;
use crate::mail::Mailer;
use crate::mark::Mark;
use crate::notice::{Notice, Notices, Unreadable};
use crate::outbox::dispatcher::Dispatcher;
use crate::outbox::store::{doubt::rescue, reading, removal::number_gone};
use crate::session::client::{Network, Reply};
use crate::session::messenger::{Arrived, Messenger};
use crate::session::numbers::{Access, Numbers as SupervisedNumbers};
use crate::session::practice::{PhoneLog, Phones, PracticeChange, PracticeNumber, PracticeOptions};
use crate::session::registry::ConnectionRegistry;
use crate::session::store::{self as sessions, numbers::any_linked};
use crate::session::supervisor::Context;
use crate::session::{NumberError, ServerClock};
use crate::settings;
use crate::supervise::Supervision;
use crate::vault::{self, Keyring};
use crate::webhook::Poster;
use common::{Common, Found};
use facets::{Facets, Parts};
use folder::{FolderMark, Observed};
use owed::{Owed, Ticks};

/// A fresh installation can practise at once.
pub const FIRST_PRACTICE_CREDITS: i64 = 1_000;

/// How long a backup that is told to stop may take for it.
const LAST_BACKUP: Duration = Duration::from_secs(10);

/// How long the receipts that linked numbers still brought may take at the end.
const LAST_RECEIPTS: Duration = Duration::from_secs(3);

/// How to open a data folder. The options of the practice number are kept with the data once given.
#[derive(Clone, Default)]
pub struct Opening {
    pub folder: PathBuf,
    /// The passphrase or the recovery code.
    pub secret: Option<String>,
    /// How many times faster than the world the practice number's time passes. Data with linked numbers takes none.
    pub speed: Option<u32>,
    /// Linked numbers may run on a faster clock: at the emulator only.
    pub fast_numbers: bool,
    pub practice: PracticeChange,
    pub phone_log: PhoneLog,
    /// Whoever practises for the first time sees the end of it within two minutes, however long the list.
    pub hurry_first_practice: bool,
    pub first_credits: Option<i64>,
    /// How WhatsApp is reached. Without it linked numbers stay disconnected.
    pub network: Option<Arc<dyn Network>>,
    /// Where files are prepared.
    pub workshop: Workshop,
    /// How requests leave for other programs. Without it webhooks wait.
    pub poster: Option<Arc<dyn Poster>>,
    /// How mails leave. Without it they wait.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// How pages are looked at for link previews. Without it there are none.
    pub web: Option<Arc<dyn Web>>,
}

pub struct App {
    db: Arc<Db>,
    clock: SharedClock,
    events: Events,
    supervision: Supervision,
    dispatcher: Arc<Dispatcher>,
    agenda: Arc<Agenda>,
    practice: Arc<PracticeNumber>,
    ticks: Ticks,
    practice_id: SessionId,
    inbound: Arc<inbound::AppInbound>,
    numbers: Arc<SupervisedNumbers>,
    receipts_applied: Arc<AtomicU64>,
    facets: Facets,
    mark: Arc<FolderMark>,
    stop: watch::Sender<bool>,
    loops: Mutex<Vec<JoinHandle<()>>>,
    /// The loop that takes the receipts of linked numbers; it ends when they have all been closed.
    ticking: Mutex<Option<JoinHandle<()>>>,
}

/// Where receipts come in.
struct Inboxes {
    practice: mpsc::Receiver<Arrived>,
    replies: mpsc::Receiver<Reply>,
    linked: mpsc::Receiver<Arrived>,
}

/// What a test puts in place of the computer's clock and the practice number.
#[derive(Default)]
struct Substitutes {
    clock: Option<SharedClock>,
    messenger: Option<Arc<dyn Messenger>>,
    numbers: BTreeMap<SessionId, Arc<dyn Messenger>>,
}

#[cfg(any(test, feature = "testing"))]
impl App {
    /// An App whose loops do not run: the test takes their steps.
    pub async fn by_hand(
        folder: &Path,
        key: &DbKey,
        clock: SharedClock,
        messenger: Arc<dyn Messenger>,
    ) -> Result<Arc<Self>, Problem> {
        Self::with_numbers(folder, key, clock, messenger, BTreeMap::new(), None).await
    }

    /// The same; `numbers` are linked ones that are always connected, the registry of the others come from `network`.
    pub async fn with_numbers(
        folder: &Path,
        key: &DbKey,
        clock: SharedClock,
        messenger: Arc<dyn Messenger>,
        numbers: BTreeMap<SessionId, Arc<dyn Messenger>>,
        network: Option<Arc<dyn Network>>,
    ) -> Result<Arc<Self>, Problem> {
        let opening = Opening { folder: folder.to_owned(), network, ..Opening::default() };
        let substitutes = Substitutes { clock: Some(clock), messenger: Some(messenger), numbers };
        // Without a vault there is no code to recover from.
        let code = Some(String::new());
        let (app, inboxes) = Self::build(lock_folder(folder)?, key, code, &opening, substitutes).await?;
        *locked(&app.ticking) = Some(app.take_receipts(inboxes.linked, Arc::default()));
        app.campaigns().finish_schedulings().await;
        app.campaigns().finish_revisions().await;
        app.people().finish_acts().await;
        app.people().finish_erasures().await;
        Ok(app)
    }

    /// The whole App with its loops running, on a clock of the caller's.
    pub async fn running(opening: &Opening, key: &DbKey, clock: SharedClock) -> Result<Arc<Self>, Problem> {
        let substitutes = Substitutes { clock: Some(clock), ..Substitutes::default() };
        let code = Some(String::new());
        let (app, inboxes) = Self::build(lock_folder(&opening.folder)?, key, code, opening, substitutes).await?;
        app.start_loops(inboxes);
        Ok(app)
    }

    pub fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// The linked numbers, whose events the test lets them take.
    pub fn supervised_numbers(&self) -> &Arc<SupervisedNumbers> {
        &self.numbers
    }

    pub fn agenda(&self) -> &Agenda {
        &self.agenda
    }

    pub fn practice_id(&self) -> SessionId {
        self.practice_id
    }

    /// What the test puts into the data, or reads there, past the App.
    pub fn db(&self) -> &Db {
        &self.db
    }
}

impl App {
    /// Locks the folder, finds its key, opens the database and starts the loops.
    pub async fn open(opening: Opening, keyring: Arc<dyn Keyring>) -> Result<Arc<Self>, Problem> {
        let lock = lock_folder(&opening.folder)?;
        restore::finish(&lock).map_err(|error| StorageError::io(error, &opening.folder))?;
        let (folder, secret) = (opening.folder.clone(), opening.secret.clone());
        let vault = tokio::task::spawn_blocking(move || vault::open(&folder, secret.as_deref(), keyring.as_ref()))
            .await
            .map_err(Problem::crashed)??;
        let key = vault.key;
        let (app, inboxes) = Self::build(lock, &key, vault.recovery_code, &opening, Substitutes::default()).await?;
        app.start_loops(inboxes);
        Ok(app)
    }

    async fn build(
        lock: FolderLock,
        key: &DbKey,
        recovery_code: Option<String>,
        opening: &Opening,
        substitutes: Substitutes,
    ) -> Result<(Arc<Self>, Inboxes), Problem> {
        let folder = lock.folder().to_owned();
        let db = Arc::new(Db::open(lock, key).await?);
        let built = Self::assemble(&db, key, recovery_code, opening, substitutes).await;
        if built.is_err() {
            db.close().await;
        }
        built.map_err(|problem| in_folder(problem, &folder))
    }

    /// Over data that are open; whoever called closes them where this fails.
    async fn assemble(
        db: &Arc<Db>,
        key: &DbKey,
        recovery_code: Option<String>,
        opening: &Opening,
        substitutes: Substitutes,
    ) -> Result<(Arc<Self>, Inboxes), Problem> {
        let (db, folder) = (db.clone(), db.folder().to_owned());
        let first = prepare(&db, key, opening, substitutes.clock).await?;
        let mark = FolderMark::keep(db.clone(), key.clone(), first.mark).await?;
        let recovery_code = due_recovery_code(&db, &folder, key, recovery_code).await?;
        let clock = first.clock;
        let (receipts, inbox) = mpsc::channel(1_000);
        let (answers, replies) = mpsc::channel(1_000);
        let owed = Owed::read(&db, first.practice_id, clock.now()).await?;
        let phones = Phones::open(&folder, opening.phone_log, key, owed.repeats_since).map_err(|error| {
            StorageError::Folder { folder: folder.display().to_string(), reason: error.to_string() }
        })?;
        let practice = Arc::new(PracticeNumber::new(phones, first.practice, clock.clone(), receipts, answers));
        practice.deliver_missed(owed.ticks);
        let messenger = substitutes.messenger.unwrap_or_else(|| practice.clone());
        let registry = Arc::new(ConnectionRegistry::default());
        registry.put(first.practice_id, messenger);
        for (number, messenger) in substitutes.numbers {
            registry.put(number, messenger);
        }
        let events = Events::default();
        let stop = watch::Sender::new(false);
        let notices = Notices::new(clock.clone(), events.clone());
        if first.tick_missing {
            notices.tell(Unreadable::Receipt);
        }
        let supervision = Supervision::new(notices.clone(), stop.subscribe());
        let dispatcher = Dispatcher::new(db.clone(), clock.clone(), events.clone(), notices.clone(), registry.clone());
        let dispatcher = Arc::new(dispatcher);
        first.stopped.into_iter().for_each(|(book, problem)| dispatcher.stop(book, problem));
        let receipts_applied: Arc<AtomicU64> = Arc::default();
        let ticks = Ticks {
            db: db.clone(),
            clock: clock.clone(),
            practice: practice.clone(),
            applied: receipts_applied.clone(),
        };
        let later = Arc::<std::sync::OnceLock<work::Facets>>::default();
        let work = Arc::new(work::AppWork {
            db: db.clone(),
            clock: clock.clone(),
            ticks: ticks.clone(),
            dispatcher: dispatcher.clone(),
            facets: later.clone(),
        });
        let agenda =
            Agenda { db: db.clone(), clock: clock.clone(), notices: notices.clone(), work, wake: Notify::new() };
        let inbound = Arc::new(inbound::AppInbound { db: db.clone(), clock: clock.clone(), events: events.clone() });
        let context = Context {
            db: db.clone(),
            clock: clock.clone(),
            events: events.clone(),
            supervision: supervision.clone(),
            registry: registry.clone(),
            server_clock: ServerClock::default(),
            inbound: inbound.clone(),
        };
        let (told, ticking) = mpsc::channel(1_000);
        let access = match &opening.network {
            _ if !first.for_numbers => Access::FastTime,
            None => Access::Nothing,
            Some(network) => Access::Network(network.clone()),
        };
        let numbers = Arc::new(SupervisedNumbers::new(Arc::new(context), access, key.clone(), told));
        numbers.start().await?;
        let common = Common {
            db: db.clone(),
            clock: clock.clone(),
            events: events.clone(),
            mark: mark.clone(),
            found: Found::of(first.found),
            notices,
            freezing: Arc::default(),
            wake: dispatcher.wake.clone(),
            outdated: dispatcher.outdated.clone(),
        };
        let facets = Facets::of(Parts {
            common,
            dispatcher: dispatcher.clone(),
            numbers: numbers.clone(),
            practice: practice.clone(),
            practice_id: first.practice_id,
            hurry_first_practice: opening.hurry_first_practice,
            receipts_applied: receipts_applied.clone(),
            recovery_code,
            workshop: opening.workshop.clone(),
            key: key.clone(),
            poster: opening.poster.clone(),
            mailer: opening.mailer.clone(),
            web: opening.web.clone(),
            registry: registry.clone(),
        });
        let _ = later.set(facets.for_the_agenda());
        let app = Arc::new(Self {
            db,
            clock,
            events,
            supervision,
            dispatcher,
            agenda: Arc::new(agenda),
            practice,
            ticks,
            practice_id: first.practice_id,
            inbound,
            numbers,
            receipts_applied,
            facets,
            mark,
            stop,
            loops: Mutex::default(),
            ticking: Mutex::default(),
        });
        Ok((app, Inboxes { practice: inbox, replies, linked: ticking }))
    }

    /// Sees what is on its way through, then closes the numbers and the database.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        self.people().stop_imports();
        self.retention().stop();
        self.backups().stop();
        let loops = std::mem::take(&mut *locked(&self.loops));
        for task in loops {
            let _ = task.await;
        }
        if tokio::time::timeout(LAST_BACKUP, self.backups().settled()).await.is_err() {
            tracing::warn!("a backup is left where it is, because its disk does not answer");
        }
        self.numbers.close().await;
        let ticking = locked(&self.ticking).take();
        if let Some(mut ticking) = ticking
            && tokio::time::timeout(LAST_RECEIPTS, &mut ticking).await.is_err()
        {
            // They are not confirmed, so WhatsApp tells them again at the next start.
            ticking.abort();
        }
        if let Err(error) = self.ticks.note().await {
            tracing::warn!(%error, "the next start looks through more ticks of the practice number than it must");
        }
        self.mark.advance_if_sent().await;
        self.db.close().await;
    }

    pub fn events(&self) -> &Events {
        &self.events
    }

    /// What a loop of the shell needs so that it is begun again when it breaks.
    pub fn supervision(&self) -> &Supervision {
        &self.supervision
    }

    /// What Ulak met and went on from, and the owner has not read yet.
    pub fn notices(&self) -> Vec<Notice> {
        self.supervision.notices.all()
    }

    /// The owner has read a notice.
    pub async fn dismiss_notice(&self, id: u32) -> Result<(), Problem> {
        let read = self.supervision.notices.dismiss(id);
        if read.is_some_and(|notice| notice.problem.code == Unreadable::Receipt.code()) {
            let mut tx = self.db.begin().await?;
            let removed = settings::remove(&mut tx, settings::key::TICK_MISSING).await;
            removed.map_err(|error| self.db.error(error))?;
            self.db.commit(tx).await?;
        }
        Ok(())
    }

    /// The changes after a sequence, or that a reader must begin anew.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<feed::Page, Problem> {
        let mut reader = self.db.read().acquire().await.map_err(|error| self.db.error(error))?;
        Ok(feed::store::after(&mut reader, after, limit).await.map_err(|error| self.db.error(error))?)
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// An error where some loop met damaged data: then nothing is sent or saved any more.
    pub fn refuse_damaged(&self) -> Result<(), Problem> {
        Ok(self.db.refuse_damaged()?)
    }

    pub fn folder(&self) -> &Path {
        self.db.folder()
    }
}

/// A poisoned lock only means that another task panicked; what these locks guard is whole at every step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names the folder where an error only knew that it was the database.
fn in_folder(mut problem: Problem, folder: &Path) -> Problem {
    let shown = folder.display().to_string();
    if let Some(known) = problem.params.get_mut("folder") {
        problem.message = problem.message.replace("the data folder", &shown);
        *known = shown;
    }
    problem
}

struct Prepared {
    clock: SharedClock,
    /// Linked numbers may run on this clock.
    for_numbers: bool,
    practice: PracticeOptions,
    practice_id: SessionId,
    mark: Mark,
    /// Books from which nothing is sent.
    stopped: Vec<(Book, Problem)>,
    tick_missing: bool,
    /// What the owner is to know.
    found: Vec<Problem>,
}

/// What every start does to the data before anything runs, in one transaction.
async fn prepare(db: &Db, key: &DbKey, opening: &Opening, clock: Option<SharedClock>) -> Result<Prepared, Problem> {
    let mut tx = db.begin().await?;
    let Observed { mark, finding } = folder::observe(&mut tx, db, key).await?;
    let open = reading::open_credits(&mut tx).await.map_err(StorageError::from)?;
    let mut disagreeing = ledger::disagreeing(&mut tx, &open).await?;
    let changed: Option<Option<(i64, i64)>> =
        settings::get(&mut tx, settings::key::LEDGER_CHANGED).await.map_err(StorageError::from)?;
    if let (true, Some((from, to))) = (disagreeing.is_empty(), changed.flatten()) {
        disagreeing = Book::ALL.map(|book| (book, LedgerError::Changed { from, to })).into();
    }
    if disagreeing.is_empty() {
        ledger::move_checkpoints(&mut tx).await.map_err(StorageError::from)?;
    }
    let stopped: Vec<_> = disagreeing.iter().map(|(book, error)| (*book, Problem::of(error))).collect();
    let (clock, for_numbers) = match clock {
        Some(clock) => (clock, true),
        None => stored_clock(&mut tx, opening).await?,
    };
    let now = clock.now();
    let practice_id = sessions::ensure_practice(&mut tx, now).await.map_err(StorageError::from)?;
    let balance = ledger::balance(&mut tx, Book::Practice).await.map_err(StorageError::from)?;
    if balance.granted == 0 {
        let credits = opening.first_credits.unwrap_or(FIRST_PRACTICE_CREDITS);
        ledger::grant(&mut tx, Book::Practice, credits, "", "", now).await?;
    }
    let stored = settings::get(&mut tx, settings::key::PRACTICE).await.map_err(StorageError::from)?;
    let practice = stored.unwrap_or_else(PracticeOptions::default).changed(&opening.practice);
    settings::put(&mut tx, settings::key::PRACTICE, &practice).await.map_err(StorageError::from)?;
    import::end_interrupted(&mut tx, now).await.map_err(StorageError::from)?;
    drafts::remove_untouched(&mut tx).await.map_err(StorageError::from)?;
    jobs::ensure_standing(&mut tx, now).await.map_err(StorageError::from)?;
    let tick_missing: Option<bool> =
        settings::get(&mut tx, settings::key::TICK_MISSING).await.map_err(StorageError::from)?;
    let rescued = rescue(&mut tx, now).await.map_err(StorageError::from)?;
    for number in sessions::numbers::removed(&mut tx).await.map_err(StorageError::from)? {
        // What was on its way while its number was taken off the list.
        number_gone(&mut tx, number, now).await.map_err(StorageError::from)?;
    }
    folder::remove_old_copies(&mut tx, db, now).await?;
    db.commit(tx).await?;
    if rescued > 0 {
        tracing::info!(rescued, "parts of an interrupted run are being checked");
    }
    let found = stopped.iter().map(|(_, problem)| problem.clone()).chain(finding.iter().map(Problem::of)).collect();
    Ok(Prepared {
        clock,
        for_numbers,
        practice,
        practice_id,
        mark,
        stopped,
        tick_missing: tick_missing.unwrap_or_default(),
        found,
    })
}

/// The computer's clock, or the faster one that this data was started with; and whether linked numbers may run on it.
async fn stored_clock(tx: &mut Tx, opening: &Opening) -> Result<(SharedClock, bool), Problem> {
    let real = SystemClock.now();
    let stored: Option<TimeLine> = settings::get(tx, settings::key::TIME_LINE).await.map_err(StorageError::from)?;
    let line = match (stored, opening.speed) {
        (stored, None) => stored,
        (None, Some(1)) => None,
        (stored, Some(factor)) => {
            Some(TimeLine { since: real, starts_at: stored.map_or(real, |line| line.at(real)), factor: factor.max(1) })
        }
    };
    let Some(line) = line.filter(|line| !line.is_the_worlds()) else { return Ok((Arc::new(SystemClock), true)) };
    let linked = any_linked(tx).await.map_err(StorageError::from)?;
    if linked && opening.speed.is_some() && !opening.fast_numbers {
        return Err(NumberError::NoSpeed.into());
    }
    settings::put(tx, settings::key::TIME_LINE, &line).await.map_err(StorageError::from)?;
    Ok((Arc::new(FastClock(line)), opening.fast_numbers))
}

/// A code that nobody confirmed may never have been seen: it is replaced by one that can be shown.
async fn due_recovery_code(
    db: &Db,
    folder: &Path,
    key: &DbKey,
    made: Option<String>,
) -> Result<Option<String>, Problem> {
    let mut reader = db.read().acquire().await.map_err(|error| db.error(error))?;
    let saved = settings::get(&mut reader, settings::key::RECOVERY_SAVED).await.map_err(|error| db.error(error))?;
    drop(reader);
    match (made, saved) {
        (Some(code), _) => Ok(Some(code)),
        (None, Some(true)) => Ok(None),
        (None, _) => {
            let (folder, key) = (folder.to_owned(), key.clone());
            let renewed = tokio::task::spawn_blocking(move || vault::renew_recovery_code(&folder, &key));
            Ok(Some(renewed.await.map_err(Problem::crashed)??))
        }
    }
}
