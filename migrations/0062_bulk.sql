-- Many messages that a program asked for at once: taken in a thousand at a time, each thousand with how far that is.
CREATE TABLE bulk_jobs (
    id         BLOB PRIMARY KEY NOT NULL,
    token_id   BLOB NOT NULL REFERENCES tokens (id),
    request    TEXT NOT NULL CHECK (request = '' OR json_valid(request)),
    recipients INTEGER NOT NULL CHECK (recipients > 0),
    next       INTEGER NOT NULL DEFAULT 0 CHECK (next BETWEEN 0 AND recipients),
    accepted   INTEGER NOT NULL DEFAULT 0 CHECK (accepted >= 0),
    refused    INTEGER NOT NULL DEFAULT 0 CHECK (refused >= 0),
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    CHECK (accepted + refused = next),
    CHECK (ended_at IS NULL OR request = '')
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_jobs_open ON bulk_jobs (id) WHERE ended_at IS NULL;

CREATE TABLE bulk_places (
    job_id     BLOB NOT NULL REFERENCES bulk_jobs (id),
    place      INTEGER NOT NULL CHECK (place >= 0),
    message_id BLOB,
    code       TEXT,
    PRIMARY KEY (job_id, place),
    CHECK ((message_id IS NULL) <> (code IS NULL))
) STRICT, WITHOUT ROWID;
