//! `ulak health` and `ulak export`: how everything is, and everything in open formats.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use ulak_core::app::{App, HealthState, Opening};

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct HealthOptions {
    /// Look the whole file of data through first
    #[arg(long)]
    check: bool,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

/// Fails where something is bad.
pub fn run(options: HealthOptions, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        if options.check {
            app.health().check_data().await?;
        }
        let view = app.health().view().await?;
        for row in &view.rows {
            let state = match row.state {
                HealthState::Good => "good",
                HealthState::Look => "look",
                HealthState::Bad => "bad",
            };
            let kind = serde_json::to_value(row.kind).unwrap_or_default();
            voice.event(&json!({
                "event": "health", "kind": kind, "state": state, "params": row.params, "problem": row.problem,
            }));
            let said = row.problem.as_ref().map_or(String::new(), |problem| problem.message.clone());
            voice.line(&format!("{state:<6}{:<18}{said}", kind.as_str().unwrap_or_default()));
        }
        Ok(view.rows.iter().all(|row| row.state != HealthState::Bad))
    })
}

#[derive(Args)]
pub struct ExportOptions {
    /// The folder, in which a fresh one is made
    folder: PathBuf,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn export(options: ExportOptions, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let written = app.export_everything(&options.folder).await?;
        voice.event(&json!({
            "event": "result", "folder": written.folder, "contacts": written.contacts, "messages": written.messages,
            "replies": written.replies, "files": written.files,
        }));
        voice.line(&format!("Everything is in {}.", written.folder));
        Ok(true)
    })
}
