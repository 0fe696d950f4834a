//! `ulak replies`: what people wrote back, in the terminal.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;
use ulak_core::app::{App, Opening};
use ulak_core::ids::CampaignId;
use ulak_core::inbound::store::replies::{ReplyQuery, Show};

use crate::terminal::{self, Voice};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Write the replies to a file: a workbook or separated text, with the answers that they choose
    Export(Export),
}

#[derive(Args)]
struct Export {
    /// The file; its name ends in .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only those that answer this campaign
    #[arg(long, value_name = "ID")]
    campaign: Option<CampaignId>,
    /// One JSON object per event on a line of standard output
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let What::Export(options) = options.what;
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let query = ReplyQuery { show: Show::Everything, campaign_id: options.campaign, ..ReplyQuery::default() };
        let replies = app.replies().export(&query, &options.out).await?;
        voice.event(&json!({ "event": "result", "replies": replies, "file": options.out }));
        voice.line(&format!("{replies} replies are in {}.", options.out.display()));
        Ok(true)
    })
}
