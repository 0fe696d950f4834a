//! The webhooks' tables.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use uuid::Uuid;

use super::schedule::{AT_ONCE, LONGEST_PAUSE, again, first_of, pause as pause_of, rest};
use super::signature::Secret;
use super::{Delivery, PausedFor, Setback, Verdict, Webhook};
use crate::clock::Millis;
use crate::db::{Tx, unreadable};
use crate::ids::{DeliveryId, IdGenerator, WebhookId};
use crate::stored::Json;

/// So many deliveries of one webhook that were taken are kept to be looked at,
const TAKEN_KEPT: i64 = 200;
/// and so many that were given up.
const DEAD_KEPT: i64 = 2_000;

const COLUMNS: &str = "SELECT id, name, url, near, topics, secret, seq, created_at, paused_for, failures, rests_until,
                              answered_at, low_told FROM webhooks";

/// Those that can be read: one that cannot holds up no other.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Webhook>, sqlx::Error> {
    let query = format!("{COLUMNS} ORDER BY created_at, id");
    let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(db).await?;
    let readable =
        |row: &SqliteRow| webhook(row).inspect_err(|error| tracing::warn!(%error, "a webhook cannot be read")).ok();
    Ok(rows.iter().filter_map(readable).collect())
}

pub async fn by_id(db: &mut SqliteConnection, id: WebhookId) -> Result<Option<Webhook>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE id = ?");
    sqlx::query(AssertSqlSafe(query)).bind(id).fetch_optional(db).await?.as_ref().map(webhook).transpose()
}

fn webhook(row: &SqliteRow) -> Result<Webhook, sqlx::Error> {
    let secret = <[u8; 32]>::try_from(row.try_get::<&[u8], _>("secret")?);
    Ok(Webhook {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        url: row.try_get("url")?,
        near: row.try_get("near")?,
        topics: row.try_get::<Json<_>, _>("topics")?.0,
        secret: Secret::of(secret.map_err(|_| unreadable("a webhook's secret has another length"))?),
        seq: row.try_get("seq")?,
        created_at: row.try_get("created_at")?,
        paused: row.try_get("paused_for")?,
        failures: row.try_get("failures")?,
        rests_until: row.try_get("rests_until")?,
        answered_at: row.try_get("answered_at")?,
        low_told: row.try_get("low_told")?,
    })
}

pub async fn insert(db: &mut Tx, webhook: &Webhook) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO webhooks (id, name, url, near, topics, secret, seq, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(webhook.id)
    .bind(&webhook.name)
    .bind(&webhook.url)
    .bind(webhook.near)
    .bind(Json(&webhook.topics))
    .bind(webhook.secret.bytes())
    .bind(webhook.seq)
    .bind(webhook.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Name, address, topics and secret. A receiver that was changed may be up again.
pub async fn update(db: &mut Tx, webhook: &Webhook) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query(
        "UPDATE webhooks SET name = ?, url = ?, near = ?, topics = ?, secret = ?, failures = 0, rests_until = NULL WHERE id = ?",
    )
    .bind(&webhook.name)
    .bind(&webhook.url)
    .bind(webhook.near)
    .bind(Json(&webhook.topics))
    .bind(webhook.secret.bytes())
    .bind(webhook.id)
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

pub async fn delete(db: &mut Tx, id: WebhookId) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query("DELETE FROM webhooks WHERE id = ?").bind(id).execute(db).await?.rows_affected() == 1)
}

/// The data came from a backup: other programs may have been told since, so none is told until the owner resumes.
pub async fn pause_all(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE webhooks SET paused_for = 'owner', paused_at = ? WHERE paused_for IS NULL")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Going on begins without a rest.
pub async fn pause(db: &mut Tx, id: WebhookId, paused: Option<PausedFor>, now: Millis) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE webhooks SET paused_for = ?1, paused_at = iif(?1 IS NULL, NULL, ?2), failures = 0, rests_until = NULL
         WHERE id = ?3",
    );
    Ok(changed.bind(paused).bind(now).bind(id).execute(db).await?.rows_affected() == 1)
}

/// What a webhook is to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub event: String,
    /// Deliveries of one subject go out in their order.
    pub subject: Uuid,
    pub about: Uuid,
}

/// Puts down what a webhook is to be told, and moves its place from `from` to `to`. False where it is gone or somebody
/// has moved it meanwhile: then nothing was put down.
pub async fn put_down(
    db: &mut Tx,
    webhook: WebhookId,
    (from, to): (i64, i64),
    told: &[NewDelivery],
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query("UPDATE webhooks SET seq = ? WHERE id = ? AND seq = ?");
    if moved.bind(to).bind(webhook).bind(from).execute(&mut *db).await?.rows_affected() != 1 {
        return Ok(false);
    }
    let mint = IdGenerator::at(now);
    for delivery in told {
        sqlx::query(
            "INSERT INTO webhook_deliveries (id, webhook_id, event, subject, about, state, created_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?6)",
        )
        .bind(mint.next::<DeliveryId>())
        .bind(webhook)
        .bind(&delivery.event)
        .bind(delivery.subject)
        .bind(delivery.about)
        .bind(now)
        .execute(&mut *db)
        .await?;
    }
    Ok(true)
}

/// It is told that the credits run low, with so much ever put in.
pub async fn note_low(db: &mut Tx, webhook: WebhookId, granted: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE webhooks SET low_told = ? WHERE id = ?").bind(granted).bind(webhook).execute(db).await?;
    Ok(())
}

/// How many deliveries of a webhook are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DeliveryCounts {
    pub waiting: i64,
    pub dead: i64,
}

pub async fn counts(db: &mut SqliteConnection, webhook: WebhookId) -> Result<DeliveryCounts, sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM webhook_deliveries WHERE webhook_id = ?1 AND state = 'waiting'),
                (SELECT count(*) FROM webhook_deliveries WHERE webhook_id = ?1 AND state = 'dead')",
    );
    let row = row.bind(webhook).fetch_one(db).await?;
    Ok(DeliveryCounts { waiting: row.try_get(0)?, dead: row.try_get(1)? })
}

/// Up to `limit` deliveries that may go now: each the first one of its subject that waits. A due time further ahead than
/// any pause was put down by a clock that was wrong.
pub async fn due(
    db: &mut SqliteConnection,
    webhook: WebhookId,
    now: Millis,
    limit: u32,
) -> Result<Vec<Delivery>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT d.id, d.event, d.about, d.created_at, d.due_at, d.tries, d.first_tried_at FROM webhook_deliveries d
         WHERE d.webhook_id = ?1 AND d.state = 'waiting' AND (d.due_at <= ?2 OR d.due_at > ?2 + ?4)
           AND NOT EXISTS (SELECT 1 FROM webhook_deliveries e
                           WHERE e.webhook_id = ?1 AND e.subject = d.subject AND e.state = 'waiting' AND e.place < d.place)
         ORDER BY d.due_at, d.place LIMIT ?3",
    )
    .bind(webhook)
    .bind(now)
    .bind(limit.min(AT_ONCE))
    .bind(LONGEST_PAUSE)
    .fetch_all(db)
    .await?;
    let delivery = |row: &SqliteRow| {
        Ok(Delivery {
            id: row.try_get("id")?,
            event: row.try_get("event")?,
            about: row.try_get("about")?,
            created_at: row.try_get("created_at")?,
            due_at: row.try_get("due_at")?,
            tries: row.try_get("tries")?,
            first_tried_at: row.try_get("first_tried_at")?,
        })
    };
    rows.iter().map(delivery).collect()
}

/// When the next delivery of a webhook is due; none where nothing waits. One that is held up by an earlier one of its
/// subject is not due before that.
pub async fn next_due(
    db: &mut SqliteConnection,
    webhook: WebhookId,
    now: Millis,
) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(iif(d.due_at > ?2 + ?3, ?2, d.due_at)) FROM webhook_deliveries d
         WHERE d.webhook_id = ?1 AND d.state = 'waiting'
           AND NOT EXISTS (SELECT 1 FROM webhook_deliveries e
                           WHERE e.webhook_id = ?1 AND e.subject = d.subject AND e.state = 'waiting' AND e.place < d.place)",
    )
    .bind(webhook)
    .bind(now)
    .bind(LONGEST_PAUSE)
    .fetch_one(db)
    .await
}

/// These are about to be told. Their tries are counted before, so that nobody is told again and again while what came of it
/// cannot be saved.
pub async fn begin(db: &mut Tx, deliveries: &[Delivery], now: Millis) -> Result<(), sqlx::Error> {
    for delivery in deliveries {
        sqlx::query(
            "UPDATE webhook_deliveries SET tries = ?1, first_tried_at = ?2, due_at = ?3 WHERE id = ?4 AND state = 'waiting'",
        )
        .bind(delivery.tries + 1)
        .bind(first_of(delivery.first_tried_at, delivery.due_at, now))
        .bind(now + pause_of(delivery.tries + 1))
        .bind(delivery.id)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Writes down what came of a try that was begun. True where the delivery was given up.
pub async fn complete(
    db: &mut Tx,
    webhook: WebhookId,
    delivery: &Delivery,
    verdict: Verdict,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    let tries = delivery.tries + 1;
    let first = first_of(delivery.first_tried_at, delivery.due_at, now);
    let next = again(first, tries, now);
    let (state, setback, status) = match verdict {
        Verdict::Taken(status) => ("taken", None, Some(status)),
        // Once its owner lets the webhook go on it may be taken.
        Verdict::Gone => ("waiting", Some(Setback::Status), Some(410)),
        Verdict::Failed(setback, status) => (if next.is_some() { "waiting" } else { "dead" }, Some(setback), status),
    };
    let written = sqlx::query(
        "UPDATE webhook_deliveries SET state = ?1, setback = ?2, status = ?3, due_at = ?4,
                ended_at = iif(?1 = 'waiting', NULL, ?5)
         WHERE id = ?6 AND state = 'waiting'",
    )
    .bind(state)
    .bind(setback)
    .bind(status)
    .bind(if verdict == Verdict::Gone { now } else { next.unwrap_or(now) })
    .bind(now)
    .bind(delivery.id)
    .execute(&mut *db)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(false);
    }
    match verdict {
        Verdict::Taken(_) => answered(db, webhook, now).await?,
        Verdict::Gone => {
            gone(db, webhook, now).await?;
        }
        Verdict::Failed(..) => failed(db, webhook, now).await?,
    }
    Ok(state == "dead")
}

/// Where its owner paused it meanwhile, that stays.
async fn gone(db: &mut Tx, webhook: WebhookId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE webhooks SET paused_for = 'gone', paused_at = ? WHERE id = ? AND paused_for IS NULL")
        .bind(now)
        .bind(webhook)
        .execute(db)
        .await?;
    Ok(())
}

async fn answered(db: &mut Tx, webhook: WebhookId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE webhooks SET failures = 0, rests_until = NULL, answered_at = ? WHERE id = ?")
        .bind(now)
        .bind(webhook)
        .execute(db)
        .await?;
    Ok(())
}

async fn failed(db: &mut Tx, webhook: WebhookId, now: Millis) -> Result<(), sqlx::Error> {
    let failures: Option<u32> =
        sqlx::query_scalar("UPDATE webhooks SET failures = failures + 1 WHERE id = ? RETURNING failures")
            .bind(webhook)
            .fetch_optional(&mut *db)
            .await?;
    let until = failures.and_then(rest).map(|rest| now + rest);
    sqlx::query("UPDATE webhooks SET rests_until = ? WHERE id = ?").bind(until).bind(webhook).execute(db).await?;
    Ok(())
}

/// Those that ended so long ago that nobody looks at them go.
pub async fn prune(db: &mut Tx, webhook: WebhookId) -> Result<(), sqlx::Error> {
    for (state, kept) in [("taken", TAKEN_KEPT), ("dead", DEAD_KEPT)] {
        sqlx::query(
            "DELETE FROM webhook_deliveries WHERE webhook_id = ?1 AND state = ?2 AND place <=
                 (SELECT place FROM webhook_deliveries WHERE webhook_id = ?1 AND state = ?2
                  ORDER BY place DESC LIMIT 1 OFFSET ?3)",
        )
        .bind(webhook)
        .bind(state)
        .bind(kept)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// What its owner sees of a delivery.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct DeliveryView {
    pub id: DeliveryId,
    /// As in `message.delivered`.
    pub event: String,
    pub state: DeliveryState,
    pub created_at: Millis,
    /// When it is tried next.
    pub due_at: Option<Millis>,
    pub tries: u32,
    pub setback: Option<Setback>,
    /// The status that was answered last.
    pub status: Option<u16>,
    pub ended_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum DeliveryState {
    Waiting,
    Taken,
    /// It was given up.
    Dead,
}

crate::stored::stored_words!(DeliveryState { Waiting = "waiting", Taken = "taken", Dead = "dead" });

/// The newest deliveries of a webhook in a state, the newest first.
pub async fn listed(
    db: &mut SqliteConnection,
    webhook: WebhookId,
    state: DeliveryState,
    limit: u32,
) -> Result<Vec<DeliveryView>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, event, state, created_at, due_at, tries, setback, status, ended_at FROM webhook_deliveries
         WHERE webhook_id = ? AND state = ? ORDER BY place DESC LIMIT ?",
    )
    .bind(webhook)
    .bind(state)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let view = |row: &SqliteRow| {
        let ended_at: Option<Millis> = row.try_get("ended_at")?;
        Ok(DeliveryView {
            id: row.try_get("id")?,
            event: row.try_get("event")?,
            state: row.try_get("state")?,
            created_at: row.try_get("created_at")?,
            due_at: if ended_at.is_none() { Some(row.try_get("due_at")?) } else { None },
            tries: row.try_get("tries")?,
            setback: row.try_get("setback")?,
            status: row.try_get("status")?,
            ended_at,
        })
    };
    rows.iter().map(view).collect()
}

/// What was given up is tried again from the beginning: this one, or all of the webhook. Says how many.
pub async fn replay(
    db: &mut Tx,
    webhook: WebhookId,
    only: Option<DeliveryId>,
    now: Millis,
) -> Result<u64, sqlx::Error> {
    let replayed = sqlx::query(
        "UPDATE webhook_deliveries SET state = 'waiting', tries = 0, first_tried_at = NULL, setback = NULL, status = NULL,
                due_at = ?1, ended_at = NULL
         WHERE webhook_id = ?2 AND state = 'dead' AND (?3 IS NULL OR id = ?3)",
    );
    Ok(replayed.bind(now).bind(webhook).bind(only).execute(db).await?.rows_affected())
}
