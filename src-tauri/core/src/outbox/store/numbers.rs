//! What the planner must know of every number: its rhythm, its caps and what narrows it.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Broken;
use super::claim::Taken;
use crate::clock::{DAY, HOUR, Millis, is_ahead};
use crate::db::Tx;
use crate::ids::SessionId;
use crate::outbox::breaker::LONGEST_SILENCE;
use crate::outbox::gate::{Gate, Restrictions, gate};
use crate::outbox::pace::{Rhythm, Slot};
use crate::outbox::plan::SessionState;
use crate::session::cause::Cause;
use crate::session::store::{listed, pace};
use crate::session::warm_up::warm_up;
use crate::session::{PACE_FLOOR, Pace};

pub struct Number {
    pub id: SessionId,
    pace: Pace,
    warm_since: Option<Millis>,
    rhythm: Rhythm,
    repeated: bool,
    unheard_until: Option<Millis>,
    /// None where nobody restricts it: the practice number.
    limits: Option<Restrictions>,
}

/// Those on the list, in order of priority.
pub async fn all(db: &mut SqliteConnection, broken: &mut Vec<Broken>) -> Result<Vec<Number>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT n.*, n.kind = 'whatsapp' AND n.linked_at IS NOT NULL AS is_linked,
                s.next_send_at, s.resting, s.batch_sent, s.repeated, s.unheard_until, s.shut_cause, s.shut_until
         FROM ",
        listed!(),
        " n CROSS JOIN senders s ON s.session_id = n.id ORDER BY n.priority, n.id",
    ))
    .fetch_all(db)
    .await?;
    let mut numbers = Vec::with_capacity(rows.len());
    for row in &rows {
        match number(row) {
            Ok(number) => numbers.push(number),
            Err(_) => broken.push(Broken::Number(row.try_get("id")?)),
        }
    }
    Ok(numbers)
}

fn number(row: &SqliteRow) -> Result<Number, sqlx::Error> {
    let is_linked: bool = row.try_get("is_linked")?;
    Ok(Number {
        id: row.try_get("id")?,
        pace: pace(row)?,
        warm_since: row.try_get("warm_since")?,
        rhythm: rhythm(row)?,
        repeated: row.try_get("repeated")?,
        unheard_until: row.try_get("unheard_until")?,
        limits: is_linked.then(|| limits(row)).transpose()?,
    })
}

fn limits(row: &SqliteRow) -> Result<Restrictions, sqlx::Error> {
    Ok(Restrictions {
        shut_cause: row.try_get("shut_cause")?,
        shut_until: row.try_get("shut_until")?,
        locked_until: row.try_get("locked_until")?,
        ban_until: row.try_get("ban_until")?,
        new_chats_used: row.try_get("new_chats_used")?,
        new_chats_quota: row.try_get("new_chats_quota")?,
        quota_renews_at: row.try_get("quota_renews_at")?,
        limits_at: row.try_get("limits_at")?,
    })
}

impl Number {
    /// It is linked, connected or not.
    pub fn is_linked(&self) -> bool {
        self.limits.is_some()
    }

    pub async fn state(&self, db: &mut SqliteConnection, now: Millis, busy: bool) -> Result<SessionState, sqlx::Error> {
        let waits = is_ahead(self.rhythm.next_send_at, now, self.pace.longest_wait());
        let next_send_at = if waits { self.rhythm.next_send_at } else { self.rhythm.next_send_at.min(now) };
        let rhythm = Rhythm { next_send_at, ..self.rhythm };
        let pace = self.pace.within(warm_up(self.warm_since, now));
        let hourly = cap_until(db, self.id, pace.hourly_cap, HOUR, now).await?;
        let daily = cap_until(db, self.id, pace.daily_cap, DAY, now).await?;
        let cap_until = hourly.max(daily).filter(|until| *until > now);
        let gate = self.limits.as_ref().map_or(Gate::Open, |limits| gate(now, limits));
        let unheard_until = self.unheard_until.filter(|until| *until <= now + LONGEST_SILENCE);
        let (id, repeated) = (self.id, self.repeated);
        Ok(SessionState { id, busy, pace, rhythm, cap_until, gate, repeated, unheard_until, looking: false })
    }
}

/// What stops a number, as the outbox wrote it.
#[derive(Clone, Debug)]
pub struct Stop {
    pub shut: Option<(Cause, Option<Millis>)>,
    /// Nobody answers it: it begins nothing fresh until then.
    pub unheard_until: Option<Millis>,
}

/// Those of all numbers. Of one whose row cannot be read nothing is known.
pub async fn stops(db: &mut SqliteConnection) -> Result<BTreeMap<SessionId, Stop>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT session_id, shut_cause, shut_until, unheard_until FROM senders").fetch_all(db).await?;
    Ok(rows.iter().filter_map(|row| stop(row).ok()).collect())
}

fn stop(row: &SqliteRow) -> Result<(SessionId, Stop), sqlx::Error> {
    let cause: Option<Cause> = row.try_get("shut_cause")?;
    let until = row.try_get("shut_until")?;
    let shut = cause.map(|cause| (cause, until));
    Ok((row.try_get("session_id")?, Stop { shut, unheard_until: row.try_get("unheard_until")? }))
}

/// When the newest `cap` tries no longer all lie within one `span`. Tries that never left the computer do not count, and
/// neither do those from a time to come: the clock was set back since.
async fn cap_until(
    db: &mut SqliteConnection,
    session: SessionId,
    cap: u32,
    span: Millis,
    now: Millis,
) -> Result<Option<Millis>, sqlx::Error> {
    if cap == 0 {
        return Ok(None);
    }
    let oldest: Option<Millis> = sqlx::query_scalar(
        "SELECT started_at FROM attempts WHERE session_id = ? AND counted = 1 AND started_at <= ?
         ORDER BY started_at DESC LIMIT 1 OFFSET ?",
    )
    .bind(session)
    .bind(now)
    .bind(cap - 1)
    .fetch_optional(db)
    .await?;
    Ok(oldest.map(|at| at + span))
}

/// The newest tries since then that count against a cap, at most so many, the oldest first.
pub async fn tried_since(
    db: &mut SqliteConnection,
    session: SessionId,
    since: Millis,
    now: Millis,
    most: u32,
) -> Result<Vec<Millis>, sqlx::Error> {
    let mut tried: Vec<Millis> = sqlx::query_scalar(
        "SELECT started_at FROM attempts WHERE session_id = ? AND counted = 1 AND started_at > ? AND started_at <= ?
         ORDER BY started_at DESC LIMIT ?",
    )
    .bind(session)
    .bind(since)
    .bind(now)
    .bind(most)
    .fetch_all(db)
    .await?;
    tried.reverse();
    Ok(tried)
}

/// Gives a try's slot back: nothing left the computer, so it counts against no cap, and the number is as free as it was
/// before. It waits a second all the same, so that one that can hand nothing over does not try without end.
pub async fn give_back(db: &mut Tx, taken: &Taken, now: Millis) -> Result<(), sqlx::Error> {
    let Slot { before, after } = taken.slot;
    sqlx::query(
        "UPDATE attempts SET counted = 0 WHERE part_id = ?1 AND number = ?2;
         UPDATE senders SET next_send_at = min(next_send_at, ?3), resting = 0, batch_sent = ?4
         WHERE session_id = ?5 AND next_send_at = ?6",
    )
    .bind(taken.part)
    .bind(taken.attempt)
    .bind(now + PACE_FLOOR)
    .bind(before.batch_sent)
    .bind(taken.session)
    .bind(after.next_send_at)
    .execute(db)
    .await?;
    Ok(())
}

fn rhythm(row: &SqliteRow) -> Result<Rhythm, sqlx::Error> {
    Ok(Rhythm {
        next_send_at: row.try_get("next_send_at")?,
        resting: row.try_get("resting")?,
        batch_sent: row.try_get("batch_sent")?,
    })
}
