//! Campaigns whose time passed unseen: found, asked of the owner, answered.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use super::clocks;
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::CampaignId;
use crate::outbox::missed::{Met, met, met_on};
use crate::outbox::window::SendingHours;
use crate::settings;
use crate::stored::Json;

/// Looks at every campaign whose time has come and was not looked at then, and holds back what was missed. The practice
/// number reaches nobody, so nothing is asked of it.
///
/// What was found by a clock that was ahead is looked at anew.
pub async fn find(db: &mut Tx, watched: Option<Millis>, now: Millis) -> Result<Vec<CampaignId>, sqlx::Error> {
    let ahead = "UPDATE queues SET met = 0, missed_at = NULL, held_until = NULL
                 WHERE (state = 'open' OR state = 'paused') AND missed_at > ?";
    sqlx::query(ahead).bind(now).execute(&mut *db).await?;
    let due = sqlx::query(
        "SELECT id, due_at, keep_hours, hours, kind = 'campaign' AND book = 'real' AS asks FROM queues
         WHERE state = 'open' AND met = 0 AND due_at <= ?",
    )
    .bind(now)
    .fetch_all(&mut *db)
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let (_, hours) = settings::pause_and_hours(db).await?;
    let mut missed = Vec::new();
    for row in due {
        // What cannot be read is told by whoever looks at the heads of queues.
        let Ok(clocks) = clocks::waiting(db, row.try_get("id")?).await else { continue };
        let clocks: Vec<Tz> = clocks.into_iter().map(|(clock, _)| clock.zone(hours.zone)).collect();
        let Ok((id, outcome)) = looked_at(&row, &hours, &clocks, watched, now) else { continue };
        match outcome {
            Met::NotYet => {}
            Met::InTime => note(db, id, None, now).await?,
            Met::Missed { held_until } => {
                note(db, id, Some(held_until), now).await?;
                missed.push(id);
            }
        }
    }
    Ok(missed)
}

fn looked_at(
    row: &SqliteRow,
    hours: &SendingHours,
    clocks: &[Tz],
    watched: Option<Millis>,
    now: Millis,
) -> Result<(CampaignId, Met), sqlx::Error> {
    let own = row.try_get::<Option<Json<_>>, _>("hours")?.map(|Json(hours)| hours);
    let kept = hours.kept(row.try_get("keep_hours")?, own);
    let outcome = match row.try_get("asks")? {
        true => match kept.as_ref().filter(|_| !clocks.is_empty()) {
            Some(kept) => {
                let clocks: Vec<SendingHours> = clocks.iter().map(|clock| kept.on_clock(*clock)).collect();
                met_on(row.try_get("due_at")?, &clocks, watched, now)
            }
            None => met(row.try_get("due_at")?, kept.as_ref(), hours.zone, watched, now),
        },
        false => Met::InTime,
    };
    Ok((row.try_get("id")?, outcome))
}

async fn note(db: &mut Tx, queue: CampaignId, held_until: Option<Millis>, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE queues SET met = 1, missed_at = iif(?1 IS NULL, NULL, ?2), held_until = ?1 WHERE id = ?3")
        .bind(held_until)
        .bind(now)
        .bind(queue)
        .execute(db)
        .await?;
    Ok(())
}

/// Those that wait for the owner's answer, with when they go out without one.
pub async fn unanswered(db: &mut SqliteConnection, now: Millis) -> Result<Vec<(CampaignId, Millis)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, held_until FROM queues
         WHERE (state = 'open' OR state = 'paused') AND missed_at IS NOT NULL AND held_until > ? AND cancelled_at IS NULL
         ORDER BY due_at, id",
    )
    .bind(now)
    .fetch_all(db)
    .await
}

/// Until when campaigns are held back.
pub async fn held(db: &mut SqliteConnection, now: Millis) -> Result<BTreeMap<CampaignId, Millis>, sqlx::Error> {
    let held = "SELECT id, held_until FROM queues WHERE (state = 'open' OR state = 'paused') AND held_until > ?";
    let held: Vec<(CampaignId, Millis)> = sqlx::query_as(held).bind(now).fetch_all(db).await?;
    Ok(held.into_iter().collect())
}

/// It waits for an answer, at ?1.
const ASKED: &str =
    "missed_at IS NOT NULL AND held_until > ?1 AND cancelled_at IS NULL AND (state = 'open' OR state = 'paused')";

/// It goes out when it may. False where it waits for no answer.
pub async fn release(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<bool, sqlx::Error> {
    answered(db, "missed_at = NULL, held_until = NULL", queue, now, None).await
}

/// It goes out when its hours open anew.
pub async fn leave(db: &mut Tx, queue: CampaignId, now: Millis) -> Result<bool, sqlx::Error> {
    answered(db, "missed_at = NULL", queue, now, None).await
}

/// It is due at another time, which can be missed like the first.
pub async fn postpone(db: &mut Tx, queue: CampaignId, at: Millis, now: Millis) -> Result<bool, sqlx::Error> {
    answered(db, "missed_at = NULL, held_until = ?3, due_at = ?3, met = 0", queue, now, Some(at)).await
}

async fn answered(
    db: &mut Tx,
    change: &str,
    queue: CampaignId,
    now: Millis,
    at: Option<Millis>,
) -> Result<bool, sqlx::Error> {
    let update = format!("UPDATE queues SET {change} WHERE id = ?2 AND {ASKED}");
    let mut update = sqlx::query(AssertSqlSafe(update)).bind(now).bind(queue);
    if let Some(at) = at {
        update = update.bind(at);
    }
    Ok(update.execute(db).await?.rows_affected() == 1)
}
