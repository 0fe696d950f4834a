-- What reports and daily figures are made of: the messages of each number and campaign by the quarter of an hour in which
-- they were sent, arrived, were read or failed, and how long they took.

CREATE TABLE quarter_figures (
    at          INTEGER NOT NULL,
    queue_id    BLOB NOT NULL REFERENCES queues (id),
    session_id  BLOB NOT NULL,
    sent        INTEGER NOT NULL DEFAULT 0,
    delivered   INTEGER NOT NULL DEFAULT 0,
    read        INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    delivery_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (at, queue_id, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarter_figures_by_queue ON quarter_figures (queue_id, at);

CREATE TABLE queue_spans (
    queue_id  BLOB NOT NULL REFERENCES queues (id),
    kind      TEXT NOT NULL CHECK (kind = 'delivered' OR kind = 'read'),
    within_ms INTEGER NOT NULL,
    messages  INTEGER NOT NULL,
    PRIMARY KEY (queue_id, kind, within_ms)
) STRICT, WITHOUT ROWID;

-- One kind after the other, so that no sorter holds all of them at once.
INSERT INTO quarter_figures (at, queue_id, session_id, sent)
    SELECT sent_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*)
    FROM parts WHERE last = 1 AND sent_at IS NOT NULL GROUP BY 1, 2, 3;
INSERT INTO quarter_figures (at, queue_id, session_id, delivered, delivery_ms)
    SELECT delivered_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*),
           sum(max(delivered_at - coalesce(sent_at, delivered_at), 0))
    FROM parts WHERE last = 1 AND delivered_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET delivered = excluded.delivered, delivery_ms = excluded.delivery_ms;
INSERT INTO quarter_figures (at, queue_id, session_id, read)
    SELECT read_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*)
    FROM parts WHERE last = 1 AND read_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET read = excluded.read;
INSERT INTO quarter_figures (at, queue_id, session_id, failed)
    SELECT ended_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*)
    FROM parts WHERE last = 1 AND state = 'failed' AND ended_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET failed = excluded.failed;

INSERT INTO queue_spans (queue_id, kind, within_ms, messages)
    SELECT queue_id, 'delivered', CASE WHEN delivered_at - sent_at <= 10000 THEN 10000
               WHEN delivered_at - sent_at <= 30000 THEN 30000
               WHEN delivered_at - sent_at <= 60000 THEN 60000
               WHEN delivered_at - sent_at <= 120000 THEN 120000
               WHEN delivered_at - sent_at <= 300000 THEN 300000
               WHEN delivered_at - sent_at <= 600000 THEN 600000
               WHEN delivered_at - sent_at <= 900000 THEN 900000
               WHEN delivered_at - sent_at <= 1800000 THEN 1800000
               WHEN delivered_at - sent_at <= 3600000 THEN 3600000
               WHEN delivered_at - sent_at <= 7200000 THEN 7200000
               WHEN delivered_at - sent_at <= 14400000 THEN 14400000
               WHEN delivered_at - sent_at <= 28800000 THEN 28800000
               WHEN delivered_at - sent_at <= 43200000 THEN 43200000
               WHEN delivered_at - sent_at <= 86400000 THEN 86400000
               WHEN delivered_at - sent_at <= 172800000 THEN 172800000
               WHEN delivered_at - sent_at <= 604800000 THEN 604800000 ELSE 0 END, count(*)
    FROM parts WHERE last = 1 AND delivered_at IS NOT NULL GROUP BY 1, 3
    UNION ALL
    SELECT queue_id, 'read', CASE WHEN read_at - sent_at <= 10000 THEN 10000
               WHEN read_at - sent_at <= 30000 THEN 30000 WHEN read_at - sent_at <= 60000 THEN 60000
               WHEN read_at - sent_at <= 120000 THEN 120000 WHEN read_at - sent_at <= 300000 THEN 300000
               WHEN read_at - sent_at <= 600000 THEN 600000 WHEN read_at - sent_at <= 900000 THEN 900000
               WHEN read_at - sent_at <= 1800000 THEN 1800000
               WHEN read_at - sent_at <= 3600000 THEN 3600000
               WHEN read_at - sent_at <= 7200000 THEN 7200000
               WHEN read_at - sent_at <= 14400000 THEN 14400000
               WHEN read_at - sent_at <= 28800000 THEN 28800000
               WHEN read_at - sent_at <= 43200000 THEN 43200000
               WHEN read_at - sent_at <= 86400000 THEN 86400000
               WHEN read_at - sent_at <= 172800000 THEN 172800000
               WHEN read_at - sent_at <= 604800000 THEN 604800000 ELSE 0 END, count(*)
    FROM parts WHERE last = 1 AND read_at IS NOT NULL GROUP BY 1, 3;

CREATE TRIGGER parts_sent_figured AFTER UPDATE OF sent_at ON parts
WHEN NEW.last = 1 AND OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL
BEGIN
    INSERT INTO quarter_figures (at, queue_id, session_id, sent)
        VALUES (NEW.sent_at / 900000 * 900000, NEW.queue_id, coalesce(NEW.session_id, x''), 1)
        ON CONFLICT DO UPDATE SET sent = sent + 1;
END;

CREATE TRIGGER parts_delivered_figured AFTER UPDATE OF delivered_at ON parts
WHEN NEW.last = 1 AND OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL
BEGIN
    INSERT INTO quarter_figures (at, queue_id, session_id, delivered, delivery_ms)
        VALUES (NEW.delivered_at / 900000 * 900000, NEW.queue_id, coalesce(NEW.session_id, x''), 1, max(NEW.delivered_at - coalesce(NEW.sent_at, NEW.delivered_at), 0))
        ON CONFLICT DO UPDATE SET delivered = delivered + 1, delivery_ms = delivery_ms + excluded.delivery_ms;
    INSERT INTO queue_spans (queue_id, kind, within_ms, messages)
        VALUES (NEW.queue_id, 'delivered', CASE WHEN NEW.delivered_at - NEW.sent_at <= 10000 THEN 10000
               WHEN NEW.delivered_at - NEW.sent_at <= 30000 THEN 30000
               WHEN NEW.delivered_at - NEW.sent_at <= 60000 THEN 60000
               WHEN NEW.delivered_at - NEW.sent_at <= 120000 THEN 120000
               WHEN NEW.delivered_at - NEW.sent_at <= 300000 THEN 300000
               WHEN NEW.delivered_at - NEW.sent_at <= 600000 THEN 600000
               WHEN NEW.delivered_at - NEW.sent_at <= 900000 THEN 900000
               WHEN NEW.delivered_at - NEW.sent_at <= 1800000 THEN 1800000
               WHEN NEW.delivered_at - NEW.sent_at <= 3600000 THEN 3600000
               WHEN NEW.delivered_at - NEW.sent_at <= 7200000 THEN 7200000
               WHEN NEW.delivered_at - NEW.sent_at <= 14400000 THEN 14400000
               WHEN NEW.delivered_at - NEW.sent_at <= 28800000 THEN 28800000
               WHEN NEW.delivered_at - NEW.sent_at <= 43200000 THEN 43200000
               WHEN NEW.delivered_at - NEW.sent_at <= 86400000 THEN 86400000
               WHEN NEW.delivered_at - NEW.sent_at <= 172800000 THEN 172800000
               WHEN NEW.delivered_at - NEW.sent_at <= 604800000 THEN 604800000 ELSE 0 END, 1)
        ON CONFLICT DO UPDATE SET messages = messages + 1;
END;

CREATE TRIGGER parts_read_figured AFTER UPDATE OF read_at ON parts
WHEN NEW.last = 1 AND OLD.read_at IS NULL AND NEW.read_at IS NOT NULL
BEGIN
    INSERT INTO quarter_figures (at, queue_id, session_id, read)
        VALUES (NEW.read_at / 900000 * 900000, NEW.queue_id, coalesce(NEW.session_id, x''), 1)
        ON CONFLICT DO UPDATE SET read = read + 1;
    INSERT INTO queue_spans (queue_id, kind, within_ms, messages)
        VALUES (NEW.queue_id, 'read', CASE WHEN NEW.read_at - NEW.sent_at <= 10000 THEN 10000
               WHEN NEW.read_at - NEW.sent_at <= 30000 THEN 30000
               WHEN NEW.read_at - NEW.sent_at <= 60000 THEN 60000
               WHEN NEW.read_at - NEW.sent_at <= 120000 THEN 120000
               WHEN NEW.read_at - NEW.sent_at <= 300000 THEN 300000
               WHEN NEW.read_at - NEW.sent_at <= 600000 THEN 600000
               WHEN NEW.read_at - NEW.sent_at <= 900000 THEN 900000
               WHEN NEW.read_at - NEW.sent_at <= 1800000 THEN 1800000
               WHEN NEW.read_at - NEW.sent_at <= 3600000 THEN 3600000
               WHEN NEW.read_at - NEW.sent_at <= 7200000 THEN 7200000
               WHEN NEW.read_at - NEW.sent_at <= 14400000 THEN 14400000
               WHEN NEW.read_at - NEW.sent_at <= 28800000 THEN 28800000
               WHEN NEW.read_at - NEW.sent_at <= 43200000 THEN 43200000
               WHEN NEW.read_at - NEW.sent_at <= 86400000 THEN 86400000
               WHEN NEW.read_at - NEW.sent_at <= 172800000 THEN 172800000
               WHEN NEW.read_at - NEW.sent_at <= 604800000 THEN 604800000 ELSE 0 END, 1)
        ON CONFLICT DO UPDATE SET messages = messages + 1;
END;

CREATE TRIGGER parts_failed_figured AFTER UPDATE OF state ON parts
WHEN NEW.last = 1 AND NEW.state = 'failed' AND OLD.state <> 'failed' AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO quarter_figures (at, queue_id, session_id, failed)
        VALUES (NEW.ended_at / 900000 * 900000, NEW.queue_id, coalesce(NEW.session_id, x''), 1)
        ON CONFLICT DO UPDATE SET failed = failed + 1;
END;
