-- Campaigns whose time passed unseen, and campaigns that stop by themselves. What has begun was met.
ALTER TABLE queues ADD COLUMN met INTEGER NOT NULL DEFAULT 0 CHECK (met = 0 OR met = 1);
ALTER TABLE queues ADD COLUMN missed_at INTEGER;
ALTER TABLE queues ADD COLUMN held_until INTEGER;
ALTER TABLE queues ADD COLUMN newest TEXT NOT NULL DEFAULT '';
ALTER TABLE queues ADD COLUMN got_it INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN opted_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queues ADD COLUMN stopped_for TEXT CHECK (stopped_for IS NULL OR stopped_for = 'failures' OR stopped_for = 'opt_outs');
ALTER TABLE queues ADD COLUMN stop_told INTEGER NOT NULL DEFAULT 0 CHECK (stop_told = 0 OR stop_told = 1);
UPDATE queues SET met = 1
WHERE state = 'done' OR kind <> 'campaign'
   OR EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = queues.id AND c.parts > 0 AND c.state <> 'pending' AND c.state <> 'skipped');
-- What was sent before is not counted, and neither is who opts out of it.
UPDATE queues SET counted_from = coalesce((SELECT max(p.sent_at) FROM parts p WHERE p.queue_id = queues.id), 0)
WHERE state <> 'done';
