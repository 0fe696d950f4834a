//! Shutting a number: the breaker's answer, written in the transaction of the outcome.

use sqlx::{Row, SqliteConnection};

use super::claim::Taken;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::SessionId;
use crate::outbox::breaker::{self, Known, Opening};
use crate::session::cause::Cause;
use crate::session::store::numbers;

/// Shuts the number that a refusal asks to shut, and says for how long.
pub async fn shut(db: &mut Tx, taken: &Taken, refusal: &Cause, now: Millis) -> Result<Option<Opening>, sqlx::Error> {
    if refusal.shuts().is_none() {
        return Ok(None);
    }
    let ends = numbers::ends(db, taken.session).await?;
    let known = Known {
        locked_until: ends.locked_until,
        quota_renews_at: ends.quota_renews_at,
        ban_until: ends.ban_until,
        chat: taken.known,
        repeats: repeats(db, taken.session, refusal, now).await?,
    };
    let Some(opening) = breaker::opening(refusal, now, &known) else { return Ok(None) };
    let row = sqlx::query("SELECT shut_cause, shut_until FROM senders WHERE session_id = ?").bind(taken.session);
    let row = row.fetch_one(&mut *db).await?;
    let before = row.try_get::<Option<Cause>, _>(0)?.zip(row.try_get::<Option<Millis>, _>(1)?);
    let held = opening.clone().after(before.filter(|(cause, until)| breaker::holds(cause, *until, &known, now)));
    sqlx::query("UPDATE senders SET shut_cause = ?, shut_until = ? WHERE session_id = ?")
        .bind(&held.cause)
        .bind(held.until)
        .bind(taken.session)
        .execute(&mut *db)
        .await?;
    if let Some(until) = held.locked_until {
        numbers::lengthen_lock(db, taken.session, until).await?;
    }
    Ok(Some(opening))
}

/// How many tries before this one, which has not ended yet, ended in the same way one after the other.
async fn repeats(
    db: &mut SqliteConnection,
    session: SessionId,
    refusal: &Cause,
    now: Millis,
) -> Result<u32, sqlx::Error> {
    let newest: Vec<Option<Cause>> = sqlx::query_scalar(
        "SELECT cause FROM attempts WHERE session_id = ? AND started_at <= ? AND ended_at IS NOT NULL
         ORDER BY started_at DESC LIMIT 10",
    )
    .bind(session)
    .bind(now)
    .fetch_all(db)
    .await?;
    let same = newest.iter().take_while(|cause| cause.as_ref() == Some(refusal)).count();
    Ok(u32::try_from(same).unwrap_or(u32::MAX))
}
