//! Rows of linked numbers, as linking, the supervisor and the owner write them.

use crate::clock::Millis;
use crate::db::Tx;
use crate::ids::{IdGenerator, SessionId};
use crate::session::Pace;
use crate::session::client::Limits;

pub async fn link(db: &mut Tx, place: i64, pace: &Pace, now: Millis) -> Result<SessionId, sqlx::Error> {
    let id: SessionId = IdGenerator::at(now).next();
    sqlx::query(
        "INSERT INTO sessions (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap,
                               daily_cap, created_at, linked_at, state)
         VALUES (?, 'whatsapp', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'connected')",
    )
    .bind(id)
    .bind(format!("Number {place}"))
    .bind(format!("+9055500001{place:02}"))
    .bind(place)
    .bind(pace.min_ms)
    .bind(pace.max_ms)
    .bind(pace.batch)
    .bind(pace.rest_ms)
    .bind(pace.hourly_cap)
    .bind(pace.daily_cap)
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    Ok(id)
}

/// As a number that was linked for the first time then.
pub async fn warms_up(db: &mut Tx, number: SessionId, since: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET warm_since = ? WHERE id = ?").bind(since).bind(number).execute(db).await?;
    Ok(())
}

pub async fn limits(db: &mut Tx, number: SessionId, limits: &Limits, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sessions SET new_chats_used = ?, new_chats_quota = ?, quota_renews_at = ?, locked_until = ?, limits_at = ?
         WHERE id = ?",
    )
    .bind(limits.new_chats_used)
    .bind(limits.new_chats_quota)
    .bind(limits.quota_renews_at)
    .bind(limits.locked_until)
    .bind(now)
    .bind(number)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn remove(db: &mut Tx, number: SessionId, now: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET removed_at = ? WHERE id = ?").bind(now).bind(number).execute(db).await?;
    Ok(())
}

pub async fn choose(db: &mut Tx, number: SessionId, take_names: bool, typing: bool) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE sessions SET take_names = ?, typing = ? WHERE id = ?")
        .bind(take_names)
        .bind(typing)
        .bind(number)
        .execute(db)
        .await?;
    Ok(())
}

/// What each kind of counter should say, beside what it says; rows of nothing left out on both sides.
const COUNTERS: [(&str, &str, &str); 14] = [
    (
        "queue_counts",
        "SELECT queue_id, state, reason, variable, session_id, people, parts, credits FROM queue_counts WHERE people <> 0 OR parts <> 0 OR credits <> 0",
        "SELECT queue_id, state, reason, variable, session_id, sum(people), sum(parts), sum(credits) FROM (
             SELECT queue_id, state,
                    CASE WHEN state = 'failed' OR state = 'skipped' THEN coalesce(cause, '') ELSE '' END AS reason,
                    '' AS variable, CASE state WHEN 'pending' THEN x'' ELSE coalesce(session_id, x'') END AS session_id,
                    last AS people, 1 AS parts, price AS credits FROM parts
             UNION ALL
             SELECT queue_id, 'skipped', skip_reason, coalesce(skip_variable, ''), x'', 1, 0, 0 FROM messages m
             WHERE skip_reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id))
         GROUP BY 1, 2, 3, 4, 5",
    ),
    (
        "queue_clocks",
        "SELECT queue_id, clock, waiting FROM queue_clocks WHERE waiting <> 0",
        "SELECT queue_id, clock, count(*) FROM parts
         WHERE clock IS NOT NULL AND state IN ('pending', 'sending', 'unknown') GROUP BY 1, 2",
    ),
    (
        "quarter_figures.parts",
        "SELECT at, queue_id, session_id, parts FROM quarter_figures WHERE parts > 0",
        "SELECT sent_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*) FROM parts
         WHERE sent_at IS NOT NULL GROUP BY 1, 2, 3",
    ),
    (
        "quarter_figures",
        "SELECT at, queue_id, session_id, sent, delivered, read, delivery_ms FROM quarter_figures
         WHERE sent + delivered + read > 0",
        "SELECT at, queue_id, session_id, sum(sent), sum(delivered), sum(read), sum(ms) FROM (
             SELECT sent_at / 900000 * 900000 AS at, queue_id, coalesce(session_id, x'') AS session_id, 1 AS sent, 0 AS delivered, 0 AS read, 0 AS ms
                 FROM parts WHERE last = 1 AND sent_at IS NOT NULL
             UNION ALL SELECT delivered_at / 900000 * 900000, queue_id, coalesce(session_id, x''), 0, 1, 0,
                              max(delivered_at - coalesce(sent_at, delivered_at), 0)
                 FROM parts WHERE last = 1 AND delivered_at IS NOT NULL
             UNION ALL SELECT read_at / 900000 * 900000, queue_id, coalesce(session_id, x''), 0, 0, 1, 0
                 FROM parts WHERE last = 1 AND read_at IS NOT NULL) GROUP BY 1, 2, 3",
    ),
    (
        "queue_spans",
        "SELECT queue_id, kind, sum(messages) FROM queue_spans GROUP BY 1, 2",
        "SELECT queue_id, 'delivered', count(*) FROM parts WHERE last = 1 AND delivered_at IS NOT NULL GROUP BY 1
         UNION ALL SELECT queue_id, 'read', count(*) FROM parts WHERE last = 1 AND read_at IS NOT NULL GROUP BY 1",
    ),
    (
        "ledger_counts",
        "SELECT book, kind, lines FROM ledger_counts",
        "SELECT book, kind, count(*) FROM ledger WHERE lines > 0 GROUP BY 1, 2",
    ),
    (
        "ledger_quarters",
        "SELECT book, at, settled FROM ledger_quarters",
        "SELECT book, at / 900000 * 900000, -sum(credits) FROM ledger WHERE kind = 'settle' GROUP BY 1, 2",
    ),
    (
        "contact_counts",
        "SELECT standing, people FROM contact_counts WHERE people <> 0",
        "SELECT standing, count(*) FROM contacts GROUP BY 1",
    ),
    (
        "tag_counts",
        "SELECT tag, people FROM tag_counts WHERE people <> 0",
        "SELECT tag, count(*) FROM contact_tags GROUP BY 1",
    ),
    (
        "contacts.last_message_at",
        "SELECT id, last_message_at FROM contacts WHERE last_message_at IS NOT NULL",
        "SELECT m.contact_id, max(p.sent_at) FROM parts p JOIN messages m ON m.id = p.message_id
         JOIN contacts c ON c.id = m.contact_id WHERE p.sent_at IS NOT NULL GROUP BY 1",
    ),
    (
        "contact_tags.sort_name",
        "SELECT contact_id, tag, sort_name FROM contact_tags",
        "SELECT contact_id, tag, substr(c.search, 1, 60) FROM contact_tags JOIN contacts c ON c.id = contact_id",
    ),
    (
        "answer_counts",
        "SELECT campaign_id, kind, option, number FROM answer_counts WHERE number <> 0",
        "WITH r AS (SELECT * FROM replies WHERE campaign_id IS NOT NULL)
         SELECT campaign_id, 'replies', '', count(*) FROM r GROUP BY 1
         UNION ALL SELECT campaign_id, 'stops', '', count(*) FROM r WHERE stop = 1 GROUP BY 1
         UNION ALL SELECT campaign_id, 'replied', '', count(DISTINCT message_id) FROM r GROUP BY 1
         UNION ALL SELECT campaign_id, 'opted_out', '', count(DISTINCT message_id) FROM r WHERE stop = 1 GROUP BY 1
         UNION ALL SELECT r.campaign_id, 'chosen', o.value, count(*) FROM r, json_each(r.chosen) o
             WHERE NOT EXISTS (SELECT 1 FROM replies l WHERE l.message_id = r.message_id AND l.chosen <> '[]'
                               AND (l.at, l.id) > (r.at, r.id)) GROUP BY 1, 3",
    ),
    (
        "reply_counts",
        "SELECT kind, number FROM reply_counts",
        "SELECT 'unread', count(*) FROM replies WHERE unread = 1
         UNION ALL SELECT 'answers', count(*) FROM replies WHERE unread = 1 AND chosen <> '[]'
         UNION ALL SELECT 'stops', count(*) FROM replies WHERE unread = 1 AND stop = 1
         UNION ALL SELECT 'near', count(*) FROM replies
             WHERE near_word <> '' AND stop = 0 AND seen_to = 0 AND done = 0",
    ),
    (
        "campaign_counts",
        "SELECT state, campaigns FROM campaign_counts WHERE campaigns <> 0",
        "SELECT state, count(*) FROM campaigns WHERE listed = 1 GROUP BY 1",
    ),
];

/// The tables of counters that do not say what counting says.
pub async fn miscounted(db: &mut sqlx::SqliteConnection) -> Result<Vec<&'static str>, sqlx::Error> {
    let mut wrong = Vec::new();
    for (table, said, counted) in COUNTERS {
        let differing = format!(
            "WITH said AS ({said}), counted AS ({counted})
             SELECT (SELECT count(*) FROM (SELECT * FROM said EXCEPT SELECT * FROM counted))
                  + (SELECT count(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM said))"
        );
        let differing: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(differing)).fetch_one(&mut *db).await?;
        if differing > 0 {
            wrong.push(table);
        }
    }
    let idle = "SELECT count(*) FROM queues q WHERE q.state <> 'building' AND (q.state = 'done') = EXISTS
                    (SELECT 1 FROM parts p WHERE p.queue_id = q.id AND p.state IN ('pending', 'sending', 'unknown'))";
    let wrongly_open: i64 = sqlx::query_scalar(idle).fetch_one(db).await?;
    if wrongly_open > 0 {
        wrong.push("queues");
    }
    Ok(wrong)
}
