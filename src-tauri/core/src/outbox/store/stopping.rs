//! What became of a campaign's newest messages, and pausing it when too much fails or too many opt out.

use sqlx::Row;

use super::claim::Taken;
use crate::db::Tx;
use crate::ids::{CampaignId, MessageId};
use crate::outbox::stopping::{Stopped, StoppedFor, fails_too_often, opts_out_too_often};
use crate::settings;

/// One more outcome of a message, in its transaction: it failed, or its last part was taken. The practice number reaches
/// nobody, so nothing of it is counted.
pub async fn count(db: &mut Tx, taken: &Taken, failed: bool) -> Result<(), sqlx::Error> {
    if !failed && !taken.last {
        return Ok(());
    }
    let counted = sqlx::query_scalar::<_, String>(
        "UPDATE queues SET newest = substr(newest || ?1, -50), got_it = got_it + ?2
         WHERE id = ?3 AND kind = 'campaign' AND book = 'real' RETURNING newest",
    );
    let newest =
        counted.bind(if failed { "1" } else { "0" }).bind(!failed).bind(taken.queue).fetch_optional(&mut *db).await?;
    let Some(newest) = newest.filter(|_| failed) else { return Ok(()) };
    let most = settings::load(db).await?.stop_failed_percent;
    if fails_too_often(newest.chars().map(|outcome| outcome == '1'), most) {
        stop(db, taken.queue, StoppedFor::Failures).await?;
    }
    Ok(())
}

/// Somebody who got this message of it opted out.
pub async fn opted_out(db: &mut Tx, queue: CampaignId, message: MessageId) -> Result<(), sqlx::Error> {
    let counted = sqlx::query(
        "UPDATE queues SET opted_out = opted_out + 1
         WHERE id = ? AND kind = 'campaign' AND book = 'real'
           AND EXISTS (SELECT 1 FROM parts p WHERE p.message_id = ? AND p.sent_at > queues.counted_from)
         RETURNING opted_out, got_it",
    );
    let counted = counted.bind(queue).bind(message).fetch_optional(&mut *db).await?;
    let Some(row) = counted else { return Ok(()) };
    let most = settings::load(db).await?.stop_opted_out_percent;
    if opts_out_too_often(row.try_get("opted_out")?, row.try_get("got_it")?, most) {
        stop(db, queue, StoppedFor::OptOuts).await?;
    }
    Ok(())
}

async fn stop(db: &mut Tx, queue: CampaignId, why: StoppedFor) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE queues SET state = 'paused', stopped_for = ?, stop_told = 0 WHERE id = ? AND state = 'open'")
        .bind(why)
        .bind(queue)
        .execute(db)
        .await?;
    Ok(())
}

/// What is to be told of those that were stopped since this was asked last.
pub async fn untold(db: &mut Tx) -> Result<Vec<Stopped>, sqlx::Error> {
    let stopped: Vec<StoppedFor> = sqlx::query_scalar(
        "UPDATE queues SET stop_told = 1 WHERE state = 'paused' AND stop_told = 0 AND stopped_for IS NOT NULL
         RETURNING stopped_for",
    )
    .fetch_all(&mut *db)
    .await?;
    if stopped.is_empty() {
        return Ok(Vec::new());
    }
    let settings = settings::load(db).await?;
    let told = |why: StoppedFor| match why {
        StoppedFor::Failures => Stopped::Failures { percent: settings.stop_failed_percent },
        StoppedFor::OptOuts => Stopped::OptOuts { percent: settings.stop_opted_out_percent },
    };
    Ok(stopped.into_iter().map(told).collect())
}
