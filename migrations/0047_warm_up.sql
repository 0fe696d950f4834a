-- A number that is linked for the first time warms up: its limits come from the plan, no longer from caps of its own. One
-- that still had the caps of its first link goes on with the plan where it stands; lower ones stay the owner's.
ALTER TABLE sessions ADD COLUMN warm_since INTEGER;
UPDATE sessions SET warm_since = coalesce(linked_at, created_at) WHERE starts_low = 1;
UPDATE sessions SET hourly_cap = 0, daily_cap = 0 WHERE starts_low = 1 AND hourly_cap = 20 AND daily_cap = 50;
ALTER TABLE sessions DROP COLUMN starts_low;
