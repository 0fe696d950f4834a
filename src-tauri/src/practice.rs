//! `ulak practice`: the whole main job in the terminal, over the practice number.

mod options;
mod report;

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub use options::Options;
use report::Report;
use tempfile::TempDir;
use ulak_core::app::{App, Opening, PracticeJob};
use ulak_core::contact::import::{ImportOptions, Origin};
use ulak_core::error::{Params, Problem};
use ulak_core::ids::CampaignId;
use ulak_core::ledger::Book;
use ulak_core::outbox::state::PartState;
use ulak_core::outbox::store::recipients::RecipientQuery;
use ulak_core::page::Place;
use ulak_core::session::practice::PhoneLog;
use ulak_core::vault::SystemKeyring;

use crate::prepare;
use crate::stop::Stopping;
use crate::terminal::{self, LOOK};
use crate::waiting::tell_notices;

/// Rows and people that are told of at once.
const PAGE: u32 = 500;

/// Over the data in a folder, or in a temporary one that is gone afterwards.
pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let report = Report::new(options.json, std::io::stderr().is_terminal());
    terminal::run(report.voice, async |stopping| practise(options, data, report, stopping).await)
}

/// True when every message reached a final state and the ledger balances.
async fn practise(
    options: Options,
    data: Option<PathBuf>,
    report: Report,
    stopping: Stopping,
) -> Result<bool, Problem> {
    let temporary = if data.is_some() { None } else { Some(temporary_folder()?) };
    let folder = data.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let app = open(&options, &folder, temporary.is_some()).await?;
    let run = Run { app: &app, options: &options, temporary: temporary.is_some(), report };
    let outcome = run.told(stopping).await;
    app.close().await;
    outcome
}

fn temporary_folder() -> Result<TempDir, Problem> {
    tempfile::tempdir().map_err(|error| options::problem(format!("No temporary folder can be made: {error}.")))
}

async fn open(options: &Options, folder: &Path, temporary: bool) -> Result<Arc<App>, Problem> {
    let opening = Opening {
        folder: folder.to_owned(),
        // What lies in a temporary folder is encrypted too, with a key that nobody keeps.
        secret: if temporary { Some(uuid::Uuid::new_v4().to_string()) } else { crate::secret_from_environment() },
        speed: options.speed,
        practice: options.behaviour(),
        phone_log: PhoneLog::InFull,
        first_credits: options.credits,
        workshop: prepare::workshop(),
        // Nothing but the practice number: not even a connection.
        ..Opening::default()
    };
    App::open(opening, Arc::new(SystemKeyring)).await
}

struct Run<'a> {
    app: &'a Arc<App>,
    options: &'a Options,
    temporary: bool,
    report: Report,
}

impl Run<'_> {
    /// To the last tick, or as far as it came until it was asked to stop; the figures come last.
    async fn told(&self, mut stopping: Stopping) -> Result<bool, Problem> {
        let over = tokio::select! {
            biased;
            _ = stopping.asked() => {
                self.report.interrupted(self.temporary);
                false
            }
            over = self.to_the_end() => over.map(|()| true)?,
        };
        let job = self.app.practice().practice_job().await?.unwrap_or_default();
        if let Some(campaign) = job.campaign {
            skipped(self.app, campaign, self.report).await?;
        }
        let brought = job.brought.unwrap_or_default();
        let summary = self.app.outbox().summary(Book::Practice).await?;
        self.report.summary(&brought, &summary);
        if over {
            self.app.practice().end_practice_job().await?;
        }
        Ok(over && summary.parts.open() == 0 && summary.ledger_ok)
    }

    async fn to_the_end(&self) -> Result<(), Problem> {
        let Self { app, report, .. } = self;
        if self.temporary {
            // Nobody keeps the key of a folder that is gone afterwards.
            app.settings().recovery_code_saved().await?;
        } else {
            terminal::tell_recovery_code(report.voice, app).await?;
        }
        terminal::tell_found(report.voice, app);
        if self.options.resume {
            app.outbox().resume_everything().await?;
        }
        if let Some(job) = job(app, self.options).await? {
            app.practice().start_practice_job(&job, self.options.now_if_past).await?;
        }
        if let Some(job) = app.practice().practice_job().await?.filter(|job| job.brought.is_none()) {
            let origin = Origin::File { path: job.contacts };
            let preview = app.people().preview_import(&origin, &ImportOptions::default()).await?;
            preview.notices.iter().for_each(|notice| report.voice.notice(notice));
        }
        let brought = app.practice().bring_in_contacts(|progress| report.importing(progress)).await?;
        report.imported(&brought);
        rejected(app, *report).await?;
        if let Some(id) = app.practice().schedule_practice_job().await? {
            report.scheduled(&app.campaigns().live(id).await?);
        }
        until_over(app, *report).await
    }
}

/// What is asked for; nothing when an earlier run is only to go on.
async fn job(app: &App, options: &Options) -> Result<Option<PracticeJob>, Problem> {
    options.apply_hours(app).await?;
    if !options.asks_for_a_campaign() && !is_untouched(app).await? {
        return Ok(None);
    }
    let zone = app.settings().current().await?.hours().zone;
    let due_at = options.due_at(app.now(), zone)?;
    let contacts = match &options.contacts {
        Some(file) => absolute(file)?,
        None => options::sample_contacts(app.folder())?,
    };
    let media = options.media.iter().map(|file| absolute(file)).collect::<Result<_, _>>()?;
    let keep_hours = options.hours.is_some();
    let (text, at) = (options.text(), options.at.clone());
    Ok(Some(PracticeJob { contacts, text, media, at, due_at, keep_hours, ..PracticeJob::default() }))
}

/// Nobody is in this folder and nothing was asked of it, however often a run was begun.
async fn is_untouched(app: &App) -> Result<bool, Problem> {
    Ok(app.practice().practice_job().await?.is_none() && app.people().contact_totals().await?.all == 0)
}

/// A run that goes on later may be started elsewhere.
fn absolute(file: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(file).map_err(|error| Problem {
        code: "practice.file".to_owned(),
        message: format!("{} cannot be found: {error}.", file.display()),
        params: Params::new(),
    })
}

/// Every row that was refused, with its reason.
async fn rejected(app: &App, report: Report) -> Result<(), Problem> {
    let Some(import) = app.practice().practice_job().await?.and_then(|job| job.import) else { return Ok(()) };
    terminal::tell_refusals(app, import, report.voice).await
}

/// Everybody who gets nothing, with the reason.
async fn skipped(app: &App, campaign_id: CampaignId, report: Report) -> Result<(), Problem> {
    let mut place = Place::first(PAGE);
    loop {
        let query = RecipientQuery { campaign_id, state: Some(PartState::Skipped), search: String::new(), place };
        let page = app.outbox().recipients(&query).await?;
        page.rows.iter().for_each(|person| report.skipped(person));
        if page.next.is_none() {
            return Ok(());
        }
        place = Place::behind(page.next, PAGE);
    }
}

async fn until_over(app: &App, report: Report) -> Result<(), Problem> {
    let zone = app.settings().current().await?.hours().zone;
    let (mut shown, mut noticed) = (String::new(), BTreeSet::new());
    loop {
        app.refuse_damaged()?;
        tell_notices(report.voice, app, &mut noticed);
        let now = app.home().now_view().await?;
        let summary = app.outbox().counts(Book::Practice).await?;
        report.progress(&now, zone, &summary, &mut shown);
        if app.practice().practice_is_over().await? {
            report.end_of_progress();
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
