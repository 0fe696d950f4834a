-- Both phones of an account as the number that they spell, so that the claim compares spellings by rule here too:
-- an account that was looked up under one spelling is found from the other.
ALTER TABLE accounts ADD COLUMN subscriber TEXT GENERATED ALWAYS AS (CASE
    WHEN phone GLOB '+55[0-9][0-9]9[6-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN substr(phone, 1, 5) || substr(phone, 7)
    WHEN phone GLOB '+521[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+52' || substr(phone, 5)
    WHEN phone GLOB '+549[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+54' || substr(phone, 5)
    ELSE phone END) VIRTUAL;
ALTER TABLE accounts ADD COLUMN account_subscriber TEXT GENERATED ALWAYS AS (CASE
    WHEN account GLOB '+55[0-9][0-9]9[6-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN substr(account, 1, 5) || substr(account, 7)
    WHEN account GLOB '+521[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+52' || substr(account, 5)
    WHEN account GLOB '+549[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' THEN '+54' || substr(account, 5)
    ELSE account END) VIRTUAL;
CREATE INDEX accounts_by_subscriber ON accounts (subscriber);
CREATE INDEX accounts_by_account_subscriber ON accounts (account_subscriber);
