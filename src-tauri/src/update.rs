//! Newer versions of Ulak, by Tauri's plugin. It asks the place that the build names, tells what is new, and downloads,
//! checks and installs at the owner's word alone. When it looks and what a restart waits for is the core's
//! (`app/updates.rs`); whatever fails leaves the version that runs as it was.
//!
//! The page is given none of the plugin's own commands: a capability would let it install at any moment.

mod news;
mod refusal;
mod source;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use specta::Type;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager as _, Wry};
use tauri_plugin_updater::{Config, Error, Update, UpdaterExt as _};
use tauri_specta::Event as _;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, Notify};
use ulak_core::app::App;
use ulak_core::app::updates::{Looked, OnItsWay, is_due};
use ulak_core::clock::Millis;
use ulak_core::error::Problem;
use ulak_core::event::Event;
use ulak_core::supervise::{Task, supervise};

use crate::door::Door;
use crate::events::UpdateChanged;
use crate::window::Usual;
use source::Source;

/// A computer that slept looks soon after it woke.
const ROUND: Duration = Duration::from_secs(10 * 60);
/// For the answer to a look.
const ANSWER: Duration = Duration::from_secs(30);
/// For the whole package, also over a slow line; a line that says nothing for `ANSWER` is given up before.
const PACKAGE: Duration = Duration::from_secs(60 * 60);
/// Several times what the largest package weighs. It is held in memory until it is checked.
const LARGEST: u64 = 400_000_000;

/// What is known of a newer version. One for as long as the process lives.
pub struct Updates {
    source: Option<Source>,
    known: std::sync::Mutex<Known>,
    /// One look or one installation at a time.
    at_work: Mutex<()>,
    begins_again: AtomicBool,
}

#[derive(Default)]
struct Known {
    looked: Option<Looked>,
    offer: Option<Update>,
    /// The owner wants to hear of it later.
    put_off: bool,
    step: UpdateStep,
    percent: Option<u8>,
    /// What was downloaded and checked, while something that is on its way keeps it from being installed.
    package: Option<Arc<Vec<u8>>>,
    problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdateStep {
    #[default]
    Idle,
    Looking,
    Downloading,
    Installing,
    /// It begins with the next start.
    Installed,
}

#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UpdateView {
    /// The one that runs.
    pub version: String,
    /// This build knows where newer ones come from.
    pub has_source: bool,
    pub looked_at: Option<Millis>,
    pub offer: Option<UpdateOffer>,
    pub step: UpdateStep,
    /// Of the download, where the server says how large it is.
    pub percent: Option<u8>,
    /// What keeps Ulak from beginning again.
    pub waits_for: Option<OnItsWay>,
    /// Why the last look or the last try to install failed.
    pub problem: Option<Problem>,
}

#[derive(Clone, Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOffer {
    pub version: String,
    /// What is new, in the owner's language where the manifest has it; plain text.
    pub news: String,
    pub put_off: bool,
}

impl Updates {
    pub fn of_build() -> Self {
        Self {
            source: Source::of_build(),
            known: std::sync::Mutex::default(),
            at_work: Mutex::default(),
            begins_again: AtomicBool::default(),
        }
    }

    /// None where there is nobody to ask: then nothing of the plugin runs.
    pub fn plugin(&self) -> Option<TauriPlugin<Wry, Config>> {
        let source = self.source.as_ref()?;
        Some(tauri_plugin_updater::Builder::new().pubkey(&source.key).build())
    }

    pub async fn view(&self, app: &App) -> Result<UpdateView, Problem> {
        let language = app.settings().current().await?.spoken();
        let has_offer = self.known().offer.is_some();
        let waits_for = if has_offer { app.on_its_way().await? } else { None };
        let known = self.known();
        let offer = known.offer.as_ref().map(|update| UpdateOffer {
            version: update.version.clone(),
            news: news::news(&update.raw_json, language),
            put_off: known.put_off,
        });
        Ok(UpdateView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            has_source: self.source.is_some(),
            looked_at: known.looked.map(|looked| looked.at),
            offer,
            step: known.step,
            percent: known.percent,
            waits_for,
            problem: known.problem.clone(),
        })
    }

    /// Asks once. What it failed with stands in the view.
    pub async fn look(&self, handle: &AppHandle, now: Millis) -> Result<(), Problem> {
        let Some(source) = &self.source else { return Err(refusal::none()) };
        let Ok(_alone) = self.at_work.try_lock() else { return Err(refusal::under_way()) };
        if self.known().step == UpdateStep::Installed {
            return Ok(());
        }
        self.change(handle, |known| known.step = UpdateStep::Looking);
        let found = ask(handle, source).await;
        self.change(handle, |known| known.take(found, now));
        Ok(())
    }

    pub fn put_off(&self, handle: &AppHandle) {
        self.change(handle, |known| known.put_off = true);
    }

    /// Returns when Ulak is about to begin again, or with why it is not.
    pub async fn install(&self, handle: &AppHandle) -> Result<(), Problem> {
        let Ok(_alone) = self.at_work.try_lock() else { return Err(refusal::under_way()) };
        self.change(handle, |known| known.problem = None);
        let outcome = self.install_offer(handle).await;
        let failed = outcome.clone().err().filter(|problem| *problem != refusal::busy());
        self.change(handle, |known| {
            known.problem = failed;
            known.percent = None;
            if known.step != UpdateStep::Installed {
                known.step = UpdateStep::Idle;
            }
        });
        outcome
    }

    /// What is on its way is looked at before the download, because the owner waits for its end anyway, before the
    /// installation, because on Windows that ends Ulak, and before the restart, because the system may have asked for a
    /// password meanwhile.
    async fn install_offer(&self, handle: &AppHandle) -> Result<(), Problem> {
        refuse_on_its_way(handle).await?;
        if self.known().step != UpdateStep::Installed {
            let update = self.known().offer.clone().ok_or_else(refusal::none)?;
            let package = self.package(handle, &update).await?;
            refuse_on_its_way(handle).await?;
            self.change(handle, |known| known.step = UpdateStep::Installing);
            put_in_place(handle, update, package).await?;
            self.change(handle, |known| {
                known.step = UpdateStep::Installed;
                known.package = None;
            });
            refuse_on_its_way(handle).await?;
        }
        self.begins_again.store(true, Ordering::Relaxed);
        handle.exit(0);
        Ok(())
    }

    /// Downloaded and checked, once.
    async fn package(&self, handle: &AppHandle, update: &Update) -> Result<Arc<Vec<u8>>, Problem> {
        if let Some(package) = self.known().package.clone() {
            return Ok(package);
        }
        self.change(handle, |known| known.step = UpdateStep::Downloading);
        let package = Arc::new(self.download(handle, update).await?);
        self.change(handle, |known| known.package = Some(package.clone()));
        Ok(package)
    }

    async fn download(&self, handle: &AppHandle, update: &Update) -> Result<Vec<u8>, Problem> {
        let too_large = Notify::new();
        let mut seen = 0_u64;
        let on_chunk = |bytes: usize, whole: Option<u64>| {
            seen = seen.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            if seen > LARGEST {
                too_large.notify_one();
            }
            self.progressed(handle, percent(seen, whole));
        };
        tokio::select! {
            downloaded = update.download(on_chunk, || {}) => downloaded.map_err(|error| told(&error, refusal::of_install)),
            () = too_large.notified() => Err(refusal::too_large()),
        }
    }

    fn progressed(&self, handle: &AppHandle, percent: Option<u8>) {
        if self.known().percent != percent {
            self.change(handle, |known| known.percent = percent);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, handle: &AppHandle, change: impl FnOnce(&mut Known)) {
        change(&mut self.known());
        if let Err(error) = UpdateChanged.emit(handle) {
            tracing::warn!(%error, "the window does not hear of a newer version");
        }
    }
}

impl Known {
    /// A look without an answer takes back nothing of what an earlier one found.
    fn take(&mut self, found: Result<Option<Update>, Error>, now: Millis) {
        self.step = UpdateStep::Idle;
        self.looked = Some(Looked { at: now, answered: found.is_ok() });
        match found {
            Ok(found) => {
                let signature = |update: &Option<Update>| update.as_ref().map(|update| update.signature.clone());
                if signature(&found) != signature(&self.offer) {
                    self.package = None;
                }
                self.offer = found;
                self.put_off = false;
                self.problem = None;
            }
            Err(error) => self.problem = Some(told(&error, refusal::of_look)),
        }
    }
}

/// The plugin compares versions, so an older or equal one is none.
async fn ask(handle: &AppHandle, source: &Source) -> Result<Option<Update>, Error> {
    let (is_https, closing) = (!source.is_loopback(), handle.clone());
    let updater = handle
        .updater_builder()
        .endpoints(vec![source.manifest.clone()])?
        .timeout(ANSWER)
        // A package over plain HTTP would do as well, for it is signed; but then others see who updates.
        .configure_client(move |client| client.https_only(is_https).connect_timeout(ANSWER).read_timeout(ANSWER))
        // On Windows the installer takes over while Ulak still runs.
        .on_before_exit(move || {
            tauri::async_runtime::block_on(closing.state::<Door>().close());
            closing.cleanup_before_exit();
        })
        .build()?;
    let mut found = updater.check().await?;
    if let Some(update) = &mut found {
        update.timeout = Some(PACKAGE);
    }
    Ok(found)
}

async fn refuse_on_its_way(handle: &AppHandle) -> Result<(), Problem> {
    let app = handle.state::<Door>().app().await?;
    app.on_its_way().await?.map_or(Ok(()), |_| Err(refusal::busy()))
}

/// The plugin checks the signature again before it writes anything.
async fn put_in_place(handle: &AppHandle, update: Update, package: Arc<Vec<u8>>) -> Result<(), Problem> {
    let installed = tokio::task::spawn_blocking(move || update.install(package.as_slice())).await;
    let installed = installed.map_err(Problem::crashed)?.map_err(|error| told(&error, refusal::of_install));
    let door = handle.state::<Door>();
    if installed.is_err() && !door.is_open() {
        // Closed for an installer that then did not start.
        door.open(handle, None).await;
    }
    installed
}

fn told(error: &Error, problem: fn(&Error) -> Problem) -> Problem {
    let problem = problem(error);
    tracing::warn!(%error, code = problem.code, "a newer version was not found or not installed");
    problem
}

fn percent(seen: u64, whole: Option<u64>) -> Option<u8> {
    let whole = whole.filter(|whole| *whole > 0)?;
    u8::try_from(seen.saturating_mul(100).checked_div(whole)?.min(100)).ok()
}

/// Looks for as long as the App lives, where the owner wants it.
pub fn keep_looking(handle: AppHandle, app: &Arc<App>) {
    if handle.state::<Updates>().source.is_none() {
        return;
    }
    let supervision = app.supervision().clone();
    let events = Mutex::new(app.events().subscribe());
    let app = Arc::downgrade(app);
    tauri::async_runtime::spawn(async move {
        supervise(Task::Updates, &supervision, || follow(&handle, &app, &events)).await;
    });
}

async fn follow(handle: &AppHandle, app: &Weak<App>, events: &Mutex<Receiver<Event>>) {
    let events = &mut *events.lock().await;
    while let Some(app) = app.upgrade() {
        let now = app.now();
        // Where that cannot be read, nobody is asked.
        let wants = app.settings().current().await.is_ok_and(|settings| settings.look_for_updates);
        // Whoever ends waits for nobody who holds the App.
        drop(app);
        let updates = handle.state::<Updates>();
        let last = updates.known().looked;
        if wants
            && is_due(last, now)
            && let Err(problem) = updates.look(handle, now).await
        {
            tracing::warn!(%problem, "Ulak did not look for a newer version");
        }
        if let Ok(None) = tokio::time::timeout(ROUND, settings_changed(events)).await {
            return;
        }
    }
}

/// None when there will be no more.
async fn settings_changed(events: &mut Receiver<Event>) -> Option<()> {
    loop {
        match events.recv().await {
            Ok(Event::SettingsChanged) | Err(RecvError::Lagged(_)) => return Some(()),
            Ok(_) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

/// When this version has let go of everything, the one that was installed over it begins, with a window however this one
/// came up.
pub fn begin_again(handle: &AppHandle) {
    if !handle.state::<Updates>().begins_again.load(Ordering::Relaxed) {
        return;
    }
    let begun = tauri::process::current_binary(&handle.env()).and_then(|program| {
        let mut next = Command::new(program);
        if !handle.state::<Usual>().0 {
            next.arg("--data").arg(handle.state::<Door>().folder());
        }
        next.spawn()
    });
    if let Err(error) = begun {
        tracing::warn!(%error, "the new version did not begin");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_download_is_is_told_only_where_the_server_says_how_large_it_is() {
        assert_eq!(percent(50, Some(200)), Some(25));
        assert_eq!(percent(300, Some(200)), Some(100));
        assert_eq!((percent(50, None), percent(50, Some(0))), (None, None));
    }

    #[test]
    fn a_look_without_an_answer_is_told_and_tried_again_soon() {
        let mut known = Known { step: UpdateStep::Looking, ..Known::default() };
        known.take(Err(Error::ReleaseNotFound), 5);
        assert_eq!(known.looked, Some(Looked { at: 5, answered: false }));
        assert_eq!(known.problem.map(|problem| problem.code).as_deref(), Some("update.unreachable"));
        let mut known = Known { put_off: true, ..Known::default() };
        known.take(Ok(None), 7);
        assert!(known.offer.is_none() && known.problem.is_none() && !known.put_off);
        assert_eq!((known.step, known.looked), (UpdateStep::Idle, Some(Looked { at: 7, answered: true })));
    }
}
