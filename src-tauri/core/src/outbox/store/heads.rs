//! The parts that stand first: the only ones that the planner looks at.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Broken;
use super::known::Place;
use crate::clock::Millis;
use crate::contact::phone::WhoseClock;
use crate::ids::{CampaignId, SessionId};
use crate::ledger::Book;
use crate::outbox::due::Due;
use crate::outbox::plan::Head;
use crate::session::store::listed;
use crate::stored::Json;

/// What a head is read from. Who set its time, and whether the owner's has come once already, is asked only of a part
/// whose time is ahead, which is seldom the case.
macro_rules! columns {
    () => {
        "p.id, p.due_at, q.id AS queue, q.urgent, q.priority, q.keep_hours, q.hours, q.held_until, q.missed_at, q.session_ids, q.book, p.clock,
         CASE WHEN p.due_at > ?1 THEN (p.attempts > 0 OR p.round > 1)
             AND p.due_at IS NOT (SELECT m.planned_at FROM messages m WHERE m.id = p.message_id) END AS retried,
         CASE WHEN p.due_at > ?1 THEN
             p.due_at IS NOT (SELECT m.planned_at FROM messages m WHERE m.id = p.message_id) AND
             (p.due_at <= (SELECT m.created_at FROM messages m WHERE m.id = p.message_id)
              OR (p.due_at <= q.due_at AND EXISTS
                  (SELECT 1 FROM parts b WHERE b.queue_id = q.id AND b.sent_at IS NOT NULL)))
         ELSE 1 END AS begun"
    };
}

/// The first part of every open queue that any of its numbers may send, of a queue on its people's own clocks the first
/// of each clock, and of every number the parts that no other may
/// send: of unknown outcome, or kept by it. Eight of those on each clock, what is due before what is not, and what has
/// hours of its own behind what has none, so that one that must wait does not hide the next. What is in doubt in a cancelled queue, or of a
/// cancelled message, is not sent again. A queue whose messages are being revised has none.
///
/// The eight stands in the text: SQLite plans a statement anew each time a limit is bound to it.
pub async fn first(db: &mut SqliteConnection, now: Millis, broken: &mut Vec<Broken>) -> Result<Vec<Head>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", p.due_at AS since, NULL AS bound_to, 0 AS repeat
         FROM queues q JOIN parts p ON p.id =
             (SELECT h.id FROM parts h
              WHERE h.queue_id = q.id AND h.state = 'pending' AND h.ready = 1 AND h.session_id IS NULL
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open' AND q.revising = 0 AND q.local_hours = 0
         UNION ALL
         SELECT ",
        columns!(),
        ", p.due_at AS since, NULL AS bound_to, 0 AS repeat
         FROM queues q CROSS JOIN queue_clocks k ON k.queue_id = q.id CROSS JOIN parts p ON p.id =
             (SELECT h.id FROM parts h
              WHERE h.queue_id = q.id AND h.clock = k.clock AND h.state = 'pending' AND h.ready = 1 AND h.session_id IS NULL
              ORDER BY h.due_at, h.id LIMIT 1)
         WHERE q.state = 'open' AND q.revising = 0 AND q.local_hours = 1 AND k.waiting > 0
         UNION ALL
         SELECT ",
        columns!(),
        ", CASE p.state WHEN 'unknown' THEN min(q.due_at, p.due_at) ELSE p.due_at END, n.id AS bound_to,
                p.doubt_ends_at IS NOT NULL
         FROM ",
        listed!(),
        " n CROSS JOIN parts p ON p.id IN
             (SELECT id FROM (SELECT h.id, row_number() OVER (PARTITION BY h.clock
                      ORDER BY h.due_at > ?1, q.hours IS NOT NULL, q.priority, q.due_at, h.id) AS place
                  FROM parts h JOIN queues q ON q.id = h.queue_id
                  WHERE h.session_id = n.id AND h.state = 'unknown' AND q.state = 'open' AND q.revising = 0 AND q.cancelled_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = h.message_id AND m.cancelled_at IS NOT NULL)) WHERE place <= 8
              UNION ALL
              SELECT id FROM (SELECT h.id, row_number() OVER (PARTITION BY h.clock
                      ORDER BY h.due_at > ?1, q.hours IS NOT NULL, q.priority, h.due_at, h.id) AS place
                  FROM parts h JOIN queues q ON q.id = h.queue_id
                  WHERE h.session_id = n.id AND h.state = 'pending' AND h.ready = 1 AND q.state = 'open' AND q.revising = 0)
                  WHERE place <= 8)
         JOIN queues q ON q.id = p.queue_id",
    ))
    .bind(now)
    .fetch_all(db)
    .await?;
    readable(&rows, now, broken)
}

/// A queue is walked whole, or what of it is on one clock, so that all walks of a queue together are as long as it is.
fn walked(clock: Option<WhoseClock>, bound: &str) -> (&'static str, String) {
    match clock {
        None => ("parts_due", format!("{bound} IS NULL")),
        Some(_) => ("parts_due_by_clock", format!("p.clock = {bound}")),
    }
}

/// The first part between two places of a queue, or of a clock of it, whose contact the number has talked with, and
/// where it stands.
pub async fn known_between(
    db: &mut SqliteConnection,
    session: SessionId,
    (queue, clock): (CampaignId, Option<WhoseClock>),
    (from, to): (Place, Place),
    now: Millis,
    broken: &mut Vec<Broken>,
) -> Result<Option<(Place, Option<Head>)>, sqlx::Error> {
    let (index, on_clock) = walked(clock, "?8");
    let select = format!(
        "SELECT {}, p.due_at AS since, NULL AS bound_to, 0 AS repeat
         FROM parts p INDEXED BY {index}
         CROSS JOIN messages m ON m.id = p.message_id
         CROSS JOIN queues q ON q.id = p.queue_id
         WHERE p.queue_id = ?2 AND p.state = 'pending' AND p.ready = 1 AND p.session_id IS NULL
           AND (p.due_at, p.id) >= (?3, ?4) AND (p.due_at, p.id) < (?5, ?6) AND {on_clock}
           AND EXISTS (SELECT 1 FROM chats c WHERE c.session_id = ?7 AND c.contact_id = m.contact_id)
         ORDER BY p.due_at, p.id LIMIT 1",
        columns!()
    );
    let select = sqlx::query(sqlx::AssertSqlSafe(select)).bind(now).bind(queue).bind(from.due_at).bind(from.part);
    let rows = select.bind(to.due_at).bind(to.part).bind(session).bind(clock).fetch_all(db).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let place = Place { due_at: row.try_get("due_at")?, part: row.try_get("id")? };
    let head = readable(&rows, now, broken)?.pop();
    Ok(Some((place, head.map(|head| Head { known_to: vec![session], ..head }))))
}

/// The place a slice further along a queue, or a clock of it; none where it ends before.
pub async fn slice_after(
    db: &mut SqliteConnection,
    (queue, clock): (CampaignId, Option<WhoseClock>),
    from: Place,
    parts: i64,
) -> Result<Option<Place>, sqlx::Error> {
    let (index, on_clock) = walked(clock, "?5");
    let select = format!(
        "SELECT p.due_at, p.id FROM parts p INDEXED BY {index}
         WHERE p.queue_id = ?1 AND p.state = 'pending' AND p.ready = 1 AND (p.due_at, p.id) >= (?2, ?3) AND {on_clock}
         ORDER BY p.due_at, p.id LIMIT 1 OFFSET ?4"
    );
    let select = sqlx::query(sqlx::AssertSqlSafe(select)).bind(queue).bind(from.due_at).bind(from.part).bind(parts);
    let row = select.bind(clock).fetch_optional(db).await?;
    row.map(|row| Ok(Place { due_at: row.try_get(0)?, part: row.try_get(1)? })).transpose()
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
fn readable(rows: &[SqliteRow], now: Millis, broken: &mut Vec<Broken>) -> Result<Vec<Head>, sqlx::Error> {
    let mut heads = Vec::with_capacity(rows.len());
    for row in rows {
        let (part, queue) = (row.try_get("id")?, row.try_get("queue")?);
        match (of_queue(row), of_part(row, now)) {
            (Ok(head), Ok((due_at, since, held, clock))) => {
                heads.push(Head { part, queue, due_at, since, held, clock, ..head });
            }
            (Ok(_), Err(_)) => broken.push(Broken::Part(part)),
            (Err(_), _) => broken.push(Broken::Queue(queue)),
        }
    }
    Ok(heads)
}

/// When the part is due, since when it stands in the order, whether its campaign waits for an answer, and whose clock
/// counts.
fn of_part(row: &SqliteRow, now: Millis) -> Result<(Millis, Millis, bool, Option<WhoseClock>), sqlx::Error> {
    let due = Due {
        at: row.try_get("due_at")?,
        retried: row.try_get::<Option<bool>, _>("retried")?.unwrap_or(false),
        begun: row.try_get("begun")?,
    };
    let held_until = row.try_get::<Option<Millis>, _>("held_until")?.filter(|until| *until > now);
    let due_at = held_until.map_or(due.as_seen(now), |until| until.max(due.as_seen(now)));
    let is_asked = row.try_get::<Option<Millis>, _>("missed_at")?.is_some();
    Ok((due_at, row.try_get("since")?, is_asked && held_until.is_some(), row.try_get("clock")?))
}

/// What a head has of its queue. The book is looked at because the claim needs it.
fn of_queue(row: &SqliteRow) -> Result<Head, sqlx::Error> {
    row.try_get::<Book, _>("book")?;
    let Json(allowed) = row.try_get("session_ids")?;
    Ok(Head {
        clock: None,
        part: row.try_get("id")?,
        queue: row.try_get("queue")?,
        urgent: row.try_get("urgent")?,
        priority: row.try_get("priority")?,
        due_at: 0,
        since: 0,
        held: false,
        turn: 0,
        keep_hours: row.try_get("keep_hours")?,
        own_hours: row.try_get::<Option<Json<_>>, _>("hours")?.map(|Json(hours)| hours),
        repeat: row.try_get("repeat")?,
        bound_to: row.try_get("bound_to")?,
        allowed,
        known_to: Vec::new(),
    })
}
