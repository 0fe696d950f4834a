//! What becomes of messages that are no longer kept: the rows stay with their states, causes and times, so that counts,
//! reports and the log stay whole. What they said goes, and so does what was tried, later.
//!
//! A campaign is marked as cleared before the first of its messages is emptied, and whoever sends again looks at the
//! mark in the same transaction. So nobody gets half of it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, QueryBuilder, Sqlite, SqliteConnection};

use super::doubt::MAY_HAVE_ARRIVED;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, SessionId, first_at};
use crate::session::store::listed;

/// So few are emptied in one transaction that nobody waits for the writer.
pub const MESSAGES_AT_ONCE: usize = 50;
const TRIES_AT_ONCE: i64 = 500;

/// A queue `q` of a campaign that has ended and is not cleared; its end follows.
const OVER: &str = "q.kind = 'campaign' AND q.state = 'done' AND q.revising = 0 AND q.cleared_at IS NULL
     AND coalesce(nullif(max(coalesce(q.ended_at, 0), coalesce(q.cancelled_at, 0)), 0), q.due_at) < ";

/// A single message `m` of which nothing waits, is on its way or in doubt, and whose failure its owner has seen to; its
/// end follows.
const SINGLE_OVER: &str = "m.origin <> 'campaign' AND m.cleared_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM troubled_messages t WHERE t.message_id = m.id)
     AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id AND p.state IN ('pending', 'sending', 'unknown'))
     AND (SELECT max(p.logged_at) FROM parts p WHERE p.message_id = m.id) < ";

/// The campaigns that ended before then and are not cleared.
pub async fn campaigns_before(db: &mut SqliteConnection, before: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT q.id FROM queues q WHERE ");
    select.push(OVER).push_bind(before).push(" ORDER BY q.id").build_query_scalar().fetch_all(db).await
}

/// How many people these campaigns have.
pub async fn people_of(
    db: &mut SqliteConnection,
    campaigns: &[CampaignId],
) -> Result<BTreeMap<CampaignId, i64>, sqlx::Error> {
    let mut people = BTreeMap::new();
    for some in campaigns.chunks(500) {
        let mut select = QueryBuilder::new("SELECT queue_id, sum(people) FROM queue_counts WHERE queue_id");
        push_in(&mut select, some);
        let counted: Vec<(CampaignId, i64)> =
            select.push(" GROUP BY queue_id").build_query_as().fetch_all(&mut *db).await?;
        people.extend(counted);
    }
    Ok(people)
}

/// From here on nothing of the campaign can be sent again or copied. False where it is not over any more.
pub async fn begin(db: &mut Tx, campaign: CampaignId, before: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE queues AS q SET clearing = x'', cleared_at = ");
    update.push_bind(now).push(" WHERE q.id = ").push_bind(campaign);
    let begun = update.push(" AND ").push(OVER).push_bind(before).build().execute(db).await?;
    Ok(begun.rows_affected() > 0)
}

/// A campaign whose messages are being emptied.
pub async fn begun(db: &mut SqliteConnection) -> Result<Option<CampaignId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM queues WHERE clearing IS NOT NULL LIMIT 1").fetch_optional(db).await
}

/// How many were emptied, and how long what they said was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Emptied {
    pub rows: i64,
    pub bytes: i64,
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Empties some more messages of a campaign; none at the end of them.
pub async fn empty_some(db: &mut Tx, campaign: CampaignId) -> Result<Emptied, sqlx::Error> {
    let some: Vec<(MessageId, ContactId)> = sqlx::query_as(
        "SELECT m.id, m.contact_id FROM messages m INDEXED BY messages_once
         WHERE m.queue_id = ?1 AND m.origin = 'campaign' AND m.contact_id > (SELECT q.clearing FROM queues q WHERE q.id = ?1)
         ORDER BY m.contact_id LIMIT ?2",
    )
    .bind(campaign)
    .bind(i64::try_from(MESSAGES_AT_ONCE).unwrap_or(i64::MAX))
    .fetch_all(&mut *db)
    .await?;
    let behind = some.last().map(|(_, contact)| *contact);
    let messages: Vec<MessageId> = some.into_iter().map(|(message, _)| message).collect();
    let cleared_at: Millis =
        sqlx::query_scalar("SELECT cleared_at FROM queues WHERE id = ?").bind(campaign).fetch_one(&mut *db).await?;
    let bytes = empty(db, &messages, cleared_at).await?;
    if let Some(behind) = behind {
        sqlx::query("UPDATE queues SET clearing = ? WHERE id = ?").bind(behind).bind(campaign).execute(db).await?;
    }
    Ok(Emptied { rows: count(messages.len()), bytes })
}

/// Messages of a campaign that got behind the place up to which it was emptied: two contacts became one meanwhile.
pub async fn left_out(db: &mut SqliteConnection, campaign: CampaignId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE queue_id = ? AND origin = 'campaign' AND cleared_at IS NULL)",
    )
    .bind(campaign)
    .fetch_one(db)
    .await
}

/// It is done, or goes through its messages once more.
pub async fn end(db: &mut Tx, campaign: CampaignId, once_more: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE queues SET clearing = iif(?, x'', NULL) WHERE id = ?")
        .bind(once_more)
        .bind(campaign)
        .execute(db)
        .await?;
    Ok(())
}

/// Single messages that ended before then and are not cleared.
pub async fn singles_before(
    db: &mut SqliteConnection,
    before: Millis,
    most: usize,
) -> Result<Vec<MessageId>, sqlx::Error> {
    // None has ended before it was made, and ids go by the time at which that was.
    let mut select = QueryBuilder::new("SELECT m.id FROM messages m INDEXED BY messages_single WHERE m.id < ");
    select.push_bind(first_at::<MessageId>(before)).push(" AND ").push(SINGLE_OVER).push_bind(before);
    select.push(" ORDER BY m.id LIMIT ").push_bind(i64::try_from(most).unwrap_or(i64::MAX));
    select.build_query_scalar().fetch_all(db).await
}

/// Empties those of these single messages that are still over.
pub async fn empty_singles(
    db: &mut Tx,
    messages: &[MessageId],
    before: Millis,
    now: Millis,
) -> Result<Emptied, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT m.id FROM messages m WHERE m.id");
    push_in(&mut select, messages);
    select.push(" AND ").push(SINGLE_OVER).push_bind(before);
    let over: Vec<MessageId> = select.build_query_scalar().fetch_all(&mut *db).await?;
    let bytes = empty(db, &over, now).await?;
    Ok(Emptied { rows: count(over.len()), bytes })
}

/// The files that these messages carry.
pub async fn files_of(db: &mut SqliteConnection, messages: &[MessageId]) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let mut files = Vec::new();
    for some in messages.chunks(500) {
        let mut select = QueryBuilder::new("SELECT DISTINCT media FROM parts WHERE media IS NOT NULL AND message_id");
        push_in(&mut select, some);
        files.append(&mut select.build_query_scalar().fetch_all(&mut *db).await?);
    }
    Ok(files)
}

/// The words of a message go out of the index of words by the triggers on these columns.
///
/// The answers that were offered stay, so that one which comes late is understood.
async fn empty(db: &mut Tx, messages: &[MessageId], now: Millis) -> Result<i64, sqlx::Error> {
    if messages.is_empty() {
        return Ok(0);
    }
    let lengths =
        "SELECT coalesce(sum(octet_length(text) + coalesce(octet_length(question), 0)), 0) FROM messages WHERE id";
    let mut select = QueryBuilder::new(lengths);
    push_in(&mut select, messages);
    let bytes = select.build_query_scalar().fetch_one(&mut *db).await?;
    let mut update = QueryBuilder::new("UPDATE messages SET text = '', question = NULL, cleared_at = ");
    update.push_bind(now).push(" WHERE id");
    push_in(&mut update, messages);
    update.build().execute(&mut *db).await?;
    let mut update = QueryBuilder::new(
        "UPDATE parts SET file_name = NULL, reaction = NULL, link_preview = NULL
         WHERE (file_name IS NOT NULL OR reaction IS NOT NULL OR link_preview IS NOT NULL) AND message_id",
    );
    push_in(&mut update, messages);
    update.build().execute(db).await?;
    Ok(bytes)
}

/// Whether a message that is not cleared carries the file. It may look at very many parts.
pub async fn is_carried(db: &mut SqliteConnection, sha256: &[u8]) -> Result<bool, sqlx::Error> {
    let carried: Option<i64> = sqlx::query_scalar(
        // What is not cleared is mostly the newest.
        "SELECT 1 FROM parts p JOIN messages m ON m.id = p.message_id
         WHERE p.media = ? AND m.cleared_at IS NULL ORDER BY p.id DESC LIMIT 1",
    )
    .bind(sha256)
    .fetch_optional(db)
    .await?;
    Ok(carried.is_some())
}

/// When a campaign was cleared.
pub async fn cleared_at(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Option<Millis>, sqlx::Error> {
    let found = sqlx::query_scalar("SELECT cleared_at FROM queues WHERE id = ?").bind(campaign);
    Ok(found.fetch_optional(db).await?.flatten())
}

/// The same of a message.
pub async fn message_cleared_at(db: &mut SqliteConnection, message: MessageId) -> Result<Option<Millis>, sqlx::Error> {
    let found = sqlx::query_scalar("SELECT cleared_at FROM messages WHERE id = ?").bind(message);
    Ok(found.fetch_optional(db).await?.flatten())
}

/// A try `t` that is not needed any more: its part has ended, and it is no reason to think that something which failed
/// has arrived. The newest of a number says when that was last used, and numbers of tries only grow.
fn tries_before() -> String {
    format!(
        "FROM senders s CROSS JOIN attempts t INDEXED BY attempts_by_session ON t.session_id = s.session_id
         WHERE t.started_at < ?1 AND t.ended_at IS NOT NULL
           AND t.started_at < (SELECT max(n.started_at) FROM attempts n WHERE n.session_id = t.session_id)
           AND t.id < (SELECT max(n.id) FROM attempts n)
           AND EXISTS (SELECT 1 FROM parts p WHERE p.id = t.part_id
                       AND (p.sent_at IS NOT NULL OR (p.ended_at IS NOT NULL AND NOT {MAY_HAVE_ARRIVED})))"
    )
}

pub async fn count_tries(db: &mut SqliteConnection, before: Millis) -> Result<i64, sqlx::Error> {
    let count = format!("SELECT count(*) {}", tries_before());
    sqlx::query_scalar(AssertSqlSafe(count)).bind(before).fetch_one(db).await
}

/// Some of the tries that began before then and are not needed any more.
pub async fn some_tries(db: &mut SqliteConnection, before: Millis) -> Result<Vec<i64>, sqlx::Error> {
    let select = format!("SELECT t.id {} LIMIT ?2", tries_before());
    sqlx::query_scalar(AssertSqlSafe(select)).bind(before).bind(TRIES_AT_ONCE).fetch_all(db).await
}

pub async fn remove_tries(db: &mut Tx, tries: &[i64]) -> Result<(), sqlx::Error> {
    let mut delete = QueryBuilder::new("DELETE FROM attempts WHERE id");
    push_in(&mut delete, tries);
    delete.build().execute(db).await?;
    Ok(())
}

/// With whom a number talked that is not on the list any more: some of them, and says how many.
pub async fn remove_chats(db: &mut Tx, number: SessionId) -> Result<u64, sqlx::Error> {
    let delete = concat!(
        "DELETE FROM chats WHERE session_id = ?1 AND NOT EXISTS (SELECT 1 FROM ",
        listed!(),
        " n WHERE n.id = ?1) AND contact_id IN (SELECT contact_id FROM chats WHERE session_id = ?1 LIMIT ?2)"
    );
    let deleted = sqlx::query(delete).bind(number).bind(TRIES_AT_ONCE).execute(db).await?;
    Ok(deleted.rows_affected())
}

fn push_in<'q, T>(query: &mut QueryBuilder<Sqlite>, values: &[T])
where
    T: Copy + sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + 'q,
{
    let mut list = query.push(" IN (").separated(", ");
    values.iter().for_each(|value| {
        list.push_bind(*value);
    });
    query.push(")");
}
