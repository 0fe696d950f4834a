-- What an import made and what it changed, so that it can be taken back as a whole; and which runs were imports.
ALTER TABLE imports ADD COLUMN step TEXT CHECK (step IN ('scan', 'import'));
ALTER TABLE imports ADD COLUMN undone_at INTEGER;
ALTER TABLE imports ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;
ALTER TABLE imports ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;

CREATE TABLE import_changes (
    import_id  BLOB NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    contact_id BLOB NOT NULL,
    before     TEXT CHECK (before IS NULL OR json_valid(before)),
    written_at INTEGER NOT NULL,
    PRIMARY KEY (import_id, contact_id)
) STRICT, WITHOUT ROWID;
