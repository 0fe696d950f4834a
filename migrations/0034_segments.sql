-- Saved filters over contacts, and what they look at.
CREATE TABLE segments (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    folded     TEXT NOT NULL UNIQUE,
    filter     TEXT NOT NULL CHECK (json_valid(filter)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- The fields as filters compare them. Whose are due is noted here; only the program can read a text as a number or a day.
CREATE TABLE contact_values (
    field      TEXT NOT NULL,
    contact_id BLOB NOT NULL,
    text       TEXT NOT NULL,
    number     INTEGER,
    day        INTEGER,
    PRIMARY KEY (field, contact_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact_values_due (
    contact_id BLOB PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO contact_values_due (contact_id) SELECT id FROM contacts WHERE fields <> '{}';
CREATE TRIGGER contacts_valued_new AFTER INSERT ON contacts WHEN NEW.fields <> '{}'
BEGIN
    INSERT INTO contact_values_due (contact_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contacts_valued AFTER UPDATE OF fields ON contacts WHEN OLD.fields <> NEW.fields
BEGIN
    INSERT INTO contact_values_due (contact_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER contacts_valued_gone AFTER DELETE ON contacts
BEGIN
    DELETE FROM contact_values_due WHERE contact_id = OLD.id;
    DELETE FROM contact_values WHERE contact_id = OLD.id AND field IN (SELECT name FROM contact_fields);
END;

-- When each wrote last.
ALTER TABLE contacts ADD COLUMN last_reply_at INTEGER;
UPDATE contacts SET last_reply_at = wrote.at FROM (
    SELECT contact_id, max(at) AS at FROM replies WHERE contact_id IS NOT NULL GROUP BY contact_id) AS wrote
WHERE wrote.contact_id = contacts.id;
CREATE TRIGGER contacts_replied AFTER UPDATE OF contact_id ON replies WHEN NEW.contact_id IS NOT NULL
BEGIN
    UPDATE contacts SET last_reply_at = max(coalesce(last_reply_at, NEW.at), NEW.at) WHERE id = NEW.contact_id;
END;

-- Whether the phone is on WhatsApp, as far as linked numbers have found out: a message arrived, a hidden identity is known,
-- or WhatsApp said no. The practice number proves nothing.
ALTER TABLE contacts ADD COLUMN on_whatsapp INTEGER CHECK (on_whatsapp = 0 OR on_whatsapp = 1);
UPDATE contacts SET on_whatsapp = 0 WHERE phone IN (
    SELECT m.phone FROM parts p JOIN messages m ON m.id = p.message_id JOIN queues q ON q.id = p.queue_id
    WHERE p.state = 'failed' AND p.cause = 'not_on_whatsapp' AND q.book = 'real');
UPDATE contacts SET on_whatsapp = 1 WHERE phone IN (SELECT phone FROM lids) OR phone IN (
    SELECT m.phone FROM parts p JOIN messages m ON m.id = p.message_id JOIN queues q ON q.id = p.queue_id
    WHERE p.delivered_at IS NOT NULL AND q.book = 'real');
CREATE TRIGGER contacts_reached AFTER UPDATE OF delivered_at ON parts
WHEN OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL
BEGIN
    UPDATE contacts SET on_whatsapp = 1 WHERE on_whatsapp IS NOT 1
        AND phone = (SELECT m.phone FROM messages m JOIN queues q ON q.id = m.queue_id
                     WHERE m.id = NEW.message_id AND q.book = 'real');
END;
CREATE TRIGGER contacts_not_reached AFTER UPDATE OF state ON parts
WHEN NEW.state = 'failed' AND NEW.cause = 'not_on_whatsapp'
BEGIN
    UPDATE contacts SET on_whatsapp = 0 WHERE on_whatsapp IS NOT 0
        AND phone = (SELECT m.phone FROM messages m JOIN queues q ON q.id = m.queue_id
                     WHERE m.id = NEW.message_id AND q.book = 'real');
END;
CREATE TRIGGER contacts_identified AFTER INSERT ON lids
BEGIN
    UPDATE contacts SET on_whatsapp = 1 WHERE phone = NEW.phone AND on_whatsapp IS NOT 1;
END;
CREATE TRIGGER contacts_identified_new AFTER INSERT ON contacts
WHEN EXISTS (SELECT 1 FROM lids WHERE phone = NEW.phone)
BEGIN
    UPDATE contacts SET on_whatsapp = 1 WHERE id = NEW.id;
END;
CREATE TRIGGER contacts_changed_phone AFTER UPDATE OF phone ON contacts WHEN OLD.phone <> NEW.phone
BEGIN
    UPDATE contacts SET on_whatsapp = iif(EXISTS (SELECT 1 FROM lids WHERE phone = NEW.phone), 1, NULL) WHERE id = NEW.id;
END;

-- All that a filter asks of the row itself, so that counting need not read the names and fields of everybody.
CREATE INDEX contacts_judged ON contacts
    (id, standing, consent_at, consent_withdrawn_at, last_message_at, last_reply_at, on_whatsapp);
