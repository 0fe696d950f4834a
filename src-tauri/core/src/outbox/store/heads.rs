//! The parts that stand first: the only ones that the planner looks at.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::clock::Millis;
use crate::ids::SessionId;
use crate::outbox::plan::Head;

/// The first part of every open queue that any of its numbers may send, and of every number the parts that no other may
/// send: of unknown outcome, or kept by it. Eight of those each, what is due before what is not, so that one that must
/// wait does not hide the next. What is in doubt in a cancelled queue is not sent again.
///
/// The eight stands in the text: SQLite plans a statement anew each time a limit is bound to it.
pub async fn first(db: &mut SqliteConnection, now: Millis) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.id, p.due_at, p.due_at AS since, q.id AS queue, q.priority, q.keep_hours, q.session_ids, NULL AS bound_to,
                0 AS repeat
         FROM queues q JOIN parts p ON p.id =
             (SELECT h.id FROM parts h
              WHERE h.queue_id = q.id AND h.state = 'pending' AND h.ready = 1 AND h.session_id IS NULL
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open'
         UNION ALL
         SELECT p.id, p.due_at, CASE p.state WHEN 'unknown' THEN min(q.due_at, p.due_at) ELSE p.due_at END, q.id,
                q.priority, q.keep_hours, q.session_ids, s.id, p.doubt_ends_at IS NOT NULL
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
    let first = |row: &SqliteRow| Head {
        since: row.get("since"),
        repeat: row.get("repeat"),
        bound_to: row.get("bound_to"),
        ..head(row)
    };
    Ok(rows.iter().map(first).collect())
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
) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT p.id, p.due_at, q.id AS queue, q.priority, q.keep_hours, q.session_ids
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
    let mut heads: Vec<Head> = rows.iter().map(head).collect();
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

fn head(row: &SqliteRow) -> Head {
    Head {
        part: row.get("id"),
        queue: row.get("queue"),
        priority: row.get("priority"),
        due_at: row.get("due_at"),
        since: row.get("due_at"),
        keep_hours: row.get("keep_hours"),
        repeat: false,
        bound_to: None,
        allowed: serde_json::from_str(row.get("session_ids")).unwrap_or_default(),
        known_to: Vec::new(),
    }
}
