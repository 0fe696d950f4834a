//! The parts that stand first: the only ones that the planner looks at.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Broken;
use crate::clock::Millis;
use crate::ids::SessionId;
use crate::ledger::Book;
use crate::outbox::plan::Head;
use crate::stored::Json;

/// The first part of every open queue that any of its numbers may send, and of every number the parts that no other may
/// send: of unknown outcome, or kept by it. Eight of those each, what is due before what is not, so that one that must
/// wait does not hide the next. What is in doubt in a cancelled queue is not sent again.
///
/// The eight stands in the text: SQLite plans a statement anew each time a limit is bound to it.
pub async fn first(db: &mut SqliteConnection, now: Millis, broken: &mut Vec<Broken>) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.id, p.due_at, p.due_at AS since, q.id AS queue, q.priority, q.keep_hours, q.session_ids, q.book, NULL AS bound_to,
                0 AS repeat
         FROM queues q JOIN parts p ON p.id =
             (SELECT h.id FROM parts h
              WHERE h.queue_id = q.id AND h.state = 'pending' AND h.ready = 1 AND h.session_id IS NULL
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open'
         UNION ALL
         SELECT p.id, p.due_at, CASE p.state WHEN 'unknown' THEN min(q.due_at, p.due_at) ELSE p.due_at END, q.id,
                q.priority, q.keep_hours, q.session_ids, q.book, s.id, p.doubt_ends_at IS NOT NULL
         FROM sessions s CROSS JOIN parts p ON p.id IN
             (SELECT * FROM (SELECT h.id FROM parts h JOIN queues q ON q.id = h.queue_id
                  WHERE h.session_id = s.id AND h.state = 'unknown' AND q.state = 'open' AND q.cancelled_at IS NULL
                  ORDER BY h.due_at > ?1, q.priority, q.due_at, h.id LIMIT 8)
              UNION ALL
              SELECT * FROM (SELECT h.id FROM parts h JOIN queues q ON q.id = h.queue_id
                  WHERE h.session_id = s.id AND h.state = 'pending' AND h.ready = 1 AND q.state = 'open'
                  ORDER BY h.due_at > ?1, q.priority, h.due_at, h.id LIMIT 8))
         JOIN queues q ON q.id = p.queue_id
         WHERE s.removed_at IS NULL",
    )
    .bind(now)
    .fetch_all(db)
    .await?;
    readable(&rows, broken)
}

/// The first part of every open queue whose contact the number has talked with.
///
/// It walks the queue in the order of sending and looks each contact up, so it costs nothing where known people stand
/// near the front and about a microsecond a part where none is left. It is asked only while the number is restricted
/// and could send at this moment.
pub async fn of_known_people(
    db: &mut SqliteConnection,
    session: SessionId,
    now: Millis,
    broken: &mut Vec<Broken>,
) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.id, p.due_at, p.due_at AS since, q.id AS queue, q.priority, q.keep_hours, q.session_ids, q.book,
                NULL AS bound_to, 0 AS repeat
         FROM queues q JOIN parts p ON p.id =
             (SELECT h.id FROM parts h INDEXED BY parts_due CROSS JOIN messages m ON m.id = h.message_id
              WHERE h.queue_id = q.id AND h.state = 'pending' AND h.ready = 1 AND h.session_id IS NULL
                AND EXISTS (SELECT 1 FROM chats c WHERE c.session_id = ?1 AND c.contact_id = m.contact_id)
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open' AND q.due_at <= ?2",
    )
    .bind(session)
    .bind(now)
    .fetch_all(db)
    .await?;
    let mut heads = readable(&rows, broken)?;
    heads.retain(|head| head.allowed.contains(&session));
    heads.iter_mut().for_each(|head| head.known_to.push(session));
    Ok(heads)
}

/// Notes which of the heads are for people whom the number has talked with.
pub async fn mark_known(db: &mut SqliteConnection, heads: &mut [Head], session: SessionId) -> Result<(), sqlx::Error> {
    for head in heads {
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM parts p JOIN messages m ON m.id = p.message_id
                            JOIN chats c ON c.contact_id = m.contact_id AND c.session_id = ?
                            WHERE p.id = ?)",
        )
        .bind(session)
        .bind(head.part)
        .fetch_one(&mut *db)
        .await?;
        if known {
            head.known_to.push(session);
        }
    }
    Ok(())
}

/// A row that cannot be read leaves the others; only without its ids nothing could be done about it.
fn readable(rows: &[SqliteRow], broken: &mut Vec<Broken>) -> Result<Vec<Head>, sqlx::Error> {
    let mut heads = Vec::with_capacity(rows.len());
    for row in rows {
        let (part, queue) = (row.try_get("id")?, row.try_get("queue")?);
        match (of_queue(row), of_part(row)) {
            (Ok(head), Ok((due_at, since))) => heads.push(Head { part, queue, due_at, since, ..head }),
            (Ok(_), Err(_)) => broken.push(Broken::Part(part)),
            (Err(_), _) => broken.push(Broken::Queue(queue)),
        }
    }
    Ok(heads)
}

/// When the part is due, and since when it stands in the order.
fn of_part(row: &SqliteRow) -> Result<(Millis, Millis), sqlx::Error> {
    Ok((row.try_get("due_at")?, row.try_get("since")?))
}

/// What a head has of its queue. The book is looked at because the claim needs it.
fn of_queue(row: &SqliteRow) -> Result<Head, sqlx::Error> {
    row.try_get::<Book, _>("book")?;
    let Json(allowed) = row.try_get("session_ids")?;
    Ok(Head {
        part: row.try_get("id")?,
        queue: row.try_get("queue")?,
        priority: row.try_get("priority")?,
        due_at: 0,
        since: 0,
        keep_hours: row.try_get("keep_hours")?,
        repeat: row.try_get("repeat")?,
        bound_to: row.try_get("bound_to")?,
        allowed,
        known_to: Vec::new(),
    })
}
