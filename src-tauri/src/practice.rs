//! `ulak practice`: the whole main job in the terminal, over the practice number.

mod options;
mod report;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub use options::Options;
use report::Report;
use tempfile::TempDir;
use ulak_core::app::{App, Opening, PracticeJob};
use ulak_core::contact::import::ImportOptions;
use ulak_core::db::database_file;
use ulak_core::error::{Params, Problem};
use ulak_core::ledger::Book;
use ulak_core::vault::SystemKeyring;

use crate::prepare;
use crate::terminal::{self, LOOK};

/// Over the data in a folder, or in a temporary one that is gone afterwards.
pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let report = Report::new(options.json, std::io::stderr().is_terminal());
    terminal::run(report.voice, practise(options, data, report))
}

/// True when every message reached a final state and the ledger balances.
async fn practise(options: Options, data: Option<PathBuf>, report: Report) -> Result<bool, Problem> {
    let temporary = if data.is_some() { None } else { Some(temporary_folder()?) };
    let folder = data.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default();
    let fresh = !database_file(&folder).exists();
    let app = open(&options, &folder, temporary.is_some()).await?;
    if let Some(code) = app.settings().recovery_code() {
        if temporary.is_none() {
            report.voice.recovery_code(&code);
        }
        app.settings().recovery_code_saved().await?;
    }
    let outcome = campaign(&app, &options, fresh, report).await;
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
        first_credits: options.credits,
        // Nothing but the practice number: not even a connection.
        network: None,
        workshop: prepare::workshop(),
    };
    App::open(opening, Arc::new(SystemKeyring)).await
}

async fn campaign(app: &Arc<App>, options: &Options, fresh: bool, report: Report) -> Result<bool, Problem> {
    if let Some(job) = job(app, options, fresh).await? {
        app.practice().start_practice_job(&job).await?;
    }
    if let Some(job) = app.practice().practice_job().await?.filter(|job| job.brought.is_none()) {
        let preview = app.people().preview_import(&job.contacts, &ImportOptions::default()).await?;
        preview.notices.iter().for_each(|notice| report.voice.notice(notice));
    }
    let brought = app.practice().bring_in_contacts(|progress| report.importing(progress)).await?;
    report.imported(&brought);
    if let Some(id) = app.practice().schedule_practice_job().await? {
        report.scheduled(&app.campaigns().live(id).await?);
    }
    tokio::select! {
        over = until_over(app, report) => over?,
        _ = tokio::signal::ctrl_c() => report.interrupted(),
    }
    let summary = app.outbox().summary(Book::Practice).await?;
    report.summary(&brought, &summary);
    Ok(summary.parts.open() == 0 && summary.ledger_ok)
}

/// What is asked for; nothing when an earlier run is only to go on.
async fn job(app: &App, options: &Options, fresh: bool) -> Result<Option<PracticeJob>, Problem> {
    options.apply_hours(app).await?;
    if !options.asks_for_a_campaign() && (!fresh || app.practice().practice_job().await?.is_some()) {
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

/// A run that goes on later may be started elsewhere.
fn absolute(file: &Path) -> Result<PathBuf, Problem> {
    std::path::absolute(file).map_err(|error| Problem {
        code: "practice.file".to_owned(),
        message: format!("{} cannot be found: {error}.", file.display()),
        params: Params::new(),
    })
}

async fn until_over(app: &App, report: Report) -> Result<(), Problem> {
    let mut shown = String::new();
    loop {
        let now = app.home().now_view().await?;
        let summary = app.outbox().counts(Book::Practice).await?;
        report.progress(&now, &summary, &mut shown);
        if app.practice().practice_is_over().await? {
            report.end_of_progress();
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
