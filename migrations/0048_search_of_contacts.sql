-- The words of contacts as searches find them, and the orders of their list.
CREATE TABLE contact_words (
    place      INTEGER PRIMARY KEY NOT NULL,
    contact_id BLOB NOT NULL UNIQUE,
    digits     TEXT NOT NULL,
    words      TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE contact_index USING fts5
    (words, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii');
CREATE TRIGGER contact_words_gone AFTER DELETE ON contact_words
BEGIN
    DELETE FROM contact_index WHERE rowid = OLD.place;
END;

-- Whose words are due; only the program folds and splits them.
CREATE TABLE contact_words_due (
    contact_id BLOB PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO contact_words_due (contact_id) SELECT id FROM contacts;
CREATE TRIGGER contacts_worded_new AFTER INSERT ON contacts
BEGIN
    INSERT INTO contact_words_due (contact_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contacts_worded AFTER UPDATE OF search ON contacts WHEN OLD.search <> NEW.search
BEGIN
    INSERT INTO contact_words_due (contact_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contact_tags_worded AFTER INSERT ON contact_tags
BEGIN
    INSERT INTO contact_words_due (contact_id) VALUES (NEW.contact_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contact_tags_unworded AFTER DELETE ON contact_tags
WHEN EXISTS (SELECT 1 FROM contacts WHERE id = OLD.contact_id)
BEGIN
    INSERT INTO contact_words_due (contact_id) VALUES (OLD.contact_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contacts_unworded AFTER DELETE ON contacts
BEGIN
    DELETE FROM contact_words_due WHERE contact_id = OLD.id;
    DELETE FROM contact_words WHERE contact_id = OLD.id;
END;

-- Whoever was never written to, or never wrote, comes before all others in the order of these times.
ALTER TABLE contacts ADD COLUMN contacted_at INTEGER NOT NULL AS (coalesce(last_message_at, 0)) VIRTUAL;
ALTER TABLE contacts ADD COLUMN answered_at INTEGER NOT NULL AS (coalesce(last_reply_at, 0)) VIRTUAL;
CREATE INDEX contacts_by_age ON contacts (created_at, id);
CREATE INDEX contacts_by_contact ON contacts (contacted_at, id);
CREATE INDEX contacts_by_answer ON contacts (answered_at, id);
