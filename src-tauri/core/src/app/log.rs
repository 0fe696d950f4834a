//! The log of every message: found, shown with the names of its campaigns, and written into a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono_tz::Tz;
use sqlx::SqliteConnection;
use tokio::time::timeout;

use super::report::paper::{cause, skip};
use super::{Outbox, Problem};
use crate::campaign::store as campaigns;
use crate::clock::local;
use crate::contact::phone::Country;
use crate::db::{Db, StorageError};
use crate::ids::{CampaignId, MessageId};
use crate::messages::Messages;
use crate::outbox::state::{Origin, PartState};
use crate::outbox::store::log::{self, LogPage, LogQuery, LogReason, LogRow, words};
use crate::page::Place;
use crate::table::{Cell, Table};

/// So many messages are taken in together: the writer is free again after some milliseconds.
const AT_ONCE: i64 = 1_000;
/// A search takes in so many chunks first, so that what was just sent is found. The agenda takes in the rest.
const BEFORE_A_SEARCH: usize = 5;
/// How long a search waits for the writer, for each of them.
const PATIENCE: Duration = Duration::from_millis(200);
/// Rows that an export reads together.
const PAGE: u32 = 500;

/// Takes in the words of some messages. True where more wait. An index that is damaged is made anew from the messages;
/// nothing else of the data suffers from it.
pub(super) async fn take_in_some(db: &Db) -> Result<bool, StorageError> {
    let mut tx = db.begin().await?;
    let more = match words::take_in(&mut tx, AT_ONCE).await {
        Err(error) if is_damaged_index(&error) => {
            drop(tx);
            tx = db.begin().await?;
            words::begin_anew(&mut tx).await.map(|()| true)
        }
        taken => taken,
    };
    let more = more.map_err(|error| db.error(error))?;
    db.commit(tx).await?;
    Ok(more)
}

/// What SQLite says where a virtual table does not fit together.
const CORRUPT_VTAB: &str = "267";

fn is_damaged_index(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some(CORRUPT_VTAB))
}

impl Outbox {
    pub async fn log(&self, query: &LogQuery) -> Result<LogPage, Problem> {
        let search = self.words(query).await?;
        let mut reader = self.reader().await?;
        let mut page = log::page(&mut reader, query, search.as_deref()).await.map_err(StorageError::from)?;
        name_campaigns(&mut reader, &mut page.rows).await.map_err(StorageError::from)?;
        Ok(page)
    }

    /// The reasons that the log can be narrowed to.
    pub async fn log_reasons(&self) -> Result<Vec<LogReason>, Problem> {
        Ok(log::reasons(&mut *self.reader().await?).await.map_err(StorageError::from)?)
    }

    /// Writes all that is found into a workbook or separated text; answers how many messages.
    pub async fn export_log(&self, query: &LogQuery, path: &Path) -> Result<u32, Problem> {
        let settings = self.settings().await?;
        let (zone, words) = (settings.zone, Messages::of(settings.spoken().as_str()));
        let head = HEADERS.map(|key| words.say(key, &[]));
        let mut table = Table::create(path, head.iter().map(String::as_str))?;
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.log(&LogQuery { place: Place::behind(after, PAGE), ..query.clone() }).await?;
            let ids: Vec<MessageId> = page.rows.iter().map(|row| row.message_id).collect();
            let texts = log::texts(&mut *self.reader().await?, &ids).await.map_err(StorageError::from)?;
            let text = |row: &LogRow| texts.get(&row.message_id).map_or("", String::as_str);
            page.rows.iter().try_for_each(|row| table.add(cells(row, text(row), &words, zone)))?;
            count += u32::try_from(page.rows.len()).unwrap_or(u32::MAX);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        table.end()?;
        Ok(count)
    }

    async fn words(&self, query: &LogQuery) -> Result<Option<String>, Problem> {
        if query.search.trim().is_empty() {
            return Ok(None);
        }
        // Whoever only looks waits for nobody who writes, and for no disk that is full.
        for _ in 0..BEFORE_A_SEARCH {
            let waiting = words::waiting(&mut *self.reader().await?).await.map_err(StorageError::from)?;
            if waiting == 0 || !matches!(timeout(PATIENCE, take_in_some(&self.db)).await, Ok(Ok(_))) {
                break;
            }
        }
        let code = Country::of(&self.settings().await?.country).map_or(0, Country::calling_code);
        // What holds no word, as a picture, is in no message's words.
        Ok(Some(words::expression(&query.search, code).unwrap_or_else(|| "\"\"".to_owned())))
    }
}

async fn name_campaigns(db: &mut SqliteConnection, rows: &mut [LogRow]) -> Result<(), sqlx::Error> {
    let mut ids: Vec<CampaignId> = rows.iter().filter_map(|row| row.campaign_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let named = campaigns::by_ids(db, &ids).await?;
    let names: BTreeMap<_, _> = named.into_iter().map(|campaign| (campaign.id, campaign.name)).collect();
    for row in rows {
        row.campaign_name = row.campaign_id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    }
    Ok(())
}

/// In the owner's language.
const HEADERS: [&str; 12] = [
    "figures_day",
    "log_time",
    "report_phone",
    "report_name",
    "log_origin",
    "credits_campaign",
    "report_text",
    "log_state",
    "log_since",
    "log_reason",
    "live_col_number",
    "nav_credits",
];

fn came_from(origin: Origin) -> &'static str {
    match origin {
        Origin::Campaign => "credits_campaign",
        Origin::Direct => "log_single",
        Origin::Trigger => "person_message_trigger",
        Origin::Api => "person_message_api",
    }
}

fn why(row: &LogRow, words: &Messages) -> String {
    match &row.reason {
        Some(reason) if row.state == PartState::Skipped => skip(reason, None, words),
        Some(reason) => cause(reason, words),
        None => String::new(),
    }
}

fn cells<'a>(row: &'a LogRow, whole: &'a str, words: &Messages, zone: Tz) -> [Cell<'a>; 12] {
    let at = local(row.at, zone);
    let text = |text: &str| Cell::Text(text.to_owned().into());
    let since = row.state_at.map(|at| local(at, zone).format("%Y-%m-%d %H:%M").to_string());
    [
        Cell::Day(at.date_naive()),
        text(&at.format("%H:%M:%S").to_string()),
        text(&row.phone_shown),
        text(&row.name),
        text(&words.say(came_from(row.origin), &[])),
        text(&row.campaign_name),
        text(&row.cleared_at.map_or(whole.to_owned(), |at| {
            words.say("text_cleared", &[("day", &words.day(local(at, zone).date_naive()))])
        })),
        text(&words.say(&format!("tick_{}", row.state.as_str()), &[])),
        text(&since.unwrap_or_default()),
        text(&why(row, words)),
        text(row.session_name.as_deref().unwrap_or_default()),
        Cell::Number(row.settled),
    ]
}
