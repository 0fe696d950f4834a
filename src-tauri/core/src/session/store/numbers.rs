//! The columns of `sessions` that tell of a link: what the supervisor knew last, limits, what was seen of the phone.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::Millis;
use crate::db::{Tx, unreadable};
use crate::ids::SessionId;
use crate::session::client::Limits;
use crate::session::state::LinkState;
use crate::session::{Pace, Session};

/// A row of `sessions` with all that is known of its link.
#[derive(Clone, Debug)]
pub struct Number {
    pub session: Session,
    pub state: LinkState,
    pub since: Option<Millis>,
    pub linked_at: Option<Millis>,
    pub key_id: Option<SessionId>,
    pub removed: bool,
    pub limits: Limits,
    pub phone_seen_at: Option<Millis>,
    pub heard_at: Option<Millis>,
    pub typing: bool,
    pub take_names: bool,
}

/// A phone that accepted a link.
#[derive(Clone, Copy, Debug)]
pub struct Linked<'a> {
    pub key_id: SessionId,
    pub phone: &'a str,
    pub lid: Option<&'a str>,
    pub push_name: &'a str,
    pub now: Millis,
}

const COLUMNS: &str = "SELECT * FROM sessions";

/// What is on the list, the practice number included, in order of priority. A row that cannot be read is left out, so
/// that the others can be used.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Number>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE removed_at IS NULL ORDER BY priority, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(db).await?;
    let readable =
        |row: &SqliteRow| number(row).inspect_err(|error| tracing::error!(%error, "a number cannot be read")).ok();
    Ok(rows.iter().filter_map(readable).collect())
}

/// The linked numbers in their order.
pub async fn linked(db: &mut SqliteConnection) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM sessions WHERE kind = 'whatsapp' AND linked_at IS NOT NULL AND removed_at IS NULL
         ORDER BY priority, id",
    )
    .fetch_all(db)
    .await
}

/// The key material that numbers on the list have, of those too that cannot be read.
pub async fn key_ids(db: &mut SqliteConnection) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar("SELECT key_id FROM sessions WHERE removed_at IS NULL AND key_id IS NOT NULL")
        .fetch_all(db)
        .await
}

/// Whether a number was ever linked, on the list or taken off it.
pub async fn any_linked(db: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE kind = 'whatsapp')").fetch_one(db).await
}

pub async fn by_id(db: &mut SqliteConnection, id: SessionId) -> Result<Option<Number>, sqlx::Error> {
    let query = format!("{COLUMNS} WHERE id = ?");
    sqlx::query(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(db).await?.as_ref().map(number).transpose()
}

/// The number that a phone is or was.
pub async fn by_phone(db: &mut SqliteConnection, phone: &str) -> Result<Option<Number>, sqlx::Error> {
    let query = format!(
        "{COLUMNS} WHERE kind = 'whatsapp' AND phone = ? ORDER BY removed_at IS NOT NULL, linked_at DESC LIMIT 1"
    );
    sqlx::query(sqlx::AssertSqlSafe(query)).bind(phone).fetch_optional(db).await?.as_ref().map(number).transpose()
}

/// The numbers that were taken off the list.
pub async fn removed(db: &mut SqliteConnection) -> Result<Vec<SessionId>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM sessions WHERE removed_at IS NOT NULL").fetch_all(db).await
}

/// Whether the number's phone names contacts that have no name.
pub async fn takes_names(db: &mut SqliteConnection, id: SessionId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT take_names FROM sessions WHERE id = ?").bind(id).fetch_one(db).await
}

fn number(row: &SqliteRow) -> Result<Number, sqlx::Error> {
    let state: &str = row.try_get("state")?;
    let link = LinkState::of(state, row.try_get("ban_code")?, row.try_get("ban_until")?);
    Ok(Number {
        session: super::session(row)?,
        state: link.ok_or_else(|| unreadable(format!("no state of a number is called {state}")))?,
        since: row.try_get("state_since")?,
        linked_at: row.try_get("linked_at")?,
        key_id: row.try_get("key_id")?,
        removed: row.try_get::<Option<Millis>, _>("removed_at")?.is_some(),
        limits: Limits {
            new_chats_used: row.try_get("new_chats_used")?,
            new_chats_quota: row.try_get("new_chats_quota")?,
            quota_renews_at: row.try_get("quota_renews_at")?,
            locked_until: row.try_get("locked_until")?,
        },
        phone_seen_at: row.try_get("phone_seen_at")?,
        heard_at: row.try_get("heard_at")?,
        typing: row.try_get("typing")?,
        take_names: row.try_get("take_names")?,
    })
}

/// A phone that no row has: the newest number, behind the others, and it warms up.
pub async fn insert(db: &mut Tx, id: SessionId, linked: Linked<'_>) -> Result<(), sqlx::Error> {
    let pace = Pace::REAL;
    sqlx::query(
        "INSERT INTO sessions
             (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap,
              warm_since, created_at)
         SELECT ?, 'whatsapp', '', ?, coalesce(max(priority), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?
         FROM sessions WHERE kind = 'whatsapp' AND removed_at IS NULL",
    )
    .bind(id)
    .bind(linked.phone)
    .bind(pace.min_ms)
    .bind(pace.max_ms)
    .bind(pace.batch)
    .bind(pace.rest_ms)
    .bind(pace.hourly_cap)
    .bind(pace.daily_cap)
    .bind(linked.now)
    .bind(linked.now)
    .execute(&mut *db)
    .await?;
    relink(db, id, linked).await
}

/// The phone of this row accepted a link: it is on the list, with fresh key material.
pub async fn relink(db: &mut Tx, id: SessionId, linked: Linked<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET key_id = ?, lid = ?, push_name = ?, linked_at = ?, phone_seen_at = ?, heard_at = NULL,
             removed_at = NULL, state = 'disconnected', state_since = ?, ban_code = NULL, ban_until = NULL
         WHERE id = ?",
    )
    .bind(linked.key_id)
    .bind(linked.lid)
    .bind(linked.push_name)
    .bind(linked.now)
    .bind(linked.now)
    .bind(linked.now)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn save_state(db: &mut Tx, id: SessionId, state: LinkState, since: Millis) -> Result<(), sqlx::Error> {
    let (ban_code, ban_until) = match state {
        LinkState::Banned { code, until } => (Some(code), until),
        _ => (None, None),
    };
    sqlx::query(
        "UPDATE sessions SET state = ?, state_since = ?, ban_code = ?, ban_until = ?
         WHERE id = ? AND removed_at IS NULL",
    )
    .bind(state.name())
    .bind(since)
    .bind(ban_code)
    .bind(ban_until)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn save_quota(db: &mut Tx, id: SessionId, limits: &Limits, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET new_chats_used = ?, new_chats_quota = ?, quota_renews_at = ?, limits_at = ? WHERE id = ?",
    )
    .bind(limits.new_chats_used)
    .bind(limits.new_chats_quota)
    .bind(limits.quota_renews_at)
    .bind(now)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// When WhatsApp's restrictions of a number end, on the list or taken off it.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    pub locked_until: Option<Millis>,
    pub quota_renews_at: Option<Millis>,
    pub ban_until: Option<Millis>,
}

pub async fn ends(db: &mut SqliteConnection, id: SessionId) -> Result<Ends, sqlx::Error> {
    let row = sqlx::query("SELECT locked_until, quota_renews_at, ban_until FROM sessions WHERE id = ?")
        .bind(id)
        .fetch_one(db)
        .await?;
    Ok(Ends {
        locked_until: row.try_get("locked_until")?,
        quota_renews_at: row.try_get("quota_renews_at")?,
        ban_until: row.try_get("ban_until")?,
    })
}

/// A refusal told of a lock that lasts at least until then.
pub async fn lengthen_lock(db: &mut Tx, id: SessionId, until: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET locked_until = max(coalesce(locked_until, ?1), ?1) WHERE id = ?2")
        .bind(until)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}

/// Counted on until WhatsApp tells its own count.
pub async fn count_new_chat(db: &mut Tx, id: SessionId) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET new_chats_used = new_chats_used + 1 WHERE id = ?").bind(id).execute(db).await?;
    Ok(())
}

pub async fn save_lock(db: &mut Tx, id: SessionId, until: Option<Millis>) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET locked_until = ? WHERE id = ?").bind(until).bind(id).execute(db).await?;
    Ok(())
}

/// Only ever later times: what was heard does not become unheard.
pub async fn save_seen(
    db: &mut Tx,
    id: SessionId,
    heard_at: Option<Millis>,
    phone_seen_at: Option<Millis>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET heard_at = coalesce(max(?, coalesce(heard_at, 0)), heard_at),
             phone_seen_at = coalesce(max(?, coalesce(phone_seen_at, 0)), phone_seen_at)
         WHERE id = ?",
    )
    .bind(heard_at)
    .bind(phone_seen_at)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Off the list; the row stays.
pub async fn remove(db: &mut Tx, id: SessionId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET removed_at = ?, state = 'logged_out', state_since = ?, key_id = NULL,
             ban_code = NULL, ban_until = NULL
         WHERE id = ?",
    )
    .bind(now)
    .bind(now)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// No number has keys in these data: each waits for a new link, and its restrictions are asked for anew.
pub async fn unlink_all(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET state = 'logged_out', state_since = ?, key_id = NULL, ban_code = NULL, ban_until = NULL
         WHERE kind = 'whatsapp' AND removed_at IS NULL",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The numbers that were taken off the list before then and are still known.
pub async fn removed_before(db: &mut SqliteConnection, before: Millis) -> Result<Vec<SessionId>, sqlx::Error> {
    let select = "SELECT id FROM sessions WHERE removed_at < ? AND cleared_at IS NULL";
    sqlx::query_scalar(select).bind(before).fetch_all(db).await
}

/// Forgets whose number it was. The row stays, because history refers to it; whoever had no name is known by the last
/// digits. False where it is on the list again.
pub async fn clear(db: &mut Tx, id: SessionId, now: Millis) -> Result<bool, sqlx::Error> {
    let cleared = sqlx::query(
        "UPDATE sessions SET name = CASE name WHEN '' THEN '…' || substr(phone, -4) ELSE name END, phone = '', lid = NULL,
             push_name = '', cleared_at = ?
         WHERE id = ? AND removed_at IS NOT NULL",
    )
    .bind(now)
    .bind(id)
    .execute(db)
    .await?;
    Ok(cleared.rows_affected() > 0)
}

/// The priorities 1, 2, 3 … in this order.
pub async fn order(db: &mut Tx, ids: &[SessionId]) -> Result<(), sqlx::Error> {
    for (priority, id) in (1i64..).zip(ids) {
        sqlx::query("UPDATE sessions SET priority = ? WHERE id = ?").bind(priority).bind(*id).execute(&mut *db).await?;
    }
    Ok(())
}

pub async fn set_options(db: &mut Tx, id: SessionId, typing: bool, take_names: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET typing = ?, take_names = ? WHERE id = ?")
        .bind(typing)
        .bind(take_names)
        .bind(id)
        .execute(db)
        .await?;
    Ok(())
}
