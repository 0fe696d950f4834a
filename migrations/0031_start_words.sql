-- A reply can take an opt-out back by a word.
ALTER TABLE replies ADD COLUMN start INTEGER NOT NULL DEFAULT 0 CHECK (start = 0 OR start = 1);
