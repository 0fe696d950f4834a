-- The list of contacts in pages by name, alone and within a standing or a tag; and when each was last written to.
ALTER TABLE contacts ADD COLUMN last_message_at INTEGER;
UPDATE contacts SET last_message_at = sent.at FROM (
    SELECT m.contact_id, max(p.sent_at) AS at FROM parts p JOIN messages m ON m.id = p.message_id
    WHERE p.sent_at IS NOT NULL GROUP BY m.contact_id) AS sent
WHERE sent.contact_id = contacts.id;
DROP TRIGGER parts_sent_counted;
CREATE TRIGGER parts_sent_counted AFTER UPDATE OF sent_at ON parts
WHEN OLD.sent_at IS NULL AND NEW.sent_at IS NOT NULL
BEGIN
    INSERT INTO queue_quarters (queue_id, at, sent) VALUES (NEW.queue_id, NEW.sent_at / 900000 * 900000, 1)
        ON CONFLICT DO UPDATE SET sent = sent + 1;
    UPDATE contacts SET last_message_at = max(coalesce(last_message_at, NEW.sent_at), NEW.sent_at)
    WHERE id = (SELECT contact_id FROM messages WHERE id = NEW.message_id);
END;

-- Sorted by what is searched; a character that no text begins with puts the nameless ones last.
UPDATE contacts SET search = iif(name = '', char(2), char(1)) || search;
CREATE INDEX contacts_named ON contacts (search, id, standing);
DROP INDEX contacts_listed;
CREATE INDEX contacts_listed ON contacts (standing, search, id) WHERE standing <> 'normal';

ALTER TABLE contact_tags ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
UPDATE contact_tags SET sort_name = (SELECT substr(c.search, 1, 60) FROM contacts c WHERE c.id = contact_id);
DROP INDEX contact_tags_by_tag;
CREATE INDEX contact_tags_by_tag ON contact_tags (tag, sort_name, contact_id);
DROP TRIGGER contact_tags_added;
CREATE TRIGGER contact_tags_added AFTER INSERT ON contact_tags
BEGIN
    UPDATE contact_tags SET sort_name = (SELECT substr(c.search, 1, 60) FROM contacts c WHERE c.id = NEW.contact_id)
    WHERE contact_id = NEW.contact_id AND tag = NEW.tag;
    INSERT INTO tag_counts (tag, people) VALUES (NEW.tag, 1) ON CONFLICT DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER contacts_renamed AFTER UPDATE OF search ON contacts WHEN OLD.search <> NEW.search
BEGIN
    UPDATE contact_tags SET sort_name = substr(NEW.search, 1, 60) WHERE contact_id = NEW.id;
END;
