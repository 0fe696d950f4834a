-- The failures of a campaign that its owner has seen to, by the time of the last one.
ALTER TABLE queues ADD COLUMN failures_seen_at INTEGER;
