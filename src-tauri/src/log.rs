//! `ulak log`: every message, looked for in the terminal or written into a file.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};
use ulak_core::app::{App, Opening};
use ulak_core::clock::{Millis, at_wall, local};
use ulak_core::error::Problem;
use ulak_core::ids::CampaignId;
use ulak_core::outbox::state::{Origin, PartState};
use ulak_core::outbox::store::log::{LogQuery, LogRow};
use ulak_core::page::Place;

use crate::terminal::{self, Voice};
use crate::words::Moment;

#[derive(Args)]
pub struct Options {
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

pub fn run(options: Options, data: Option<PathBuf>) -> ExitCode {
    let voice = Voice { json: options.json };
    terminal::run_offline(voice, data, Opening::default(), async |app: &Arc<App>| {
        let moment = terminal::moment(app).await?;
        let query = query(app, &options, moment).await?;
        match &options.out {
            Some(path) => {
                let messages = app.outbox().export_log(&query, path).await?;
                voice.event(&json!({ "event": "result", "messages": messages, "file": path }));
                voice.line(&format!("{messages} messages are in {}.", path.display()));
            }
            None => tell(app, &query, options.limit, voice, moment).await?,
        }
        Ok(true)
    })
}

async fn query(app: &App, options: &Options, moment: Moment) -> Result<LogQuery, Problem> {
    let session_id = match &options.number {
        Some(named) => Some(terminal::number(app, named).await?.id),
        None => None,
    };
    Ok(LogQuery {
        search: options.search.clone().unwrap_or_default(),
        state: options.state,
        cause: options.cause.clone(),
        campaign_id: options.campaign,
        session_id,
        origin: options.origin,
        from: options.since.map(|day| begins(Some(day), moment)).transpose()?,
        until: options.until.map(|day| begins(day.succ_opt(), moment)).transpose()?,
        place: Place::default(),
    })
}

/// The first instant of a day.
fn begins(day: Option<NaiveDate>, moment: Moment) -> Result<Millis, Problem> {
    let at = day.and_then(|day| at_wall(day.into(), moment.zone));
    at.ok_or_else(|| terminal::problem("log.no_such_day", "There is no such day.".to_owned()))
}

async fn tell(app: &App, query: &LogQuery, limit: u32, voice: Voice, moment: Moment) -> Result<(), Problem> {
    let (mut left, mut after) = (limit, None);
    while left > 0 {
        let page = app.outbox().log(&LogQuery { place: Place::behind(after, left), ..query.clone() }).await?;
        page.rows.iter().for_each(|row| show(row, voice, moment));
        left = left.saturating_sub(u32::try_from(page.rows.len()).unwrap_or(u32::MAX));
        after = page.next;
        if after.is_none() {
            if page.waiting > 0 && !query.search.is_empty() {
                voice.line(&format!(
                    "{} messages are not found by their words yet. Ask again in a while.",
                    page.waiting
                ));
            }
            break;
        }
    }
    Ok(())
}

fn show(row: &LogRow, voice: Voice, moment: Moment) {
    let mut event = json!({ "event": "message" });
    if let (Some(event), Ok(Value::Object(row))) = (event.as_object_mut(), serde_json::to_value(row)) {
        event.extend(row);
    }
    voice.event(&event);
    let at = local(row.at, moment.zone).format("%Y-%m-%d %H:%M");
    let what = if row.campaign_name.is_empty() { &row.begins } else { &row.campaign_name };
    let what: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    let state = row
        .reason
        .as_ref()
        .map_or_else(|| row.state.as_str().to_owned(), |why| format!("{} ({why})", row.state.as_str()));
    let name: String = row.name.chars().take(24).collect();
    voice.line(&format!("{at}  {:<18} {name:<24} {what:<40} {state}", row.phone_shown));
}
