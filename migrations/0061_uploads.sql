-- Files that a program brought before the messages that are to carry them.
CREATE TABLE uploads (
    id         BLOB PRIMARY KEY NOT NULL,
    sha256     BLOB NOT NULL REFERENCES media (sha256),
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_file ON uploads (sha256);
CREATE INDEX uploads_by_time ON uploads (created_at);
