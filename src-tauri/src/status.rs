//! `ulak status`, `ulak pause` and `ulak resume`: said to the Ulak that has the folder open, with a window or without.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use crate::control::{self, Ask};
use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    /// One JSON object on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options, data: Option<PathBuf>, ask: Ask) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run(voice, async |_| {
        let folder = terminal::folder(data)?;
        let status = control::ask(&folder, &ask).await?;
        voice.event(&status);
        voice.line(&sentence(&status));
        // What was asked for is done; how Ulak is, only `status` is asked.
        Ok(!matches!(ask, Ask::Status) || status.get("well").and_then(Value::as_bool).unwrap_or(false))
    })
}

fn sentence(status: &Value) -> String {
    let number = |name: &str| status.get(name).and_then(Value::as_i64).unwrap_or_default();
    let yes = |name: &str| status.get(name).and_then(Value::as_bool).unwrap_or(false);
    let state = match (yes("well"), yes("paused")) {
        (false, _) => "Ulak runs and needs a look",
        (true, true) => "Ulak runs, and everything is paused",
        (true, false) => "Ulak runs",
    };
    let wrong: Vec<&str> =
        status.get("wrong").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let wrong = if wrong.is_empty() { String::new() } else { format!("\nWrong: {}.", wrong.join(", ")) };
    format!(
        "{state}: {} of {} numbers connected, {} parts open, {} credits free.{wrong}",
        number("numbers_connected"),
        number("numbers"),
        number("open_parts"),
        number("credits_free")
    )
}
