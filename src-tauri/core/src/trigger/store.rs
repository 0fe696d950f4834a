//! The tables of triggers, of what they were told, and of the keys by which an event is known that comes twice.

pub mod folders;

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{EVENTS_KEPT, LONGEST_KEPT, MOST_EVENTS, Outcome, Trigger, TriggerEdit};
use crate::clock::Millis;
use crate::db::Tx;
use crate::error::Params;
use crate::ids::{MessageId, TriggerEventId, TriggerId, first_at};
use crate::stored::Json;

pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Trigger>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT id, name, active, binding, updated_at FROM triggers ORDER BY id").fetch_all(db).await?;
    rows.iter().map(trigger).collect()
}

pub async fn by_name(db: &mut SqliteConnection, name: &str) -> Result<Option<Trigger>, sqlx::Error> {
    let select = "SELECT id, name, active, binding, updated_at FROM triggers WHERE name = ?";
    sqlx::query(select).bind(name).fetch_optional(db).await?.as_ref().map(trigger).transpose()
}

pub async fn by_id(db: &mut SqliteConnection, id: TriggerId) -> Result<Option<Trigger>, sqlx::Error> {
    let select = "SELECT id, name, active, binding, updated_at FROM triggers WHERE id = ?";
    sqlx::query(select).bind(id).fetch_optional(db).await?.as_ref().map(trigger).transpose()
}

fn trigger(row: &SqliteRow) -> Result<Trigger, sqlx::Error> {
    let Json(binding) = row.try_get("binding")?;
    Ok(Trigger {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        active: row.try_get("active")?,
        binding,
        updated_at: row.try_get("updated_at")?,
    })
}

pub async fn add(db: &mut Tx, id: TriggerId, edit: &TriggerEdit, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO triggers (id, name, active, binding, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )
    .bind(id)
    .bind(&edit.name)
    .bind(edit.active)
    .bind(Json(&edit.binding))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// False where it is gone.
pub async fn save(db: &mut Tx, id: TriggerId, edit: &TriggerEdit, now: Millis) -> Result<bool, sqlx::Error> {
    let saved = sqlx::query("UPDATE triggers SET name = ?, active = ?, binding = ?, updated_at = ? WHERE id = ?")
        .bind(&edit.name)
        .bind(edit.active)
        .bind(Json(&edit.binding))
        .bind(now)
        .bind(id)
        .execute(db)
        .await?;
    Ok(saved.rows_affected() == 1)
}

/// What it was told goes with it.
pub async fn delete(db: &mut Tx, id: TriggerId) -> Result<bool, sqlx::Error> {
    let events = "DELETE FROM trigger_messages WHERE event_id IN (SELECT id FROM trigger_events WHERE trigger_id = ?)";
    sqlx::query(events).bind(id).execute(&mut *db).await?;
    sqlx::query("DELETE FROM trigger_events WHERE trigger_id = ?").bind(id).execute(&mut *db).await?;
    sqlx::query("DELETE FROM trigger_keys WHERE trigger_id = ?").bind(id).execute(&mut *db).await?;
    folders::delete(db, id).await?;
    let deleted = sqlx::query("DELETE FROM triggers WHERE id = ?").bind(id).execute(db).await?;
    Ok(deleted.rows_affected() == 1)
}

/// Something that a trigger was told, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: TriggerEventId,
    pub trigger: TriggerId,
    /// None where it was cleared.
    pub payload: Option<Value>,
    pub outcome: Outcome,
    /// Why nothing is sent to somebody.
    pub code: Option<String>,
    /// What the sentence of that code is filled with.
    pub params: Params,
    pub accepted: i64,
    pub refused: i64,
    pub replay_of: Option<TriggerEventId>,
    pub at: Millis,
}

/// In the transaction of the messages that it caused, each with its place in the event.
pub async fn note(db: &mut Tx, event: &Event, messages: &[(usize, MessageId)]) -> Result<(), sqlx::Error> {
    let payload = event.payload.as_ref().map(ToString::to_string).filter(|payload| payload.len() <= LONGEST_KEPT);
    sqlx::query(
        "INSERT INTO trigger_events (id, trigger_id, payload, outcome, code, params, accepted, refused, replay_of, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(event.id)
    .bind(event.trigger)
    .bind(payload.unwrap_or_default())
    .bind(event.outcome)
    .bind(&event.code)
    .bind(Json(&event.params))
    .bind(event.accepted)
    .bind(event.refused)
    .bind(event.replay_of)
    .bind(event.at)
    .execute(&mut *db)
    .await?;
    for (place, message) in messages {
        let insert = sqlx::query("INSERT INTO trigger_messages (event_id, place, message_id) VALUES (?, ?, ?)");
        let place = i64::try_from(*place).unwrap_or(i64::MAX);
        insert.bind(event.id).bind(place).bind(*message).execute(&mut *db).await?;
    }
    remove(db, event.trigger, TOO_MANY, MOST_EVENTS).await
}

/// By the index alone: a payload may be long.
const TOO_MANY: &str = "id <= (SELECT id FROM trigger_events WHERE trigger_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
const TOO_OLD: &str = "at < ?2";

/// The events of a trigger that are too many, or older than a time.
async fn remove(db: &mut Tx, trigger: TriggerId, which: &str, bound: i64) -> Result<(), sqlx::Error> {
    for delete in ["DELETE FROM trigger_messages WHERE event_id IN", "DELETE FROM trigger_events WHERE id IN"] {
        let gone = format!("{delete} (SELECT id FROM trigger_events WHERE trigger_id = ?1 AND {which})");
        sqlx::query(sqlx::AssertSqlSafe(gone)).bind(trigger).bind(bound).execute(&mut *db).await?;
    }
    Ok(())
}

/// The messages of an event and of all that were sent again for it, with their places in it.
pub async fn messages_of(
    db: &mut SqliteConnection,
    event: TriggerEventId,
) -> Result<Vec<(usize, MessageId)>, sqlx::Error> {
    let rows: Vec<(i64, MessageId)> = sqlx::query_as(
        "SELECT m.place, m.message_id FROM trigger_messages m JOIN trigger_events e ON e.id = m.event_id
         WHERE e.id = ?1 OR e.replay_of = ?1",
    )
    .bind(event)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(place, message)| (usize::try_from(place).unwrap_or(usize::MAX), message)).collect())
}

const EVENTS: &str =
    "SELECT e.id, e.trigger_id, e.payload, e.outcome, e.code, e.params, e.accepted, e.refused, e.replay_of, e.at,
        (SELECT m.message_id FROM trigger_messages m WHERE m.event_id = e.id ORDER BY m.place LIMIT 1) AS message_id
     FROM trigger_events e WHERE ";

/// The newest first, before a place; with the first message of each. By choice only those by which somebody got nothing
/// for an error.
pub async fn events(
    db: &mut SqliteConnection,
    of: Option<TriggerId>,
    refused: bool,
    before: Option<TriggerEventId>,
    limit: u32,
) -> Result<Vec<(Event, Option<MessageId>)>, sqlx::Error> {
    let (filter, of) = match of {
        Some(of) => ("e.trigger_id = ?1 AND ", Some(of)),
        None => ("?1 IS NULL AND ", None),
    };
    let which = if refused { "e.refused > 0 AND " } else { "" };
    let before = before.unwrap_or_else(|| uuid::Uuid::max().into());
    let select = format!("{EVENTS}{filter}{which}e.id < ?2 ORDER BY e.id DESC LIMIT ?3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(select)).bind(of).bind(before).bind(limit).fetch_all(db).await?;
    rows.iter().map(|row| Ok((event(row)?, row.try_get("message_id")?))).collect()
}

/// Events of all triggers since a time.
pub async fn count_since(db: &mut SqliteConnection, since: Millis) -> Result<i64, sqlx::Error> {
    let first: TriggerEventId = first_at(since);
    sqlx::query_scalar("SELECT count(*) FROM trigger_events WHERE id >= ?").bind(first).fetch_one(db).await
}

pub async fn event_by_id(db: &mut SqliteConnection, id: TriggerEventId) -> Result<Option<Event>, sqlx::Error> {
    let select = format!("{EVENTS}e.id = ?");
    sqlx::query(sqlx::AssertSqlSafe(select)).bind(id).fetch_optional(db).await?.as_ref().map(event).transpose()
}

fn event(row: &SqliteRow) -> Result<Event, sqlx::Error> {
    let payload = match row.try_get::<&str, _>("payload")? {
        "" => None,
        _ => Some(row.try_get::<Json<Value>, _>("payload")?.0),
    };
    Ok(Event {
        id: row.try_get("id")?,
        trigger: row.try_get("trigger_id")?,
        payload,
        outcome: row.try_get("outcome")?,
        code: row.try_get("code")?,
        params: row.try_get::<Json<_>, _>("params")?.0,
        accepted: row.try_get("accepted")?,
        refused: row.try_get("refused")?,
        replay_of: row.try_get("replay_of")?,
        at: row.try_get("at")?,
    })
}

/// Whether an event with this key came after a time. One from a time to come counts as known: the clock was ahead then.
pub async fn came_after(
    db: &mut SqliteConnection,
    trigger: TriggerId,
    digest: &[u8; 32],
    since: Millis,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM trigger_keys WHERE trigger_id = ? AND digest = ? AND at > ?)")
        .bind(trigger)
        .bind(digest.as_slice())
        .bind(since)
        .fetch_one(db)
        .await
}

pub async fn remember(db: &mut Tx, trigger: TriggerId, digest: &[u8; 32], now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO trigger_keys (trigger_id, digest, at) VALUES (?, ?, ?)
         ON CONFLICT (trigger_id, digest) DO UPDATE SET at = excluded.at",
    )
    .bind(trigger)
    .bind(digest.as_slice())
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// What is old, what is too much of one trigger, and keys that no trigger looks at any more. `now` is a time up to which
/// days are believed to have passed, `kept` for how long the owner wants texts to be kept.
pub async fn forget_old(db: &mut Tx, kept: Millis, now: Millis) -> Result<(), sqlx::Error> {
    for trigger in all(db).await? {
        remove(db, trigger.id, TOO_OLD, now - kept.min(EVENTS_KEPT)).await?;
        sqlx::query("DELETE FROM trigger_keys WHERE trigger_id = ? AND at <= ?")
            .bind(trigger.id)
            .bind(now - trigger.binding.key_span())
            .execute(&mut *db)
            .await?;
        folders::forget_old(db, trigger.id, trigger.binding.key_span(), now).await?;
    }
    Ok(())
}

/// Empties what was told of a person: the events behind their messages, and those that name one of their phones in any
/// way of writing it.
pub async fn erase(db: &mut Tx, messages: &[MessageId], phones: &[String]) -> Result<(), sqlx::Error> {
    for message in messages {
        let events = "UPDATE trigger_events SET payload = '', params = '{}'
                      WHERE id IN (SELECT event_id FROM trigger_messages WHERE message_id = ?)";
        sqlx::query(events).bind(*message).execute(&mut *db).await?;
        sqlx::query("DELETE FROM trigger_messages WHERE message_id = ?").bind(*message).execute(&mut *db).await?;
    }
    // One at a time: an event may be long, and there may be many.
    let told = "SELECT id FROM trigger_events WHERE payload <> '' OR params <> '{}'";
    let told: Vec<TriggerEventId> = sqlx::query_scalar(told).fetch_all(&mut *db).await?;
    for id in told {
        let said: String = sqlx::query_scalar("SELECT payload || params FROM trigger_events WHERE id = ?")
            .bind(id)
            .fetch_one(&mut *db)
            .await?;
        if phones.iter().any(|phone| names(&said, phone)) {
            let empty = "UPDATE trigger_events SET payload = '', params = '{}' WHERE id = ?";
            sqlx::query(empty).bind(id).execute(&mut *db).await?;
        }
    }
    folders::erase(db, |said| phones.iter().any(|phone| names(said, phone))).await?;
    Ok(())
}

/// The end of a phone is the same with and without a country code.
const TELLING_DIGITS: usize = 9;

fn names(payload: &str, phone: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let phone = digits(phone);
    let end = phone.get(phone.len().saturating_sub(TELLING_DIGITS)..).unwrap_or_default();
    !end.is_empty() && digits(payload).contains(end)
}
