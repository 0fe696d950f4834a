-- All replies in one list: what was read, what is done, and which word of the owner's a text comes near.
ALTER TABLE replies ADD COLUMN unread INTEGER NOT NULL DEFAULT 0 CHECK (unread = 0 OR unread = 1);
ALTER TABLE replies ADD COLUMN done INTEGER NOT NULL DEFAULT 0 CHECK (done = 0 OR (done = 1 AND unread = 0));
ALTER TABLE replies ADD COLUMN near_word TEXT NOT NULL DEFAULT '';

CREATE INDEX replies_open ON replies (done, at);
CREATE INDEX replies_unread ON replies (at) WHERE unread = 1;
CREATE INDEX replies_chosen ON replies (done, at) WHERE chosen <> '[]';
CREATE INDEX replies_near ON replies (done, at) WHERE near_word <> '' AND stop = 0 AND seen_to = 0;
CREATE INDEX replies_stopped ON replies (done, at) WHERE stop = 1;
CREATE INDEX replies_by_number ON replies (session_id, at);
DROP INDEX replies_stops;
DROP INDEX replies_by_sender;
CREATE INDEX replies_by_sender ON replies (sender, at);

CREATE TABLE reply_counts (
    kind   TEXT PRIMARY KEY NOT NULL CHECK (kind IN ('unread', 'answers', 'near', 'stops')),
    number INTEGER NOT NULL CHECK (number >= 0)
) STRICT, WITHOUT ROWID;
-- Whatever was there before counts as read, and is looked at for near words by the agenda.
INSERT INTO reply_counts (kind, number) VALUES ('unread', 0), ('answers', 0), ('near', 0), ('stops', 0);
INSERT INTO jobs (id, kind, due_at) SELECT randomblob(16), 'find_near_words', 0 WHERE EXISTS (SELECT 1 FROM replies);

CREATE TRIGGER replies_listed AFTER INSERT ON replies
BEGIN
    UPDATE reply_counts SET number = number + CASE kind
        WHEN 'unread' THEN NEW.unread
        WHEN 'answers' THEN NEW.unread AND NEW.chosen <> '[]'
        WHEN 'stops' THEN NEW.unread AND NEW.stop
        ELSE NEW.near_word <> '' AND NEW.stop = 0 AND NEW.seen_to = 0 AND NEW.done = 0 END;
END;
CREATE TRIGGER replies_marked AFTER UPDATE OF unread, done, chosen, near_word, stop, seen_to ON replies
BEGIN
    UPDATE reply_counts SET number = number + CASE kind
        WHEN 'unread' THEN NEW.unread - OLD.unread
        WHEN 'answers' THEN (NEW.unread AND NEW.chosen <> '[]') - (OLD.unread AND OLD.chosen <> '[]')
        WHEN 'stops' THEN (NEW.unread AND NEW.stop) - (OLD.unread AND OLD.stop)
        ELSE (NEW.near_word <> '' AND NEW.stop = 0 AND NEW.seen_to = 0 AND NEW.done = 0)
           - (OLD.near_word <> '' AND OLD.stop = 0 AND OLD.seen_to = 0 AND OLD.done = 0) END;
END;
CREATE TRIGGER replies_unlisted AFTER DELETE ON replies
BEGIN
    UPDATE reply_counts SET number = number - CASE kind
        WHEN 'unread' THEN OLD.unread
        WHEN 'answers' THEN OLD.unread AND OLD.chosen <> '[]'
        WHEN 'stops' THEN OLD.unread AND OLD.stop
        ELSE OLD.near_word <> '' AND OLD.stop = 0 AND OLD.seen_to = 0 AND OLD.done = 0 END;
END;
