//! The agenda's table.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Job, JobKind, backoff};
use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::IdGenerator;

/// Every job that can be read. One that cannot, because a newer Ulak wrote it or it is damaged, is left alone.
pub async fn all(db: &mut SqliteConnection) -> Result<Vec<Job>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, kind, due_at, every_ms, tries FROM jobs").fetch_all(db).await?;
    let readable = |row: &SqliteRow| job(row).inspect_err(|error| tracing::debug!(%error, "a job cannot be read")).ok();
    Ok(rows.iter().filter_map(readable).collect())
}

fn job(row: &SqliteRow) -> Result<Job, sqlx::Error> {
    let kind = row.try_get::<&str, _>("kind")?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Job {
        id: row.try_get("id")?,
        kind,
        due_at: row.try_get("due_at")?,
        every_ms: row.try_get("every_ms")?,
        tries: row.try_get("tries")?,
    })
}

/// Adds the standing jobs that are missing, due at once.
pub async fn ensure_standing(db: &mut Tx, now: Millis) -> Result<(), sqlx::Error> {
    let mint = IdGenerator::at(now);
    for (kind, every) in JobKind::STANDING {
        sqlx::query(
            "INSERT INTO jobs (id, kind, due_at, every_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (kind) WHERE every_ms IS NOT NULL DO UPDATE SET every_ms = excluded.every_ms",
        )
        .bind(mint.next::<crate::ids::JobId>())
        .bind(kind.as_str())
        .bind(now)
        .bind(every)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Counts a try and puts the job off, before it runs.
pub async fn begin(db: &mut Tx, job: &Job, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE jobs SET tries = tries + 1, due_at = ? WHERE id = ?")
        .bind(now + backoff(job.tries + 1))
        .bind(job.id)
        .execute(db)
        .await?;
    Ok(())
}

/// It is done: what comes again is due after its time, what is done once goes.
pub async fn done(db: &mut Tx, job: &Job, now: Millis) -> Result<(), sqlx::Error> {
    let statement = match job.every_ms {
        Some(_) => "UPDATE jobs SET tries = 0, due_at = ?2 + every_ms WHERE id = ?1",
        None => "DELETE FROM jobs WHERE id = ?1",
    };
    sqlx::query(statement).bind(job.id).bind(now).execute(db).await?;
    Ok(())
}
