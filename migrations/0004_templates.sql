-- Templates kept for reuse, answers offered to the recipient, and why a film or a sound goes as a document.

ALTER TABLE campaigns ADD COLUMN choice TEXT CHECK (choice IS NULL OR json_valid(choice));
ALTER TABLE campaign_media ADD COLUMN offered TEXT CHECK (offered IS NULL OR json_valid(offered));
ALTER TABLE messages ADD COLUMN question TEXT;

CREATE TABLE templates (
    id                 BLOB PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL,
    category           TEXT NOT NULL CHECK (category = 'notification' OR category = 'reminder' OR category = 'promotion'),
    language           TEXT NOT NULL CHECK (language = 'en' OR language = 'tr' OR language = 'id'),
    active             INTEGER NOT NULL CHECK (active = 0 OR active = 1),
    text               TEXT NOT NULL,
    choice             TEXT CHECK (choice IS NULL OR json_valid(choice)),
    split_long_caption INTEGER NOT NULL CHECK (split_long_caption = 0 OR split_long_caption = 1),
    samples            TEXT NOT NULL CHECK (json_valid(samples)),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE template_media (
    id           BLOB PRIMARY KEY NOT NULL,
    template_id  BLOB NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    source_size  INTEGER NOT NULL,
    converted    INTEGER NOT NULL CHECK (converted = 0 OR converted = 1),
    sha256       BLOB NOT NULL REFERENCES media (sha256),
    offered      TEXT CHECK (offered IS NULL OR json_valid(offered))
) STRICT, WITHOUT ROWID;
CREATE INDEX template_media_by_template ON template_media (template_id, position);
CREATE INDEX template_media_by_content ON template_media (sha256);
