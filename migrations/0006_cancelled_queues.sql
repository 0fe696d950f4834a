-- When the owner cancelled: a part that was on its way then and comes back must not go out any more.

ALTER TABLE queues ADD COLUMN cancelled_at INTEGER;
UPDATE queues SET cancelled_at = 0 WHERE id IN (SELECT id FROM campaigns WHERE state = 'cancelled');
