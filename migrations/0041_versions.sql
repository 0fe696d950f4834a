-- A campaign's content can be revised while something of it waits: which version a message has, and what each said.
ALTER TABLE queues ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE queues ADD COLUMN revising INTEGER NOT NULL DEFAULT 0 CHECK (revising = 0 OR revising = 1);
CREATE INDEX queues_revising ON queues (id) WHERE revising = 1;
ALTER TABLE messages ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE messages ADD COLUMN own INTEGER NOT NULL DEFAULT 0 CHECK (own = 0 OR own = 1);
ALTER TABLE messages ADD COLUMN planned_at INTEGER;

CREATE TABLE versions (
    id                 BLOB PRIMARY KEY NOT NULL,
    campaign_id        BLOB NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    number             INTEGER NOT NULL CHECK (number >= 1),
    message_id         BLOB,
    text               TEXT NOT NULL,
    choice             TEXT CHECK (choice IS NULL OR json_valid(choice)),
    split_long_caption INTEGER NOT NULL CHECK (split_long_caption = 0 OR split_long_caption = 1),
    made_at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX versions_once ON versions (campaign_id, number);
CREATE INDEX versions_by_message ON versions (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE version_media (
    id          BLOB PRIMARY KEY NOT NULL,
    version_id  BLOB NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    name        TEXT NOT NULL,
    source_size INTEGER NOT NULL,
    converted   INTEGER NOT NULL CHECK (converted = 0 OR converted = 1),
    sha256      BLOB NOT NULL REFERENCES media (sha256),
    offered     TEXT CHECK (offered IS NULL OR json_valid(offered)),
    place       INTEGER NOT NULL CHECK (place = 0 OR place = 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_media_by_version ON version_media (version_id, position);
CREATE INDEX version_media_by_content ON version_media (sha256);

CREATE TABLE postponements (
    queue_id  BLOB PRIMARY KEY NOT NULL REFERENCES queues (id) ON DELETE CASCADE,
    until_at  INTEGER NOT NULL,
    behind_at INTEGER NOT NULL,
    behind    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What a revision is composed in is a draft that no list shows.
ALTER TABLE campaigns ADD COLUMN revises BLOB REFERENCES campaigns (id) ON DELETE CASCADE;
ALTER TABLE campaigns ADD COLUMN revises_message BLOB;
ALTER TABLE campaigns ADD COLUMN listed INTEGER NOT NULL DEFAULT 1 CHECK (listed = 0 OR listed = 1);
CREATE UNIQUE INDEX campaigns_revising ON campaigns (revises, coalesce(revises_message, x'')) WHERE revises IS NOT NULL;
DROP INDEX campaigns_changed;
CREATE INDEX campaigns_changed ON campaigns (updated_at, id, state) WHERE listed = 1;
DROP INDEX campaigns_named;
CREATE INDEX campaigns_named ON campaigns (sort_name, id, state) WHERE listed = 1;
DROP TRIGGER campaigns_added;
CREATE TRIGGER campaigns_added AFTER INSERT ON campaigns WHEN NEW.listed = 1
BEGIN
    INSERT INTO campaign_counts (state, campaigns) VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET campaigns = campaigns + 1;
END;
DROP TRIGGER campaigns_removed;
CREATE TRIGGER campaigns_removed AFTER DELETE ON campaigns WHEN OLD.listed = 1
BEGIN
    UPDATE campaign_counts SET campaigns = campaigns - 1 WHERE state = OLD.state;
END;
CREATE TRIGGER campaigns_listed AFTER UPDATE OF listed ON campaigns WHEN OLD.listed <> NEW.listed
BEGIN
    INSERT INTO campaign_counts (state, campaigns) VALUES (NEW.state, NEW.listed - OLD.listed)
        ON CONFLICT DO UPDATE SET campaigns = campaigns + excluded.campaigns;
END;

-- Whose first part comes back with a content that counts no more is brought to the one that counts before anything goes out.
CREATE TRIGGER parts_outdated AFTER UPDATE OF state ON parts
WHEN NEW.state = 'pending' AND OLD.state <> 'pending' AND NEW.position = 1
BEGIN
    UPDATE queues SET revising = 1
    WHERE id = NEW.queue_id AND revising = 0
      AND version > (SELECT m.version FROM messages m WHERE m.id = NEW.message_id AND m.own = 0)
      AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = NEW.id AND a.outcome = 'unknown');
END;

-- Which part is the last can change, and a queue does not close while its messages are being revised.
DROP TRIGGER parts_counted;
CREATE TRIGGER parts_counted AFTER UPDATE OF state, cause, session_id, last ON parts
WHEN OLD.state <> NEW.state OR OLD.last <> NEW.last
  OR (OLD.cause IS NOT NEW.cause AND (NEW.state = 'failed' OR NEW.state = 'skipped'))
  OR (OLD.session_id IS NOT NEW.session_id AND NEW.state <> 'pending')
BEGIN
    UPDATE queue_counts SET people = people - OLD.last, parts = parts - 1
    WHERE queue_id = OLD.queue_id AND state = OLD.state
      AND reason = CASE WHEN OLD.state = 'failed' OR OLD.state = 'skipped' THEN coalesce(OLD.cause, '') ELSE '' END
      AND variable = ''
      AND session_id = CASE WHEN OLD.state = 'pending' THEN x'' ELSE coalesce(OLD.session_id, x'') END;
    INSERT INTO queue_counts (queue_id, state, reason, variable, session_id, people, parts, last_at)
        VALUES (NEW.queue_id, NEW.state,
                CASE WHEN NEW.state = 'failed' OR NEW.state = 'skipped' THEN coalesce(NEW.cause, '') ELSE '' END, '',
                CASE WHEN NEW.state = 'pending' THEN x'' ELSE coalesce(NEW.session_id, x'') END,
                NEW.last, 1, coalesce(NEW.ended_at, NEW.sent_at, 0))
        ON CONFLICT DO UPDATE SET people = people + excluded.people, parts = parts + 1,
                                  last_at = max(last_at, excluded.last_at);
    -- A queue closes where its last part ends, and has a result that nobody has seen.
    UPDATE queues
    SET state = 'done', seen = 0,
        ended_at = (SELECT nullif(max(c.last_at), 0) FROM queue_counts c WHERE c.queue_id = NEW.queue_id)
    WHERE id = NEW.queue_id AND (state = 'open' OR state = 'paused') AND revising = 0
      AND NEW.state <> 'pending' AND NEW.state <> 'sending' AND NEW.state <> 'unknown'
      AND NOT EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = NEW.queue_id AND c.parts > 0
                      AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown'));
END;
