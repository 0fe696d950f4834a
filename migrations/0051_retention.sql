-- What is kept for how long: texts and files go some time after a campaign's end, tries and removed numbers later.

-- Since when nothing of a campaign can be sent again or copied, and, while its messages are being emptied, the contact
-- of the last one that was.
ALTER TABLE queues ADD COLUMN cleared_at INTEGER;
ALTER TABLE queues ADD COLUMN clearing BLOB;

ALTER TABLE messages ADD COLUMN cleared_at INTEGER;
CREATE INDEX messages_single ON messages (id) WHERE origin <> 'campaign' AND cleared_at IS NULL;

ALTER TABLE replies ADD COLUMN cleared_at INTEGER;
CREATE INDEX replies_kept ON replies (at) WHERE cleared_at IS NULL AND unread = 0;

-- A message that carried the file was cleared, and none carries it since.
ALTER TABLE message_media ADD COLUMN due INTEGER NOT NULL DEFAULT 0 CHECK (due = 0 OR due = 1);

ALTER TABLE sessions ADD COLUMN cleared_at INTEGER;
