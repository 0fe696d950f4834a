-- A number that is linked for the first time warms up: its limits come from the plan. One that was linked before keeps
-- the caps that it has, so that nothing sends more than it did.
ALTER TABLE sessions ADD COLUMN warm_since INTEGER;
UPDATE sessions SET warm_since = coalesce(linked_at, created_at) WHERE starts_low = 1;
ALTER TABLE sessions DROP COLUMN starts_low;
