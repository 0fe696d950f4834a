-- Folders for programs that can only write files: each row of a list that is put there is an event of its trigger.
CREATE TABLE trigger_folders (
    trigger_id BLOB PRIMARY KEY NOT NULL REFERENCES triggers (id),
    path       TEXT NOT NULL UNIQUE CHECK (path <> ''),
    brings     TEXT NOT NULL CHECK (brings IN ('messages', 'contacts'))
) STRICT, WITHOUT ROWID;

-- A file is what it says, not what it is called.
CREATE TABLE trigger_files (
    trigger_id BLOB NOT NULL REFERENCES triggers (id),
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    name       TEXT NOT NULL,
    place      TEXT NOT NULL,
    accepted   INTEGER NOT NULL CHECK (accepted >= 0),
    passed     INTEGER NOT NULL CHECK (passed >= 0),
    refused    INTEGER NOT NULL CHECK (refused >= 0),
    problem    TEXT CHECK (problem IS NULL OR json_valid(problem)),
    began_at   INTEGER NOT NULL,
    moved_at   INTEGER,
    PRIMARY KEY (trigger_id, digest),
    CHECK (moved_at IS NULL OR place <> '')
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_files_by_time ON trigger_files (trigger_id, began_at);

-- Written in the transaction of the row's event, so a file that is read again goes on behind what it brought.
CREATE TABLE trigger_rows (
    trigger_id BLOB NOT NULL REFERENCES triggers (id),
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    row        INTEGER NOT NULL CHECK (row > 0),
    outcome    TEXT NOT NULL CHECK (outcome IN ('accepted', 'duplicate', 'unmet', 'refused')),
    problem    TEXT CHECK (problem IS NULL OR json_valid(problem)),
    PRIMARY KEY (trigger_id, digest, row)
) STRICT, WITHOUT ROWID;
