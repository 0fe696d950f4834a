-- People whose data were erased at their wish: a keyed hash of their phone, so that no list brings them back unasked.
CREATE TABLE erasure_keys (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

CREATE TABLE erased_people (
    digest       BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
    erased_at    INTEGER NOT NULL,
    opted_out_at INTEGER
) STRICT, WITHOUT ROWID;
