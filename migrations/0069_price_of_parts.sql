-- What a part costs is a number of credits and no longer always one. It stands with the part, so that what its owner sets
-- later changes nothing that was priced.
ALTER TABLE parts ADD COLUMN price INTEGER NOT NULL DEFAULT 1 CHECK (price >= 0);
-- What open parts hold is added up in the index alone.
DROP INDEX parts_by_state;
CREATE INDEX parts_by_state ON parts (queue_id, last, state, id, price);

-- A campaign is priced as a whole, however long its scheduling or its revision takes.
ALTER TABLE queues ADD COLUMN prices TEXT NOT NULL
    DEFAULT '{"text":1,"image":1,"video":1,"document":1,"voice":1,"audio":1,"poll":1}' CHECK (json_valid(prices));

ALTER TABLE queue_counts ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
UPDATE queue_counts SET credits = parts;

DROP TRIGGER parts_counted;
CREATE TRIGGER parts_counted AFTER UPDATE OF state, cause, session_id, last, price ON parts
WHEN OLD.state <> NEW.state OR OLD.last <> NEW.last OR OLD.price <> NEW.price
  OR (OLD.cause IS NOT NEW.cause AND (NEW.state = 'failed' OR NEW.state = 'skipped'))
  OR (OLD.session_id IS NOT NEW.session_id AND NEW.state <> 'pending')
BEGIN
    UPDATE queue_counts SET people = people - OLD.last, parts = parts - 1, credits = credits - OLD.price
    WHERE queue_id = OLD.queue_id AND state = OLD.state
      AND reason = CASE WHEN OLD.state = 'failed' OR OLD.state = 'skipped' THEN coalesce(OLD.cause, '') ELSE '' END
      AND variable = ''
      AND session_id = CASE WHEN OLD.state = 'pending' THEN x'' ELSE coalesce(OLD.session_id, x'') END;
    INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, credits, last_at)
        VALUES (NEW.queue_id, NEW.state,
                CASE WHEN NEW.state = 'failed' OR NEW.state = 'skipped' THEN coalesce(NEW.cause, '') ELSE '' END, '',
                CASE WHEN NEW.state = 'pending' THEN x'' ELSE coalesce(NEW.session_id, x'') END,
                NEW.last, 1, NEW.price, coalesce(NEW.ended_at, NEW.sent_at, 0))
        ON CONFLICT DO UPDATE SET people = people + excluded.people, parts = parts + 1,
                                  credits = credits + excluded.credits, last_at = max(last_at, excluded.last_at);
    -- A queue closes where its last part ends, and has a result that nobody has seen.
    UPDATE queues
    SET state = 'done', seen = 0,
        ended_at = (SELECT nullif(max(c.last_at), 0) FROM queue_counts c WHERE c.queue_id = NEW.queue_id)
    WHERE id = NEW.queue_id AND (state = 'open' OR state = 'paused') AND revising = 0
      AND NEW.state <> 'pending' AND NEW.state <> 'sending' AND NEW.state <> 'unknown'
      AND NOT EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = NEW.queue_id AND c.parts > 0
                      AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown'));
END;

-- A hold takes the price of its part, which may be none, and its end gives back what it took. The lines themselves stay as
-- they are, so the seals hold.
CREATE TABLE ledger_2 (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    book          TEXT NOT NULL CHECK (book = 'practice' OR book = 'real'),
    kind          TEXT NOT NULL CHECK (kind = 'hold' OR kind = 'settle' OR kind = 'release' OR kind = 'grant' OR kind = 'adjust'),
    campaign_id   BLOB,
    part_id       BLOB,
    round         INTEGER NOT NULL DEFAULT 1,
    credits       INTEGER NOT NULL,
    held          INTEGER NOT NULL,
    balance_after INTEGER NOT NULL,
    held_after    INTEGER NOT NULL CHECK (held_after >= 0),
    lines         INTEGER NOT NULL CHECK (lines >= 0),
    note          TEXT NOT NULL DEFAULT '',
    price         TEXT NOT NULL DEFAULT '',
    at            INTEGER NOT NULL,
    CHECK ((kind = 'hold' OR kind = 'settle' OR kind = 'release') = (part_id IS NOT NULL)),
    CHECK (CASE kind
               WHEN 'hold'    THEN credits = 0 AND held >= 0
               WHEN 'settle'  THEN credits = held AND held <= 0
               WHEN 'release' THEN credits = 0 AND held <= 0
               WHEN 'grant'   THEN credits > 0 AND held = 0
               ELSE credits <> 0 AND held = 0
           END)
) STRICT;
INSERT INTO ledger_2 (seq, book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines,
                      note, price, at)
    SELECT seq, book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines,
           note, price, at
    FROM ledger ORDER BY seq;
DELETE FROM sqlite_sequence WHERE name = 'ledger_2';
INSERT INTO sqlite_sequence (name, seq) SELECT 'ledger_2', seq FROM sqlite_sequence WHERE name = 'ledger';
DROP TABLE ledger;
ALTER TABLE ledger_2 RENAME TO ledger;
CREATE UNIQUE INDEX ledger_one_hold ON ledger (part_id, round) WHERE kind = 'hold';
CREATE UNIQUE INDEX ledger_one_end ON ledger (part_id, round) WHERE kind IN ('settle', 'release');
CREATE INDEX ledger_spent ON ledger (book, at) WHERE kind = 'settle';
CREATE INDEX ledger_lines ON ledger (book, seq, lines) WHERE lines > 0;
CREATE INDEX ledger_lines_by_kind ON ledger (book, kind, seq, lines) WHERE lines > 0;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_counted AFTER INSERT ON ledger WHEN NEW.lines > 0
BEGIN
    INSERT INTO ledger_counts (book, kind, lines) VALUES (NEW.book, NEW.kind, 1)
        ON CONFLICT DO UPDATE SET lines = lines + 1;
END;
CREATE TRIGGER ledger_settled AFTER INSERT ON ledger WHEN NEW.kind = 'settle'
BEGIN
    INSERT INTO ledger_quarters (book, at, settled) VALUES (NEW.book, NEW.at / 900000 * 900000, -NEW.credits)
        ON CONFLICT DO UPDATE SET settled = settled + excluded.settled;
END;
