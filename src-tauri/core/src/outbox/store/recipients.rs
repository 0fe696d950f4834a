//! The people of a campaign: their list, and the route of one message.

mod list;

pub(super) use list::shown_as;
pub use list::{RecipientPage, RecipientQuery, recipients};

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::contact::{self, Standing, phone};
use crate::ids::{CampaignId, ContactId, MediaId, MessageId, PartId, SessionId};
use crate::ledger::store::{self as ledger, End};
use crate::link_preview::LinkCard;
use crate::link_preview::store::card;
use crate::mail::store::{self as mail, MailView};
use crate::media::attachment::{self, Owner};
use crate::outbox::state::{PartKind, PartState, SkipReason};
use crate::outbox::store::clear;
use crate::outbox::store::queue::{self, Failed, Retryable};
use crate::outbox::store::revise;
use crate::session::store as sessions;
use crate::stored::Json;

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

/// Those of these contacts for whom a message was made from then on.
pub async fn written_since(
    db: &mut SqliteConnection,
    contacts: impl Iterator<Item = ContactId>,
    since: Millis,
) -> Result<BTreeSet<ContactId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT contact_id FROM messages WHERE created_at >= ");
    select.push_bind(since).push(" AND contact_id IN (");
    let mut list = select.separated(", ");
    for contact in contacts {
        list.push_bind(contact);
    }
    let found: Vec<ContactId> = select.push(")").build_query_scalar().fetch_all(db).await?;
    Ok(found.into_iter().collect())
}

/// A message as the state of its last part; `skipped` where it has none.
const RECIPIENTS: &str = "SELECT m.id, m.contact_id, m.name, m.phone, coalesce(p.state, 'skipped') AS state,
            coalesce(m.skip_reason, p.cause) AS reason, p.session_id, p.tried_at, coalesce(p.attempts, 0) AS tries
     FROM messages m LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1 ";

/// What the numbers are called.
pub(super) type Numbers = BTreeMap<SessionId, String>;

async fn numbers(db: &mut SqliteConnection) -> Result<Numbers, sqlx::Error> {
    Ok(sessions::names(db).await?.into_iter().collect())
}

/// The people whom a campaign skipped for one reason, at most so many; with a variable those who lack that one.
pub async fn skipped_for(
    db: &mut SqliteConnection,
    queue: CampaignId,
    reason: SkipReason,
    variable: Option<&str>,
    limit: u32,
) -> Result<Vec<RecipientRow>, sqlx::Error> {
    let ids: Vec<MessageId> = sqlx::query_scalar(
        "SELECT id FROM messages INDEXED BY messages_skipped
         WHERE queue_id = ?1 AND skip_reason = ?2 AND (?3 IS NULL OR skip_variable = ?3) ORDER BY id LIMIT ?4",
    )
    .bind(queue)
    .bind(reason)
    .bind(variable)
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    rows(db, &ids).await
}

/// The contacts whom a campaign skipped for one reason before anything of their message was tried; with a variable those
/// who lacked that one.
pub fn push_untried(select: &mut QueryBuilder<Sqlite>, queue: CampaignId, reason: SkipReason, variable: Option<&str>) {
    select.push("SELECT m.contact_id FROM messages m WHERE m.queue_id = ").push_bind(queue);
    select.push(" AND m.skip_reason = ").push_bind(reason);
    if let Some(variable) = variable {
        select.push(" AND m.skip_variable = ").push_bind(variable.to_owned());
    }
    select.push(" AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.tried_at IS NOT NULL)");
}

/// The contacts whom a campaign has reached whole, or who have read it; of their messages `m` a condition follows.
pub fn push_reached(select: &mut QueryBuilder<Sqlite>, queue: CampaignId, read: bool) {
    let reached = if read { "p.read_at IS NOT NULL" } else { "p.sent_at IS NOT NULL" };
    select.push("SELECT m.contact_id FROM messages m JOIN parts p ON p.message_id = m.id AND p.last = 1 AND ");
    select.push(reached).push(" WHERE m.origin = 'campaign' AND m.queue_id = ").push_bind(queue);
}

/// The contacts who were not skipped by the queues that are named behind it.
pub const REACHED_BY: &str =
    "SELECT n.contact_id FROM messages n WHERE n.skip_reason IS NULL AND n.contact_id IS NOT NULL AND n.queue_id IN (";

/// How many people have each version of a campaign's content, without those who were skipped, and how many of them it
/// has reached. It walks through all of them, so it is not for what is shown often.
pub async fn by_version(
    db: &mut SqliteConnection,
    queue: CampaignId,
) -> Result<BTreeMap<i64, (i64, i64)>, sqlx::Error> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT m.version, count(*), count(p.sent_at) FROM messages m JOIN parts p ON p.message_id = m.id AND p.last = 1
         WHERE m.queue_id = ? AND m.origin = 'campaign' AND m.skip_reason IS NULL GROUP BY m.version",
    )
    .bind(queue)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(version, people, accepted)| (version, (people, accepted))).collect())
}

/// Whom a message is for, as they were called when it was made.
pub async fn name(db: &mut SqliteConnection, message: MessageId) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT name FROM messages WHERE id = ?").bind(message).fetch_one(db).await
}

/// The rows of these messages, in their order.
pub async fn rows(db: &mut SqliteConnection, ids: &[MessageId]) -> Result<Vec<RecipientRow>, sqlx::Error> {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(RECIPIENTS);
    select.push("WHERE m.id IN (");
    let mut list = select.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    select.push(")");
    let numbers = numbers(db).await?;
    let mut found = BTreeMap::new();
    for row in select.build().fetch_all(db).await? {
        let row = recipient_row(&row, &numbers)?;
        found.insert(row.message_id, row);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn recipient_row(row: &SqliteRow, numbers: &Numbers) -> Result<RecipientRow, sqlx::Error> {
    let session: Option<SessionId> = row.try_get("session_id")?;
    Ok(RecipientRow {
        message_id: row.try_get("id")?,
        contact_id: row.try_get("contact_id")?,
        name: row.try_get("name")?,
        phone_shown: phone::shown(row.try_get("phone")?),
        state: row.try_get("state")?,
        reason: row.try_get("reason")?,
        session_name: session.and_then(|session| numbers.get(&session).cloned()),
        tried_at: row.try_get("tried_at")?,
        tries: row.try_get("tries")?,
    })
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
    pub practice: bool,
    /// It is a single message, and what of it waits or was not handed over yet can be called back.
    pub cancellable: bool,
    /// Of a single message: whether it can be sent again, and whether it may be seen twice then.
    pub retryable: Retryable,
    /// The campaign in which it still can get another content.
    pub revisable: Option<CampaignId>,
    /// Which version of its campaign's content it has, where there are several.
    pub version: Option<i64>,
    /// Its content was written for this person alone.
    pub own: bool,
    /// When its text and its files were cleared.
    pub cleared_at: Option<Millis>,
    /// What went by e-mail instead, or should.
    pub mail: Option<MailView>,
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
    pub link_preview: Option<LinkCard>,
    pub state: PartState,
    /// In credits.
    pub price: i64,
    /// The emoji that its person put to it.
    pub reaction: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RouteStep {
    pub at: Millis,
    pub kind: StepKind,
    pub session_name: Option<String>,
    /// The cause of a failure or the reason of skipping, as a code.
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

pub async fn recipient(
    db: &mut SqliteConnection,
    message: MessageId,
    now: Millis,
) -> Result<Option<RecipientView>, sqlx::Error> {
    let query = format!("{RECIPIENTS} WHERE m.id = ?");
    let row = sqlx::query(sqlx::AssertSqlSafe(query)).bind(message).fetch_optional(&mut *db).await?;
    let numbers = numbers(db).await?;
    let Some(row) = row.map(|row| recipient_row(&row, &numbers)).transpose()? else { return Ok(None) };
    let contact = contact::store::called(db, &[row.contact_id]).await?.remove(&row.contact_id);
    let parts = recipient_parts(db, message).await?;
    let steps = route(db, message, &numbers).await?;
    let (practice, stands_alone) = origin(db, message).await?;
    let goes_on = parts.iter().any(|part| matches!(part.state, PartState::Pending | PartState::Sending));
    let cancellable = stands_alone && goes_on;
    let opted_out = contact.is_some_and(|(_, standing)| standing == Standing::Black);
    let retryable = queue::retryable(db, Failed::Single(message), now).await?;
    let revisable = revise::waiting(db, message).await?.map(|(queue, _)| queue);
    let (version, own) = version_of(db, message).await?;
    let cleared_at = clear::message_cleared_at(db, message).await?;
    let mail = mail::of_messages(db, &[message]).await?.remove(&message);
    Ok(Some(RecipientView {
        row,
        parts,
        steps,
        opted_out,
        practice,
        cancellable,
        retryable,
        revisable,
        version,
        own,
        cleared_at,
        mail,
    }))
}

async fn version_of(db: &mut SqliteConnection, message: MessageId) -> Result<(Option<i64>, bool), sqlx::Error> {
    sqlx::query_as(
        "SELECT iif(q.version > 1 OR m.own = 1, m.version, NULL), m.own = 1
         FROM messages m JOIN queues q ON q.id = m.queue_id WHERE m.id = ?",
    )
    .bind(message)
    .fetch_one(db)
    .await
}

/// Whether it is practice, and whether it belongs to no campaign and was not cancelled.
async fn origin(db: &mut SqliteConnection, message: MessageId) -> Result<(bool, bool), sqlx::Error> {
    let row = sqlx::query(
        "SELECT q.book = 'practice' AS practice, m.origin <> 'campaign' AND m.cancelled_at IS NULL AS stands_alone
         FROM messages m LEFT JOIN queues q ON q.id = m.queue_id WHERE m.id = ?",
    )
    .bind(message)
    .fetch_one(db)
    .await?;
    Ok((row.try_get::<Option<bool>, _>("practice")?.unwrap_or_default(), row.try_get("stands_alone")?))
}

/// Without what stands behind the last part: a revision spared it.
async fn recipient_parts(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RecipientPart>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.kind, CASE WHEN p.kind = 'poll' THEN m.question WHEN p.with_text = 1 THEN m.text END AS text, p.state,
                p.queue_id, p.media, p.link_preview, p.price, nullif(p.reaction, '') AS reaction, CASE p.kind WHEN 'poll' THEN m.options END AS options
         FROM parts p JOIN messages m ON m.id = p.message_id WHERE p.message_id = ? AND NOT (p.state = 'cancelled' AND p.last = 0 AND EXISTS
             (SELECT 1 FROM parts l WHERE l.message_id = p.message_id AND l.last = 1 AND l.position < p.position))
         ORDER BY p.position",
    )
    .bind(message)
    .fetch_all(&mut *db)
    .await?;
    let mut parts = Vec::with_capacity(rows.len());
    for row in &rows {
        parts.push(RecipientPart {
            kind: row.try_get("kind")?,
            text: row.try_get("text")?,
            media_id: media_of(db, row).await?,
            options: row.try_get::<Option<Json<_>>, _>("options")?.map(|options| options.0),
            link_preview: card(db, row.try_get("link_preview")?).await?,
            state: row.try_get("state")?,
            price: row.try_get("price")?,
            reaction: row.try_get("reaction")?,
        });
    }
    Ok(parts)
}

/// The file of the campaign, or of a version of it, with this content; a single message has none.
async fn media_of(db: &mut SqliteConnection, part: &SqliteRow) -> Result<Option<MediaId>, sqlx::Error> {
    let Some(content) = part.try_get::<Option<&[u8]>, _>("media")? else { return Ok(None) };
    match attachment::store::of_content(db, Owner::Campaign(part.try_get("queue_id")?), content).await? {
        Some(file) => Ok(Some(file)),
        None => attachment::store::of_versions(db, content).await,
    }
}

/// Every step of every part, from the columns that remember it, the attempts and the ledger.
async fn route(
    db: &mut SqliteConnection,
    message: MessageId,
    numbers: &Numbers,
) -> Result<Vec<RouteStep>, sqlx::Error> {
    let mut steps = part_steps(db, message, numbers).await?;
    steps.extend(attempt_steps(db, message, numbers).await?);
    steps.extend(ledger_steps(db, message).await?);
    steps.sort_by_key(|step| (step.at, step.part, step.kind));
    Ok(steps)
}

async fn part_steps(
    db: &mut SqliteConnection,
    message: MessageId,
    numbers: &Numbers,
) -> Result<Vec<RouteStep>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.position, p.state, p.cause, p.sent_at, p.delivered_at, p.read_at, p.played_at, p.ended_at,
                m.created_at, p.session_id
         FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.message_id = ? ORDER BY p.position",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let mut steps = Vec::new();
    for row in &rows {
        let part: i64 = row.try_get(0)?;
        let session: Option<SessionId> = row.try_get(9)?;
        let session_name = session.and_then(|session| numbers.get(&session).cloned());
        let mut step = |at: Option<Millis>, kind: StepKind, cause: Option<String>| {
            if let Some(at) = at {
                steps.push(RouteStep { at, kind, session_name: session_name.clone(), cause, part });
            }
        };
        step(row.try_get(8)?, StepKind::Queued, None);
        step(row.try_get(3)?, StepKind::Sent, None);
        step(row.try_get(4)?, StepKind::Delivered, None);
        step(row.try_get(5)?, StepKind::Read, None);
        step(row.try_get(6)?, StepKind::Played, None);
        match row.try_get::<&str, _>(1)? {
            "failed" => step(row.try_get(7)?, StepKind::Failed, row.try_get(2)?),
            "skipped" => step(row.try_get(7)?, StepKind::Skipped, row.try_get(2)?),
            "cancelled" => step(row.try_get(7)?, StepKind::Cancelled, None),
            _ => {}
        }
    }
    Ok(steps)
}

/// Tries that did not end in an ack; the ack itself is the step "sent".
async fn attempt_steps(
    db: &mut SqliteConnection,
    message: MessageId,
    numbers: &Numbers,
) -> Result<Vec<RouteStep>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT a.started_at, a.outcome, a.cause, a.session_id, p.position
         FROM attempts a JOIN parts p ON p.id = a.part_id
         WHERE p.message_id = ? AND a.outcome IS NOT 'accepted'",
    )
    .bind(message)
    .fetch_all(db)
    .await?;
    let step = |row: &SqliteRow| -> Result<RouteStep, sqlx::Error> {
        let is_unknown = row.try_get::<Option<&str>, _>(1)? == Some("unknown");
        Ok(RouteStep {
            at: row.try_get(0)?,
            kind: if is_unknown { StepKind::Unknown } else { StepKind::Try },
            session_name: numbers.get(&row.try_get(3)?).cloned(),
            cause: row.try_get(2)?,
            part: row.try_get(4)?,
        })
    };
    rows.iter().map(step).collect()
}

async fn ledger_steps(db: &mut SqliteConnection, message: MessageId) -> Result<Vec<RouteStep>, sqlx::Error> {
    let parts = "SELECT id, position FROM parts WHERE message_id = ?";
    let parts: Vec<(PartId, i64)> = sqlx::query_as(parts).bind(message).fetch_all(&mut *db).await?;
    let mut steps = Vec::new();
    for (id, part) in parts {
        let ends = ledger::ends(db, id).await?.into_iter();
        steps.extend(ends.map(|(end, at)| {
            let kind = match end {
                End::Settle => StepKind::Settled,
                End::Release => StepKind::Released,
            };
            RouteStep { at, kind, session_name: None, cause: None, part }
        }));
    }
    Ok(steps)
}
