-- The list of campaigns in pages: what it is searched and sorted by, and how long it is.
ALTER TABLE campaigns ADD COLUMN search TEXT NOT NULL DEFAULT '';
-- What the program folds at every save; here for the letters of Turkish.
UPDATE campaigns SET search = lower(
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(name || char(10) || text,
    'Ç', 'c'), 'ç', 'c'), 'Ğ', 'g'), 'ğ', 'g'), 'İ', 'i'), 'ı', 'i'), 'Ö', 'o'), 'ö', 'o'), 'Ş', 's'), 'ş', 's'), 'Ü', 'u'), 'ü', 'u'));
ALTER TABLE campaigns ADD COLUMN sort_name TEXT GENERATED ALWAYS AS
    (iif(name = '', '2', '1') || substr(search, 1, 60)) VIRTUAL;
CREATE INDEX campaigns_changed ON campaigns (updated_at, id, state);
CREATE INDEX campaigns_named ON campaigns (sort_name, id, state);
CREATE INDEX campaigns_scheduling ON campaigns (scheduled_at, id) WHERE state = 'scheduling';

CREATE TABLE campaign_counts (
    state     TEXT PRIMARY KEY NOT NULL,
    campaigns INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO campaign_counts (state, campaigns) SELECT state, count(*) FROM campaigns GROUP BY state;
CREATE TRIGGER campaigns_added AFTER INSERT ON campaigns
BEGIN
    INSERT INTO campaign_counts (state, campaigns) VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET campaigns = campaigns + 1;
END;
CREATE TRIGGER campaigns_removed AFTER DELETE ON campaigns
BEGIN
    UPDATE campaign_counts SET campaigns = campaigns - 1 WHERE state = OLD.state;
END;
CREATE TRIGGER campaigns_changed_state AFTER UPDATE OF state ON campaigns WHEN OLD.state <> NEW.state
BEGIN
    UPDATE campaign_counts SET campaigns = campaigns - 1 WHERE state = OLD.state;
    INSERT INTO campaign_counts (state, campaigns) VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET campaigns = campaigns + 1;
END;
