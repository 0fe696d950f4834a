//! What people wrote goes some time later. The rows stay: who answered, what they chose, whether they opted out.

use sqlx::{QueryBuilder, Row, SqliteConnection};

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::ReplyId;

/// So few are emptied in one transaction that nobody waits for the writer.
const AT_ONCE: i64 = 100;

/// What its owner has read, and has decided about where it may have been a STOP. The word with which somebody opts out or
/// comes back stays for as long as only a hidden identity is known: it is what the opt-out or the consent will rest on.
const OVER: &str = "cleared_at IS NULL AND unread = 0
     AND (near_word = '' OR stop = 1 OR seen_to = 1 OR done = 1)
     AND ((stop = 0 AND start = 0) OR sender LIKE '+%') AND at < ";

pub async fn count_before(db: &mut SqliteConnection, before: Millis) -> Result<i64, sqlx::Error> {
    let mut select = QueryBuilder::new("SELECT count(*) FROM replies INDEXED BY replies_kept WHERE ");
    select.push(OVER).push_bind(before).build_query_scalar().fetch_one(db).await
}

/// How many bytes of fetched files would go.
pub async fn bytes_before(db: &mut SqliteConnection, before: Millis) -> Result<i64, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT coalesce(sum(length(f.content)), 0) FROM reply_files f
         WHERE f.content IS NOT NULL AND f.reply_id IN (SELECT id FROM replies INDEXED BY replies_kept WHERE ",
    );
    select.push(OVER).push_bind(before).push(")").build_query_scalar().fetch_one(db).await
}

/// Some of them, up to one with a file that was fetched.
pub async fn some_before(db: &mut SqliteConnection, before: Millis) -> Result<Vec<ReplyId>, sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT id, EXISTS (SELECT 1 FROM reply_files f WHERE f.reply_id = id AND f.content IS NOT NULL) AS fetched
         FROM replies INDEXED BY replies_kept WHERE ",
    );
    select.push(OVER).push_bind(before).push(" ORDER BY at LIMIT ").push_bind(AT_ONCE);
    let mut some: Vec<ReplyId> = Vec::new();
    for row in select.build().fetch_all(db).await? {
        some.push(row.try_get("id")?);
        if row.try_get("fetched")? {
            break;
        }
    }
    Ok(some)
}

/// Empties those of these that are still to go, and says how many and how much they held.
pub async fn empty(db: &mut Tx, some: &[ReplyId], before: Millis, now: Millis) -> Result<(i64, i64), sqlx::Error> {
    let mut select = QueryBuilder::new(
        "SELECT id, octet_length(text) + coalesce((SELECT sum(length(f.content)) FROM reply_files f WHERE f.reply_id = id), 0)
         FROM replies WHERE id",
    );
    push_in(&mut select, some);
    select.push(" AND ").push(OVER).push_bind(before);
    let over: Vec<(ReplyId, i64)> = select.build_query_as().fetch_all(&mut *db).await?;
    let bytes = over.iter().map(|(_, bytes)| bytes).sum();
    let over: Vec<ReplyId> = over.into_iter().map(|(id, _)| id).collect();
    if over.is_empty() {
        return Ok((0, 0));
    }
    let mut update = QueryBuilder::new("UPDATE replies SET text = '', cleared_at = ");
    update.push_bind(now).push(" WHERE id");
    push_in(&mut update, &over);
    update.build().execute(&mut *db).await?;
    let mut update = QueryBuilder::new("UPDATE reply_files SET name = '', place = NULL, content = NULL WHERE reply_id");
    push_in(&mut update, &over);
    update.build().execute(db).await?;
    Ok((i64::try_from(over.len()).unwrap_or(i64::MAX), bytes))
}

fn push_in(query: &mut QueryBuilder<sqlx::Sqlite>, replies: &[ReplyId]) {
    let mut list = query.push(" IN (").separated(", ");
    replies.iter().for_each(|reply| {
        list.push_bind(*reply);
    });
    query.push(")");
}
