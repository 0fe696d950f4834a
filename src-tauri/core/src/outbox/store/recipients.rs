//! The people of a campaign: their list with search and states, and the route of one message.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::contact::fold::fold;
use crate::contact::phone;
use crate::ids::{CampaignId, ContactId, MediaId, MessageId};
use crate::outbox::state::{PartKind, PartState};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientQuery {
    pub campaign_id: CampaignId,
    pub state: Option<PartState>,
    pub search: String,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientPage {
    pub total: i64,
    pub rows: Vec<RecipientRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientRow {
    pub message_id: MessageId,
    pub contact_id: ContactId,
    pub name: String,
    pub phone_shown: String,
    pub state: PartState,
    /// The cause of a failure or the reason of skipping, as a code.
    pub reason: Option<String>,
    pub session_name: Option<String>,
    pub tried_at: Option<Millis>,
    pub tries: i64,
}

/// A message as the state of its last part; `skipped` where it has none.
const RECIPIENTS: &str = "SELECT m.id, m.contact_id, m.name, m.phone, coalesce(p.state, 'skipped') AS state,
            coalesce(m.skip_reason, p.cause) AS reason, coalesce(nullif(s.name, ''), s.phone) AS session_name, p.tried_at,
            coalesce(p.attempts, 0) AS tries
     FROM messages m LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1
     LEFT JOIN sessions s ON s.id = p.session_id ";

pub async fn recipients(db: &mut SqliteConnection, query: &RecipientQuery) -> Result<RecipientPage, sqlx::Error> {
    let mut count: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT count(*) FROM (");
    count.push(RECIPIENTS);
    filter(&mut count, query);
    count.push(")");
    let total = count.build_query_scalar().fetch_one(&mut *db).await?;
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(RECIPIENTS);
    filter(&mut select, query);
    select.push(" ORDER BY m.id LIMIT ").push_bind(query.limit.min(500));
    select.push(" OFFSET ").push_bind(query.offset);
    let rows = select.build().fetch_all(db).await?;
    Ok(RecipientPage { total, rows: rows.iter().map(recipient_row).collect() })
}

fn filter(select: &mut QueryBuilder<Sqlite>, query: &RecipientQuery) {
    match query.state {
        None => select.push(" WHERE m.campaign_id = ").push_bind(query.campaign_id),
        Some(PartState::Skipped) => {
            select.push(" WHERE m.campaign_id = ").push_bind(query.campaign_id).push(" AND m.skip_reason IS NOT NULL")
        }
        Some(state) => {
            let (one, other) = match state {
                // What is on its way is still waiting to people.
                PartState::Pending => (PartState::Pending, PartState::Sending),
                state => (state, state),
            };
            select.push(" WHERE m.id IN (SELECT f.message_id FROM parts f WHERE f.queue_id = ");
            select.push_bind(query.campaign_id).push(" AND f.last = 1 AND f.state IN (");
            select.push_bind(one.as_str()).push(", ").push_bind(other.as_str()).push("))")
        }
    };
    for word in fold(&query.search).split_whitespace() {
        select.push(" AND EXISTS (SELECT 1 FROM contacts c WHERE c.id = m.contact_id AND c.search LIKE ");
        select.push_bind(format!("%{}%", escape_like(word))).push(" ESCAPE '\\')");
    }
}

fn escape_like(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn recipient_row(row: &SqliteRow) -> RecipientRow {
    RecipientRow {
        message_id: row.get("id"),
        contact_id: row.get("contact_id"),
        name: row.get("name"),
        phone_shown: phone::shown(row.get("phone")),
        state: row.get::<&str, _>("state").parse().unwrap_or(PartState::Skipped),
        reason: row.get("reason"),
        session_name: row.get("session_name"),
        tried_at: row.get("tried_at"),
        tries: row.get("tries"),
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientView {
    pub row: RecipientRow,
    pub parts: Vec<RecipientPart>,
    /// Oldest first.
    pub steps: Vec<RouteStep>,
    pub opted_out: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientPart {
    pub kind: PartKind,
    pub text: Option<String>,
    pub media_id: Option<MediaId>,
    /// Of a poll.
    pub options: Option<Vec<String>>,
    pub state: PartState,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RouteStep {
    pub at: Millis,
    pub kind: StepKind,
    pub session_name: Option<String>,
    pub cause: Option<String>,
    /// Counted from 1.
    pub part: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum StepKind {
    Queued,
    Try,
    Sent,
    Settled,
    Delivered,
    Read,
    Played,
    Unknown,
    Failed,
    Skipped,
    Cancelled,
    Released,
}

pub async fn recipient(db: &mut SqliteConnection, message: MessageId) -> Result<Option<RecipientView>, sqlx::Error> {
    let query = format!("{RECIPIENTS} WHERE m.id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query)).bind(message).fetch_optional(&mut *db).await?;
    let Some(row) = row.as_ref().map(recipient_row) else { return Ok(None) };
    let optout: Option<String> = sqlx::query_scalar("SELECT standing FROM contacts WHERE id = ?")
        .bind(row.contact_id)
        .fetch_optional(&mut *db)
        .await?;
    let parts = recipient_parts(db, message).await?;
    let steps = route(db, message).await?;
    Ok(Some(RecipientView { row, parts, steps, opted_out: optout.as_deref() == Some("black") }))
}

async fn recipient_parts(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RecipientPart>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.kind, CASE WHEN p.kind = 'poll' THEN m.question WHEN p.with_text = 1 THEN m.text END, p.state,
                (SELECT f.id FROM campaign_media f WHERE f.campaign_id = p.queue_id AND f.sha256 = p.media LIMIT 1),
                CASE p.kind WHEN 'poll' THEN m.options END
         FROM parts p JOIN messages m ON m.id = p.message_id WHERE p.message_id = ? ORDER BY p.position",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let part = |row: &SqliteRow| RecipientPart {
        kind: row.get::<&str, _>(0).parse().unwrap_or(PartKind::Text),
        text: row.get(1),
        media_id: row.get(3),
        options: row.get::<Option<&str>, _>(4).and_then(|options| serde_json::from_str(options).ok()),
        state: row.get::<&str, _>(2).parse().unwrap_or(PartState::Pending),
    };
    Ok(rows.iter().map(part).collect())
}

/// Every step of every part, from the columns that remember it, the attempts and the ledger.
async fn route(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RouteStep>, sqlx::Error> {
    let mut steps = part_steps(db, message).await?;
    steps.extend(attempt_steps(db, message).await?);
    steps.extend(ledger_steps(db, message).await?);
    steps.sort_by_key(|step| (step.at, step.part, step.kind));
    Ok(steps)
}

async fn part_steps(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RouteStep>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.position, p.state, p.cause, p.sent_at, p.delivered_at, p.read_at, p.played_at, p.ended_at,
                m.created_at, coalesce(nullif(s.name, ''), s.phone), p.tried_at
         FROM parts p JOIN messages m ON m.id = p.message_id LEFT JOIN sessions s ON s.id = p.session_id
         WHERE p.message_id = ? ORDER BY p.position",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let mut steps = Vec::new();
    for row in &rows {
        let part: i64 = row.get(0);
        let mut step = |at: Option<Millis>, kind: StepKind, cause: Option<String>| {
            if let Some(at) = at {
                steps.push(RouteStep { at, kind, session_name: row.get(9), cause, part });
            }
        };
        step(row.get(8), StepKind::Queued, None);
        step(row.get(3), StepKind::Sent, None);
        step(row.get(4), StepKind::Delivered, None);
        step(row.get(5), StepKind::Read, None);
        step(row.get(6), StepKind::Played, None);
        match row.get::<&str, _>(1) {
            "failed" => step(row.get(7), StepKind::Failed, row.get(2)),
            "skipped" => step(row.get(7), StepKind::Skipped, row.get(2)),
            "cancelled" => step(row.get(7), StepKind::Cancelled, None),
            _ => {}
        }
    }
    Ok(steps)
}

/// Tries that did not end in an ack; the ack itself is the step "sent".
async fn attempt_steps(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RouteStep>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT a.started_at, a.outcome, a.cause, coalesce(nullif(s.name, ''), s.phone), p.position
         FROM attempts a JOIN parts p ON p.id = a.part_id JOIN sessions s ON s.id = a.session_id
         WHERE p.message_id = ? AND a.outcome IS NOT 'accepted'",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let step = |row: &SqliteRow| RouteStep {
        at: row.get(0),
        kind: if row.get::<Option<&str>, _>(1) == Some("unknown") { StepKind::Unknown } else { StepKind::Try },
        session_name: row.get(3),
        cause: row.get(2),
        part: row.get(4),
    };
    Ok(rows.iter().map(step).collect())
}

async fn ledger_steps(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RouteStep>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT l.at, l.kind, p.position FROM ledger l JOIN parts p ON p.id = l.part_id
         WHERE l.part_id IN (SELECT id FROM parts WHERE message_id = ?) AND l.kind IN ('settle', 'release')",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let step = |row: &SqliteRow| RouteStep {
        at: row.get(0),
        kind: if row.get::<&str, _>(1) == "settle" { StepKind::Settled } else { StepKind::Released },
        session_name: None,
        cause: None,
        part: row.get(2),
    };
    Ok(rows.iter().map(step).collect())
}
