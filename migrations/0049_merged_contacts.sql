-- Contacts that became one with another: what they were written to and what they wrote stays found, and so do their phones.
CREATE TABLE merged_contacts (
    contact_id BLOB PRIMARY KEY NOT NULL,
    into_id    BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    phone      TEXT NOT NULL UNIQUE,
    merged_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX merged_contacts_by_into ON merged_contacts (into_id);
-- A contact that comes with the phone anew is a contact of its own.
CREATE TRIGGER contacts_parted_new AFTER INSERT ON contacts
BEGIN
    DELETE FROM merged_contacts WHERE phone = NEW.phone;
END;
CREATE TRIGGER contacts_parted AFTER UPDATE OF phone ON contacts WHEN OLD.phone <> NEW.phone
BEGIN
    DELETE FROM merged_contacts WHERE phone = NEW.phone;
END;
