//! What is shown of replies: the list of a campaign's, and how many people answered or opted out.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::Millis;
use crate::contact::phone;
use crate::ids::{CampaignId, ContactId, MessageId, ReplyId};
use crate::stored::Json;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyQuery {
    pub campaign_id: CampaignId,
    /// Only opt-outs.
    pub only_stops: bool,
    pub offset: u32,
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub struct ReplyPage {
    pub total: i64,
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
    /// Its contact is on the black list at this moment.
    pub opted_out: bool,
    pub at: Millis,
}

pub async fn page(db: &mut SqliteConnection, query: &ReplyQuery) -> Result<ReplyPage, sqlx::Error> {
    let total = sqlx::query_scalar("SELECT count(*) FROM replies WHERE campaign_id = ? AND stop >= ?")
        .bind(query.campaign_id)
        .bind(query.only_stops)
        .fetch_one(&mut *db)
        .await?;
    let rows = sqlx::query(
        "SELECT r.id, r.message_id, c.id, coalesce(c.name, m.name, ''), r.sender,
                coalesce(nullif(s.name, ''), s.phone), r.text, r.chosen, r.stop, c.standing IS 'black', r.at
         FROM replies r JOIN sessions s ON s.id = r.session_id
         LEFT JOIN messages m ON m.id = r.message_id LEFT JOIN contacts c ON c.id = r.contact_id
         WHERE r.campaign_id = ? AND r.stop >= ? ORDER BY r.at DESC, r.id DESC LIMIT ? OFFSET ?",
    )
    .bind(query.campaign_id)
    .bind(query.only_stops)
    .bind(query.limit.min(500))
    .bind(query.offset)
    .fetch_all(db)
    .await?;
    Ok(ReplyPage { total, rows: rows.iter().map(reply_row).collect::<Result<_, _>>()? })
}

fn reply_row(row: &SqliteRow) -> Result<ReplyRow, sqlx::Error> {
    let sender: &str = row.try_get(4)?;
    Ok(ReplyRow {
        id: row.try_get(0)?,
        message_id: row.try_get(1)?,
        contact_id: row.try_get(2)?,
        name: row.try_get(3)?,
        phone_shown: if sender.starts_with('+') { phone::shown(sender) } else { String::new() },
        session_name: row.try_get(5)?,
        text: row.try_get(6)?,
        chosen: row.try_get::<Json<_>, _>(7)?.0,
        stop: row.try_get(8)?,
        opted_out: row.try_get(9)?,
        at: row.try_get(10)?,
    })
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

pub async fn answers(db: &mut SqliteConnection, campaign: CampaignId) -> Result<Answers, sqlx::Error> {
    let row = sqlx::query(
        "SELECT count(DISTINCT message_id), count(DISTINCT message_id) FILTER (WHERE stop = 1)
         FROM replies WHERE campaign_id = ?",
    )
    .bind(campaign)
    .fetch_one(&mut *db)
    .await?;
    // Who changes their mind is counted by the last word.
    let chosen = sqlx::query(
        "SELECT o.value, count(*) AS people FROM replies r, json_each(r.chosen) o
         WHERE r.campaign_id = ?1 AND NOT EXISTS
             (SELECT 1 FROM replies l WHERE l.message_id = r.message_id AND l.chosen <> '[]' AND (l.at, l.id) > (r.at, r.id))
         GROUP BY o.value ORDER BY people DESC, o.value",
    )
    .bind(campaign)
    .fetch_all(db)
    .await?;
    let chosen = chosen
        .iter()
        .map(|row| Ok(ChosenCount { option: row.try_get(0)?, people: row.try_get(1)? }))
        .collect::<Result<_, sqlx::Error>>()?;
    Ok(Answers { replied: row.try_get(0)?, opted_out: row.try_get(1)?, chosen })
}
