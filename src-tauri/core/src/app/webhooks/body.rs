//! What a delivery says: JSON of the shape `{"type", "timestamp", "data"}`, read at the moment at which it is said.
//!
//! Times are ISO 8601 in UTC, ids are UUIDs, phones E.164. A field that is not known, or that was erased or cleared
//! meanwhile, is null or empty.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::app::credits::running_low;
use crate::campaign::store as campaigns;
use crate::clock::Millis;
use crate::contact::store as contacts;
use crate::ids::{CampaignId, ContactId, PartId, ReplyId, SessionId};
use crate::inbound::store::replies;
use crate::ledger::Book;
use crate::outbox::store::{reading, told};
use crate::session::store::numbers;
use crate::webhook::Delivery;

/// What cannot be read is told without its data, so that it holds up nothing behind it.
pub(super) async fn of(db: &mut SqliteConnection, delivery: &Delivery, now: Millis) -> String {
    let (kind, state) = delivery.event.split_once('.').unwrap_or((&delivery.event, ""));
    let read = match kind {
        "message" => message(db, delivery.about, state).await,
        "reply" => reply(db, delivery.about).await.map(|data| (data, None)),
        "contact" => contact(db, delivery.about).await.map(|data| (data, None)),
        "number" => number(db, delivery.about, state).await.map(|data| (data, None)),
        "campaign" => campaign(db, delivery.about, state).await.map(|data| (data, None)),
        "credits" => low(db, now).await.map(|data| (data, None)),
        _ => Ok((json!({}), None)),
    };
    let (data, at) = read.unwrap_or_else(|error| {
        tracing::warn!(%error, event = delivery.event, "what a webhook is told of cannot be read");
        (json!({}), None)
    });
    let at = at.unwrap_or(delivery.created_at);
    json!({ "type": delivery.event, "timestamp": iso(Some(at)), "data": data }).to_string()
}

fn iso(at: Option<Millis>) -> Value {
    let time = at.and_then(DateTime::from_timestamp_millis);
    time.map_or(Value::Null, |time| time.to_rfc3339_opts(SecondsFormat::Millis, true).into())
}

/// The state is that of the change, the times are all that are known.
async fn message(db: &mut SqliteConnection, part: Uuid, state: &str) -> Result<(Value, Option<Millis>), sqlx::Error> {
    let Some(told) = told::told(db, PartId(part)).await? else { return Ok((json!({ "state": state }), None)) };
    let at = match state {
        "sent" => told.sent_at,
        "delivered" => told.delivered_at,
        "read" => told.read_at,
        "played" => told.played_at,
        _ => told.ended_at,
    };
    let data = json!({
        "message": told.message,
        "contact": told.contact,
        "campaign": told.campaign,
        "origin": told.origin,
        "category": told.category,
        "to": told.phone,
        "name": told.name,
        "state": state,
        "cause": told.cause,
        "number": told.session,
        "practice": told.book == Book::Practice,
        "sent_at": iso(told.sent_at),
        "delivered_at": iso(told.delivered_at),
        "read_at": iso(told.read_at),
        "played_at": iso(told.played_at),
        "ended_at": iso(told.ended_at),
    });
    Ok((data, at))
}

async fn reply(db: &mut SqliteConnection, id: Uuid) -> Result<Value, sqlx::Error> {
    let Some(reply) = replies::by_ids(db, &[ReplyId(id)]).await?.pop() else { return Ok(json!({ "reply": id })) };
    Ok(json!({
        "reply": reply.id,
        "from": reply.phone,
        "name": reply.name,
        "contact": reply.contact_id,
        "message": reply.message_id,
        "campaign": reply.campaign_id,
        "number": reply.session_id,
        "text": reply.text,
        "chosen": reply.chosen,
        "file": !reply.files.is_empty(),
        "opt_out": reply.stop,
        "received_at": iso(Some(reply.at)),
    }))
}

async fn contact(db: &mut SqliteConnection, id: Uuid) -> Result<Value, sqlx::Error> {
    let Some((phone, name)) = contacts::addressed(db, ContactId(id)).await? else {
        return Ok(json!({ "contact": id }));
    };
    Ok(json!({ "contact": id, "phone": phone, "name": name }))
}

async fn number(db: &mut SqliteConnection, id: Uuid, state: &str) -> Result<Value, sqlx::Error> {
    let Some(number) = numbers::by_id(db, SessionId(id)).await? else {
        return Ok(json!({ "number": id, "state": state }));
    };
    Ok(json!({
        "number": id,
        "name": number.session.name,
        "phone": number.session.phone,
        "state": state,
    }))
}

async fn campaign(db: &mut SqliteConnection, id: Uuid, state: &str) -> Result<Value, sqlx::Error> {
    let name = campaigns::name(db, CampaignId(id)).await?;
    let people = reading::people(db, CampaignId(id)).await?;
    Ok(json!({ "campaign": id, "name": name, "state": state, "people": people }))
}

/// As things stand: nothing of it where they do not run low any more.
async fn low(db: &mut SqliteConnection, now: Millis) -> Result<Value, sqlx::Error> {
    let low = running_low(db, now).await?.map(|(low, _)| low);
    Ok(json!({ "free": low.map(|low| low.free), "days": low.and_then(|low| low.days) }))
}
