//! Which messages a page of the log has. A question is led by one of these:
//!
//! - by words, from the newest message that has them;
//! - by a campaign, or by what single messages stand in: from the last that was laid out in it;
//! - by a number: from the last that it sent;
//! - else by time, one state beside the other.
//!
//! Each of them reads a few rows behind the place of the page from each of its indexes, and these rows are put in order.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{LogQuery, push_states};
use crate::clock::Millis;
use crate::ids::{CampaignId, MessageId, SessionId};
use crate::outbox::state::{Origin, PartState, SkipReason};
use crate::outbox::store::recipients::shown_as;
use crate::page::Cursor;

pub async fn page(
    db: &mut SqliteConnection,
    query: &LogQuery,
    search: Option<&str>,
) -> Result<(Vec<MessageId>, Option<Cursor>), sqlx::Error> {
    // What cannot have the reason that is looked for, and single messages before there was any, are no question.
    if states(query).is_empty() {
        return Ok((Vec::new(), None));
    }
    let mut select = match search {
        Some(words) => by_words(query, words)?,
        None => match queues(db, query).await? {
            Some(queues) if queues.is_empty() => return Ok((Vec::new(), None)),
            Some(queues) => by_queues(query, &queues)?,
            None if leads(db, query).await? => by_number(query)?,
            None => by_time(query)?,
        },
    };
    let mut found: Vec<(MessageId, Key)> = Vec::new();
    for row in select.build().fetch_all(db).await? {
        let key = Key { at: row.try_get("at")?, id: row.try_get("key")? };
        found.push((row.try_get("message")?, key));
    }
    let (found, next) = query.place.cut(found, |(_, key)| key.clone())?;
    Ok((found.into_iter().map(|(message, _)| message).collect(), next))
}

/// The place of a row: its time, or how it was numbered, and what tells it apart from others of the same.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Key {
    at: i64,
    id: Vec<u8>,
}

type Select = Result<QueryBuilder<Sqlite>, sqlx::Error>;

fn by_words(query: &LogQuery, words: &str) -> Select {
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new(
        "SELECT m.id AS message, w.rowid AS at, x'' AS key
         FROM message_words w CROSS JOIN message_rows r ON r.seq = w.rowid CROSS JOIN messages m ON m.id = r.message_id
              LEFT JOIN parts p ON p.message_id = m.id AND p.last = 1
         WHERE w.message_words MATCH ",
    );
    select.push_bind(words.to_owned());
    if let Some(key) = query.place.key::<Key>()? {
        select.push(" AND w.rowid < ").push_bind(key.at);
    }
    if let Some(campaign) = query.campaign_id {
        select.push(" AND m.queue_id = ").push_bind(campaign);
    }
    if let Some(state) = query.state {
        push_states(select.push(" AND coalesce(p.state, 'skipped')"), shown_as(state));
    }
    if let Some(cause) = &query.cause {
        push_states(select.push(" AND coalesce(p.state, 'skipped')"), &states(query));
        select.push(" AND coalesce(m.skip_reason, p.cause) = ").push_bind(cause.clone());
    }
    if let Some(session) = query.session_id {
        push_number(&mut select, session);
    }
    push_origin(&mut select, query);
    push_span(&mut select, query, "coalesce(p.logged_at, m.created_at)");
    select.push(" ORDER BY w.rowid DESC LIMIT ").push_bind(query.place.take());
    Ok(select)
}

fn push_origin(select: &mut QueryBuilder<Sqlite>, query: &LogQuery) {
    if let Some(origin) = query.origin {
        select.push(" AND m.origin = ").push_bind(origin);
    }
}

/// What still waits to be tried is no number's, also where it is kept for one.
fn push_number(select: &mut QueryBuilder<Sqlite>, session: SessionId) {
    select.push(" AND p.state <> 'pending' AND p.session_id = ").push_bind(session);
}

fn push_span(select: &mut QueryBuilder<Sqlite>, query: &LogQuery, at: &str) {
    if let Some(from) = query.from {
        select.push(" AND ").push(at).push(" >= ").push_bind(from);
    }
    if let Some(until) = query.until {
        select.push(" AND ").push(at).push(" < ").push_bind(until);
    }
}

/// The queues that lead: a campaign's, or those of single messages, of which there are few.
async fn queues(db: &mut SqliteConnection, query: &LogQuery) -> Result<Option<Vec<CampaignId>>, sqlx::Error> {
    match (query.campaign_id, query.origin) {
        (Some(campaign), _) => Ok(Some(vec![campaign])),
        (None, None | Some(Origin::Campaign)) => Ok(None),
        (None, Some(_)) => {
            let standing = "SELECT id FROM queues WHERE kind = 'standing'";
            sqlx::query_scalar(standing).fetch_all(db).await.map(Some)
        }
    }
}

/// Whether a number leads: without a state, or where it has fewer messages than the state.
async fn leads(db: &mut SqliteConnection, query: &LogQuery) -> Result<bool, sqlx::Error> {
    let (Some(session), Some(state)) = (query.session_id, query.state) else { return Ok(query.session_id.is_some()) };
    let mut select: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT coalesce(sum(people) FILTER (WHERE session_id = ");
    select.push_bind(session).push("), 0) < coalesce(sum(people) FILTER (WHERE state");
    push_states(&mut select, shown_as(state));
    select.push("), 0) FROM queue_counts");
    select.build_query_scalar().fetch_one(db).await
}

/// Selections of a few rows each, put in order.
struct Arms {
    select: QueryBuilder<Sqlite>,
    any: bool,
}

impl Arms {
    fn new() -> Self {
        Self { select: QueryBuilder::new("SELECT message, at, key FROM ("), any: false }
    }

    fn begin(&mut self, from: &str) -> &mut QueryBuilder<Sqlite> {
        self.select.push(if self.any { " UNION ALL " } else { "" }).push("SELECT * FROM (").push(from);
        self.any = true;
        &mut self.select
    }

    fn end(mut self, order: &str, take: i64) -> QueryBuilder<Sqlite> {
        self.select.push(") k ORDER BY ").push(order).push(" LIMIT ").push_bind(take);
        self.select
    }
}

const PARTS: &str = "SELECT p.message_id AS message, p.logged_at AS at, p.id AS key FROM parts p INDEXED BY ";
/// Those who were skipped before they had any part.
const SKIPPED: &str = "SELECT m.id AS message, m.created_at AS at, m.id AS key FROM messages m INDEXED BY ";
const WITHOUT_PARTS: &str = " AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id)";

/// Only what failed or was skipped has a reason.
fn states(query: &LogQuery) -> Vec<PartState> {
    let states = query.state.map_or_else(|| PartState::ALL.to_vec(), |state| shown_as(state).to_vec());
    let fits = |state: &PartState| query.cause.is_none() || matches!(state, PartState::Failed | PartState::Skipped);
    states.into_iter().filter(fits).collect()
}

/// The reasons for which somebody without a part may be looked for. Nobody tried to send to them.
fn reasons(query: &LogQuery) -> Vec<SkipReason> {
    let wanted = query.session_id.is_none() && query.state.is_none_or(|state| state == PartState::Skipped);
    let fits = |reason: &SkipReason| query.cause.as_ref().is_none_or(|cause| cause == reason.as_str());
    SkipReason::ALL.into_iter().filter(|reason| wanted && fits(reason)).collect()
}

fn by_time(query: &LogQuery) -> Select {
    let key = query.place.key::<Key>()?;
    let mut arms = Arms::new();
    for state in states(query) {
        let by_cause = state == PartState::Failed && query.cause.is_some();
        let index = if by_cause { "parts_logged_by_cause" } else { "parts_logged" };
        let select = arms.begin(PARTS);
        select.push(index).push(" WHERE p.last = 1 AND p.state = ").push(word(state));
        push_rest(select, query);
        push_behind(select, query, key.as_ref(), "p.logged_at", "p.id");
    }
    for reason in reasons(query) {
        let select = arms.begin(SKIPPED);
        select.push("messages_skipped_by_reason WHERE m.skip_reason = ").push_bind(reason).push(WITHOUT_PARTS);
        push_origin(select, query);
        push_behind(select, query, key.as_ref(), "m.created_at", "m.id");
    }
    Ok(arms.end("at DESC, key DESC", query.place.take()))
}

fn by_number(query: &LogQuery) -> Select {
    let key = query.place.key::<Key>()?;
    let mut arms = Arms::new();
    let select = arms.begin(PARTS);
    select.push("parts_logged_by_number WHERE p.last = 1");
    if query.state.is_some() || query.cause.is_some() {
        push_states(select.push(" AND p.state"), &states(query));
    }
    push_rest(select, query);
    push_behind(select, query, key.as_ref(), "p.logged_at", "p.id");
    Ok(arms.end("at DESC, key DESC", query.place.take()))
}

/// In a queue the order of ids is the order of sending.
fn by_queues(query: &LogQuery, queues: &[CampaignId]) -> Select {
    let key = query.place.key::<Key>()?;
    let mut arms = Arms::new();
    for queue in queues {
        for state in states(query) {
            let select = arms.begin(PARTS);
            select.push("parts_by_state WHERE p.queue_id = ").push_bind(*queue);
            select.push(" AND p.last = 1 AND p.state = ").push(word(state));
            push_rest(select, query);
            push_span(select, query, "p.logged_at");
            push_before(select, query, key.as_ref(), "p.id");
        }
        for reason in reasons(query) {
            let select = arms.begin(SKIPPED);
            select.push("messages_skipped WHERE m.queue_id = ").push_bind(*queue);
            select.push(" AND m.skip_reason = ").push_bind(reason).push(WITHOUT_PARTS);
            push_origin(select, query);
            push_span(select, query, "m.created_at");
            push_before(select, query, key.as_ref(), "m.id");
        }
    }
    Ok(arms.end("key DESC", query.place.take()))
}

/// The planner of SQLite must see the word to take an index of one state.
fn word(state: PartState) -> String {
    format!("'{}'", state.as_str())
}

/// What else is asked of a part.
fn push_rest(select: &mut QueryBuilder<Sqlite>, query: &LogQuery) {
    if let Some(session) = query.session_id {
        push_number(select, session);
    }
    if let Some(cause) = &query.cause {
        select.push(" AND p.cause = ").push_bind(cause.clone());
    }
    if let Some(origin) = query.origin {
        select.push(" AND (SELECT m.origin FROM messages m WHERE m.id = p.message_id) = ").push_bind(origin);
    }
}

fn push_behind(select: &mut QueryBuilder<Sqlite>, query: &LogQuery, key: Option<&Key>, at: &str, id: &str) {
    push_span(select, query, at);
    if let Some(key) = key {
        select.push(format!(" AND ({at}, {id}) < (")).push_bind::<Millis>(key.at);
        select.push(", ").push_bind(key.id.clone()).push(")");
    }
    select.push(format!(" ORDER BY {at} DESC, {id} DESC LIMIT ")).push_bind(query.place.take()).push(") k");
}

fn push_before(select: &mut QueryBuilder<Sqlite>, query: &LogQuery, key: Option<&Key>, id: &str) {
    if let Some(key) = key {
        select.push(format!(" AND {id} < ")).push_bind(key.id.clone());
    }
    select.push(format!(" ORDER BY {id} DESC LIMIT ")).push_bind(query.place.take()).push(") k");
}
