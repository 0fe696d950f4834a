//! What the commands of the terminal share: a voice for people or scripts, the runtime, and the way in to the data.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ulak_core::app::{App, NumberView, Opening, SkippedPeople, Summary};
use ulak_core::contact::import::{LeftOut, Refusal};
use ulak_core::error::{Params, Problem};
use ulak_core::ids::ImportId;
use ulak_core::outbox::store::reading::Counts;
use ulak_core::vault::SystemKeyring;

use crate::control::{self, Ask};
use crate::stop::Stopping;
use crate::words::{self, Moment};
use crate::{logs, network, prepare};

/// How often something that moves is looked at again.
pub const LOOK: Duration = Duration::from_millis(100);
/// How long threads are waited for at the end that a disk may never give back.
const LAST_THREADS: Duration = Duration::from_secs(10);

/// Lines for people, or one JSON object an event.
#[derive(Clone, Copy)]
pub struct Voice {
    pub json: bool,
}

impl Voice {
    pub fn event(self, event: &Value) {
        if self.json {
            // A reader that closed its end has seen enough.
            let _ = writeln!(std::io::stdout(), "{event}");
        }
    }

    pub fn line(self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    pub fn problem(self, problem: &Problem) {
        self.coded("error", problem);
    }

    /// Something the owner should know; it does not stop anything.
    pub fn notice(self, notice: &Problem) {
        self.coded("notice", notice);
    }

    fn coded(self, kind: &str, problem: &Problem) {
        self.event(
            &json!({ "event": kind, "code": problem.code, "message": problem.message, "params": problem.params }),
        );
        warn(&problem.message);
    }

    /// A row of a list that does not come in; a doubtful one has the phone that is probably meant.
    fn refused(self, Refusal { row, phone, raw, reason }: &Refusal) {
        self.event(&json!({
            "event": "rejected", "row": row, "cells": raw, "phone": phone,
            "code": reason.code, "message": reason.message, "params": reason.params,
        }));
        self.line(&format!("  row {row:<8} {raw}\n               {}", reason.message));
    }

    fn recovery_code(self, code: &str) {
        warn(&format!(
            "Recovery code, shown only this once: {code}\nIt opens your data when the passphrase or the keyring is lost. Write it down."
        ));
    }

    /// The last line of a run, with the fields of `first` before the figures.
    pub fn summary(self, first: Value, summary: &Summary) {
        let mut event = json!({ "event": "summary" });
        if let Some(event) = event.as_object_mut() {
            for part in [Ok(first), serde_json::to_value(summary)] {
                if let Ok(Value::Object(part)) = part {
                    event.extend(part);
                }
            }
        }
        self.event(&event);
        self.table(summary);
    }

    fn table(self, summary: &Summary) {
        self.line("\nParts");
        self.rows(&states(&summary.parts));
        if !summary.skipped.is_empty() {
            self.line("Skipped people");
            for SkippedPeople { reason, variable, people } in &summary.skipped {
                self.rows(&[(&words::skip(reason, variable.as_deref()), *people)]);
            }
        }
        self.line("Credits");
        let credits = &summary.credits;
        self.rows(&[
            ("Granted", credits.granted),
            ("Held", credits.held),
            ("Settled", credits.settled),
            ("Released", credits.released),
            ("Balance", credits.balance),
        ]);
        self.line(if summary.ledger_ok { "The ledger adds up." } else { "THE LEDGER DOES NOT ADD UP." });
    }

    fn rows(self, rows: &[(&str, i64)]) {
        rows.iter().for_each(|(word, count)| self.line(&format!("  {word:<24}{count:>8}")));
    }
}

fn states(parts: &Counts) -> [(&'static str, i64); 10] {
    [
        ("Pending", parts.pending),
        ("Sending", parts.sending),
        ("Sent ✓", parts.sent),
        ("Delivered ✓✓", parts.delivered),
        ("Read ✓✓", parts.read),
        ("Played", parts.played),
        ("Failed !", parts.failed),
        ("Skipped –", parts.skipped),
        ("Cancelled", parts.cancelled),
        ("Being checked ?", parts.unknown),
    ]
}

/// Runs the work of a command to its end. True is success. Whoever asks it to stop gets the code of that signal,
/// unless it had just succeeded.
pub fn run(voice: Voice, work: impl AsyncFnOnce(Stopping) -> Result<bool, Problem>) -> ExitCode {
    logs::to_terminal();
    let begun = tokio::runtime::Builder::new_multi_thread().enable_all().build().and_then(|runtime| {
        let stopping = runtime.block_on(async { Stopping::listen() })?;
        Ok((runtime, stopping))
    });
    let (runtime, stopping) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            warn(&format!("Ulak could not start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(work(stopping.clone()));
    runtime.shutdown_timeout(LAST_THREADS);
    if let Err(problem) = &outcome {
        voice.problem(problem);
    }
    match (outcome, stopping.was_asked()) {
        (Ok(true), _) => ExitCode::SUCCESS,
        (_, Some(stop)) => ExitCode::from(stop.code()),
        (_, None) => ExitCode::FAILURE,
    }
}

/// Opens the data folder of a command that drives real numbers, does the work and closes it again.
pub fn run_with_numbers(
    voice: Voice,
    data: Option<PathBuf>,
    opening: Opening,
    work: impl AsyncFnOnce(&Arc<App>) -> Result<bool, Problem>,
) -> ExitCode {
    let online = async || Ok(Opening { network: network::network()?, ..network::outside(opening) });
    run_with(voice, data, online, work)
}

/// The same without connecting a number.
pub fn run_offline(
    voice: Voice,
    data: Option<PathBuf>,
    opening: Opening,
    work: impl AsyncFnOnce(&Arc<App>) -> Result<bool, Problem>,
) -> ExitCode {
    run_with(voice, data, async || Ok(opening), work)
}

/// Who answers a command: the Ulak that has the folder open, or this process where nobody has.
pub enum Source {
    Running(PathBuf),
    Own(Arc<App>),
}

impl Source {
    pub async fn ask(&self, ask: &Ask) -> Result<Value, Problem> {
        match self {
            Self::Running(folder) => control::ask(folder, ask).await,
            Self::Own(app) => control::answer(app, ask).await,
        }
    }
}

/// Asks whoever runs over the data folder, and opens it where nobody does, without connecting a number.
pub fn run_asking(
    voice: Voice,
    data: Option<PathBuf>,
    work: impl AsyncFnOnce(&Source) -> Result<bool, Problem>,
) -> ExitCode {
    run(voice, async |mut stopping| {
        let folder = folder(data)?;
        let source = match control::is_there(&folder).await {
            true => Source::Running(folder),
            false => Source::Own(open(Some(folder), Opening::default()).await?),
        };
        let outcome = tokio::select! {
            biased;
            _ = stopping.asked() => Err(stopped()),
            outcome = async {
                if let Source::Own(app) = &source {
                    tell_recovery_code(voice, app).await?;
                    tell_found(voice, app);
                }
                work(&source).await
            } => outcome,
        };
        if let Source::Own(app) = source {
            app.close().await;
        }
        outcome
    })
}

fn run_with(
    voice: Voice,
    data: Option<PathBuf>,
    opening: impl AsyncFnOnce() -> Result<Opening, Problem>,
    work: impl AsyncFnOnce(&Arc<App>) -> Result<bool, Problem>,
) -> ExitCode {
    run(voice, async |mut stopping| {
        let app = open(data, opening().await?).await?;
        let outcome = tokio::select! {
            biased;
            _ = stopping.asked() => Err(stopped()),
            outcome = async {
                tell_recovery_code(voice, &app).await?;
                tell_found(voice, &app);
                work(&app).await
            } => outcome,
        };
        app.close().await;
        outcome
    })
}

/// Where the data of a command are.
pub fn folder(data: Option<PathBuf>) -> Result<PathBuf, Problem> {
    data.ok_or_else(|| problem("terminal.no_folder", "Say where the data is: --data DIR.".to_owned()))
}

pub async fn open(data: Option<PathBuf>, opening: Opening) -> Result<Arc<App>, Problem> {
    let folder = folder(data)?;
    let secret = crate::secret_from_environment();
    let workshop = prepare::workshop();
    let opening = Opening { folder, secret, workshop, ..opening };
    App::open(opening, Arc::new(SystemKeyring)).await
}

/// The terminal shows it once.
pub async fn tell_recovery_code(voice: Voice, app: &App) -> Result<(), Problem> {
    if let Some(code) = app.settings().recovery_code() {
        voice.recovery_code(&code);
        app.settings().recovery_code_saved().await?;
    }
    Ok(())
}

/// What was found out when the data were opened.
pub fn tell_found(voice: Voice, app: &App) {
    app.home().found().iter().for_each(|found| voice.notice(found));
}

/// Refused rows that are read at a time.
const PAGE: u32 = 500;

/// Every row of an import that stays out, with its reason.
pub async fn tell_refusals(app: &App, import: ImportId, voice: Voice) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let page = app.people().refusals(import, LeftOut::All, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.row;
        page.iter().for_each(|refusal| voice.refused(refusal));
    }
}

fn stopped() -> Problem {
    let sentence = "Stopped. What was under way goes on at the next start; nobody gets anything twice.";
    problem("terminal.stopped", sentence.to_owned())
}

/// Now, in the owner's zone.
pub async fn moment(app: &App) -> Result<Moment, Problem> {
    Ok(Moment { now: app.now(), zone: app.settings().current().await?.hours().zone })
}

/// The linked number that has this name or this phone.
pub async fn number(app: &App, named: &str) -> Result<NumberView, Problem> {
    let digits = |phone: &str| phone.chars().filter(char::is_ascii_digit).collect::<String>();
    let fits = |number: &NumberView| {
        let name = !number.name.is_empty() && number.name.to_lowercase() == named.trim().to_lowercase();
        name || (!number.phone.is_empty() && digits(&number.phone) == digits(named))
    };
    let mut fitting = app.numbers().list().await?.into_iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(number), None) => Ok(number),
        (Some(_), Some(_)) => {
            Err(problem("terminal.two_numbers", format!("Two numbers are called {named}. Give the phone instead.")))
        }
        (None, _) => Err(problem("send.no_such_number", format!("{named} is not linked. See `ulak numbers`."))),
    }
}

/// To standard error. A terminal that was closed reads it no more, and that must not end anything.
pub fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub fn problem(code: &str, message: String) -> Problem {
    Problem { code: code.to_owned(), message, params: Params::new() }
}
