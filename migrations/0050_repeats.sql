-- Campaigns that come again: on days of the calendar, or by a date of each person.
CREATE TABLE repeats (
    id          BLOB PRIMARY KEY NOT NULL,
    campaign_id BLOB NOT NULL UNIQUE REFERENCES campaigns (id),
    plan        TEXT NOT NULL CHECK (json_valid(plan)),
    minute      INTEGER NOT NULL CHECK (minute >= 0 AND minute < 1440),
    late_days   INTEGER NOT NULL CHECK (late_days >= 0),
    active      INTEGER NOT NULL CHECK (active = 0 OR active = 1),
    looked_on   INTEGER,
    made        INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE repeat_runs (
    repeat_id   BLOB NOT NULL REFERENCES repeats (id) ON DELETE CASCADE,
    day         INTEGER NOT NULL,
    campaign_id BLOB,
    state       TEXT NOT NULL CHECK (state = 'made' OR state = 'scheduled' OR state = 'nobody' OR state = 'refused' OR state = 'missed'),
    at          INTEGER NOT NULL,
    PRIMARY KEY (repeat_id, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX repeat_runs_made ON repeat_runs (repeat_id, day) WHERE state = 'made';

CREATE TABLE repeat_people (
    repeat_id  BLOB NOT NULL REFERENCES repeats (id) ON DELETE CASCADE,
    contact_id BLOB NOT NULL,
    day        INTEGER NOT NULL,
    run_day    INTEGER NOT NULL,
    PRIMARY KEY (repeat_id, contact_id, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX repeat_people_by_run ON repeat_people (repeat_id, run_day, contact_id);

-- What a rule sends is written in a draft that no list shows.
ALTER TABLE campaigns ADD COLUMN repeat_id BLOB;

-- Messages that were written by hand for one person of a campaign.
CREATE INDEX messages_own ON messages (queue_id) WHERE own = 1;
