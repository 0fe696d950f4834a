//! Claiming a part: the last look before the network. One transaction, committed before anything is sent.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::{MINUTE, Millis, SECOND};
use crate::contact::permission::{account_of, addressed, refusal};
use crate::db::Tx;
use crate::ids::{CampaignId, ClaimerId, LinkPreviewId, MessageId, PartId, SessionId};
use crate::ledger::Book;
use crate::ledger::store::{End, end_hold};
use crate::mail::store::taken_by_mail;
use crate::outbox::pace::Slot;
use crate::outbox::state::SkipReason;
use crate::session::store::listed;
use crate::settings::{paused, promotion_gap};
use crate::stored::Json;

/// After this long without an answer the outcome is unknown.
pub const ANSWER_DEADLINE: Millis = 75 * SECOND;
/// How long a claim holds: until the deadline, and long enough for its end to be written. Who still has the part
/// `sending` afterwards has lost it.
pub const LEASE: Millis = ANSWER_DEADLINE + 45 * SECOND;

/// A part that is now `sending`, with all that the messenger needs.
#[derive(Clone, Debug)]
pub struct Taken {
    pub part: PartId,
    pub queue: CampaignId,
    pub message: MessageId,
    pub session: SessionId,
    pub book: Book,
    pub round: i64,
    pub position: i64,
    pub last: bool,
    pub attempt: i64,
    /// Attempts of this round.
    pub tries: i64,
    /// An earlier try may have arrived, so no other session may take over.
    pub doubtful: bool,
    pub wire_id: String,
    /// The phone that WhatsApp has for the person, as far as it is known.
    pub to: String,
    pub text: Option<String>,
    pub media: Option<[u8; 32]>,
    pub link_preview: Option<LinkPreviewId>,
    /// The session has talked with the contact.
    pub known: bool,
    /// The session shows "typing…" before a text.
    pub typing: bool,
    pub file_name: Option<String>,
    pub poll: Option<Poll>,
    pub slot: Slot,
    /// When the sending hours close; none where they are not kept.
    pub not_after: Option<Millis>,
}

/// What a part asks that is a poll.
#[derive(Clone, Debug)]
pub struct Poll {
    pub question: String,
    pub options: Vec<String>,
}

#[derive(Clone, Debug)]
pub enum Claim {
    Taken(Box<Taken>),
    /// The contact must get nothing: the message is skipped and its credits are released.
    Skipped(SkipReason),
    /// Paused, cancelled or taken since the snapshot.
    Gone,
}

/// Whether another message `o` of the campaign of `m` is that of the same person, by a part `p` of it of which `$state`
/// holds. What `m` itself has begun goes on.
macro_rules! twin {
    ($state:expr) => {
        concat!(
            "(m.origin = 'campaign'
              AND NOT EXISTS (SELECT 1 FROM parts s WHERE s.message_id = m.id
                              AND (s.sent_at IS NOT NULL OR s.state = 'unknown'))
              AND EXISTS (SELECT 1 FROM messages o INDEXED BY messages_by_subscriber JOIN parts p ON p.message_id = o.id
                  WHERE o.queue_id = m.queue_id AND o.origin = 'campaign' AND o.id <> m.id
                    AND o.subscriber IN ",
            $crate::contact::permission::keys_of!("m.subscriber"),
            " AND ",
            $state,
            "))"
        )
    };
}

/// The person has the message already, or may have it; or a mail has taken it.
macro_rules! reached_already {
    () => {
        $crate::outbox::store::claim::twin!(concat!(
            "(p.state IN ('sent', 'delivered', 'read', 'played') OR p.state IN ('pending', 'failed', 'skipped', 'cancelled')
               AND EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown') OR ",
            $crate::mail::store::taken_by_mail!("o.id"),
            ")"
        ))
    };
}

/// Whether they have it is about to be known.
macro_rules! reached_soon {
    () => {
        $crate::outbox::store::claim::twin!("p.state IN ('sending', 'unknown')")
    };
}

pub(super) use {reached_already, reached_soon, twin};

/// Whether a part of the table `parts` may go out as things stand: its queue is open and not being revised, nothing is paused, its message was
/// not cancelled and not taken by a mail, and its person may be written to and has not been.
macro_rules! may_go {
    ($at:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM queues q WHERE q.id = parts.queue_id AND q.state = 'open' AND q.revising = 0
                     AND q.cancelled_at IS NULL)
             AND NOT ",
            paused!(),
            " AND EXISTS (SELECT 1 FROM ",
            addressed!(),
            " WHERE m.id = parts.message_id AND m.cancelled_at IS NULL AND NOT ",
            taken_by_mail!("m.id"),
            " AND (",
            refusal!($at, promotion_gap!()),
            ") IS NULL AND NOT ",
            reached_already!(),
            " AND NOT ",
            reached_soon!(),
            ")"
        )
    };
}

/// What was asked when the part was claimed is asked again when it could be handed over, and whether its number is
/// still on the list.
pub async fn still_stands(
    db: &mut SqliteConnection,
    part: PartId,
    session: SessionId,
    now: Millis,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM parts WHERE id = ?1 AND state = 'sending' AND ",
        may_go!("?3"),
        ") AND EXISTS (SELECT 1 FROM ",
        listed!(),
        " n WHERE n.id = ?2)"
    ))
    .bind(part)
    .bind(session)
    .bind(now)
    .fetch_one(db)
    .await
}

pub async fn claim(
    db: &mut Tx,
    part: PartId,
    session: SessionId,
    claimer: ClaimerId,
    slot: Slot,
    now: Millis,
) -> Result<Claim, sqlx::Error> {
    match take(db, part, session, claimer, slot, now).await? {
        Some(taken) => Ok(Claim::Taken(Box::new(taken))),
        None => skip_if_unwanted(db, part, now).await,
    }
}

/// State, pause and standing are looked at in the statement that takes the part, so nothing can come between. The
/// attempt and the number's rhythm follow it on one way to the connection's thread.
async fn take(
    db: &mut Tx,
    part: PartId,
    session: SessionId,
    claimer: ClaimerId,
    slot: Slot,
    now: Millis,
) -> Result<Option<Taken>, sqlx::Error> {
    let rows = sqlx::query(
        concat!("UPDATE parts SET state = 'sending', session_id = ?1, attempts = attempts + 1, tries = tries + 1, tried_at = ?2, cause = NULL,
                repeats = repeats + (doubt_ends_at IS NOT NULL), claimed_by = ?7, lease_until = ?8
         WHERE id = ?3
           AND ((state = 'pending' AND ready = 1 AND (session_id IS NULL OR session_id = ?1))
                OR (state = 'unknown' AND session_id = ?1))
           AND ", may_go!("?2"), "
         RETURNING queue_id, message_id, round, position, last, attempts, wire_id, media,
             (SELECT q.book FROM queues q WHERE q.id = parts.queue_id),
             (SELECT ", account_of!("m.phone"), " FROM messages m WHERE m.id = parts.message_id),
             CASE with_text WHEN 1 THEN (SELECT m.text FROM messages m WHERE m.id = parts.message_id) END,
             doubt_ends_at IS NOT NULL, tries,
             EXISTS (SELECT 1 FROM messages m JOIN chats c ON c.session_id = ?1 AND c.contact_id = m.contact_id
                     WHERE m.id = parts.message_id),
             coalesce((SELECT n.typing FROM ", listed!(), " n WHERE n.id = ?1), 0), file_name,
             CASE kind WHEN 'poll' THEN (SELECT m.question FROM messages m WHERE m.id = parts.message_id) END,
             CASE kind WHEN 'poll' THEN (SELECT m.options FROM messages m WHERE m.id = parts.message_id) END, link_preview;
         INSERT INTO attempts (part_id, session_id, number, started_at)
             SELECT id, ?1, attempts, ?2 FROM parts WHERE id = ?3 AND changes() = 1;
         UPDATE senders SET next_send_at = ?4, resting = ?5, batch_sent = ?6,
                repeated = (SELECT doubt_ends_at IS NOT NULL FROM parts WHERE id = ?3)
             WHERE session_id = ?1 AND changes() = 1"),
    )
    .bind(session)
    .bind(now)
    .bind(part)
    .bind(slot.after.next_send_at)
    .bind(slot.after.resting)
    .bind(slot.after.batch_sent)
    .bind(claimer)
    .bind(now + LEASE)
    .fetch_all(db)
    .await?;
    rows.first().map(|row| taken(row, part, session, slot)).transpose()
}

fn taken(row: &SqliteRow, part: PartId, session: SessionId, slot: Slot) -> Result<Taken, sqlx::Error> {
    Ok(Taken {
        part,
        session,
        queue: row.try_get(0)?,
        message: row.try_get(1)?,
        round: row.try_get(2)?,
        position: row.try_get(3)?,
        last: row.try_get(4)?,
        attempt: row.try_get(5)?,
        wire_id: row.try_get(6)?,
        media: media_of(row.try_get(7)?)?,
        book: row.try_get(8)?,
        to: row.try_get(9)?,
        text: row.try_get(10)?,
        doubtful: row.try_get(11)?,
        tries: row.try_get(12)?,
        known: row.try_get(13)?,
        typing: row.try_get(14)?,
        file_name: row.try_get(15)?,
        poll: poll(row.try_get(16)?, row.try_get(17)?),
        link_preview: row.try_get(18)?,
        slot,
        not_after: None,
    })
}

/// The hash of a prepared file.
fn media_of(hash: Option<&[u8]>) -> Result<Option<[u8; 32]>, sqlx::Error> {
    hash.map(<[u8; 32]>::try_from).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}

fn poll(question: Option<String>, options: Option<Json<Vec<String>>>) -> Option<Poll> {
    Some(Poll { question: question?, options: options?.0 })
}

async fn skip_if_unwanted(db: &mut Tx, part: PartId, now: Millis) -> Result<Claim, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT p.message_id, p.queue_id, q.book, coalesce(iif(",
        reached_already!(),
        ", 'same_person', NULL), ",
        refusal!("?2", promotion_gap!()),
        "), ",
        reached_soon!(),
        "
             FROM parts p JOIN queues q ON q.id = p.queue_id JOIN ",
        addressed!(),
        "
             WHERE p.id = ?1 AND m.id = p.message_id AND p.state IN ('pending', 'unknown') AND q.state = 'open' AND q.cancelled_at IS NULL",
    ))
    .bind(part)
    .bind(now)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(Claim::Gone) };
    let Some(reason) = row.try_get::<Option<SkipReason>, _>(3)? else {
        if row.try_get(4)? {
            look_again(db, part, now).await?;
        }
        return Ok(Claim::Gone);
    };
    skip_message(db, row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, reason, now).await?;
    Ok(Claim::Skipped(reason))
}

/// It waits until it is known what became of the same person's other message.
async fn look_again(db: &mut Tx, part: PartId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE parts SET due_at = ? WHERE id = ? AND state IN ('pending', 'unknown')")
        .bind(now + MINUTE)
        .bind(part)
        .execute(db)
        .await?;
    Ok(())
}

async fn skip_message(
    db: &mut Tx,
    message: MessageId,
    queue: CampaignId,
    book: Book,
    reason: SkipReason,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let skipped = sqlx::query(
        "UPDATE parts SET state = 'skipped', cause = ?, ended_at = ?
         WHERE message_id = ? AND state IN ('pending', 'unknown') RETURNING id, round",
    )
    .bind(reason)
    .bind(now)
    .bind(message)
    .fetch_all(&mut *db)
    .await?;
    for row in &skipped {
        end_hold(db, End::Release, book, queue, row.try_get(0)?, row.try_get(1)?, now).await?;
    }
    sqlx::query("UPDATE messages SET skip_reason = ? WHERE id = ?").bind(reason).bind(message).execute(db).await?;
    Ok(())
}
