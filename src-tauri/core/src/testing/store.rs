//! Rows of linked numbers, as linking, the supervisor and the owner write them.

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{IdGenerator, SessionId};
use crate::session::Pace;
use crate::session::client::Limits;

pub async fn link(db: &mut Tx, place: i64, pace: &Pace, now: Millis) -> Result<SessionId, sqlx::Error> {
    let id: SessionId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO sessions (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap,
                               daily_cap, created_at, linked_at, state)
         VALUES (?, 'whatsapp', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'connected')",
    )
    .bind(id)
    .bind(format!("Number {place}"))
    .bind(format!("+9055500001{place:02}"))
    .bind(place)
    .bind(pace.min_ms)
    .bind(pace.max_ms)
    .bind(pace.batch)
    .bind(pace.rest_ms)
    .bind(pace.hourly_cap)
    .bind(pace.daily_cap)
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

pub async fn limits(db: &mut Tx, number: SessionId, limits: &Limits, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET new_chats_used = ?, new_chats_quota = ?, quota_renews_at = ?, locked_until = ?, limits_at = ?
         WHERE id = ?",
    )
    .bind(limits.new_chats_used)
    .bind(limits.new_chats_quota)
    .bind(limits.quota_renews_at)
    .bind(limits.locked_until)
    .bind(now)
    .bind(number)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove(db: &mut Tx, number: SessionId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET removed_at = ? WHERE id = ?").bind(now).bind(number).execute(db).await?;
    Ok(())
}

pub async fn choose(db: &mut Tx, number: SessionId, take_names: bool, typing: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET take_names = ?, typing = ? WHERE id = ?")
        .bind(take_names)
        .bind(typing)
        .bind(number)
        .execute(db)
        .await?;
    Ok(())
}
