-- The newest promotion of each phone, so that the next one waits as long as the owner has set. What the practice number
-- sends reaches nobody and counts for nothing. What was sent before this table counts for nothing either: campaigns that
-- are on their way were scheduled without that rule.
CREATE TABLE promotions (
    phone      TEXT PRIMARY KEY NOT NULL,
    message_id BLOB NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX promotions_by_message ON promotions (message_id);

-- From the moment it is on its way, so that two campaigns at once do not reach one person.
CREATE TRIGGER promotion_leaves AFTER UPDATE OF state ON parts
WHEN NEW.state = 'sending' AND OLD.state <> 'sending'
BEGIN
    INSERT INTO promotions (phone, message_id, at)
        SELECT m.phone, m.id, NEW.tried_at FROM messages m JOIN queues q ON q.id = m.queue_id
        WHERE m.id = NEW.message_id AND m.category = 'promotion' AND q.book = 'real'
        ON CONFLICT (phone) DO UPDATE SET message_id = excluded.message_id, at = excluded.at;
END;

-- One of which nothing arrived was none. What may have arrived counts.
CREATE TRIGGER promotion_failed AFTER UPDATE OF state ON parts
WHEN NEW.state = 'failed' OR NEW.state = 'cancelled' OR NEW.state = 'skipped'
BEGIN
    DELETE FROM promotions WHERE message_id = NEW.message_id
        AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.message_id = NEW.message_id
                        AND (p.sent_at IS NOT NULL OR p.state = 'sending' OR p.state = 'unknown'
                             OR EXISTS (SELECT 1 FROM attempts a WHERE a.part_id = p.id AND a.outcome = 'unknown')));
END;

-- Another reason of skipping. Only what the table allows grows, so its million rows need not be written anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'skip_reason = ''not_covered''', 'skip_reason = ''not_covered'' OR skip_reason = ''promoted''')
    WHERE type = 'table' AND name = 'messages';
PRAGMA writable_schema = RESET;
