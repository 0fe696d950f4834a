//! `ulak work`: what the window does in the background, without the window. Sends until nothing waits any more.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::timeout;
use ulak_core::app::{App, Opening};
use ulak_core::error::Problem;
use ulak_core::ledger::Book;
use ulak_core::outbox::store::reading::Counts;

use crate::terminal::{self, LOOK, Voice};
use crate::waiting::Waiting;

#[derive(Args)]
pub struct Options {
    /// Stop after so many seconds, whatever still waits; without it, only when nothing does
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// How many times faster than the world time passes
    #[cfg(feature = "emulator")]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    speed: Option<u32>,
    /// Take back a pause of everything first
    #[arg(long)]
    resume: bool,
    /// One JSON object per event on a line of standard output, the last one the summary
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_with_numbers(voice, data, opening(&options), async |app: &Arc<App>| {
        if options.resume {
            app.outbox().resume_everything().await?;
        }
        match options.wait {
            None => until_done(app, voice).await?,
            Some(seconds) => {
                if let Ok(done) = timeout(Duration::from_secs(seconds), until_done(app, voice)).await {
                    done?;
                }
            }
        }
        let summary = app.outbox().summary(Book::Real).await?;
        voice.summary(json!({}), &summary);
        Ok(summary.parts.open() == 0 && summary.ledger_ok)
    })
}

#[cfg(not(feature = "emulator"))]
fn opening(_: &Options) -> Opening {
    Opening::default()
}

#[cfg(feature = "emulator")]
fn opening(options: &Options) -> Opening {
    Opening { speed: options.speed, fast_numbers: options.speed.is_some(), ..Opening::default() }
}

async fn until_done(app: &App, voice: Voice) -> Result<(), Problem> {
    let (mut shown, mut waiting) = (None, Waiting::default());
    loop {
        waiting.tell(app, voice).await?;
        let parts: Counts = app.outbox().counts(Book::Real).await?;
        if shown != Some(parts) {
            voice.event(&json!({ "event": "progress", "parts": parts }));
            voice.line(&format!("✓ {} sent of {}, {} open", parts.accepted(), parts.total(), parts.open()));
            shown = Some(parts);
        }
        if parts.open() == 0 {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}
