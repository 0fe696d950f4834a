-- What people send beside words: named at once, fetched when their owner asks for it.
CREATE TABLE reply_files (
    reply_id BLOB PRIMARY KEY NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL CHECK (kind IN ('photo', 'voice', 'audio', 'film', 'document', 'sticker', 'location', 'contact')),
    name     TEXT NOT NULL,
    mime     TEXT NOT NULL,
    seconds  INTEGER,
    size     INTEGER,
    place    TEXT,
    content  BLOB
) STRICT;
