-- Room for videos, documents, voice notes, audio files and polls, and CHECKs that cost less.
--
-- SQLite builds a table in memory for every `x IN (three or more constants)` of a CHECK, at every statement. In chains
-- of OR the same rule costs a comparison or two, so every CHECK here names its values one by one, the commonest first.
-- A CHECK cannot be altered: each table is made anew, filled and renamed. Foreign keys are off meanwhile.

CREATE TABLE media_2 (
    sha256      BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    kind        TEXT NOT NULL CHECK (kind = 'image' OR kind = 'video' OR kind = 'document' OR kind = 'voice' OR kind = 'audio'),
    mime        TEXT NOT NULL,
    width       INTEGER,
    height      INTEGER,
    duration_ms INTEGER,
    pages       INTEGER,
    size        INTEGER NOT NULL,
    waveform    BLOB,
    thumbnail   BLOB NOT NULL,
    content     BLOB NOT NULL,
    CHECK (kind <> 'image' OR (width IS NOT NULL AND height IS NOT NULL))
) STRICT;
INSERT INTO media_2 (sha256, kind, mime, width, height, size, thumbnail, content)
    SELECT sha256, kind, mime, width, height, size, thumbnail, content FROM media;
DROP TABLE media;
ALTER TABLE media_2 RENAME TO media;

CREATE TABLE campaigns_2 (
    id                 BLOB PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL,
    state              TEXT NOT NULL CHECK (state = 'draft' OR state = 'scheduling' OR state = 'scheduled' OR state = 'cancelled'),
    book               TEXT NOT NULL CHECK (book = 'practice' OR book = 'real'),
    text               TEXT NOT NULL,
    audience           TEXT NOT NULL CHECK (json_valid(audience)),
    split_long_caption INTEGER NOT NULL CHECK (split_long_caption = 0 OR split_long_caption = 1),
    due_at             INTEGER,
    priority           INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    session_ids        TEXT NOT NULL CHECK (json_valid(session_ids)),
    keep_hours         INTEGER NOT NULL CHECK (keep_hours = 0 OR keep_hours = 1),
    consent_basis      TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    scheduled_at       INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO campaigns_2 (id, name, state, book, text, audience, split_long_caption, due_at, priority, session_ids,
                         keep_hours, consent_basis, created_at, updated_at, scheduled_at)
    SELECT id, name, state, book, text, audience, split_long_caption, due_at, priority, session_ids,
           keep_hours, consent_basis, created_at, updated_at, scheduled_at
    FROM campaigns;
DROP TABLE campaigns;
ALTER TABLE campaigns_2 RENAME TO campaigns;

CREATE TABLE messages_2 (
    id           BLOB PRIMARY KEY NOT NULL,
    campaign_id  BLOB NOT NULL,
    contact_id   BLOB NOT NULL,
    phone        TEXT NOT NULL,
    name         TEXT NOT NULL,
    text         TEXT NOT NULL,
    skip_reason  TEXT CHECK (skip_reason IS NULL OR skip_reason = 'no_consent' OR skip_reason = 'black_list'
                     OR skip_reason = 'gray_list' OR skip_reason = 'missing_variable' OR skip_reason = 'opted_out'
                     OR skip_reason = 'empty' OR skip_reason = 'not_covered'),
    skip_variable TEXT,
    created_at   INTEGER NOT NULL,
    options      TEXT CHECK (options IS NULL OR json_valid(options))
) STRICT, WITHOUT ROWID;
INSERT INTO messages_2 (id, campaign_id, contact_id, phone, name, text, skip_reason, skip_variable, created_at)
    SELECT id, campaign_id, contact_id, phone, name, text, skip_reason, skip_variable, created_at FROM messages ORDER BY id;
DROP TABLE messages;
ALTER TABLE messages_2 RENAME TO messages;
CREATE UNIQUE INDEX messages_once ON messages (campaign_id, contact_id);
CREATE INDEX messages_skipped ON messages (campaign_id, skip_reason) WHERE skip_reason IS NOT NULL;
CREATE INDEX messages_by_contact ON messages (contact_id);

CREATE TABLE queues_2 (
    id          BLOB PRIMARY KEY NOT NULL,
    priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    due_at      INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state = 'building' OR state = 'open' OR state = 'paused' OR state = 'done'),
    keep_hours  INTEGER NOT NULL CHECK (keep_hours = 0 OR keep_hours = 1),
    book        TEXT NOT NULL CHECK (book = 'practice' OR book = 'real'),
    session_ids TEXT NOT NULL CHECK (json_valid(session_ids))
) STRICT, WITHOUT ROWID;
INSERT INTO queues_2 (id, priority, due_at, state, keep_hours, book, session_ids)
    SELECT id, priority, due_at, state, keep_hours, book, session_ids FROM queues;
DROP TABLE queues;
ALTER TABLE queues_2 RENAME TO queues;
CREATE INDEX queues_by_state ON queues (state, priority);

-- pending → sending → sent → delivered → read → played, with the side exits failed, skipped, cancelled and unknown.
CREATE TABLE parts_2 (
    id           BLOB PRIMARY KEY NOT NULL,
    message_id   BLOB NOT NULL REFERENCES messages (id),
    queue_id     BLOB NOT NULL REFERENCES queues (id),
    position     INTEGER NOT NULL CHECK (position >= 1),
    last         INTEGER NOT NULL CHECK (last = 0 OR last = 1),
    kind         TEXT NOT NULL CHECK (kind = 'text' OR kind = 'image' OR kind = 'video' OR kind = 'document'
                     OR kind = 'voice' OR kind = 'audio' OR kind = 'poll'),
    with_text    INTEGER NOT NULL CHECK (with_text = 0 OR with_text = 1),
    media        BLOB REFERENCES media (sha256),
    wire_id      TEXT NOT NULL UNIQUE,
    state        TEXT NOT NULL CHECK (state = 'pending' OR state = 'sending' OR state = 'sent' OR state = 'delivered'
                     OR state = 'read' OR state = 'played' OR state = 'failed' OR state = 'skipped'
                     OR state = 'cancelled' OR state = 'unknown'),
    ready        INTEGER NOT NULL CHECK (ready = 0 OR ready = 1),
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,
    round        INTEGER NOT NULL DEFAULT 1,
    session_id   BLOB REFERENCES sessions (id),
    cause        TEXT,
    tried_at     INTEGER,
    sent_at      INTEGER,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    ended_at     INTEGER,
    file_name    TEXT,
    CHECK ((kind = 'text' OR kind = 'poll') = (media IS NULL)),
    CHECK (with_text = 1 OR media IS NOT NULL),
    CHECK (session_id IS NOT NULL OR state = 'pending' OR state = 'failed' OR state = 'skipped' OR state = 'cancelled')
) STRICT, WITHOUT ROWID;
INSERT INTO parts_2 (id, message_id, queue_id, position, last, kind, with_text, media, wire_id, state, ready, due_at,
                     attempts, tries, round, session_id, cause, tried_at, sent_at, delivered_at, read_at, played_at, ended_at)
    SELECT id, message_id, queue_id, position, last, kind, with_text, media, wire_id, state, ready, due_at,
           attempts, tries, round, session_id, cause, tried_at, sent_at, delivered_at, read_at, played_at, ended_at
    FROM parts ORDER BY id;
DROP TABLE parts;
ALTER TABLE parts_2 RENAME TO parts;
CREATE INDEX parts_due ON parts (queue_id, due_at, id) WHERE state = 'pending' AND ready = 1;
CREATE INDEX parts_unknown ON parts (session_id, due_at) WHERE state = 'unknown';
CREATE INDEX parts_sending ON parts (session_id) WHERE state = 'sending';
CREATE INDEX parts_awaited ON parts (session_id, state) WHERE state IN ('sent', 'delivered');
CREATE INDEX parts_by_state ON parts (queue_id, last, state, id);
CREATE INDEX parts_by_message ON parts (message_id, position);
CREATE INDEX parts_sent ON parts (queue_id, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX parts_by_media ON parts (media) WHERE media IS NOT NULL;

CREATE TABLE attempts_2 (
    id         INTEGER PRIMARY KEY,
    part_id    BLOB NOT NULL REFERENCES parts (id),
    session_id BLOB NOT NULL REFERENCES sessions (id),
    number     INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT CHECK (outcome IS NULL OR outcome = 'accepted' OR outcome = 'refused' OR outcome = 'unknown'),
    cause      TEXT,
    UNIQUE (part_id, number)
) STRICT;
INSERT INTO attempts_2 (id, part_id, session_id, number, started_at, ended_at, outcome, cause)
    SELECT id, part_id, session_id, number, started_at, ended_at, outcome, cause FROM attempts ORDER BY id;
DROP TABLE attempts;
ALTER TABLE attempts_2 RENAME TO attempts;
CREATE INDEX attempts_by_session ON attempts (session_id, started_at);

-- Append-only: what a credit did and for which part. The triggers go with the old table and come back with the new one.
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
               WHEN 'hold'    THEN credits = 0 AND held = 1
               WHEN 'settle'  THEN credits = -1 AND held = -1
               WHEN 'release' THEN credits = 0 AND held = -1
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
CREATE INDEX ledger_lines ON ledger (book, seq) WHERE lines > 0;
CREATE INDEX ledger_spent ON ledger (book, at) WHERE kind = 'settle';
CREATE INDEX ledger_by_campaign ON ledger (campaign_id, kind) WHERE campaign_id IS NOT NULL;
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
