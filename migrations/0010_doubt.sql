-- Doubt that ends: who claimed a part and until when, when its doubt is over, how often it was repeated, and whether a
-- number is heard.

ALTER TABLE parts ADD COLUMN claimed_by BLOB;
ALTER TABLE parts ADD COLUMN lease_until INTEGER;
ALTER TABLE parts ADD COLUMN doubt_ends_at INTEGER;
ALTER TABLE parts ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated = 0 OR repeated = 1);
ALTER TABLE sessions ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0 CHECK (unheard >= 0);
ALTER TABLE sessions ADD COLUMN unheard_until INTEGER;

-- A day after the first try of which nobody knows what became of it.
UPDATE parts SET doubt_ends_at = 86400000 + coalesce(
        (SELECT min(a.started_at) FROM attempts a WHERE a.part_id = parts.id AND a.outcome = 'unknown'), tried_at, due_at)
    WHERE state = 'unknown'
       OR (attempts > 0 AND (state = 'sending' OR state = 'pending')
           AND EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = parts.id AND a.outcome = 'unknown'));

CREATE INDEX parts_doubt ON parts (doubt_ends_at) WHERE state = 'unknown';
