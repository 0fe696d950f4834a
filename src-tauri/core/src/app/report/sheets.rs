//! The report of a campaign as a workbook: what the paper says, everybody with what became of their message, and all that
//! was answered. The people alone as separated text.

use std::path::Path;

use chrono_tz::Tz;

use super::paper::{cause, skip};
use crate::app::{Campaigns, Problem};
use crate::clock::local;
use crate::db::StorageError;
use crate::ids::CampaignId;
use crate::inbound::store::replies::{self, ReplyQuery, ReplyRow, Show};
use crate::messages::Messages;
use crate::outbox::state::PartState;
use crate::outbox::store::log::{self, LogQuery, LogRow};
use crate::page::Place;
use crate::paper::{Block, Paper, Plain, Value};
use crate::table::{Book, Cell, Table};

/// Rows that are read together.
const PAGE: u32 = 500;

pub async fn write(
    campaigns: &Campaigns,
    paper: &Paper,
    id: CampaignId,
    path: &Path,
    words: &Messages,
    zone: Tz,
) -> Result<(), Problem> {
    let mut book = Book::create(path);
    book.sheet(&words.say("report_summary", &[]), &[42, 18, 18])?;
    summary(&mut book, paper)?;
    book.sheet(&words.say("report_people_sheet", &[]), &[20, 24, 16, 36, 18, 18, 18, 10])?;
    book.head(&people_head(words))?;
    each_person(campaigns, id, words, zone, |row| Ok(book.add(row)?)).await?;
    book.sheet(&words.say("live_answers_title", &[]), &[20, 24, 18, 30, 60])?;
    book.head(&answers_head(words))?;
    each_answer(campaigns, id, |row| Ok(book.add(answer(row, words, zone))?)).await?;
    Ok(book.end()?)
}

pub async fn people(
    campaigns: &Campaigns,
    id: CampaignId,
    path: &Path,
    words: &Messages,
    zone: Tz,
) -> Result<(), Problem> {
    let head = people_head(words);
    let mut table = Table::create(path, head.iter().map(String::as_str))?;
    each_person(campaigns, id, words, zone, |row| Ok(table.add(row)?)).await?;
    Ok(table.end()?)
}

pub fn summary(book: &mut Book, paper: &Paper) -> Result<(), Problem> {
    book.head(std::slice::from_ref(&paper.title))?;
    book.add([Cell::text(&paper.subtitle)])?;
    for block in &paper.blocks {
        book.add([Cell::Empty])?;
        match block {
            Block::Figures(figures) => {
                figures.iter().try_for_each(|figure| book.add([Cell::text(&figure.label), plain(&figure.value)]))?;
            }
            Block::Bars { title, note, bars } => {
                book.head(std::slice::from_ref(title))?;
                for bar in bars {
                    book.add([Cell::text(&bar.label), plain(&bar.value), Cell::text(&bar.note)])?;
                }
                book.add([Cell::text(note)])?;
            }
            Block::Hours { title, note, values } => {
                book.head(std::slice::from_ref(title))?;
                for (hour, value) in values.iter().enumerate() {
                    book.add([Cell::text(&format!("{hour:02}")), Cell::Number(*value)])?;
                }
                book.add([Cell::text(note)])?;
            }
            Block::Table(table) => {
                book.head(std::slice::from_ref(&table.title))?;
                for row in table.rows.iter().chain(&table.together) {
                    book.add(row.iter().map(plain))?;
                }
            }
        }
    }
    Ok(())
}

/// A number as a number, a day as a day: a spreadsheet counts with them.
fn plain(value: &Value) -> Cell<'_> {
    match &value.plain {
        Plain::Text => Cell::text(&value.shown),
        Plain::Number(number) => Cell::Number(*number),
        Plain::Amount(amount, currency) => Cell::Amount(*amount, currency.into()),
        Plain::Day(day) => Cell::Day(*day),
    }
}

fn people_head(words: &Messages) -> Vec<String> {
    [
        "report_phone",
        "report_name",
        "log_state",
        "log_reason",
        "tick_sent",
        "tick_delivered_or_read",
        "live_col_number",
        "nav_credits",
    ]
    .map(|key| words.say(key, &[]))
    .to_vec()
}

async fn each_person(
    campaigns: &Campaigns,
    id: CampaignId,
    words: &Messages,
    zone: Tz,
    mut add: impl FnMut(Vec<Cell<'static>>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let query = LogQuery { campaign_id: Some(id), place: Place::behind(after, PAGE), ..LogQuery::default() };
        let mut reader = campaigns.reader().await?;
        let page = log::page(&mut reader, &query, None).await.map_err(StorageError::from)?;
        page.rows.iter().try_for_each(|row| add(person(row, words, zone)))?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn person(row: &LogRow, words: &Messages, zone: Tz) -> Vec<Cell<'static>> {
    let text = |text: String| Cell::Text(text.into());
    let reason = match (&row.reason, row.state) {
        (Some(reason), PartState::Skipped) => skip(reason, None, words),
        (Some(reason), PartState::Failed) => cause(reason, words),
        _ => String::new(),
    };
    let ticked = matches!(row.state, PartState::Delivered | PartState::Read | PartState::Played);
    let at = |at: Option<i64>| at.map_or(Cell::Empty, |at| Cell::Moment(local(at, zone).naive_local()));
    vec![
        text(row.phone_shown.clone()),
        text(row.name.clone()),
        text(words.say(&format!("tick_{}", row.state.as_str()), &[])),
        text(reason),
        at(Some(row.at).filter(|_| row.state.was_accepted())),
        at(row.state_at.filter(|_| ticked)),
        text(row.session_name.clone().unwrap_or_default()),
        Cell::Number(row.settled),
    ]
}

fn answers_head(words: &Messages) -> Vec<String> {
    ["report_phone", "report_name", "log_when", "report_answer", "report_text"].map(|key| words.say(key, &[])).to_vec()
}

async fn each_answer(
    campaigns: &Campaigns,
    id: CampaignId,
    mut add: impl FnMut(&ReplyRow) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let place = Place::behind(after, PAGE);
        let query = ReplyQuery { show: Show::Everything, campaign_id: Some(id), place, ..ReplyQuery::default() };
        let mut reader = campaigns.reader().await?;
        let page = replies::page(&mut reader, &query).await.map_err(StorageError::from)?;
        page.rows.iter().try_for_each(&mut add)?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn answer(row: &ReplyRow, words: &Messages, zone: Tz) -> Vec<Cell<'static>> {
    let text = |text: String| Cell::Text(text.into());
    let chosen = if row.stop { words.say("report_opted_out", &[]) } else { row.chosen.join(", ") };
    vec![
        text(row.phone_shown.clone()),
        text(row.name.clone()),
        Cell::Moment(local(row.at, zone).naive_local()),
        text(chosen),
        text(row.text.clone()),
    ]
}
