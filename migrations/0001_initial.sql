-- The first schema of Ulak. What each table and column means stands in migrations/SCHEMA.md.

CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id               BLOB PRIMARY KEY NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('practice', 'whatsapp')),
    name             TEXT NOT NULL,
    phone            TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    pace_min_ms      INTEGER NOT NULL CHECK (pace_min_ms >= 1000),
    pace_max_ms      INTEGER NOT NULL CHECK (pace_max_ms >= pace_min_ms),
    batch            INTEGER NOT NULL CHECK (batch >= 0),
    rest_ms          INTEGER NOT NULL CHECK (rest_ms >= 0),
    hourly_cap       INTEGER NOT NULL CHECK (hourly_cap >= 0),
    daily_cap        INTEGER NOT NULL CHECK (daily_cap >= 0),
    next_send_at     INTEGER NOT NULL DEFAULT 0,
    resting          INTEGER NOT NULL DEFAULT 0 CHECK (resting IN (0, 1)),
    batch_sent       INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
    id                    BLOB PRIMARY KEY NOT NULL,
    phone                 TEXT NOT NULL UNIQUE,
    name                  TEXT NOT NULL,
    email                 TEXT NOT NULL,
    fields                TEXT NOT NULL CHECK (json_valid(fields)),
    search                TEXT NOT NULL,
    standing              TEXT NOT NULL CHECK (standing IN ('normal', 'gray', 'black')),
    consent_source        TEXT,
    consent_at            INTEGER,
    consent_note          TEXT,
    consent_withdrawn_at  INTEGER,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    CHECK ((consent_source IS NULL) = (consent_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_listed ON contacts (standing, id) WHERE standing <> 'normal';

CREATE TABLE contact_tags (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    tag        TEXT NOT NULL,
    PRIMARY KEY (contact_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_tags_by_tag ON contact_tags (tag, contact_id);

CREATE TABLE contact_fields (
    name       TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
    id         BLOB PRIMARY KEY NOT NULL,
    file_name  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    row_count  INTEGER NOT NULL DEFAULT 0,
    new        INTEGER NOT NULL DEFAULT 0,
    known      INTEGER NOT NULL DEFAULT 0,
    twice      INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE import_refusals (
    import_id BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    row       INTEGER NOT NULL,
    code      TEXT NOT NULL,
    params    TEXT NOT NULL CHECK (json_valid(params)),
    raw       TEXT NOT NULL,
    PRIMARY KEY (import_id, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
    sha256    BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32),
    kind      TEXT NOT NULL CHECK (kind IN ('image')),
    mime      TEXT NOT NULL,
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    thumbnail BLOB NOT NULL,
    content   BLOB NOT NULL
) STRICT;

CREATE TABLE campaigns (
    id                 BLOB PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL,
    state              TEXT NOT NULL CHECK (state IN ('draft', 'scheduling', 'scheduled', 'cancelled')),
    book               TEXT NOT NULL CHECK (book IN ('practice', 'real')),
    text               TEXT NOT NULL,
    audience           TEXT NOT NULL CHECK (json_valid(audience)),
    split_long_caption INTEGER NOT NULL CHECK (split_long_caption IN (0, 1)),
    due_at             INTEGER,
    priority           INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    session_ids        TEXT NOT NULL CHECK (json_valid(session_ids)),
    keep_hours         INTEGER NOT NULL CHECK (keep_hours IN (0, 1)),
    consent_basis      TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    scheduled_at       INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign_media (
    id           BLOB PRIMARY KEY NOT NULL,
    campaign_id  BLOB NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    source_size  INTEGER NOT NULL,
    converted    INTEGER NOT NULL CHECK (converted IN (0, 1)),
    sha256       BLOB NOT NULL REFERENCES media (sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_media_by_campaign ON campaign_media (campaign_id, position);
CREATE INDEX campaign_media_by_content ON campaign_media (sha256);

CREATE TABLE messages (
    id           BLOB PRIMARY KEY NOT NULL,
    campaign_id  BLOB NOT NULL,
    contact_id   BLOB NOT NULL,
    phone        TEXT NOT NULL,
    name         TEXT NOT NULL,
    text         TEXT NOT NULL,
    skip_reason  TEXT CHECK (skip_reason IN
                     ('no_consent', 'black_list', 'gray_list', 'missing_variable', 'opted_out', 'empty', 'not_covered')),
    skip_variable TEXT,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_once ON messages (campaign_id, contact_id);
CREATE INDEX messages_skipped ON messages (campaign_id, skip_reason) WHERE skip_reason IS NOT NULL;
CREATE INDEX messages_by_contact ON messages (contact_id);

-- What the outbox knows of where its parts come from: one row a campaign.
CREATE TABLE queues (
    id          BLOB PRIMARY KEY NOT NULL,
    priority    INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 10),
    due_at      INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('building', 'open', 'paused', 'done')),
    keep_hours  INTEGER NOT NULL CHECK (keep_hours IN (0, 1)),
    book        TEXT NOT NULL CHECK (book IN ('practice', 'real')),
    session_ids TEXT NOT NULL CHECK (json_valid(session_ids))
) STRICT, WITHOUT ROWID;
CREATE INDEX queues_by_state ON queues (state, priority);

-- pending → sending → sent → delivered → read → played, with the side exits failed, skipped, cancelled and unknown.
CREATE TABLE parts (
    id           BLOB PRIMARY KEY NOT NULL,
    message_id   BLOB NOT NULL REFERENCES messages (id),
    queue_id     BLOB NOT NULL REFERENCES queues (id),
    position     INTEGER NOT NULL CHECK (position >= 1),
    last         INTEGER NOT NULL CHECK (last IN (0, 1)),
    kind         TEXT NOT NULL CHECK (kind IN ('text', 'image')),
    with_text    INTEGER NOT NULL CHECK (with_text IN (0, 1)),
    media        BLOB REFERENCES media (sha256),
    wire_id      TEXT NOT NULL UNIQUE,
    state        TEXT NOT NULL CHECK (state IN
                     ('pending', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'skipped', 'cancelled', 'unknown')),
    ready        INTEGER NOT NULL CHECK (ready IN (0, 1)),
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    round        INTEGER NOT NULL DEFAULT 1,
    session_id   BLOB REFERENCES sessions (id),
    cause        TEXT,
    tried_at     INTEGER,
    sent_at      INTEGER,
    delivered_at INTEGER,
    read_at      INTEGER,
    played_at    INTEGER,
    ended_at     INTEGER,
    CHECK ((kind = 'image') = (media IS NOT NULL)),
    CHECK (with_text = 1 OR media IS NOT NULL),
    CHECK (state NOT IN ('sending', 'unknown', 'sent', 'delivered', 'read', 'played') OR session_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_due ON parts (queue_id, due_at, id) WHERE state = 'pending' AND ready = 1;
CREATE INDEX parts_unknown ON parts (session_id, due_at) WHERE state = 'unknown';
CREATE INDEX parts_sending ON parts (session_id) WHERE state = 'sending';
CREATE INDEX parts_awaited ON parts (session_id, state) WHERE state IN ('sent', 'delivered');
CREATE INDEX parts_by_state ON parts (queue_id, last, state, id);
CREATE INDEX parts_by_message ON parts (message_id, position);
CREATE INDEX parts_sent ON parts (queue_id, sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE attempts (
    id         INTEGER PRIMARY KEY,
    part_id    BLOB NOT NULL REFERENCES parts (id),
    session_id BLOB NOT NULL REFERENCES sessions (id),
    number     INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    outcome    TEXT CHECK (outcome IN ('accepted', 'refused', 'unknown')),
    cause      TEXT,
    UNIQUE (part_id, number)
) STRICT;
CREATE INDEX attempts_by_session ON attempts (session_id, started_at);

-- Append-only: what a credit did and for which part.
CREATE TABLE ledger (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    book          TEXT NOT NULL CHECK (book IN ('practice', 'real')),
    kind          TEXT NOT NULL CHECK (kind IN ('grant', 'hold', 'settle', 'release', 'adjust')),
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
    CHECK ((kind IN ('hold', 'settle', 'release')) = (part_id IS NOT NULL)),
    CHECK (CASE kind
               WHEN 'grant'   THEN credits > 0 AND held = 0
               WHEN 'hold'    THEN credits = 0 AND held = 1
               WHEN 'settle'  THEN credits = -1 AND held = -1
               WHEN 'release' THEN credits = 0 AND held = -1
               ELSE credits <> 0 AND held = 0
           END)
) STRICT;
CREATE UNIQUE INDEX ledger_one_hold ON ledger (part_id, round) WHERE kind = 'hold';
CREATE UNIQUE INDEX ledger_one_end ON ledger (part_id, round) WHERE kind IN ('settle', 'release');
CREATE INDEX ledger_lines ON ledger (book, seq) WHERE lines > 0;
CREATE INDEX ledger_spent ON ledger (book, at) WHERE kind = 'settle';
CREATE INDEX ledger_by_campaign ON ledger (campaign_id, kind) WHERE campaign_id IS NOT NULL;

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

CREATE TABLE ledger_totals (
    book     TEXT PRIMARY KEY NOT NULL CHECK (book IN ('practice', 'real')),
    granted  INTEGER NOT NULL DEFAULT 0,
    adjusted INTEGER NOT NULL DEFAULT 0,
    held     INTEGER NOT NULL DEFAULT 0,
    settled  INTEGER NOT NULL DEFAULT 0,
    released INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_totals (book) VALUES ('practice'), ('real');
CREATE INDEX parts_by_media ON parts (media) WHERE media IS NOT NULL;
