-- Replies that may have been meant as a STOP: found by when they came, until their owner has seen to them.
ALTER TABLE replies ADD COLUMN seen_to INTEGER NOT NULL DEFAULT 0 CHECK (seen_to = 0 OR seen_to = 1);
CREATE INDEX replies_by_time ON replies (at);
