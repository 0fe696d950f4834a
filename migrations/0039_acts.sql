-- What the owner does with many contacts at once: it goes on after a crash, and is taken back as a whole.
CREATE TABLE acts (
    id        BLOB PRIMARY KEY NOT NULL,
    deed      TEXT NOT NULL CHECK (json_valid(deed)),
    chosen    TEXT NOT NULL CHECK (json_valid(chosen)),
    state     TEXT NOT NULL CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    behind    BLOB NOT NULL,
    until     BLOB NOT NULL,
    changed   INTEGER NOT NULL DEFAULT 0,
    kept      INTEGER NOT NULL DEFAULT 0,
    restored  INTEGER NOT NULL DEFAULT 0,
    left_out  INTEGER NOT NULL DEFAULT 0,
    begun_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE act_changes (
    act_id     BLOB NOT NULL REFERENCES acts (id) ON DELETE CASCADE,
    contact_id BLOB NOT NULL,
    before     TEXT NOT NULL CHECK (json_valid(before)),
    PRIMARY KEY (act_id, contact_id)
) STRICT, WITHOUT ROWID;
