//! What is shown of replies: their list, how many of them wait, and how many people answered a campaign or opted out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::clock::Millis;
use crate::contact::{self, Standing, phone};
use crate::ids::{CampaignId, ContactId, MessageId, ReplyId, SessionId};
use crate::inbound::store::files::{self, ReplyFile};
use crate::outbox::store::reading;
use crate::page::{Cursor, Place};
use crate::session::store as sessions;
use crate::stored::Json;

/// Which replies a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Show {
    /// All that are not done.
    #[default]
    Open,
    Unread,
    /// Those that choose an offered answer.
    Answers,
    /// Those that may have been meant as a STOP, as long as nobody has decided that.
    Near,
    Stops,
    Done,
    /// What is done, too.
    Everything,
}

impl Show {
    fn condition(self) -> &'static str {
        match self {
            Self::Open => "done = 0",
            Self::Unread => "unread = 1",
            Self::Answers => "chosen <> '[]' AND done = 0",
            Self::Near => "near_word <> '' AND stop = 0 AND seen_to = 0 AND done = 0",
            Self::Stops => "stop = 1 AND done = 0",
            Self::Done => "done = 1",
            Self::Everything => "done IN (0, 1)",
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyQuery {
    pub show: Show,
    pub campaign_id: Option<CampaignId>,
    /// The number that was written to.
    pub session_id: Option<SessionId>,
    /// The offered answer that is chosen.
    pub option: Option<String>,
    pub place: Place,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyPage {
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
    /// The beginning of the message that it answers.
    pub answers_text: String,
    /// The emoji that its writer put to that message last.
    pub reaction: Option<String>,
    pub campaign_id: Option<CampaignId>,
    /// Filled in by whoever knows campaigns.
    pub campaign_name: String,
    /// None where the contact is not known, or no longer there.
    pub contact_id: Option<ContactId>,
    pub name: String,
    /// E.164; empty where only a hidden identity is known.
    pub phone: String,
    pub phone_shown: String,
    pub session_id: SessionId,
    pub session_name: String,
    pub text: String,
    /// When its text was cleared.
    pub cleared_at: Option<Millis>,
    /// The offered answers that it chooses.
    pub chosen: Vec<String>,
    pub files: Vec<ReplyFile>,
    /// It opted out.
    pub stop: bool,
    /// The word with which people opt out that stands in it among few others. Whether that was meant, the owner decides.
    pub near_word: Option<String>,
    /// Its contact is on the black list at this moment.
    pub opted_out: bool,
    pub unread: bool,
    pub done: bool,
    pub at: Millis,
}

/// How many people may have meant to opt out since then, and still get messages.
pub async fn perhaps_stops(db: &mut SqliteConnection, since: Millis) -> Result<i64, sqlx::Error> {
    let people: Vec<ContactId> = sqlx::query_scalar(
        "SELECT contact_id FROM replies
         WHERE near_word <> '' AND stop = 0 AND seen_to = 0 AND done IN (0, 1) AND at > ? AND contact_id IS NOT NULL",
    )
    .bind(since)
    .fetch_all(&mut *db)
    .await?;
    let standings = contact::store::called(db, &people).await?;
    let reached = standings.values().filter(|(_, standing)| *standing != Standing::Black).count();
    Ok(i64::try_from(reached).unwrap_or(i64::MAX))
}

/// The messages of a campaign to which somebody answered, or to which their last word was this option.
pub fn push_answered(select: &mut QueryBuilder<Sqlite>, campaign: CampaignId, option: Option<&str>) {
    select.push("SELECT a.message_id FROM answers a WHERE a.campaign_id = ").push_bind(campaign);
    if let Some(option) = option {
        select.push(" AND EXISTS (SELECT 1 FROM json_each(a.chosen) o WHERE o.value = ");
        select.push_bind(option.to_owned()).push(")");
    }
}

/// How many replies wait for their owner: of those that are unread all, answers and STOPs, and near misses that nobody
/// has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyCounts {
    pub unread: i64,
    pub answers: i64,
    pub near: i64,
    pub stops: i64,
}

pub async fn counts(db: &mut SqliteConnection) -> Result<ReplyCounts, sqlx::Error> {
    let row = sqlx::query(
        "SELECT sum(number) FILTER (WHERE kind = 'unread') AS unread, sum(number) FILTER (WHERE kind = 'answers') AS answers,
                sum(number) FILTER (WHERE kind = 'near') AS near, sum(number) FILTER (WHERE kind = 'stops') AS stops
         FROM reply_counts",
    )
    .fetch_one(db)
    .await?;
    Ok(ReplyCounts {
        unread: row.try_get("unread")?,
        answers: row.try_get("answers")?,
        near: row.try_get("near")?,
        stops: row.try_get("stops")?,
    })
}

pub async fn page(db: &mut SqliteConnection, query: &ReplyQuery) -> Result<ReplyPage, sqlx::Error> {
    let found = select(query)?.build().fetch_all(&mut *db).await?;
    let found = found.iter().map(found_in).collect::<Result<_, _>>()?;
    let (found, next) = query.place.cut(found, |reply| (reply.at, reply.id))?;
    Ok(ReplyPage { next, rows: with_names(db, found).await? })
}

/// Those of these replies that are there, the newest first.
pub async fn by_ids(db: &mut SqliteConnection, ids: &[ReplyId]) -> Result<Vec<ReplyRow>, sqlx::Error> {
    let mut select = QueryBuilder::new(HEAD);
    select.push("id IN (");
    let mut list = select.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    let found = select.push(") ORDER BY at DESC, id DESC").build().fetch_all(&mut *db).await?;
    let found = found.iter().map(found_in).collect::<Result<_, _>>()?;
    with_names(db, found).await
}

const HEAD: &str =
    "SELECT id, message_id, campaign_id, contact_id, session_id, sender, text, cleared_at, chosen, stop, near_word, seen_to,
                           unread, done, at FROM replies WHERE ";

fn select(query: &ReplyQuery) -> Result<QueryBuilder<Sqlite>, sqlx::Error> {
    let mut select = QueryBuilder::new(HEAD);
    select.push(query.show.condition());
    if let Some(campaign) = query.campaign_id {
        select.push(" AND campaign_id = ").push_bind(campaign);
    }
    if let Some(session) = query.session_id {
        select.push(" AND session_id = ").push_bind(session);
    }
    if let Some(option) = &query.option {
        select.push(" AND EXISTS (SELECT 1 FROM json_each(replies.chosen) WHERE value = ");
        select.push_bind(option.clone()).push(")");
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
    campaign_id: Option<CampaignId>,
    contact_id: Option<ContactId>,
    session_id: SessionId,
    sender: String,
    text: String,
    cleared_at: Option<Millis>,
    chosen: Json<Vec<String>>,
    stop: bool,
    near_word: Option<String>,
    unread: bool,
    done: bool,
    at: Millis,
}

fn found_in(row: &SqliteRow) -> Result<Found, sqlx::Error> {
    let (stop, seen_to): (bool, bool) = (row.try_get("stop")?, row.try_get("seen_to")?);
    let near_word: String = row.try_get("near_word")?;
    Ok(Found {
        id: row.try_get("id")?,
        message_id: row.try_get("message_id")?,
        campaign_id: row.try_get("campaign_id")?,
        contact_id: row.try_get("contact_id")?,
        session_id: row.try_get("session_id")?,
        sender: row.try_get("sender")?,
        text: row.try_get("text")?,
        cleared_at: row.try_get("cleared_at")?,
        chosen: row.try_get("chosen")?,
        stop,
        near_word: Some(near_word).filter(|word| !word.is_empty() && !stop && !seen_to),
        unread: row.try_get("unread")?,
        done: row.try_get("done")?,
        at: row.try_get("at")?,
    })
}

/// The contact's name as it is, else the one that was written to.
async fn with_names(db: &mut SqliteConnection, found: Vec<Found>) -> Result<Vec<ReplyRow>, sqlx::Error> {
    let contacts: Vec<ContactId> = found.iter().filter_map(|reply| reply.contact_id).collect();
    let contacts = contact::store::called(db, &contacts).await?;
    let messages: Vec<MessageId> = found.iter().filter_map(|reply| reply.message_id).collect();
    let messages = reading::openings(db, &messages).await?;
    let ids: Vec<ReplyId> = found.iter().map(|reply| reply.id).collect();
    let mut files = files::of(db, &ids).await?;
    let numbers: BTreeMap<_, _> = sessions::names(db).await?.into_iter().collect();
    let mut row = |reply: Found| {
        let contact = reply.contact_id.and_then(|id| contacts.get(&id));
        let answered = reply.message_id.and_then(|id| messages.get(&id)).cloned().unwrap_or_default();
        let phone = if reply.sender.starts_with('+') { reply.sender } else { String::new() };
        ReplyRow {
            id: reply.id,
            message_id: reply.message_id,
            answers_text: answered.text,
            reaction: answered.reaction,
            campaign_id: reply.campaign_id,
            campaign_name: String::new(),
            contact_id: reply.contact_id.filter(|id| contacts.contains_key(id)),
            name: contact.map_or(answered.name, |(name, _)| name.clone()),
            phone_shown: if phone.is_empty() { String::new() } else { phone::shown(&phone) },
            phone,
            session_id: reply.session_id,
            session_name: numbers.get(&reply.session_id).cloned().unwrap_or_default(),
            text: reply.text,
            cleared_at: reply.cleared_at,
            chosen: reply.chosen.0,
            files: files.remove(&reply.id).unwrap_or_default(),
            stop: reply.stop,
            near_word: reply.near_word,
            opted_out: contact.is_some_and(|(_, standing)| *standing == Standing::Black),
            unread: reply.unread,
            done: reply.done,
            at: reply.at,
        }
    };
    Ok(found.into_iter().map(&mut row).collect())
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
