-- By what another program tells, a template is sent: how, what came, and what became of it.
CREATE TABLE triggers (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE CHECK (name <> ''),
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    binding    TEXT NOT NULL CHECK (json_valid(binding)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trigger_events (
    id         BLOB PRIMARY KEY NOT NULL,
    trigger_id BLOB NOT NULL REFERENCES triggers (id),
    payload    TEXT NOT NULL CHECK (payload = '' OR json_valid(payload)),
    outcome    TEXT NOT NULL CHECK (outcome IN ('accepted', 'duplicate', 'unmet', 'off', 'refused')),
    code       TEXT,
    params     TEXT NOT NULL CHECK (json_valid(params)),
    accepted   INTEGER NOT NULL CHECK (accepted >= 0),
    refused    INTEGER NOT NULL CHECK (refused >= 0),
    replay_of  BLOB,
    at         INTEGER NOT NULL,
    CHECK ((outcome = 'refused') = (code IS NOT NULL AND accepted = 0))
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_events_by_trigger ON trigger_events (trigger_id, id);
CREATE INDEX trigger_events_replayed ON trigger_events (replay_of) WHERE replay_of IS NOT NULL;

CREATE TABLE trigger_messages (
    event_id   BLOB NOT NULL REFERENCES trigger_events (id),
    place      INTEGER NOT NULL CHECK (place >= 0),
    message_id BLOB NOT NULL,
    PRIMARY KEY (event_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_messages_by_message ON trigger_messages (message_id);

-- What came by the key that its program gives it. The key itself may name a person, so only its digest is kept.
CREATE TABLE trigger_keys (
    trigger_id BLOB NOT NULL REFERENCES triggers (id),
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    at         INTEGER NOT NULL,
    PRIMARY KEY (trigger_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_keys_by_time ON trigger_keys (at);
