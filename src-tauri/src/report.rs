//! `ulak report`: what became of a campaign, into a file.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::ids::CampaignId;
use ulak_core::settings::Language;

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    /// The campaign's id, as `ulak log --json` tells it
    campaign: CampaignId,
    /// The file; its name ends in .pdf, .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// en, tr or id; else the language of the window
    #[arg(long, value_parser = Language::from_str)]
    language: Option<Language>,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        app.campaigns().export_report(options.campaign, &options.out, options.language).await?;
        voice.event(&json!({ "event": "result", "campaign": options.campaign, "file": options.out }));
        voice.line(&format!("The report is in {}.", options.out.display()));
        Ok(true)
    })
}
