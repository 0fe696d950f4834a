//! The feed's tables.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Change, KEPT_FOR, MOST, Page, Thing};
use crate::clock::Millis;
use crate::db::Tx;

/// The sequence of the newest change; 0 before the first one.
pub async fn newest(db: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)")
        .fetch_one(db)
        .await
}

/// Up to `limit` changes after `seq`. Several statements: the caller reads from one snapshot.
pub async fn after(db: &mut SqliteConnection, seq: i64, limit: u32) -> Result<Page, sqlx::Error> {
    let newest = newest(db).await?;
    let oldest: Option<i64> = sqlx::query_scalar("SELECT min(seq) FROM changes").fetch_one(&mut *db).await?;
    // A sequence from the future was given out by other data: these were restored from an older copy.
    if seq > newest || seq < oldest.map_or(newest, |oldest| oldest - 1) {
        return Ok(Page::Anew { newest });
    }
    let rows = sqlx::query("SELECT seq, thing, id, state FROM changes WHERE seq > ? ORDER BY seq LIMIT ?")
        .bind(seq)
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok(Page::Changes { changes: rows.iter().map(change).collect::<Result<_, _>>()? })
}

fn change(row: &SqliteRow) -> Result<Change, sqlx::Error> {
    let thing = match row.try_get("thing")? {
        "part" => Thing::Part,
        "queue" => Thing::Queue,
        "contact" => Thing::Contact,
        "number" => Thing::Number,
        "reply" => Thing::Reply,
        other => return Err(sqlx::Error::Decode(format!("a change of an unknown thing: {other}").into())),
    };
    Ok(Change { seq: row.try_get("seq")?, thing, id: row.try_get("id")?, state: row.try_get("state")? })
}

/// Removes up to `most` of what is too old or too much, and says whether there may be more. Changes carry no time:
/// each call notes how far the feed is, and what an old enough note covers is old enough.
pub async fn prune(db: &mut Tx, now: Millis, most: i64) -> Result<bool, sqlx::Error> {
    let newest = newest(db).await?;
    sqlx::query("INSERT OR REPLACE INTO change_marks (at, seq) VALUES (?, ?)")
        .bind(now)
        .bind(newest)
        .execute(&mut *db)
        .await?;
    // A mark from the future was set by a clock that was wrong; it would keep its changes for as long.
    sqlx::query("DELETE FROM change_marks WHERE at > ?").bind(now).execute(&mut *db).await?;
    let old: i64 = sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM change_marks WHERE at <= ?")
        .bind(now - KEPT_FOR)
        .fetch_one(&mut *db)
        .await?;
    let upto = old.max(newest - MOST);
    let removed =
        sqlx::query("DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE seq <= ? ORDER BY seq LIMIT ?)")
            .bind(upto)
            .bind(most)
            .execute(&mut *db)
            .await?
            .rows_affected();
    sqlx::query("DELETE FROM change_marks WHERE at < (SELECT max(at) FROM change_marks WHERE at <= ?)")
        .bind(now - KEPT_FOR)
        .execute(db)
        .await?;
    Ok(i64::try_from(removed).is_ok_and(|removed| removed == most))
}
