//! `ulak numbers`: every number with its state, as the Numbers screen shows it; and one of them connected again.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::time::timeout;
use ulak_core::app::{App, NumberKind, NumberView, Opening};
use ulak_core::error::Problem;
use ulak_core::ids::SessionId;

use crate::terminal::{self, LOOK, Voice};
use crate::words::{self, Moment};

#[derive(Args)]
pub struct Options {
    /// Wait at most so many seconds until every linked number is connected, or has said why it cannot be
    #[arg(long, value_name = "SECONDS", default_value_t = 10, global = true)]
    wait: u64,
    /// One JSON object per number on a line of standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    act: Option<Act>,
}

#[derive(Subcommand)]
enum Act {
    /// Connect a number here again that another program took over, or that WhatsApp had locked
    Reconnect {
        /// Its name or its phone
        name: String,
    },
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_with_numbers(voice, data, Opening::default(), async |app: &Arc<App>| {
        let wanted = match &options.act {
            Some(Act::Reconnect { name }) => Some(reconnect(app, name).await?),
            None => None,
        };
        // A number that is not settled by then is shown as it is.
        if let Ok(settled) = timeout(Duration::from_secs(options.wait), settled(app)).await {
            settled?;
        }
        let moment = terminal::moment(app).await?;
        let mut numbers = app.numbers().list().await?;
        numbers.retain(|number| wanted.is_none_or(|id| number.id == id));
        numbers.iter().for_each(|number| show(number, voice, moment));
        Ok(wanted.is_none() || numbers.iter().all(is_up))
    })
}

async fn reconnect(app: &App, name: &str) -> Result<SessionId, Problem> {
    let number = terminal::number(app, name).await?;
    app.numbers().reconnect_number(number.id).await?;
    Ok(number.id)
}

fn is_up(number: &NumberView) -> bool {
    matches!(number.state.as_str(), "connected" | "slow")
}

async fn settled(app: &App) -> Result<(), Problem> {
    let moves = |number: &NumberView| {
        matches!(number.state.as_str(), "disconnected" | "connecting") && number.kind == NumberKind::Whatsapp
    };
    while app.numbers().list().await?.iter().any(moves) {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

fn show(number: &NumberView, voice: Voice, moment: Moment) {
    let mut event = json!({ "event": "number" });
    if let (Some(event), Ok(Value::Object(number))) = (event.as_object_mut(), serde_json::to_value(number)) {
        event.extend(number);
    }
    voice.event(&event);
    let phone = if number.name.is_empty() { "" } else { &number.phone };
    voice.line(&format!("{:<20} {phone:<16} {}", words::called(number), words::number(number, moment)));
    for (name, fact) in words::facts(number, moment) {
        voice.line(&format!("    {name:<14} {fact}"));
    }
}
