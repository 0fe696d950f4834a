-- Messages without a campaign: they stand in queues of their own, which many of them share.

-- What the messages of a queue are: those of one campaign, or single ones that are added for as long as there are any.
ALTER TABLE queues ADD COLUMN kind TEXT NOT NULL DEFAULT 'campaign' CHECK (kind = 'campaign' OR kind = 'standing');
ALTER TABLE queues ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));
CREATE UNIQUE INDEX queues_standing ON queues (book, session_ids, priority, urgent, keep_hours) WHERE kind = 'standing';

ALTER TABLE messages RENAME COLUMN campaign_id TO queue_id;
ALTER TABLE messages ADD COLUMN origin TEXT NOT NULL DEFAULT 'campaign'
    CHECK (origin = 'campaign' OR origin = 'direct' OR origin = 'trigger' OR origin = 'api');
-- A person is in a campaign once; single messages they get as often as somebody writes them.
DROP INDEX messages_once;
CREATE UNIQUE INDEX messages_once ON messages (queue_id, contact_id) WHERE origin = 'campaign';
