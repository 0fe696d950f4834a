//! What is shown of replies: the list of a campaign's, and how many people answered or opted out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::contact::{self, Standing, phone};
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, ReplyId, SessionId};
use crate::inbound::stop;
use crate::outbox::store::reading;
use crate::page::{Cursor, Place};
use crate::session::store as sessions;
use crate::settings;
use crate::stored::Json;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyQuery {
    pub campaign_id: CampaignId,
    /// Only opt-outs.
    pub only_stops: bool,
    pub place: Place,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyPage {
    pub total: i64,
    pub next: Option<Cursor>,
    /// The newest first.
    pub rows: Vec<ReplyRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyRow {
    pub id: ReplyId,
    pub message_id: Option<MessageId>,
    /// None where the contact is not known, or no longer there.
    pub contact_id: Option<ContactId>,
    pub name: String,
    /// Empty where only a hidden identity is known.
    pub phone_shown: String,
    pub session_name: String,
    pub text: String,
    /// The offered answers that it chooses.
    pub chosen: Vec<String>,
    /// It opted out.
    pub stop: bool,
    /// A word with which people opt out is among few others. Whether that was meant, the owner decides.
    pub perhaps_stop: bool,
    /// Its contact is on the black list at this moment.
    pub opted_out: bool,
    pub at: Millis,
}

/// People who may have meant to opt out, and of whom nobody has said that they did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct PerhapsStops {
    pub people: i64,
    /// Where the newest of these replies is read.
    pub campaign_id: CampaignId,
}

/// So many of the newest replies are looked at.
const LOOKED_AT: i64 = 2_000;

/// None where nobody has written such a thing since then, or all of them get nothing any more.
pub async fn perhaps_stops(db: &mut SqliteConnection, since: Millis) -> Result<Option<PerhapsStops>, sqlx::Error> {
    let words = settings::load(db).await?.stop_words;
    let newest: Vec<(String, ContactId, CampaignId)> = sqlx::query_as(
        "SELECT text, contact_id, campaign_id FROM replies
         WHERE at > ? AND stop = 0 AND seen_to = 0 AND contact_id IS NOT NULL AND campaign_id IS NOT NULL
         ORDER BY at DESC LIMIT ?",
    )
    .bind(since)
    .bind(LOOKED_AT)
    .fetch_all(&mut *db)
    .await?;
    let meant: Vec<_> = newest.into_iter().filter(|(text, ..)| stop::is_nearly_one_of(text, &words)).collect();
    let ids: Vec<ContactId> = meant.iter().map(|(_, contact, _)| *contact).collect();
    let standing = contact::store::called(db, &ids).await?;
    let reached = |contact: &ContactId| standing.get(contact).is_some_and(|(_, standing)| *standing != Standing::Black);
    let people: BTreeSet<ContactId> = ids.into_iter().filter(reached).collect();
    let first = meant.iter().find(|(_, contact, _)| people.contains(contact));
    Ok(first.map(|(.., campaign_id)| PerhapsStops {
        people: i64::try_from(people.len()).unwrap_or(i64::MAX),
        campaign_id: *campaign_id,
    }))
}

/// It was not meant as a STOP.
pub async fn see_to(tx: &mut Tx, id: ReplyId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE replies SET seen_to = 1 WHERE id = ?").bind(id).execute(tx).await?;
    Ok(())
}

pub async fn page(db: &mut SqliteConnection, query: &ReplyQuery) -> Result<ReplyPage, sqlx::Error> {
    let kind = if query.only_stops { "stops" } else { "replies" };
    let total =
        sqlx::query_scalar("SELECT coalesce(sum(number), 0) FROM answer_counts WHERE campaign_id = ? AND kind = ?")
            .bind(query.campaign_id)
            .bind(kind)
            .fetch_one(&mut *db)
            .await?;
    let found = select(query)?.build().fetch_all(&mut *db).await?;
    let found = found.iter().map(found_in).collect::<Result<_, _>>()?;
    let (found, next) = query.place.cut(found, |reply| (reply.at, reply.id))?;
    Ok(ReplyPage { total, next, rows: with_names(db, found).await? })
}

fn select(query: &ReplyQuery) -> Result<QueryBuilder<Sqlite>, sqlx::Error> {
    let head = "SELECT id, message_id, contact_id, session_id, sender, text, chosen, stop, seen_to, at FROM replies
                WHERE campaign_id = ";
    let mut select = QueryBuilder::new(head);
    select.push_bind(query.campaign_id);
    if query.only_stops {
        select.push(" AND stop = 1");
    }
    if let Some((at, id)) = query.place.key::<(Millis, ReplyId)>()? {
        select.push(" AND (at, id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    select.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(query.place.take());
    select.push(" OFFSET ").push_bind(query.place.skip());
    Ok(select)
}

struct Found {
    id: ReplyId,
    message_id: Option<MessageId>,
    contact_id: Option<ContactId>,
    session_id: SessionId,
    sender: String,
    text: String,
    chosen: Json<Vec<String>>,
    stop: bool,
    seen_to: bool,
    at: Millis,
}

fn found_in(row: &SqliteRow) -> Result<Found, sqlx::Error> {
    Ok(Found {
        id: row.try_get("id")?,
        message_id: row.try_get("message_id")?,
        contact_id: row.try_get("contact_id")?,
        session_id: row.try_get("session_id")?,
        sender: row.try_get("sender")?,
        text: row.try_get("text")?,
        chosen: row.try_get("chosen")?,
        stop: row.try_get("stop")?,
        seen_to: row.try_get("seen_to")?,
        at: row.try_get("at")?,
    })
}

/// The contact's name as it is, else the one that was written to.
async fn with_names(db: &mut SqliteConnection, found: Vec<Found>) -> Result<Vec<ReplyRow>, sqlx::Error> {
    let contacts: Vec<ContactId> = found.iter().filter_map(|reply| reply.contact_id).collect();
    let contacts = contact::store::called(db, &contacts).await?;
    let messages: Vec<MessageId> = found.iter().filter_map(|reply| reply.message_id).collect();
    let messages = reading::names(db, &messages).await?;
    let numbers: BTreeMap<_, _> = sessions::names(db).await?.into_iter().collect();
    let stop_words = settings::load(db).await?.stop_words;
    let row = |reply: Found| {
        let contact = reply.contact_id.and_then(|id| contacts.get(&id));
        let written = reply.message_id.and_then(|id| messages.get(&id)).cloned();
        ReplyRow {
            id: reply.id,
            message_id: reply.message_id,
            contact_id: reply.contact_id.filter(|id| contacts.contains_key(id)),
            name: contact.map(|(name, _)| name.clone()).or(written).unwrap_or_default(),
            phone_shown: if reply.sender.starts_with('+') { phone::shown(&reply.sender) } else { String::new() },
            session_name: numbers.get(&reply.session_id).cloned().unwrap_or_default(),
            perhaps_stop: !reply.stop && !reply.seen_to && stop::is_nearly_one_of(&reply.text, &stop_words),
            text: reply.text,
            chosen: reply.chosen.0,
            stop: reply.stop,
            opted_out: contact.is_some_and(|(_, standing)| *standing == Standing::Black),
            at: reply.at,
        }
    };
    Ok(found.into_iter().map(row).collect())
}

/// People, not replies: who writes five times has answered once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct Answers {
    pub replied: i64,
    pub opted_out: i64,
    /// Of the offered answers, those that somebody chose; the most chosen one first.
    pub chosen: Vec<ChosenCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ChosenCount {
    pub option: String,
    pub people: i64,
}

/// From the counters, which every reply moves. Who changes their mind is counted by the last word.
pub async fn answers(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Answers, sqlx::Error> {
    let counts: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT kind, option, number FROM answer_counts WHERE campaign_id = ? AND number > 0")
            .bind(campaign)
            .fetch_all(db)
            .await?;
    let mut answers = Answers::default();
    for (kind, option, people) in counts {
        match kind.as_str() {
            "replied" => answers.replied = people,
            "opted_out" => answers.opted_out = people,
            "chosen" => answers.chosen.push(ChosenCount { option, people }),
            _ => {}
        }
    }
    answers.chosen.sort_by(|one, other| (other.people, &one.option).cmp(&(one.people, &other.option)));
    Ok(answers)
}
