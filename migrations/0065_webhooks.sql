-- Webhooks: where other programs are told of changes, and what of that waits, was taken or was given up.

CREATE TABLE webhooks (
    id          BLOB PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    url         TEXT NOT NULL,
    near        INTEGER NOT NULL CHECK (near IN (0, 1)),
    topics      TEXT NOT NULL,
    secret      BLOB NOT NULL CHECK (length(secret) = 32),
    seq         INTEGER NOT NULL CHECK (seq >= 0),
    created_at  INTEGER NOT NULL,
    paused_at   INTEGER,
    paused_for  TEXT CHECK (paused_for IN ('owner', 'gone')),
    failures    INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    rests_until INTEGER,
    answered_at INTEGER,
    low_told    INTEGER,
    CHECK ((paused_at IS NULL) = (paused_for IS NULL)),
    CHECK (rests_until IS NULL OR failures > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    place          INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE,
    webhook_id     BLOB NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event          TEXT NOT NULL,
    subject        BLOB NOT NULL,
    about          BLOB NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'dead')),
    created_at     INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,
    tries          INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    first_tried_at INTEGER,
    setback        TEXT,
    status         INTEGER,
    ended_at       INTEGER,
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CHECK ((tries = 0) = (first_tried_at IS NULL)),
    CHECK (state = 'waiting' OR tries > 0)
) STRICT;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id, due_at, place) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject, place) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, state, place);
