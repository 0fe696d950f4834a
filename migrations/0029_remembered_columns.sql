-- What the owner chose for the columns of a list, for when a list with the same header comes again.
CREATE TABLE import_layouts (
    header  TEXT PRIMARY KEY NOT NULL,
    columns TEXT NOT NULL CHECK (json_valid(columns)),
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
