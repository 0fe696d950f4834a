//! What becomes of the messages to a person whose data are erased: they stay as rows, so that counts and credits add
//! up, and hold nothing of the person any more.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::doubt;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{CampaignId, ContactId, MessageId, PartId};
use crate::ledger::store::{End, end_hold};
use crate::media;

/// So many messages are named in one statement.
const AT_ONCE: usize = 500;

/// Every message to one of the contacts or to one of these phones, whoever had them. It walks through all messages, so it is
/// asked before the transaction that erases.
pub async fn messages_to(
    db: &mut SqliteConnection,
    contacts: &[ContactId],
    phones: &[String],
) -> Result<Vec<MessageId>, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT id FROM messages WHERE contact_id IN (");
    let mut list = select.separated(", ");
    contacts.iter().for_each(|contact| {
        list.push_bind(*contact);
    });
    select.push(") OR phone IN (");
    let mut list = select.separated(", ");
    phones.iter().for_each(|phone| {
        list.push_bind(phone.as_str());
    });
    select.push(")").build_query_scalar().fetch_all(db).await
}

/// Whether a part of them is being handed over at this moment.
pub async fn on_the_way(db: &mut SqliteConnection, messages: &[MessageId]) -> Result<bool, sqlx::Error> {
    for some in messages.chunks(AT_ONCE) {
        let mut select = of("SELECT count(*) FROM parts WHERE state = 'sending' AND message_id", some);
        if select.build_query_scalar::<i64>().fetch_one(&mut *db).await? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends what waits and what is in doubt, with its credits, and empties the messages. Says which queues changed.
pub async fn erase(db: &mut Tx, messages: &[MessageId], now: Millis) -> Result<BTreeSet<CampaignId>, sqlx::Error> {
    let mut queues = BTreeSet::new();
    for some in messages.chunks(AT_ONCE) {
        let doubtful = of("SELECT id FROM parts WHERE state = 'unknown' AND message_id", some);
        let doubtful: Vec<PartId> = { doubtful }.build_query_scalar().fetch_all(&mut *db).await?;
        queues.extend(doubt::end(db, &doubtful, now).await?);
        queues.extend(cancel(db, some, now).await?);
        drop_files(db, some).await?;
        of("DELETE FROM chats WHERE contact_id IN (SELECT contact_id FROM messages WHERE id", some)
            .push(")")
            .build()
            .execute(&mut *db)
            .await?;
        of("DELETE FROM troubled_messages WHERE message_id", some).build().execute(&mut *db).await?;
        let empty =
            "UPDATE messages SET contact_id = id, phone = '', name = '', text = '', options = NULL, question = NULL
                     WHERE id";
        of(empty, some).build().execute(&mut *db).await?;
        of("UPDATE parts SET reaction = NULL WHERE reaction IS NOT NULL AND message_id", some)
            .build()
            .execute(&mut *db)
            .await?;
        of("UPDATE parts SET link_preview = NULL WHERE link_preview IS NOT NULL AND message_id", some)
            .build()
            .execute(&mut *db)
            .await?;
        of("UPDATE parts SET clock = '' WHERE clock <> '' AND message_id", some).build().execute(&mut *db).await?;
    }
    Ok(queues)
}

async fn cancel(db: &mut Tx, messages: &[MessageId], now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let mut update = QueryBuilder::new("UPDATE parts SET state = 'cancelled', ended_at = ");
    update.push_bind(now);
    push_in(update.push(" WHERE state = 'pending' AND message_id"), messages);
    update.push(" RETURNING id, round, queue_id, (SELECT q.book FROM queues q WHERE q.id = parts.queue_id) AS book");
    let mut queues = Vec::new();
    for row in update.build().fetch_all(&mut *db).await? {
        let queue: CampaignId = row.try_get("queue_id")?;
        let (book, part, round) = (row.try_get("book")?, row.try_get("id")?, row.try_get("round")?);
        end_hold(db, End::Release, book, queue, part, round, now).await?;
        queues.push(queue);
    }
    Ok(queues)
}

/// A file that went to nobody else goes; its part stays as one without a file.
async fn drop_files(db: &mut Tx, messages: &[MessageId]) -> Result<(), sqlx::Error> {
    let files = of("SELECT DISTINCT media FROM parts WHERE media IS NOT NULL AND message_id", messages);
    let files: Vec<Vec<u8>> = { files }.build_query_scalar().fetch_all(&mut *db).await?;
    for file in files {
        let mut others = QueryBuilder::new("SELECT EXISTS (SELECT 1 FROM parts WHERE media = ");
        others.push_bind(file.as_slice()).push(" AND NOT message_id");
        push_in(&mut others, messages);
        let shared: bool = others.push(")").build_query_scalar().fetch_one(&mut *db).await?;
        if shared || media::store::is_chosen(db, &file).await? {
            continue;
        }
        let without = "UPDATE parts SET kind = 'text', with_text = 1, media = NULL WHERE media = ?";
        sqlx::query(without).bind(file.as_slice()).execute(&mut *db).await?;
        media::store::drop_carried(db, &file).await?;
    }
    of("UPDATE parts SET file_name = NULL WHERE message_id", messages).build().execute(db).await?;
    Ok(())
}

/// Drops those of these files that no part has any more and nothing else holds.
pub async fn drop_unsent(db: &mut Tx, files: &[[u8; 32]]) -> Result<(), sqlx::Error> {
    for file in files {
        let sent: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM parts WHERE media = ?)")
            .bind(file.as_slice())
            .fetch_one(&mut *db)
            .await?;
        if !sent && !media::store::is_chosen(db, file).await? {
            media::store::drop_carried(db, file).await?;
        }
    }
    Ok(())
}

fn of(head: &str, messages: &[MessageId]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(head);
    push_in(&mut query, messages);
    query
}

fn push_in(query: &mut QueryBuilder<Sqlite>, messages: &[MessageId]) {
    let mut list = query.push(" IN (").separated(", ");
    messages.iter().for_each(|message| {
        list.push_bind(*message);
    });
    query.push(")");
}
