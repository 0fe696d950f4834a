-- Single messages that their owner should look at: something of them failed or is in doubt. Triggers keep the list; the
-- owner strikes off what is seen to.

CREATE TABLE troubled_messages (
    message_id BLOB PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO troubled_messages (message_id)
    SELECT DISTINCT p.message_id FROM queues q JOIN parts p ON p.queue_id = q.id
    WHERE q.kind = 'standing' AND (p.state = 'failed' OR p.state = 'unknown');

CREATE TRIGGER message_troubled AFTER UPDATE OF state ON parts
WHEN NEW.state <> OLD.state AND (NEW.state = 'failed' OR NEW.state = 'unknown')
BEGIN
    INSERT INTO troubled_messages (message_id)
        SELECT m.id FROM messages m WHERE m.id = NEW.message_id AND m.origin <> 'campaign'
        ON CONFLICT DO NOTHING;
END;

-- What is being repeated is in doubt until its answer is there.
CREATE TRIGGER message_untroubled AFTER UPDATE OF state ON parts
WHEN (OLD.state = 'failed' OR OLD.state = 'unknown' OR OLD.state = 'sending')
  AND NEW.state <> 'failed' AND NEW.state <> 'unknown' AND NEW.state <> 'sending'
BEGIN
    DELETE FROM troubled_messages WHERE message_id = NEW.message_id
        AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = NEW.message_id
                        AND (p.state = 'failed' OR p.state = 'unknown'));
END;
