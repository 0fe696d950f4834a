-- Which phone a WhatsApp account has, where a list spells it in another way; and what is the same for both spellings of a
-- number (`contact/phone/spellings.rs`), so that two of them in a campaign are found without asking anybody.
ALTER TABLE messages ADD COLUMN subscriber TEXT GENERATED ALWAYS AS (CASE
    WHEN phone GLOB '+55[0-9][0-9]9[6-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN substr(phone, 1, 5) || substr(phone, 7)
    WHEN phone GLOB '+521[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+52' || substr(phone, 5)
    WHEN phone GLOB '+549[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+54' || substr(phone, 5)
    ELSE phone END) VIRTUAL;
CREATE INDEX messages_by_subscriber ON messages (queue_id, subscriber) WHERE origin = 'campaign';

ALTER TABLE contacts ADD COLUMN subscriber TEXT GENERATED ALWAYS AS (CASE
    WHEN phone GLOB '+55[0-9][0-9]9[6-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN substr(phone, 1, 5) || substr(phone, 7)
    WHEN phone GLOB '+521[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+52' || substr(phone, 5)
    WHEN phone GLOB '+549[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+54' || substr(phone, 5)
    ELSE phone END) VIRTUAL;
CREATE INDEX contacts_by_subscriber ON contacts (subscriber);
ALTER TABLE promotions ADD COLUMN subscriber TEXT GENERATED ALWAYS AS (CASE
    WHEN phone GLOB '+55[0-9][0-9]9[6-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN substr(phone, 1, 5) || substr(phone, 7)
    WHEN phone GLOB '+521[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+52' || substr(phone, 5)
    WHEN phone GLOB '+549[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+54' || substr(phone, 5)
    ELSE phone END) VIRTUAL;
CREATE INDEX promotions_by_subscriber ON promotions (subscriber);

CREATE TABLE accounts (
    phone   TEXT PRIMARY KEY NOT NULL,
    account TEXT NOT NULL CHECK (account <> phone),
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_account ON accounts (account);
CREATE INDEX accounts_by_time ON accounts (seen_at);

-- What was found out before says nothing of the account: these are asked again.
DELETE FROM notes WHERE kind = 'on_whatsapp' AND (key GLOB '+55*' OR key GLOB '+52*' OR key GLOB '+54*');

-- Two more reasons of skipping. Only what the table allows grows, so its million rows need not be written anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'skip_reason = ''promoted''',
                      'skip_reason = ''promoted'' OR skip_reason = ''same_person'' OR skip_reason = ''same_options''')
    WHERE type = 'table' AND name = 'messages';
PRAGMA writable_schema = RESET;
