-- Other programs on this computer: the tokens that let them in, and what they were answered, so that a request that comes
-- twice does its work once.
CREATE TABLE tokens (
    id           BLOB PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL CHECK (name <> ''),
    digest       BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    ending       TEXT NOT NULL,
    may_send     INTEGER NOT NULL CHECK (may_send IN (0, 1)),
    may_read     INTEGER NOT NULL CHECK (may_read IN (0, 1)),
    may_contacts INTEGER NOT NULL CHECK (may_contacts IN (0, 1)),
    may_admin    INTEGER NOT NULL CHECK (may_admin IN (0, 1)),
    may_urgent   INTEGER NOT NULL CHECK (may_urgent IN (0, 1)),
    calls        INTEGER NOT NULL DEFAULT 0 CHECK (calls >= 0),
    used_at      INTEGER,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE given_answers (
    token_id BLOB NOT NULL REFERENCES tokens (id),
    key      TEXT NOT NULL CHECK (key <> ''),
    digest   BLOB NOT NULL CHECK (length(digest) = 32),
    answer   TEXT NOT NULL CHECK (json_valid(answer)),
    at       INTEGER NOT NULL,
    PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX given_answers_by_time ON given_answers (at);
