-- Who may be written to: what a message is for, opt-outs as facts of phones, and consents that were given anew.

ALTER TABLE campaigns ADD COLUMN category TEXT NOT NULL DEFAULT 'promotion'
    CHECK (category IN ('promotion', 'notification', 'reminder'));
ALTER TABLE messages ADD COLUMN category TEXT NOT NULL DEFAULT 'promotion'
    CHECK (category IN ('promotion', 'notification', 'reminder'));
-- What was scheduled before was judged at its scheduling, by the consents and by the basis.
ALTER TABLE messages ADD COLUMN on_basis INTEGER NOT NULL DEFAULT 1 CHECK (on_basis IN (0, 1));

CREATE TABLE suppressions (
    address       TEXT NOT NULL,
    since_at      INTEGER NOT NULL,
    cause         TEXT NOT NULL CHECK (cause IN ('stop', 'owner', 'import')),
    lifted_at     INTEGER,
    lifted_reason TEXT,
    PRIMARY KEY (address, since_at),
    CHECK ((lifted_at IS NULL) = (lifted_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX suppressions_in_force ON suppressions (address) WHERE lifted_at IS NULL;

INSERT INTO suppressions (address, since_at, cause)
    SELECT phone, coalesce(consent_withdrawn_at, updated_at), iif(consent_withdrawn_at IS NULL, 'owner', 'stop')
    FROM contacts WHERE standing = 'black';
-- The other spelling of the same numbers in Brazil, Mexico and Argentina: see contact/phone/spellings.rs.
INSERT OR IGNORE INTO suppressions (address, since_at, cause)
    SELECT other, since_at, cause FROM (
        SELECT since_at, cause, CASE
            WHEN address GLOB '+55[0-9][0-9][6-9]*' AND length(address) = 13
                THEN substr(address, 1, 5) || '9' || substr(address, 6)
            WHEN address GLOB '+55[0-9][0-9]9[6-9]*' AND length(address) = 14
                THEN substr(address, 1, 5) || substr(address, 7)
            WHEN address GLOB '+52*' AND length(address) = 13 THEN '+521' || substr(address, 4)
            WHEN address GLOB '+521*' AND length(address) = 14 THEN '+52' || substr(address, 5)
            WHEN address GLOB '+54*' AND length(address) = 13 THEN '+549' || substr(address, 4)
            WHEN address GLOB '+549*' AND length(address) = 14 THEN '+54' || substr(address, 5)
        END AS other FROM suppressions)
    WHERE other IS NOT NULL;
-- Hidden identities that said stop: those whose phone is not known, and those whose phone is opted out.
INSERT OR IGNORE INTO suppressions (address, since_at, cause)
    SELECT sender, min(at), 'stop' FROM replies WHERE stop = 1 AND sender NOT LIKE '+%' GROUP BY sender;
INSERT OR IGNORE INTO suppressions (address, since_at, cause)
    SELECT l.lid, s.since_at, s.cause FROM lids l JOIN suppressions s ON s.address = l.phone;

-- A contact that comes to a suppressed phone, by whatever way, is on the black list.
CREATE TRIGGER contacts_suppressed_new AFTER INSERT ON contacts
WHEN NEW.standing <> 'black'
    AND EXISTS (SELECT 1 FROM suppressions s WHERE s.address = NEW.phone AND s.lifted_at IS NULL)
BEGIN
    UPDATE contacts SET standing = 'black' WHERE id = NEW.id;
END;
CREATE TRIGGER contacts_suppressed_phone AFTER UPDATE OF phone ON contacts
WHEN NEW.standing <> 'black' AND NEW.phone <> OLD.phone
    AND EXISTS (SELECT 1 FROM suppressions s WHERE s.address = NEW.phone AND s.lifted_at IS NULL)
BEGIN
    UPDATE contacts SET standing = 'black' WHERE id = NEW.id;
END;

-- A consent that was taken back, kept when a new one takes its place.
CREATE TABLE past_consents (
    contact_id   BLOB NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    source       TEXT,
    at           INTEGER,
    note         TEXT,
    withdrawn_at INTEGER NOT NULL,
    replaced_at  INTEGER NOT NULL,
    PRIMARY KEY (contact_id, replaced_at)
) STRICT, WITHOUT ROWID;
