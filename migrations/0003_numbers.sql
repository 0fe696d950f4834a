-- Linked numbers: their links and limits, what they remember, and what people answer.

-- What the supervisor last knew, so that a fresh start shows it at once.
ALTER TABLE sessions ADD COLUMN state TEXT NOT NULL DEFAULT 'disconnected'
    CHECK (state = 'disconnected' OR state = 'connecting' OR state = 'linking' OR state = 'connected' OR state = 'slow'
        OR state = 'logged_out' OR state = 'replaced' OR state = 'banned' OR state = 'locked' OR state = 'outdated'
        OR state = 'needs_attention');
ALTER TABLE sessions ADD COLUMN state_since INTEGER;
ALTER TABLE sessions ADD COLUMN lid TEXT;
ALTER TABLE sessions ADD COLUMN push_name TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN linked_at INTEGER;
-- Names the file of the key material; a number that is linked again gets a fresh one.
ALTER TABLE sessions ADD COLUMN seat BLOB;
-- Taken off the list by the owner. Its row stays, because history refers to it.
ALTER TABLE sessions ADD COLUMN removed_at INTEGER;
ALTER TABLE sessions ADD COLUMN ban_code INTEGER;
ALTER TABLE sessions ADD COLUMN ban_until INTEGER;
-- The circuit breaker: why nothing, or nothing to new people, is sent, and until when.
ALTER TABLE sessions ADD COLUMN shut_cause TEXT;
ALTER TABLE sessions ADD COLUMN shut_until INTEGER;
ALTER TABLE sessions ADD COLUMN new_chats_used INTEGER;
ALTER TABLE sessions ADD COLUMN new_chats_quota INTEGER;
ALTER TABLE sessions ADD COLUMN quota_renews_at INTEGER;
ALTER TABLE sessions ADD COLUMN locked_until INTEGER;
ALTER TABLE sessions ADD COLUMN limits_at INTEGER;
ALTER TABLE sessions ADD COLUMN phone_seen_at INTEGER;
ALTER TABLE sessions ADD COLUMN heard_at INTEGER;
ALTER TABLE sessions ADD COLUMN typing INTEGER NOT NULL DEFAULT 0 CHECK (typing IN (0, 1));
ALTER TABLE sessions ADD COLUMN take_names INTEGER NOT NULL DEFAULT 0 CHECK (take_names IN (0, 1));

-- Small values that a line finds again after a restart. `owner` is a session's id, or empty for what holds for all.
CREATE TABLE notes (
    kind       TEXT NOT NULL CHECK (kind IN ('upload', 'on_whatsapp', 'poll')),
    owner      BLOB NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, key)
) STRICT, WITHOUT ROWID;

-- With whom a number has talked: for them no new-chat limit counts.
CREATE TABLE chats (
    session_id BLOB NOT NULL REFERENCES sessions (id),
    contact_id BLOB NOT NULL,
    since_at   INTEGER NOT NULL,
    PRIMARY KEY (session_id, contact_id)
) STRICT, WITHOUT ROWID;

-- The phone behind a hidden identity, as seen while sending and receiving.
CREATE TABLE lids (
    lid     TEXT PRIMARY KEY NOT NULL,
    phone   TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lids_by_phone ON lids (phone);

CREATE TABLE replies (
    id         BLOB PRIMARY KEY NOT NULL,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    sender     TEXT NOT NULL,
    wire_id    TEXT NOT NULL,
    contact_id BLOB,
    message_id BLOB,
    campaign_id BLOB,
    text       TEXT NOT NULL,
    chosen     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(chosen)),
    quotes     TEXT,
    stop       INTEGER NOT NULL CHECK (stop IN (0, 1)),
    at         INTEGER NOT NULL,
    UNIQUE (session_id, sender, wire_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_by_message ON replies (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX replies_by_contact ON replies (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX replies_by_campaign ON replies (campaign_id, at) WHERE campaign_id IS NOT NULL;

-- Parts that only one number may send.
CREATE INDEX parts_kept ON parts (session_id, due_at) WHERE state = 'pending' AND session_id IS NOT NULL;
-- Answers which number sent how many parts of a queue from the index alone.
DROP INDEX parts_sent;
CREATE INDEX parts_sent ON parts (queue_id, sent_at, session_id) WHERE sent_at IS NOT NULL;
