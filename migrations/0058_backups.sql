-- What became of each backup that was tried: for the page, for the days on which one is missing, and for what is kept.

CREATE TABLE backups (
    id         BLOB PRIMARY KEY NOT NULL,
    by_itself  INTEGER NOT NULL CHECK (by_itself = 0 OR by_itself = 1),
    -- The moment of the plan that it is for, or when the owner asked.
    due_at     INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    file       TEXT NOT NULL,
    bytes      INTEGER NOT NULL CHECK (bytes >= 0),
    contacts   INTEGER NOT NULL CHECK (contacts >= 0),
    campaigns  INTEGER NOT NULL CHECK (campaigns >= 0),
    -- Why there is none, as JSON; NULL where it is good.
    problem    TEXT CHECK (problem IS NULL OR json_valid(problem)),
    removed_at INTEGER,
    CHECK (problem IS NULL OR (bytes = 0 AND removed_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX backups_by_end ON backups (ended_at);
-- A moment of the plan has one line, however often it was tried.
CREATE UNIQUE INDEX backups_of_plan ON backups (due_at) WHERE by_itself = 1;
