//! What the owner notes on replies, and the words in them that may have been meant as a STOP.

use serde::Deserialize;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::Sender;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{ContactId, ReplyId, SessionId};
use crate::inbound::stop;

/// What is done is read, and what is unread again is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "bindings", derive(specta::Type))]
pub enum Mark {
    Read,
    Unread,
    Done,
    NotDone,
}

impl Mark {
    fn change(self) -> &'static str {
        match self {
            Self::Read => "UPDATE replies SET unread = 0 WHERE unread = 1",
            Self::Unread => "UPDATE replies SET unread = 1, done = 0 WHERE unread = 0",
            Self::Done => "UPDATE replies SET unread = 0, done = 1 WHERE done = 0",
            Self::NotDone => "UPDATE replies SET done = 0 WHERE done = 1",
        }
    }
}

pub async fn mark(tx: &mut Tx, ids: &[ReplyId], mark: Mark) -> Result<(), sqlx::Error> {
    let mut update = QueryBuilder::new(mark.change());
    update.push(" AND id IN (");
    let mut list = update.separated(", ");
    ids.iter().for_each(|id| {
        list.push_bind(*id);
    });
    update.push(")").build().execute(tx).await?;
    Ok(())
}

/// Who wrote a reply, to which number.
pub struct Written {
    pub session: SessionId,
    pub sender: Sender,
    pub contact: Option<ContactId>,
    pub at: Millis,
}

/// None where the reply is gone.
pub async fn written(db: &mut SqliteConnection, id: ReplyId) -> Result<Option<Written>, sqlx::Error> {
    let row = sqlx::query("SELECT session_id, sender, contact_id, at FROM replies WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await?;
    let written = |row: sqlx::sqlite::SqliteRow| {
        Ok(Written {
            session: row.try_get("session_id")?,
            sender: Sender::from_column(row.try_get("sender")?),
            contact: row.try_get("contact_id")?,
            at: row.try_get("at")?,
        })
    };
    row.map(written).transpose()
}

/// It was not meant as a STOP.
pub async fn see_to(tx: &mut Tx, id: ReplyId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE replies SET seen_to = 1 WHERE id = ?").bind(id).execute(tx).await?;
    Ok(())
}

/// Whoever has opted out is asked about no more.
pub async fn see_to_all(tx: &mut Tx, sender: &Sender, contact: Option<ContactId>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE replies SET seen_to = 1 WHERE near_word <> '' AND seen_to = 0 AND (sender = ? OR contact_id = ?)",
    )
    .bind(sender.as_str())
    .bind(contact)
    .execute(tx)
    .await?;
    Ok(())
}

/// So many of the newest replies are looked at anew when the words change.
const LOOKED_AT: i64 = 2_000;

/// Judges the newest replies by these words. What its owner has seen to stays so.
pub async fn find_near_words(tx: &mut Tx, words: &[String]) -> Result<(), sqlx::Error> {
    let newest: Vec<(ReplyId, String, String)> =
        sqlx::query_as("SELECT id, text, near_word FROM replies WHERE stop = 0 ORDER BY at DESC LIMIT ?")
            .bind(LOOKED_AT)
            .fetch_all(&mut *tx)
            .await?;
    for (id, text, known) in newest {
        // What is one of the words opted nobody out when it came.
        let word = stop::near(&text, true, words).unwrap_or_default();
        if word != known {
            sqlx::query("UPDATE replies SET near_word = ? WHERE id = ?").bind(word).bind(id).execute(&mut *tx).await?;
        }
    }
    Ok(())
}
