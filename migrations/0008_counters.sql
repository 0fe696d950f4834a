-- Counters of what is shown often, moved in the transaction that changes a state. Triggers move them, so that no
-- statement can forget to.

-- Of every queue: how many people and parts are in each state, for what reason and by which number.
CREATE TABLE queue_counts (
    queue_id   BLOB NOT NULL REFERENCES queues (id),
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    variable   TEXT NOT NULL,
    session_id BLOB NOT NULL,
    people     INTEGER NOT NULL,
    parts      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (queue_id, state, reason, variable, session_id)
) STRICT, WITHOUT ROWID;
INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, last_at)
    SELECT queue_id, state, CASE WHEN state = 'failed' OR state = 'skipped' THEN coalesce(cause, '') ELSE '' END, '',
           CASE WHEN state = 'pending' THEN x'' ELSE coalesce(session_id, x'') END,
           sum(last), count(*), max(coalesce(ended_at, sent_at, 0))
    FROM parts GROUP BY 1, 2, 3, 5;
INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, last_at)
    SELECT m.campaign_id, 'skipped', m.skip_reason, coalesce(m.skip_variable, ''), x'', count(*), 0, 0
    FROM messages m
    WHERE m.skip_reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = m.id)
    GROUP BY 1, 3, 4
    ON CONFLICT DO UPDATE SET people = people + excluded.people;

-- Of every queue: how many parts were accepted in each quarter of an hour.
CREATE TABLE queue_quarters (
    queue_id BLOB NOT NULL REFERENCES queues (id),
    at       INTEGER NOT NULL,
    sent     INTEGER NOT NULL,
    PRIMARY KEY (queue_id, at)
) STRICT, WITHOUT ROWID;
INSERT INTO queue_quarters (queue_id, at, sent)
    SELECT queue_id, sent_at / 900000 * 900000, count(*) FROM parts WHERE sent_at IS NOT NULL GROUP BY 1, 2;

CREATE TRIGGER parts_counted AFTER UPDATE OF state, cause, session_id ON parts
WHEN OLD.state <> NEW.state
  OR (OLD.cause IS NOT NEW.cause AND (NEW.state = 'failed' OR NEW.state = 'skipped'))
  OR (OLD.session_id IS NOT NEW.session_id AND NEW.state <> 'pending')
BEGIN
    UPDATE queue_counts SET people = people - OLD.last, parts = parts - 1
    WHERE queue_id = OLD.queue_id AND state = OLD.state
      AND reason = CASE WHEN OLD.state = 'failed' OR OLD.state = 'skipped' THEN coalesce(OLD.cause, '') ELSE '' END
      AND variable = ''
      AND session_id = CASE WHEN OLD.state = 'pending' THEN x'' ELSE coalesce(OLD.session_id, x'') END;
    INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, last_at)
        VALUES (NEW.queue_id, NEW.state,
                CASE WHEN NEW.state = 'failed' OR NEW.state = 'skipped' THEN coalesce(NEW.cause, '') ELSE '' END, '',
                CASE WHEN NEW.state = 'pending' THEN x'' ELSE coalesce(NEW.session_id, x'') END,
                NEW.last, 1, coalesce(NEW.ended_at, NEW.sent_at, 0))
        ON CONFLICT DO UPDATE SET people = people + excluded.people, parts = parts + 1,
                                  last_at = max(last_at, excluded.last_at);
    -- A queue closes where its last part ends.
    UPDATE queues SET state = 'done'
    WHERE id = NEW.queue_id AND (state = 'open' OR state = 'paused')
      AND NEW.state <> 'pending' AND NEW.state <> 'sending' AND NEW.state <> 'unknown'
      AND NOT EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = NEW.queue_id AND c.parts > 0
                      AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown'));
END;

CREATE TRIGGER parts_sent_counted AFTER UPDATE OF sent_at ON parts
WHEN OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL
BEGIN
    INSERT INTO queue_quarters (queue_id, at, sent) VALUES (NEW.queue_id, NEW.sent_at / 900000 * 900000, 1)
        ON CONFLICT DO UPDATE SET sent = sent + 1;
END;

-- Whose failures are told of, the newest queue first.
CREATE INDEX queue_counts_failed ON queue_counts (queue_id) WHERE state = 'failed' AND people > 0;

-- What a queue waited for until it was looked at idle.
UPDATE queues SET state = 'done'
WHERE (state = 'open' OR state = 'paused')
  AND NOT EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = queues.id AND c.parts > 0
                  AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown'));

-- Of every book: its lines as people read them, by kind, and what was settled in each quarter of an hour.
CREATE TABLE ledger_counts (
    book  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (book, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_counts (book, kind, lines) SELECT book, kind, count(*) FROM ledger WHERE lines > 0 GROUP BY 1, 2;

CREATE TABLE ledger_quarters (
    book    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    PRIMARY KEY (book, at)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_quarters (book, at, settled)
    SELECT book, at / 900000 * 900000, count(*) FROM ledger WHERE kind = 'settle' GROUP BY 1, 2;

CREATE TRIGGER ledger_counted AFTER INSERT ON ledger WHEN NEW.lines > 0
BEGIN
    INSERT INTO ledger_counts (book, kind, lines) VALUES (NEW.book, NEW.kind, 1)
        ON CONFLICT DO UPDATE SET lines = lines + 1;
END;
CREATE TRIGGER ledger_settled AFTER INSERT ON ledger WHEN NEW.kind = 'settle'
BEGIN
    INSERT INTO ledger_quarters (book, at, settled) VALUES (NEW.book, NEW.at / 900000 * 900000, 1)
        ON CONFLICT DO UPDATE SET settled = settled + 1;
END;

-- Up to which line the ledger was added up, and to what: a start adds up what lies behind it.
CREATE TABLE ledger_checkpoints (
    book     TEXT PRIMARY KEY NOT NULL,
    seq      INTEGER NOT NULL,
    granted  INTEGER NOT NULL,
    adjusted INTEGER NOT NULL,
    held     INTEGER NOT NULL,
    settled  INTEGER NOT NULL,
    released INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_checkpoints (book, seq, granted, adjusted, held, settled, released)
    VALUES ('practice', 0, 0, 0, 0, 0, 0), ('real', 0, 0, 0, 0, 0, 0);

-- A number's tries of a day are counted in the index alone.
DROP INDEX attempts_by_session;
CREATE INDEX attempts_by_session ON attempts (session_id, started_at, outcome);
-- Pages of lines are found in the index alone.
DROP INDEX ledger_lines;
CREATE INDEX ledger_lines ON ledger (book, seq, lines) WHERE lines > 0;
CREATE INDEX ledger_lines_by_kind ON ledger (book, kind, seq, lines) WHERE lines > 0;

-- People by their standing, and by tag.
CREATE TABLE contact_counts (
    standing TEXT PRIMARY KEY NOT NULL,
    people   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO contact_counts (standing, people)
    SELECT column1, (SELECT count(*) FROM contacts WHERE standing = column1) FROM (VALUES ('normal'), ('gray'), ('black'));
CREATE TRIGGER contacts_added AFTER INSERT ON contacts
BEGIN
    UPDATE contact_counts SET people = people + 1 WHERE standing = NEW.standing;
END;
CREATE TRIGGER contacts_removed AFTER DELETE ON contacts
BEGIN
    UPDATE contact_counts SET people = people - 1 WHERE standing = OLD.standing;
END;
CREATE TRIGGER contacts_changed_standing AFTER UPDATE OF standing ON contacts WHEN OLD.standing <> NEW.standing
BEGIN
    UPDATE contact_counts SET people = people - 1 WHERE standing = OLD.standing;
    UPDATE contact_counts SET people = people + 1 WHERE standing = NEW.standing;
END;

CREATE TABLE tag_counts (
    tag    TEXT PRIMARY KEY NOT NULL,
    people INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tag_counts (tag, people) SELECT tag, count(*) FROM contact_tags GROUP BY tag;
CREATE TRIGGER contact_tags_added AFTER INSERT ON contact_tags
BEGIN
    INSERT INTO tag_counts (tag, people) VALUES (NEW.tag, 1) ON CONFLICT DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER contact_tags_removed AFTER DELETE ON contact_tags
BEGIN
    UPDATE tag_counts SET people = people - 1 WHERE tag = OLD.tag;
END;
