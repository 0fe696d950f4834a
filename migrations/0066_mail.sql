-- E-mail where a message cannot arrive over WhatsApp: the owner's account, its templates, for what it is wanted, and
-- what became of each mail.

CREATE TABLE mail_account (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    active       INTEGER NOT NULL CHECK (active IN (0, 1)),
    host         TEXT NOT NULL,
    port         INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security     TEXT NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    user         TEXT NOT NULL,
    password     TEXT NOT NULL,
    from_address TEXT NOT NULL,
    from_name    TEXT NOT NULL,
    wait_minutes INTEGER NOT NULL CHECK (wait_minutes BETWEEN 0 AND 10080),
    per_hour     INTEGER NOT NULL CHECK (per_hour BETWEEN 1 AND 10000),
    trouble      TEXT,
    trouble_at   INTEGER,
    CHECK ((trouble IS NULL) = (trouble_at IS NULL))
) STRICT;

CREATE TABLE mail_templates (
    language   TEXT PRIMARY KEY NOT NULL CHECK (language IN ('en', 'tr', 'id')),
    subject    TEXT NOT NULL,
    mjml       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_wanted (
    kind     TEXT NOT NULL CHECK (kind IN ('campaign', 'template', 'message')),
    id       BLOB NOT NULL,
    since_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE mails (
    id         BLOB PRIMARY KEY NOT NULL,
    message_id BLOB NOT NULL REFERENCES messages (id),
    round      INTEGER NOT NULL CHECK (round > 0),
    why        TEXT NOT NULL CHECK (why IN ('failed', 'no_number')),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'left_out')),
    reason     TEXT,
    code       INTEGER,
    tries      INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    tried_at   INTEGER,
    ended_at   INTEGER,
    UNIQUE (message_id, round),
    CHECK ((state IN ('waiting', 'sending')) = (ended_at IS NULL)),
    CHECK (state <> 'left_out' OR reason IS NOT NULL),
    CHECK (state IN ('waiting', 'left_out') OR tried_at IS NOT NULL)
) STRICT;
CREATE INDEX mails_waiting ON mails (due_at, id) WHERE state = 'waiting';
CREATE INDEX mails_sending ON mails (id) WHERE state = 'sending';
CREATE INDEX mails_tried ON mails (tried_at) WHERE tried_at IS NOT NULL;
