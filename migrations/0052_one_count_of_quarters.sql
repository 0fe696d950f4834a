-- What is sent in a quarter of an hour is counted once: the parts beside the messages of their number and campaign.

ALTER TABLE quarter_figures ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
INSERT INTO quarter_figures (at, queue_id, session_id, parts)
    SELECT sent_at / 900000 * 900000, queue_id, coalesce(session_id, x''), count(*)
    FROM parts WHERE sent_at IS NOT NULL GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET parts = excluded.parts;

DROP TRIGGER parts_sent_counted;
DROP TRIGGER parts_sent_figured;
DROP TABLE queue_quarters;

CREATE TRIGGER parts_sent_counted AFTER UPDATE OF sent_at ON parts
WHEN OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL
BEGIN
    INSERT INTO quarter_figures (at, queue_id, session_id, sent, parts)
        VALUES (NEW.sent_at / 900000 * 900000, NEW.queue_id, coalesce(NEW.session_id, x''), NEW.last, 1)
        ON CONFLICT DO UPDATE SET sent = sent + excluded.sent, parts = parts + 1;
    UPDATE contacts SET last_message_at = max(coalesce(last_message_at, NEW.sent_at), NEW.sent_at)
    WHERE id = (SELECT contact_id FROM messages WHERE id = NEW.message_id);
END;
