//! The list of a campaign's people, a page at a time: everybody, those in a state, or whom a search finds.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};

use super::{RecipientRow, rows};
use crate::contact::store::search::Search;
use crate::ids::{CampaignId, ContactId, MessageId, PartId};
use crate::outbox::state::{PartState, SkipReason};
use crate::outbox::store::reading::{self, Counts};
use crate::page::{Cursor, Place, Span, span};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientQuery {
    pub campaign_id: CampaignId,
    pub state: Option<PartState>,
    pub search: String,
    pub place: Place,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct RecipientPage {
    /// None where nobody has counted what a search finds.
    pub total: Option<i64>,
    pub next: Option<Cursor>,
    pub rows: Vec<RecipientRow>,
}

pub async fn recipients(db: &mut SqliteConnection, query: &RecipientQuery) -> Result<RecipientPage, sqlx::Error> {
    let wanted = Search::of(db, &query.search).await?;
    if !wanted.is_empty() {
        return search(db, query, &wanted).await;
    }
    let (queue, place) = (query.campaign_id, &query.place);
    let people = reading::people(db, queue).await?;
    match query.state {
        None => everybody(db, queue, place, people.total()).await,
        Some(PartState::Skipped) => skipped(db, queue, place, people.skipped).await,
        Some(state) => in_states(db, queue, place, shown_as(state), people).await,
    }
}

/// What is on its way is still waiting to people; it comes first.
pub fn shown_as(state: PartState) -> &'static [PartState] {
    match state {
        PartState::Pending => &[PartState::Sending, PartState::Pending],
        PartState::Sending => &[PartState::Sending],
        PartState::Sent => &[PartState::Sent],
        PartState::Delivered => &[PartState::Delivered],
        PartState::Read => &[PartState::Read],
        PartState::Played => &[PartState::Played],
        PartState::Failed => &[PartState::Failed],
        PartState::Skipped => &[PartState::Skipped],
        PartState::Cancelled => &[PartState::Cancelled],
        PartState::Unknown => &[PartState::Unknown],
    }
}

/// Where a page begins: behind the key of a row, or, for whoever jumps, at a place that is counted from the nearer end
/// of the list.
enum Start<K> {
    Behind(K),
    At(i64),
}

/// A row's key comes with how many rows were before it when it was read, so that a jump from there is a place. The place
/// of the page's first row, beside where it begins.
fn start<K: DeserializeOwned>(place: &Place) -> Result<(Start<K>, i64), sqlx::Error> {
    let Some((key, before)) = place.key::<(K, i64)>()? else { return Ok((Start::At(place.skip()), place.skip())) };
    let first = before + 1 + place.skip();
    Ok((if place.skip == 0 { Start::Behind(key) } else { Start::At(first) }, first))
}

/// Rows of an index: those of a span of what lies behind a key, or of all.
struct Range<K> {
    after: Option<K>,
    span: Span,
}

impl<K> Range<K> {
    fn of(start: Start<K>, take: i64, total: i64) -> Self {
        match start {
            Start::Behind(key) => Self { after: Some(key), span: Span { backwards: false, skip: 0, take } },
            Start::At(offset) => Self { after: None, span: span(offset, take, total) },
        }
    }

    fn direction(&self) -> &'static str {
        if self.span.backwards { "DESC" } else { "ASC" }
    }
}

type Found<K> = Vec<(MessageId, K)>;

async fn page<K: Clone + Serialize>(
    db: &mut SqliteConnection,
    place: &Place,
    total: Option<i64>,
    first: i64,
    found: Found<K>,
) -> Result<RecipientPage, sqlx::Error> {
    let counted = found.into_iter().zip(first..).collect();
    let (found, next) = place.cut(counted, |((_, key), before)| (key.clone(), *before))?;
    let ids: Vec<MessageId> = found.into_iter().map(|((id, _), _)| id).collect();
    Ok(RecipientPage { total, next, rows: rows(db, &ids).await? })
}

/// In the order of the contacts, which is the order of sending.
async fn everybody(
    db: &mut SqliteConnection,
    queue: CampaignId,
    place: &Place,
    total: i64,
) -> Result<RecipientPage, sqlx::Error> {
    let (start, first) = start::<ContactId>(place)?;
    let range = Range::of(start, place.take(), total);
    let select = format!(
        "SELECT id, contact_id FROM messages INDEXED BY messages_once
         WHERE queue_id = ? AND origin = 'campaign' AND contact_id > coalesce(?, x'')
         ORDER BY contact_id {} LIMIT ? OFFSET ?",
        range.direction()
    );
    let select = sqlx::query_as(AssertSqlSafe(select)).bind(queue).bind(range.after);
    let found: Found<ContactId> = select.bind(range.span.take).bind(range.span.skip).fetch_all(&mut *db).await?;
    page(db, place, Some(total), first, range.span.in_order(found)).await
}

/// By their reasons.
async fn skipped(
    db: &mut SqliteConnection,
    queue: CampaignId,
    place: &Place,
    total: i64,
) -> Result<RecipientPage, sqlx::Error> {
    let (start, first) = start::<(SkipReason, MessageId)>(place)?;
    let range = Range::of(start, place.take(), total);
    let select = format!(
        "SELECT id, skip_reason FROM messages INDEXED BY messages_skipped
         WHERE queue_id = ? AND skip_reason IS NOT NULL AND (skip_reason, id) > (coalesce(?, ''), coalesce(?, x''))
         ORDER BY skip_reason {0}, id {0} LIMIT ? OFFSET ?",
        range.direction()
    );
    let (reason, message) = range.after.unzip();
    let select = sqlx::query_as(AssertSqlSafe(select)).bind(queue).bind(reason).bind(message);
    let found: Vec<(MessageId, SkipReason)> =
        select.bind(range.span.take).bind(range.span.skip).fetch_all(&mut *db).await?;
    let found = found.into_iter().map(|(id, reason)| (id, (reason, id))).collect();
    page(db, place, Some(total), first, range.span.in_order(found)).await
}

/// One state after the other, each in the order of sending.
async fn in_states(
    db: &mut SqliteConnection,
    queue: CampaignId,
    place: &Place,
    states: &[PartState],
    people: Counts,
) -> Result<RecipientPage, sqlx::Error> {
    let (mut start, first) = start::<(PartState, PartId)>(place)?;
    let mut found = Vec::new();
    for state in states {
        let count = people.get(*state);
        let left = place.take() - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let (here, next) = match start {
            Start::Behind((of, _)) if of != *state => continue,
            Start::Behind((_, part)) => (Start::Behind(part), Start::At(0)),
            Start::At(offset) => (Start::At(offset), Start::At((offset - count).max(0))),
        };
        start = next;
        found.extend(in_state(db, queue, *state, Range::of(here, left, count)).await?);
    }
    let total = states.iter().map(|state| people.get(*state)).sum();
    page(db, place, Some(total), first, found).await
}

async fn in_state(
    db: &mut SqliteConnection,
    queue: CampaignId,
    state: PartState,
    range: Range<PartId>,
) -> Result<Found<(PartState, PartId)>, sqlx::Error> {
    let select = format!(
        "SELECT p.message_id, p.id FROM (SELECT id FROM parts INDEXED BY parts_by_state
             WHERE queue_id = ? AND last = 1 AND state = ? AND id > coalesce(?, x'') ORDER BY id {0} LIMIT ? OFFSET ?) k
         JOIN parts p ON p.id = k.id ORDER BY k.id {0}",
        range.direction()
    );
    let select = sqlx::query_as(AssertSqlSafe(select)).bind(queue).bind(state.as_str()).bind(range.after);
    let found: Vec<(MessageId, PartId)> = select.bind(range.span.take).bind(range.span.skip).fetch_all(db).await?;
    let found = found.into_iter().map(|(message, part)| (message, (state, part))).collect();
    Ok(range.span.in_order(found))
}

/// Nobody has counted whom a search finds, so it walks along the campaign until the page is full.
async fn search(
    db: &mut SqliteConnection,
    query: &RecipientQuery,
    wanted: &Search,
) -> Result<RecipientPage, sqlx::Error> {
    let after: Option<(ContactId, i64)> = query.place.key()?;
    let mut select: QueryBuilder<Sqlite> =
        QueryBuilder::new("SELECT m.id, m.contact_id FROM messages m WHERE m.origin = 'campaign' AND m.queue_id = ");
    select.push_bind(query.campaign_id);
    select.push(" AND m.contact_id > coalesce(").push_bind(after.map(|(contact, _)| contact)).push(", x'')");
    match query.state {
        None => {}
        Some(PartState::Skipped) => {
            select.push(" AND m.skip_reason IS NOT NULL");
        }
        Some(state) => {
            select.push(" AND EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.last = 1 AND p.state IN (");
            let mut states = select.separated(", ");
            shown_as(state).iter().for_each(|state| {
                states.push_bind(state.as_str());
            });
            select.push("))");
        }
    }
    wanted.push(&mut select, "m.contact_id");
    select.push(" ORDER BY m.contact_id LIMIT ").push_bind(query.place.take());
    select.push(" OFFSET ").push_bind(query.place.skip());
    let found: Found<ContactId> = select.build_query_as().fetch_all(&mut *db).await?;
    page(db, &query.place, None, start::<ContactId>(&query.place)?.1, found).await
}
