-- When a queue ended and whether its owner has seen what became of it, so that Home finds the results by their end.
ALTER TABLE queues ADD COLUMN ended_at INTEGER;
ALTER TABLE queues ADD COLUMN seen INTEGER NOT NULL DEFAULT 0 CHECK (seen = 0 OR seen = 1);
UPDATE queues SET ended_at = (SELECT nullif(max(c.last_at), 0) FROM queue_counts c WHERE c.queue_id = queues.id)
WHERE state = 'done';
UPDATE queues SET seen = 1
WHERE id IN (SELECT unhex(replace(j.value, '-', '')) FROM settings s, json_each(s.value) j WHERE s.key = 'results_seen');
DELETE FROM settings WHERE key = 'results_seen';

DROP TRIGGER parts_counted;
CREATE TRIGGER parts_counted AFTER UPDATE OF state, cause, session_id ON parts
WHEN OLD.state <> NEW.state
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
    WHERE id = NEW.queue_id AND (state = 'open' OR state = 'paused')
      AND NEW.state <> 'pending' AND NEW.state <> 'sending' AND NEW.state <> 'unknown'
      AND NOT EXISTS (SELECT 1 FROM queue_counts c WHERE c.queue_id = NEW.queue_id AND c.parts > 0
                      AND (c.state = 'pending' OR c.state = 'sending' OR c.state = 'unknown'));
END;

CREATE INDEX queues_unseen ON queues (ended_at)
    WHERE state = 'done' AND kind = 'campaign' AND cancelled_at IS NULL AND seen = 0;
