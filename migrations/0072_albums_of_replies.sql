-- Photos that a person sends together are one reply with several files.
ALTER TABLE replies ADD COLUMN album TEXT;
CREATE INDEX replies_by_album ON replies (session_id, sender, album) WHERE album IS NOT NULL;
ALTER TABLE reply_files RENAME TO single_files;
CREATE TABLE reply_files (
    reply_id BLOB NOT NULL REFERENCES replies (id) ON DELETE CASCADE,
    nr       INTEGER NOT NULL,
    wire_id  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('photo', 'voice', 'audio', 'film', 'document', 'sticker', 'location', 'contact')),
    name     TEXT NOT NULL,
    mime     TEXT NOT NULL,
    seconds  INTEGER,
    size     INTEGER,
    place    TEXT,
    content  BLOB,
    PRIMARY KEY (reply_id, nr),
    UNIQUE (reply_id, wire_id)
) STRICT;
INSERT INTO reply_files (reply_id, nr, wire_id, kind, name, mime, seconds, size, place, content)
    SELECT f.reply_id, 0, r.wire_id, f.kind, f.name, f.mime, f.seconds, f.size, f.place, f.content
    FROM single_files f JOIN replies r ON r.id = f.reply_id;
DROP TABLE single_files;
