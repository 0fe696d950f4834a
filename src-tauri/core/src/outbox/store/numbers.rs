//! What the planner must know of every number: its rhythm, its caps and what narrows it.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Broken;
use crate::clock::{DAY, HOUR, Millis};
use crate::ids::SessionId;
use crate::outbox::breaker::LONGEST_SILENCE;
use crate::outbox::gate::{Gate, Restrictions, gate};
use crate::outbox::pace::Rhythm;
use crate::outbox::plan::SessionState;
use crate::session::Pace;
use crate::session::store::pace;

pub struct Number {
    pub id: SessionId,
    pace: Pace,
    rhythm: Rhythm,
    repeated: bool,
    unheard_until: Option<Millis>,
    /// None where nobody restricts it: the practice number.
    limits: Option<Restrictions>,
}

/// Those on the list, in order of priority.
pub async fn all(db: &mut SqliteConnection, broken: &mut Vec<Broken>) -> Result<Vec<Number>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap, next_send_at, resting, batch_sent,
                repeated, unheard_until,
                kind = 'whatsapp' AND linked_at IS NOT NULL AS is_linked, shut_cause, shut_until, locked_until,
                new_chats_used, new_chats_quota, quota_renews_at, limits_at
         FROM sessions WHERE removed_at IS NULL ORDER BY priority, id",
    )
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
        // A clock that was set back must not turn a wait of seconds into one of days.
        let longest = self.pace.max_ms.max(self.pace.rest_ms);
        let rhythm = Rhythm { next_send_at: self.rhythm.next_send_at.min(now + longest), ..self.rhythm };
        let hourly = cap_until(db, self.id, self.pace.hourly_cap, HOUR).await?.map(|until| until.min(now + HOUR));
        let daily = cap_until(db, self.id, self.pace.daily_cap, DAY).await?.map(|until| until.min(now + DAY));
        let cap_until = hourly.max(daily).filter(|until| *until > now);
        let gate = self.limits.as_ref().map_or(Gate::Open, |limits| gate(now, limits));
        let unheard_until = self.unheard_until.filter(|until| *until <= now + LONGEST_SILENCE);
        let (id, pace, repeated) = (self.id, self.pace, self.repeated);
        Ok(SessionState { id, busy, pace, rhythm, cap_until, gate, repeated, unheard_until })
    }
}

/// When the newest `cap` tries no longer all lie within one `span`.
async fn cap_until(
    db: &mut SqliteConnection,
    session: SessionId,
    cap: u32,
    span: Millis,
) -> Result<Option<Millis>, sqlx::Error> {
    if cap == 0 {
        return Ok(None);
    }
    let oldest: Option<Millis> = sqlx::query_scalar(
        "SELECT started_at FROM attempts WHERE session_id = ? ORDER BY started_at DESC LIMIT 1 OFFSET ?",
    )
    .bind(session)
    .bind(cap - 1)
    .fetch_optional(db)
    .await?;
    Ok(oldest.map(|at| at + span))
}

fn rhythm(row: &SqliteRow) -> Result<Rhythm, sqlx::Error> {
    Ok(Rhythm {
        next_send_at: row.try_get("next_send_at")?,
        resting: row.try_get("resting")?,
        batch_sent: row.try_get("batch_sent")?,
    })
}
