//! Writing down what became of a try, in one transaction with the credit it settles or releases.

use sqlx::Row;

use super::claim::Taken;
use super::{breaker, chats, doubt, numbers, queue, removal, stopping, unheard};
use crate::clock::{MINUTE, Millis, SECOND};
use crate::db::Tx;
use crate::ids::PartId;
use crate::ledger::Book;
use crate::ledger::store::{End, end_hold};
use crate::outbox::breaker::Opening;
use crate::outbox::due::LONGEST_BACKOFF;
use crate::session::cause::Cause;
use crate::session::messenger::Outcome;
use crate::session::store::listed;

/// How often a part is tried in a round when it certainly did not arrive and another try can help.
pub const MOST_TRIES: i64 = 3;

/// Says what shut the number, where the outcome did.
pub async fn complete(
    db: &mut Tx,
    taken: &Taken,
    outcome: &Outcome,
    now: Millis,
) -> Result<Option<Opening>, sqlx::Error> {
    match outcome {
        Outcome::Accepted => accepted(db, taken, now).await?,
        Outcome::Refused(cause) => {
            if cause.is_an_answer() {
                unheard::heard(db, taken.session).await?;
            }
            let opening = breaker::shut(db, taken, cause, now).await?;
            match opening {
                Some(_) => returned_uncounted(db, taken, cause, true, now).await?,
                None if cause.is_no_fault() => returned_uncounted(db, taken, cause, false, now).await?,
                None => refused(db, taken, cause, now).await?,
            }
            if cause.never_left() {
                numbers::give_back(db, taken, now).await?;
            }
            queue::cancel_rest(db, taken.queue, now).await?;
            queue::cancel_rest_of(db, taken.message, now).await?;
            removal::if_gone(db, taken.session, now).await?;
            return Ok(opening);
        }
        Outcome::Unknown(cause) => {
            if in_doubt(db, taken, "unknown", cause, now).await? {
                unheard::count(db, taken.session, taken.doubtful, now).await?;
            }
            removal::if_gone(db, taken.session, now).await?;
        }
    }
    Ok(None)
}

async fn refused(db: &mut Tx, taken: &Taken, cause: &Cause, now: Millis) -> Result<(), sqlx::Error> {
    match cause.may_pass() {
        true if taken.doubtful => in_doubt(db, taken, "refused", cause, now).await.map(drop),
        true if taken.tries < MOST_TRIES => later(db, taken, cause, now).await,
        // An earlier copy may have arrived all the same.
        false if taken.doubtful => failed(db, taken, &Cause::OutcomeUnknown, now).await,
        _ => failed(db, taken, cause, now).await,
    }
}

/// A receipt may have been quicker: then the part is already further, and only the time of the ack is missing.
async fn accepted(db: &mut Tx, taken: &Taken, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE parts SET state = CASE WHEN state IN ('sending', 'unknown') THEN 'sent' ELSE state END,
                          sent_at = coalesce(sent_at, ?1)
         WHERE id = ?2 AND state IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played');
         UPDATE attempts SET ended_at = ?1, outcome = 'accepted', cause = NULL WHERE part_id = ?2 AND number = ?3;
         UPDATE senders SET unheard = 0, unheard_until = NULL WHERE session_id = ?4 AND unheard > 0",
    )
    .bind(now)
    .bind(taken.part)
    .bind(taken.attempt)
    .bind(taken.session)
    .execute(&mut *db)
    .await?;
    end_hold(db, End::Settle, taken.book, taken.queue, taken.part, taken.round, now).await?;
    stopping::count(db, taken, false).await?;
    if taken.book == Book::Real && !taken.known {
        chats::begun(db, taken.session, taken.message, now).await?;
    }
    if !taken.last {
        make_next_ready(db, taken.part).await?;
    }
    Ok(())
}

/// The following part of the same message may go, over the number that began: half a message from another would be
/// taken for somebody else's.
pub async fn make_next_ready(db: &mut Tx, part: PartId) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "UPDATE parts SET ready = 1, session_id = coalesce(session_id,
             (SELECT n.id FROM parts b JOIN ",
        listed!(),
        " n ON n.id = b.session_id WHERE b.id = ?1))
         WHERE state = 'pending' AND message_id = (SELECT message_id FROM parts WHERE id = ?1)
           AND position = (SELECT position + 1 FROM parts WHERE id = ?1)",
    ))
    .bind(part)
    .execute(db)
    .await?;
    Ok(())
}

/// A little later each time. The first part of a message may then go over any healthy session.
async fn later(db: &mut Tx, taken: &Taken, cause: &Cause, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE parts SET state = 'pending', session_id = CASE position WHEN 1 THEN NULL ELSE session_id END,
                          due_at = ?, cause = ?
         WHERE id = ? AND state = 'sending'",
    )
    .bind(now + backoff(taken.tries, if cause.lasts() { 10 * MINUTE } else { SECOND }))
    .bind(cause)
    .bind(taken.part)
    .execute(&mut *db)
    .await?;
    end_attempt(db, taken, "refused", cause, now).await
}

/// The try says nothing against the part, so it is not counted. A part whose refusal shut the number keeps it and goes
/// when the number may: to try the same person over the next one would carry the harm on. Else another may take over
/// at once. What is in doubt stays in doubt, and was not repeated.
async fn returned_uncounted(
    db: &mut Tx,
    taken: &Taken,
    cause: &Cause,
    keeps_number: bool,
    now: Millis,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE parts SET state = CASE WHEN ?1 THEN 'unknown' ELSE 'pending' END,
                          session_id = CASE WHEN ?1 OR ?2 OR position > 1 THEN session_id END,
                          due_at = ?3, cause = ?4, tries = tries - 1, repeats = max(repeats - 1, 0)
         WHERE id = ?5 AND state = 'sending'",
    )
    .bind(taken.doubtful)
    .bind(keeps_number)
    .bind(now)
    .bind(cause)
    .bind(taken.part)
    .execute(&mut *db)
    .await?;
    end_attempt(db, taken, "refused", cause, now).await
}

/// The parts after a failed one fail with it: a text about a photo that did not come helps nobody. A part that a
/// receipt has proved sent in the meantime has not failed.
async fn failed(db: &mut Tx, taken: &Taken, cause: &Cause, now: Millis) -> Result<(), sqlx::Error> {
    let ended = sqlx::query(
        "UPDATE parts SET state = 'failed', ended_at = ?1, cause = CASE WHEN id = ?2 THEN ?3 ELSE ?4 END
         WHERE message_id = ?5 AND ((id = ?2 AND state = 'sending') OR (position > ?6 AND state = 'pending'))
           AND (SELECT state FROM parts WHERE id = ?2) = 'sending'
         RETURNING id, round",
    )
    .bind(now)
    .bind(taken.part)
    .bind(cause)
    .bind(Cause::EarlierPart)
    .bind(taken.message)
    .bind(taken.position)
    .fetch_all(&mut *db)
    .await?;
    for row in &ended {
        end_hold(db, End::Release, taken.book, taken.queue, row.try_get(0)?, row.try_get(1)?, now).await?;
    }
    if !ended.is_empty() {
        stopping::count(db, taken, true).await?;
    }
    end_attempt(db, taken, "refused", cause, now).await
}

/// False where a receipt has proved in the meantime that it was sent.
async fn in_doubt(db: &mut Tx, taken: &Taken, outcome: &str, cause: &Cause, now: Millis) -> Result<bool, sqlx::Error> {
    end_attempt(db, taken, outcome, cause, now).await?;
    doubt::begin(db, taken.part, cause, now + backoff(taken.attempt, SECOND), now).await
}

async fn end_attempt(db: &mut Tx, taken: &Taken, outcome: &str, cause: &Cause, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE attempts SET ended_at = ?, outcome = ?, cause = ? WHERE part_id = ? AND number = ?")
        .bind(now)
        .bind(outcome)
        .bind(cause)
        .bind(taken.part)
        .bind(taken.attempt)
        .execute(db)
        .await?;
    Ok(())
}

/// 2, 4, 8 … units up to an hour.
fn backoff(attempt: i64, unit: Millis) -> Millis {
    let doublings = u32::try_from(attempt.clamp(1, 10)).unwrap_or(1);
    (unit << doublings).min(LONGEST_BACKOFF)
}
