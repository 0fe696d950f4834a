-- What a limit counts, and what a number that is linked for the first time starts with.

-- A try that never left the computer counts against no cap.
ALTER TABLE attempts ADD COLUMN counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1));
DROP INDEX attempts_by_session;
CREATE INDEX attempts_by_session ON attempts (session_id, started_at, outcome, counted);

-- The caps are those that a first link gave. Numbers that are there already keep what they have.
ALTER TABLE sessions ADD COLUMN starts_low INTEGER NOT NULL DEFAULT 0 CHECK (starts_low IN (0, 1));
