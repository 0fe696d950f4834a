//! What the commands of the terminal share: a voice for people or scripts, the runtime, and the way in to the data.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ulak_core::app::{App, Opening, Summary};
use ulak_core::error::{Params, Problem};
use ulak_core::outbox::store::reading::Counts;
use ulak_core::vault::SystemKeyring;

use crate::{logs, network, prepare};

/// How often something that moves is looked at again.
pub const LOOK: Duration = Duration::from_millis(100);

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
        eprintln!("{problem}");
    }

    pub fn recovery_code(self, code: &str) {
        eprintln!(
            "Recovery code, shown only this once: {code}\nIt opens your data when the passphrase or the keyring is lost. Write it down."
        );
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
            for (reason, variable, people) in &summary.skipped {
                let reason =
                    variable.as_ref().map_or(reason.clone(), |variable| format!("{reason} {{{{{variable}}}}}"));
                self.rows(&[(&reason, *people)]);
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

/// Runs the work of a command to its end. True is success.
pub fn run(voice: Voice, work: impl Future<Output = Result<bool, Problem>>) -> ExitCode {
    logs::to_terminal();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("Ulak could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            voice.problem(&problem);
            ExitCode::FAILURE
        }
    }
}

/// Opens the data folder of a command that drives real numbers, does the work and closes it again.
pub async fn with_numbers<T>(
    voice: Voice,
    data: Option<PathBuf>,
    opening: Opening,
    work: impl AsyncFnOnce(&Arc<App>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let folder = data.ok_or_else(|| problem("terminal.no_folder", "Say where the data is: --data DIR.".to_owned()))?;
    let secret = crate::secret_from_environment();
    let workshop = prepare::workshop();
    let opening = Opening { folder, secret, network: network::network()?, workshop, ..opening };
    let app = App::open(opening, Arc::new(SystemKeyring)).await?;
    if let Some(code) = app.settings().recovery_code() {
        voice.recovery_code(&code);
        app.settings().recovery_code_saved().await?;
    }
    let outcome = tokio::select! {
        outcome = work(&app) => outcome,
        _ = tokio::signal::ctrl_c() => Err(problem("terminal.stopped", "Stopped. What was under way goes on at the next start; nobody gets anything twice.".to_owned())),
    };
    app.close().await;
    outcome
}

pub fn problem(code: &str, message: String) -> Problem {
    Problem { code: code.to_owned(), message, params: Params::new() }
}
