//! `ulak log`: every message, looked for in the terminal or written into a file, by whoever has the data open.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use chrono::NaiveDate;
use chrono_tz::Tz;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ulak_core::app::App;
use ulak_core::clock::{Millis, at_wall, local};
use ulak_core::error::Problem;
use ulak_core::ids::CampaignId;
use ulak_core::outbox::state::{Origin, PartState};
use ulak_core::outbox::store::log::{LogQuery, LogRow};
use ulak_core::page::{Cursor, Place};

use crate::control::Ask;
use crate::terminal::{self, Source, Voice};
use crate::words::Moment;

/// What is looked for, as it is typed. Whoever has the data open knows the numbers and the zone.
#[derive(Args, Clone, Debug, Serialize, Deserialize)]
pub struct Search {
    /// A person, a phone, or words of the text
    search: Option<String>,
    /// Only those in this state: pending, sent, delivered, read, played, failed, skipped, cancelled, unknown
    #[arg(long, value_parser = PartState::from_str)]
    state: Option<PartState>,
    /// Only those that failed or were skipped for this reason, as a code
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
    /// Only those of this campaign
    #[arg(long, value_name = "ID")]
    campaign: Option<CampaignId>,
    /// Only those that went over this number: its name or its phone
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Only those that come from there: campaign, direct, trigger or api
    #[arg(long, value_parser = Origin::from_str)]
    origin: Option<Origin>,
    /// From this day on, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    since: Option<NaiveDate>,
    /// Up to and with this day
    #[arg(long, value_name = "DAY")]
    until: Option<NaiveDate>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    search: Search,
    after: Option<Cursor>,
    limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    search: Search,
    path: PathBuf,
}

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    search: Search,
    /// At most so many, the newest first
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
    /// Write all of them into this file instead; its name ends in .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One JSON object per message on a line of standard output
    #[arg(long)]
    json: bool,
}

/// Messages that are asked for at a time.
const PAGE: u32 = 200;

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_asking(voice, data, async |source: &Source| {
        match &options.out {
            Some(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                let result = &source.ask(&Ask::LogFile(File { search: options.search.clone(), path })).await?;
                voice.event(result);
                let (messages, file) = (&result["messages"], result["file"].as_str().unwrap_or_default());
                voice.line(&format!("{messages} messages are in {file}."));
            }
            None => tell(source, &options.search, options.limit, voice).await?,
        }
        Ok(true)
    })
}

/// Messages that were looked for, as lines of `ulak log --json`, and where the next ones begin.
pub async fn page(app: &App, Page { search, after, limit }: &Page) -> Result<Value, Problem> {
    let moment = terminal::moment(app).await?;
    let place = Place::behind(after.clone(), (*limit).min(PAGE));
    let query = LogQuery { place, ..query(app, search, moment).await? };
    let page = app.outbox().log(&query).await?;
    let rows: Vec<Value> = page.rows.iter().map(event).collect();
    Ok(json!({
        "event": "log", "messages": rows, "next": page.next, "waiting": page.waiting, "zone": moment.zone.name(),
    }))
}

/// Writes all of them into a file.
pub async fn file(app: &App, File { search, path }: &File) -> Result<Value, Problem> {
    let moment = terminal::moment(app).await?;
    let messages = app.outbox().export_log(&query(app, search, moment).await?, path).await?;
    Ok(json!({ "event": "result", "messages": messages, "file": path }))
}

fn event(row: &LogRow) -> Value {
    let mut event = json!({ "event": "message" });
    if let (Some(event), Ok(Value::Object(row))) = (event.as_object_mut(), serde_json::to_value(row)) {
        event.extend(row);
    }
    event
}

async fn query(app: &App, search: &Search, moment: Moment) -> Result<LogQuery, Problem> {
    let session_id = match &search.number {
        Some(named) => Some(terminal::number(app, named).await?.id),
        None => None,
    };
    Ok(LogQuery {
        search: search.search.clone().unwrap_or_default(),
        state: search.state,
        cause: search.cause.clone(),
        campaign_id: search.campaign,
        session_id,
        origin: search.origin,
        from: search.since.map(|day| begins(Some(day), moment)).transpose()?,
        until: search.until.map(|day| begins(day.succ_opt(), moment)).transpose()?,
        place: Place::default(),
    })
}

/// The first instant of a day.
fn begins(day: Option<NaiveDate>, moment: Moment) -> Result<Millis, Problem> {
    let at = day.and_then(|day| at_wall(day.into(), moment.zone));
    at.ok_or_else(|| terminal::problem("log.no_such_day", "There is no such day.".to_owned()))
}

async fn tell(source: &Source, search: &Search, limit: u32, voice: Voice) -> Result<(), Problem> {
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let page = Page { search: search.clone(), after: after.take(), limit: left.min(PAGE) };
        let told = &source.ask(&Ask::Log(page)).await?;
        let zone = told["zone"].as_str().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        let messages = told["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        messages.iter().for_each(|row| show(row, voice, zone));
        left = left.saturating_sub(u32::try_from(messages.len()).unwrap_or(u32::MAX));
        after = serde_json::from_value(told["next"].clone()).unwrap_or_default();
        if after.is_none() {
            let waiting = told["waiting"].as_i64().unwrap_or_default();
            if waiting > 0 && search.search.as_ref().is_some_and(|search| !search.is_empty()) {
                voice.line(&format!("{waiting} messages are not found by their words yet. Ask again in a while."));
            }
            break;
        }
    }
    Ok(())
}

fn show(row: &Value, voice: Voice, zone: Tz) {
    voice.event(row);
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let at = local(row["at"].as_i64().unwrap_or_default(), zone).format("%Y-%m-%d %H:%M");
    let what = if text("campaignName").is_empty() { text("begins") } else { text("campaignName") };
    let what: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    let state = match row["reason"].as_str() {
        Some(why) => format!("{} ({why})", text("state")),
        None => text("state").to_owned(),
    };
    let name: String = text("name").chars().take(24).collect();
    voice.line(&format!("{at}  {:<18} {name:<24} {what:<40} {state}", text("phoneShown")));
}
