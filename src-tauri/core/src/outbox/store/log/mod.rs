//! The log: every message that there ever was, the newest first, however it is looked for.
//!
//! What leads a page (`keys.rs`) is an index whose order the page has; everything else of the question is asked of the
//! rows that it leads to. The totals come from the counters.

mod keys;
pub mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::recipients::{Numbers, shown_as};
use crate::clock::Millis;
use crate::contact::phone;
use crate::ids::{CampaignId, ContactId, MessageId, PartId, SessionId};
use crate::ledger::store as ledger;
use crate::outbox::state::{Origin, PartState};
use crate::page::{Cursor, Place};
use crate::session::store as sessions;

/// What is looked for; what is left out does not narrow it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LogQuery {
    /// A person, a phone, or words of the text.
    pub search: String,
    pub state: Option<PartState>,
    /// The cause of a failure or the reason of skipping, as a code.
    pub cause: Option<String>,
    pub campaign_id: Option<CampaignId>,
    /// The number that sent it, or tried.
    pub session_id: Option<SessionId>,
    pub origin: Option<Origin>,
    /// From then on; the time of a row is `LogRow::at`.
    pub from: Option<Millis>,
    /// Before then.
    pub until: Option<Millis>,
    pub place: Place,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LogPage {
    /// All messages that there are.
    pub all: i64,
    /// None where nobody has counted what is looked for.
    pub total: Option<i64>,
    /// So many messages are not found by their words yet.
    pub waiting: i64,
    pub next: Option<Cursor>,
    pub rows: Vec<LogRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LogRow {
    pub message_id: MessageId,
    pub contact_id: ContactId,
    pub name: String,
    pub phone_shown: String,
    pub origin: Origin,
    /// None where it belongs to no campaign.
    pub campaign_id: Option<CampaignId>,
    /// What the campaign is called, where there is one; whoever shows it fills it in.
    pub campaign_name: String,
    /// How its text begins; empty once the text is gone.
    pub begins: String,
    /// When its text and its files were cleared.
    pub cleared_at: Option<Millis>,
    pub practice: bool,
    pub state: PartState,
    /// The cause of a failure or the reason of skipping, as a code.
    pub reason: Option<String>,
    /// When it was accepted, else when it ended, else when it is due; of one that was skipped at once when it was made.
    pub at: Millis,
    /// Since when it is in its state.
    pub state_at: Option<Millis>,
    pub session_name: Option<String>,
    /// Credits that it cost, and that it holds.
    pub settled: i64,
    pub held: i64,
}

/// `search` asks for words (`words::expression`).
pub async fn page(db: &mut SqliteConnection, query: &LogQuery, search: Option<&str>) -> Result<LogPage, sqlx::Error> {
    let (found, next) = keys::page(db, query, search).await?;
    Ok(LogPage {
        all: count(db, &LogQuery::default()).await?.unwrap_or_default(),
        total: if search.is_none() { count(db, query).await? } else { None },
        waiting: words::waiting(db).await?,
        next,
        rows: rows(db, &found).await?,
    })
}

/// From the counters, which know of no time; what still waits to be tried is no number's.
async fn count(db: &mut SqliteConnection, query: &LogQuery) -> Result<Option<i64>, sqlx::Error> {
    let of_campaigns = match query.origin {
        None => false,
        Some(Origin::Campaign) => true,
        // These stand in the same queues, whose counters do not tell them apart.
        Some(Origin::Direct | Origin::Trigger | Origin::Api) => return Ok(None),
    };
    if query.from.is_some() || query.until.is_some() {
        return Ok(None);
    }
    let mut select: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT coalesce(sum(people), 0) FROM queue_counts WHERE people > 0");
    if of_campaigns {
        select.push(" AND (SELECT q.kind FROM queues q WHERE q.id = queue_id) = 'campaign'");
    }
    if let Some(campaign) = query.campaign_id {
        select.push(" AND queue_id = ").push_bind(campaign);
    }
    if let Some(session) = query.session_id {
        select.push(" AND session_id = ").push_bind(session);
    }
    if let Some(cause) = &query.cause {
        select.push(" AND reason = ").push_bind(cause.clone());
    }
    if let Some(state) = query.state {
        push_states(select.push(" AND state"), shown_as(state));
    }
    select.build_query_scalar().fetch_one(db).await.map(Some)
}

/// Why messages failed or were skipped, and how many; the commonest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct LogReason {
    pub state: PartState,
    /// A code.
    pub reason: String,
    pub people: i64,
}

pub async fn reasons(db: &mut SqliteConnection) -> Result<Vec<LogReason>, sqlx::Error> {
    let reasons: Vec<(PartState, String, i64)> = sqlx::query_as(
        "SELECT state, reason, sum(people) AS people FROM queue_counts
         WHERE (state = 'failed' OR state = 'skipped') AND people > 0 GROUP BY state, reason ORDER BY people DESC, reason",
    )
    .fetch_all(db)
    .await?;
    Ok(reasons.into_iter().map(|(state, reason, people)| LogReason { state, reason, people }).collect())
}

fn push_states(select: &mut QueryBuilder<Sqlite>, states: &[PartState]) {
    let mut list = select.push(" IN (").separated(", ");
    states.iter().for_each(|state| {
        list.push_bind(state.as_str());
    });
    select.push(")");
}

/// The rows of these messages, in their order.
async fn rows(db: &mut SqliteConnection, ids: &[MessageId]) -> Result<Vec<LogRow>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let head = "SELECT m.id, m.contact_id, m.name, m.phone, m.origin, substr(m.text, 1, 120) AS begins, m.cleared_at, m.created_at,
                       CASE m.origin WHEN 'campaign' THEN m.queue_id END AS campaign_id,
                       coalesce(q.book = 'practice', 0) AS practice, coalesce(p.state, 'skipped') AS state,
                       coalesce(m.skip_reason, p.cause) AS reason, coalesce(p.logged_at, m.created_at) AS at, p.session_id,
                       CASE p.state WHEN 'sent' THEN p.sent_at WHEN 'delivered' THEN p.delivered_at
                           WHEN 'read' THEN p.read_at WHEN 'played' THEN p.played_at ELSE p.ended_at END AS state_at
                FROM messages m LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1
                                LEFT JOIN queues q ON q.id = m.queue_id WHERE m.id";
    let numbers: Numbers = sessions::names(db).await?.into_iter().collect();
    let mut found = BTreeMap::new();
    for row in among(head, ids).build().fetch_all(&mut *db).await? {
        let row = log_row(&row, &numbers)?;
        found.insert(row.message_id, row);
    }
    add_credits(db, ids, &mut found).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn log_row(row: &SqliteRow, numbers: &Numbers) -> Result<LogRow, sqlx::Error> {
    let session: Option<SessionId> = row.try_get("session_id")?;
    let state: PartState = row.try_get("state")?;
    let number = session.filter(|_| state != PartState::Pending).and_then(|session| numbers.get(&session).cloned());
    Ok(LogRow {
        message_id: row.try_get("id")?,
        contact_id: row.try_get("contact_id")?,
        name: row.try_get("name")?,
        phone_shown: phone::shown(row.try_get("phone")?),
        origin: row.try_get("origin")?,
        campaign_id: row.try_get("campaign_id")?,
        campaign_name: String::new(),
        begins: row.try_get("begins")?,
        cleared_at: row.try_get("cleared_at")?,
        practice: row.try_get("practice")?,
        state,
        reason: row.try_get("reason")?,
        at: row.try_get("at")?,
        state_at: row.try_get("state_at")?,
        session_name: number,
        settled: 0,
        held: 0,
    })
}

async fn add_credits(
    db: &mut SqliteConnection,
    ids: &[MessageId],
    rows: &mut BTreeMap<MessageId, LogRow>,
) -> Result<(), sqlx::Error> {
    let parts =
        among("SELECT id, message_id FROM parts WHERE message_id", ids).build_query_as().fetch_all(&mut *db).await?;
    let parts: BTreeMap<PartId, MessageId> = parts.into_iter().collect();
    for (part, (settled, held)) in ledger::of_parts(db, parts.keys().copied()).await? {
        if let Some(row) = parts.get(&part).and_then(|message| rows.get_mut(message)) {
            row.settled += settled;
            row.held += held;
        }
    }
    Ok(())
}

/// The whole texts of these messages.
pub async fn texts(db: &mut SqliteConnection, ids: &[MessageId]) -> Result<BTreeMap<MessageId, String>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let texts = among("SELECT id, text FROM messages WHERE id", ids).build_query_as().fetch_all(db).await?;
    Ok(texts.into_iter().collect())
}

fn among(head: &str, ids: &[MessageId]) -> QueryBuilder<Sqlite> {
    let mut select = QueryBuilder::new(head);
    let mut list = select.push(" IN (").separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    select.push(")");
    select
}
