-- A campaign may keep its hours on the clock of each person's country.
ALTER TABLE campaigns ADD COLUMN local_hours INTEGER NOT NULL DEFAULT 0 CHECK (local_hours IN (0, 1));
ALTER TABLE queues ADD COLUMN local_hours INTEGER NOT NULL DEFAULT 0 CHECK (local_hours IN (0, 1));

-- The country whose clock counts; empty for the owner's, and NULL where the queue asks nobody's.
ALTER TABLE parts ADD COLUMN clock TEXT;
CREATE INDEX parts_due_by_clock ON parts (queue_id, clock, due_at, id)
    WHERE state = 'pending' AND ready = 1 AND clock IS NOT NULL;

CREATE TABLE queue_clocks (
    queue_id BLOB NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    clock    TEXT NOT NULL,
    waiting  INTEGER NOT NULL,
    PRIMARY KEY (queue_id, clock)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER parts_clock_added AFTER INSERT ON parts WHEN NEW.clock IS NOT NULL
BEGIN
    INSERT INTO queue_clocks (queue_id, clock, waiting) VALUES (NEW.queue_id, NEW.clock, 1)
        ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;

CREATE TRIGGER parts_clock_moved AFTER UPDATE OF state ON parts
WHEN NEW.clock IS NOT NULL
 AND (OLD.state IN ('pending', 'sending', 'unknown')) <> (NEW.state IN ('pending', 'sending', 'unknown'))
BEGIN
    INSERT INTO queue_clocks (queue_id, clock, waiting)
        VALUES (NEW.queue_id, NEW.clock, iif(NEW.state IN ('pending', 'sending', 'unknown'), 1, -1))
        ON CONFLICT DO UPDATE SET waiting = waiting + excluded.waiting;
END;
