//! `ulak numbers`: every number with its state, as the Numbers screen shows it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tokio::time::timeout;
use ulak_core::app::{App, NumberView, Opening};
use ulak_core::error::Problem;

use crate::terminal::{self, LOOK, Voice};

#[derive(Args)]
pub struct Options {
    /// Wait at most so many seconds until every linked number is connected, or has said why it cannot be
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,
    /// One JSON object per number on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    let work = terminal::with_numbers(voice, data, Opening::default(), async |app: &Arc<App>| {
        // A number that is not settled by then is shown as it is.
        if let Ok(settled) = timeout(Duration::from_secs(options.wait), settled(app)).await {
            settled?;
        }
        app.numbers().list().await?.iter().for_each(|number| show(number, voice));
        Ok(true)
    });
    terminal::run(voice, work)
}

async fn settled(app: &App) -> Result<(), Problem> {
    let moves = |number: &NumberView| {
        matches!(number.state.as_str(), "disconnected" | "connecting") && number.linked_at.is_some()
    };
    while app.numbers().list().await?.iter().any(moves) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn show(number: &NumberView, voice: Voice) {
    let mut event = json!({ "event": "number" });
    if let (Some(event), Ok(Value::Object(number))) = (event.as_object_mut(), serde_json::to_value(number)) {
        event.extend(number);
    }
    voice.event(&event);
    let state = number.state.replace('_', " ");
    let primary = if number.is_primary { "  primary" } else { "" };
    voice.line(&format!("{:<20} {:<24} {state}{primary}", number.phone, number.name));
}
