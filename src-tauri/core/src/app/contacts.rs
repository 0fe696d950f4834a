//! The list of contacts and what is brought into it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contact::export::export;
use crate::contact::import::{
    self, ConsentTotals, ImportOptions, ImportPreview, ImportProgress, ImportReport, ImportReportPage, ImportState,
    ImportStep, ImportTotals, Job, LeftOut, Origin, ReasonTotal, Refusal,
};
use crate::contact::phone::Country;
use crate::contact::store::search;
use crate::contact::{self, Contact, ContactEdit, ContactPage, ContactQuery, ContactTotals, Return, Standing};
use crate::db::StorageError;
use crate::error::{Coded, Params};
use crate::event::Event;
use crate::ids::{ContactId, IdGenerator, ImportId};
use crate::messages::Messages;
use crate::outbox::store::recipients::written_since;
use crate::page::Place;
use crate::params;
use crate::text::is_blank;

use super::Problem;
use super::common::{Common, facet};

/// Imports of this run: their flag to stop and how far they are.
#[derive(Default)]
struct Imports(Mutex<BTreeMap<ImportId, Running>>);

struct Running {
    stop: Arc<AtomicBool>,
    progress: ImportProgress,
}

impl Imports {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ImportId, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The people: the list of contacts, what is brought into it, what they send back.
pub struct People {
    common: Common,
    imports: Imports,
}

facet!(People);

impl People {
    pub(super) fn new(common: Common) -> Self {
        Self { common, imports: Imports::default() }
    }

    /// What came in stays.
    pub(super) fn stop_imports(&self) {
        self.imports.lock().values().for_each(|running| running.stop.store(true, Ordering::Relaxed));
    }

    pub async fn contacts(&self, query: &ContactQuery) -> Result<ContactPage, Problem> {
        let today = self.today().await?;
        self.settle_query(query).await?;
        Ok(contact::store::list::page(self.db.read(), query, today).await?)
    }

    pub async fn contact_totals(&self) -> Result<ContactTotals, Problem> {
        Ok(contact::store::totals(self.db.read()).await?)
    }

    pub async fn contact(&self, id: ContactId) -> Result<Contact, Problem> {
        Ok(contact::store::by_id(self.db.read(), id).await?)
    }

    pub async fn save_contact(&self, edit: &ContactEdit) -> Result<Contact, Problem> {
        let country = self.country().await?;
        let mut tx = self.db.begin().await?;
        let saved = contact::store::save(&mut tx, edit, country, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(saved)
    }

    pub async fn set_standing(&self, id: ContactId, standing: Standing) -> Result<Contact, Problem> {
        let mut tx = self.db.begin().await?;
        let changed = contact::store::set_standing(&mut tx, id, standing, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        self.nudge();
        Ok(changed)
    }

    /// The person wants messages again: see `contact::store::take_back`.
    pub async fn take_contact_back(&self, id: ContactId, wish: &Return) -> Result<Contact, Problem> {
        let mut tx = self.db.begin().await?;
        let changed = contact::store::take_back(&mut tx, id, wish, self.now()).await?;
        self.db.commit(tx).await?;
        self.events.emit(Event::ContactsChanged);
        Ok(changed)
    }

    /// The first rows of a file with their verdicts; nothing is brought in.
    pub async fn preview_import(&self, origin: &Origin, options: &ImportOptions) -> Result<ImportPreview, Problem> {
        let home = self.settings().await?.country;
        Ok(import::preview(origin, options, &home, self.db.read(), self.now()).await?)
    }

    /// Goes through a whole file in the background; how far it is comes by event and by `import_progress`.
    pub async fn start_import(
        self: &Arc<Self>,
        origin: Origin,
        options: ImportOptions,
        step: ImportStep,
    ) -> Result<ImportId, Problem> {
        if step == ImportStep::Scan {
            self.forget_scans().await?;
        }
        let (job, stop) = self.job(origin, options, step).await?;
        let (id, people) = (job.id, self.clone());
        tokio::spawn(async move { people.go_through(job, &stop).await });
        Ok(id)
    }

    /// Brings a list in to its end, laid out as it is found to be.
    pub(super) async fn bring_in(&self, origin: Origin) -> Result<ImportProgress, Problem> {
        let (job, stop) = self.job(origin, ImportOptions::default(), ImportStep::Import).await?;
        Ok(self.go_through(job, &stop).await)
    }

    async fn job(
        &self,
        origin: Origin,
        options: ImportOptions,
        step: ImportStep,
    ) -> Result<(Job, Arc<AtomicBool>), Problem> {
        let home = self.settings().await?.country;
        let id = IdGenerator::at(self.now()).next();
        let progress = ImportProgress {
            import_id: id,
            step,
            state: ImportState::Running,
            percent: 0,
            totals: ImportTotals::default(),
            consent: ConsentTotals::default(),
            lost_cells: 0,
            repaired: 0,
            error: None,
        };
        let stop = Arc::new(AtomicBool::new(false));
        self.imports.lock().insert(id, Running { stop: stop.clone(), progress });
        Ok((Job { id, origin, options, home, step }, stop))
    }

    /// A new look at a file takes the place of the earlier ones.
    async fn forget_scans(&self) -> Result<(), Problem> {
        let served = |running: &Running| {
            running.progress.step == ImportStep::Scan && running.progress.state != ImportState::Running
        };
        let scans: Vec<ImportId> = {
            let mut imports = self.imports.lock();
            let scans = imports.iter().filter(|(_, running)| served(running)).map(|(id, _)| *id).collect();
            imports.retain(|_, running| !served(running));
            scans
        };
        let mut tx = self.db.begin().await?;
        for id in scans {
            import::forget(&mut tx, id).await.map_err(|error| self.db.error(error))?;
        }
        Ok(self.db.commit(tx).await?)
    }

    async fn go_through(&self, job: Job, stop: &AtomicBool) -> ImportProgress {
        let id = job.id;
        let brings_in = job.step == ImportStep::Import;
        let ended = import::run(&self.db, job, self.clock.as_ref(), stop, |progress| {
            if let Some(running) = self.imports.lock().get_mut(&id) {
                running.progress = progress.clone();
            }
            self.events.emit(Event::ImportChanged(id));
        })
        .await;
        if brings_in {
            self.events.emit(Event::ContactsChanged);
            self.settle_values().await;
        }
        ended
    }

    /// How far an import of this run is.
    pub fn import_progress(&self, id: ImportId) -> Option<ImportProgress> {
        self.imports.lock().get(&id).map(|running| running.progress.clone())
    }

    /// A list is coming in at this moment.
    pub fn is_importing(&self) -> bool {
        let brings_in =
            |one: &Running| one.progress.step == ImportStep::Import && one.progress.state == ImportState::Running;
        self.imports.lock().values().any(brings_in)
    }

    /// What came in stays; importing again brings nobody twice.
    pub fn cancel_import(&self, id: ImportId) {
        if let Some(running) = self.imports.lock().get(&id) {
            running.stop.store(true, Ordering::Relaxed);
        }
    }

    /// The rows behind the row `after` that stay out, in the order of the file.
    pub async fn refusals(
        &self,
        id: ImportId,
        which: LeftOut,
        after: u32,
        limit: u32,
    ) -> Result<Vec<Refusal>, Problem> {
        Ok(import::refusals(self.db.read(), id, which, after, limit).await?)
    }

    /// How many rows of an import stay out for each reason.
    pub async fn refusal_reasons(&self, id: ImportId) -> Result<Vec<ReasonTotal>, Problem> {
        Ok(import::reasons(self.db.read(), id).await?)
    }

    pub async fn export_refused(&self, id: ImportId, path: &Path) -> Result<(), Problem> {
        Ok(import::export_refused(self.db.read(), id, &self.words().await?, path).await?)
    }

    /// What leaves as a file is in the owner's language.
    pub(super) async fn words(&self) -> Result<Messages, Problem> {
        Ok(Messages::of(self.settings().await?.spoken().as_str()))
    }

    /// Writes all contacts that the query finds to a file whose ending says its format; answers how many.
    pub async fn export_contacts(&self, query: &ContactQuery, path: &Path) -> Result<u32, Problem> {
        let today = self.today().await?;
        if !is_blank(&query.search) {
            search::settle(&self.db).await?;
        }
        self.settle_for(query.filter.as_ref()).await?;
        Ok(export(self.db.read(), query, today, &self.words().await?, path).await?)
    }

    /// What is on record of imports, the newest first.
    pub async fn import_reports(&self, place: &Place) -> Result<ImportReportPage, Problem> {
        Ok(import::reports(self.db.read(), place).await.map_err(StorageError::from)?)
    }

    /// Takes a whole import back: see `import::undo`. Ended by a crash, it goes on when it is asked for again.
    pub async fn undo_import(&self, id: ImportId) -> Result<ImportReport, Problem> {
        let report = loop {
            let report = self.undo_some(id).await?;
            if report.undone.is_some() {
                break report;
            }
        };
        self.events.emit(Event::ContactsChanged);
        Ok(report)
    }

    async fn undo_some(&self, id: ImportId) -> Result<ImportReport, Problem> {
        let mut tx = self.db.begin().await?;
        let (report, some) = import::undo::next(&mut tx, id).await?;
        let contacts = some.iter().map(|change| change.contact);
        let written = written_since(&mut tx, contacts, report.started_at).await;
        let written = written.map_err(|error| self.db.error(error))?;
        let report = import::undo::take_back(&mut tx, &report, &some, &written, self.now()).await?;
        self.db.commit(tx).await?;
        Ok(report)
    }

    /// The owner's default country.
    pub(super) async fn country(&self) -> Result<Country, Problem> {
        let code = self.settings().await?.country;
        Country::of(&code).ok_or_else(|| NoSuchCountry { code }.into())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("\"{code}\" is not a country. Choose the default country in Settings.")]
struct NoSuchCountry {
    code: String,
}

impl Coded for NoSuchCountry {
    fn code(&self) -> &'static str {
        "settings.country"
    }

    fn params(&self) -> Params {
        params! { country: self.code }
    }
}
