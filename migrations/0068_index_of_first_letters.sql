-- First letters and digits, which many words begin with, have lists of their own in the index of a search. Nobody's
-- words are in it yet: the program brings them again.
DROP TRIGGER contact_words_gone;
DELETE FROM contact_words;
DROP TABLE contact_index;
CREATE VIRTUAL TABLE contact_index USING fts5
    (words, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii', prefix = '1 2 3 4');
CREATE TRIGGER contact_words_gone AFTER DELETE ON contact_words
BEGIN
    DELETE FROM contact_index WHERE rowid = OLD.place;
END;
INSERT INTO contact_words_due (contact_id) SELECT id FROM contacts WHERE true ON CONFLICT DO NOTHING;
