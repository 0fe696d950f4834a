-- The log of every message: found by time, state, number, cause and words.

ALTER TABLE parts ADD COLUMN logged_at INTEGER GENERATED ALWAYS AS (coalesce(sent_at, ended_at, due_at)) VIRTUAL;

CREATE INDEX parts_logged ON parts (state, logged_at, id) WHERE last = 1;
CREATE INDEX parts_logged_by_number ON parts (session_id, logged_at, id) WHERE last = 1 AND session_id IS NOT NULL;
CREATE INDEX parts_logged_by_cause ON parts (cause, logged_at, id) WHERE last = 1 AND state = 'failed';
CREATE INDEX messages_skipped_by_reason ON messages (skip_reason, created_at, id) WHERE skip_reason IS NOT NULL;

CREATE TABLE message_rows (
    seq        INTEGER PRIMARY KEY,
    message_id BLOB NOT NULL UNIQUE
) STRICT;
INSERT INTO message_rows (message_id) SELECT id FROM messages ORDER BY id;

-- The words of a text take a byte or two each and their order none, because nothing but who has them is kept. What was
-- taken out leaves nothing behind. With `detail = none` a word that is taken out and put in again would lose what follows
-- it in the same transaction. The signs of money are younger than the tokenizer, which would take them for letters, as
-- it would what stands behind an emoji.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words, content = '', columnsize = 0, detail = column,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn' separators '₸₹₺₻₼₽₾₿‍⃣︎️'"
);
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);

CREATE TABLE message_index (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO message_index (id, seq) VALUES (1, 0);

CREATE VIEW message_wordings AS
    SELECT r.seq, r.message_id,
           replace(replace(m.name || ' ' || substr(m.phone, 2) || ' ' || substr(m.phone, -4) || ' ' || substr(m.phone, -7) || ' '
               || m.text || ' ' || coalesce(m.question, '') || ' ' || coalesce(m.options, ''), 'ı', 'i'), 'İ', 'i') AS words
    FROM message_rows r JOIN messages m ON m.id = r.message_id;

CREATE TRIGGER messages_numbered AFTER INSERT ON messages
BEGIN
    INSERT INTO message_rows (message_id) VALUES (new.id);
END;

CREATE TRIGGER messages_unsaid BEFORE UPDATE OF phone, name, text, question, options ON messages
BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', w.seq, w.words FROM message_wordings w
        WHERE w.message_id = old.id AND w.seq <= (SELECT i.seq FROM message_index i);
END;

CREATE TRIGGER messages_said AFTER UPDATE OF phone, name, text, question, options ON messages
BEGIN
    INSERT INTO message_words (rowid, words)
        SELECT w.seq, w.words FROM message_wordings w
        WHERE w.message_id = new.id AND w.seq <= (SELECT i.seq FROM message_index i);
END;

CREATE TRIGGER messages_unnumbered BEFORE DELETE ON messages
BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', w.seq, w.words FROM message_wordings w
        WHERE w.message_id = old.id AND w.seq <= (SELECT i.seq FROM message_index i);
    DELETE FROM message_rows WHERE message_id = old.id;
    UPDATE message_index SET seq = min(seq, (SELECT coalesce(max(r.seq), 0) FROM message_rows r));
END;
