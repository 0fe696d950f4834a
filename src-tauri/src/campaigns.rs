//! `ulak campaigns`: the campaigns and how far each is, by whoever has the data open.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ulak_core::app::App;
use ulak_core::campaign::list::{CampaignGroup, CampaignOrder, CampaignQuery};
use ulak_core::campaign::live::CampaignRow;
use ulak_core::error::Problem;
use ulak_core::page::{Cursor, Place};

use crate::control::Ask;
use crate::terminal::{self, Source, Voice};

#[derive(Args)]
pub struct Options {
    /// Words of the name or the text
    search: Option<String>,
    /// Which ones
    #[arg(long, value_name = "WHICH", default_value = "all")]
    group: Group,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
    /// One JSON object per campaign on a line of standard output
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Group {
    All,
    Drafts,
    /// Planned, running or paused
    Going,
    /// Finished or cancelled
    Over,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    search: String,
    group: Group,
    after: Option<Cursor>,
    limit: u32,
}

/// Campaigns that are asked for at a time.
const PAGE: u32 = 100;

pub fn run(options: &Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_asking(voice, data, async |source: &Source| {
        let (mut left, mut after) = (options.limit, None);
        while left > 0 {
            let search = options.search.clone().unwrap_or_default();
            let page = Page { search, group: options.group, after: after.take(), limit: left.min(PAGE) };
            let told = &source.ask(&Ask::Campaigns(page)).await?;
            let campaigns = told["campaigns"].as_array().map(Vec::as_slice).unwrap_or_default();
            campaigns.iter().for_each(|row| show(row, voice));
            left = left.saturating_sub(u32::try_from(campaigns.len()).unwrap_or(u32::MAX));
            after = serde_json::from_value(told["next"].clone()).unwrap_or_default();
            if after.is_none() {
                break;
            }
        }
        Ok(true)
    })
}

/// A page of them as lines of `ulak campaigns --json`: what moves first.
pub async fn answer(app: &App, page: &Page) -> Result<Value, Problem> {
    let group = match page.group {
        Group::All => CampaignGroup::All,
        Group::Drafts => CampaignGroup::Drafts,
        Group::Going => CampaignGroup::Going,
        Group::Over => CampaignGroup::Over,
    };
    let query = CampaignQuery {
        group,
        search: page.search.clone(),
        order: CampaignOrder::State,
        without: Vec::new(),
        place: Place::behind(page.after.clone(), page.limit.min(PAGE)),
    };
    let told = app.campaigns().list(&query).await?;
    let campaigns: Vec<Value> = told.rows.iter().map(event).collect();
    Ok(json!({ "event": "campaigns", "campaigns": campaigns, "next": told.next }))
}

fn event(row: &CampaignRow) -> Value {
    let mut event = json!({ "event": "campaign" });
    if let (Some(event), Ok(Value::Object(row))) = (event.as_object_mut(), serde_json::to_value(row)) {
        event.extend(row);
    }
    event
}

fn show(row: &Value, voice: Voice) {
    voice.event(row);
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let counts = &row["counts"];
    let count = |name: &str| counts[name].as_i64().unwrap_or_default();
    let name = if text("name").is_empty() { text("firstText") } else { text("name") };
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    let through = ["sent", "delivered", "read", "played"].into_iter().map(count).sum::<i64>();
    let open = ["pending", "sending"].into_iter().map(count).sum::<i64>();
    voice.line(&format!(
        "{}  {name:<40} {:<12} {through} sent, {open} open, {} failed",
        text("id"),
        text("doing"),
        count("failed")
    ));
}
