-- What a contact was: every consent that another took the place of, every change of standing, and the imports that
-- wrote it, found by the contact.
CREATE TABLE past_consents_2 (
    contact_id   BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    source       TEXT,
    at           INTEGER,
    note         TEXT,
    withdrawn_at INTEGER,
    replaced_at  INTEGER NOT NULL,
    PRIMARY KEY (contact_id, replaced_at)
) STRICT, WITHOUT ROWID;
INSERT INTO past_consents_2 SELECT contact_id, source, at, note, withdrawn_at, replaced_at FROM past_consents;
DROP TABLE past_consents;
ALTER TABLE past_consents_2 RENAME TO past_consents;

CREATE TRIGGER contacts_consent_replaced AFTER UPDATE OF consent_source, consent_at, consent_withdrawn_at ON contacts
WHEN (OLD.consent_source IS NOT NULL
      AND (NEW.consent_source IS NOT OLD.consent_source OR NEW.consent_at IS NOT OLD.consent_at))
    OR (OLD.consent_withdrawn_at IS NOT NULL AND NEW.consent_withdrawn_at IS NOT OLD.consent_withdrawn_at)
BEGIN
    INSERT INTO past_consents (contact_id, source, at, note, withdrawn_at, replaced_at)
    VALUES (OLD.id, OLD.consent_source, OLD.consent_at, OLD.consent_note, OLD.consent_withdrawn_at, NEW.updated_at)
    ON CONFLICT DO NOTHING;
END;

CREATE TABLE standings (
    contact_id BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    standing   TEXT NOT NULL CHECK (standing = 'normal' OR standing = 'gray' OR standing = 'black'),
    PRIMARY KEY (contact_id, at)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER contacts_listed_new AFTER INSERT ON contacts WHEN NEW.standing <> 'normal'
BEGIN
    INSERT INTO standings (contact_id, at, standing) VALUES (NEW.id, NEW.updated_at, NEW.standing);
END;
CREATE TRIGGER contacts_standing_changed AFTER UPDATE OF standing ON contacts WHEN NEW.standing <> OLD.standing
BEGIN
    INSERT INTO standings (contact_id, at, standing) VALUES (NEW.id, NEW.updated_at, NEW.standing)
    ON CONFLICT DO UPDATE SET standing = excluded.standing;
END;

CREATE INDEX import_changes_by_contact ON import_changes (contact_id);
