-- What people answered, one row a message and counters a campaign; and replies in pages.
DROP INDEX replies_by_campaign;
CREATE INDEX replies_by_campaign ON replies (campaign_id, at, id) WHERE campaign_id IS NOT NULL;
CREATE INDEX replies_stops ON replies (campaign_id, at, id) WHERE stop = 1;
CREATE INDEX replies_by_sender ON replies (sender);

CREATE TABLE answers (
    message_id  BLOB PRIMARY KEY NOT NULL,
    campaign_id BLOB NOT NULL,
    replies     INTEGER NOT NULL,
    stops       INTEGER NOT NULL,
    chosen      TEXT NOT NULL CHECK (json_valid(chosen))
) STRICT, WITHOUT ROWID;

CREATE TABLE answer_counts (
    campaign_id BLOB NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('replies', 'stops', 'replied', 'opted_out', 'chosen')),
    option      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, kind, option)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER answers_added AFTER INSERT ON answers
BEGIN
    INSERT INTO answer_counts (campaign_id, kind, option, number)
        SELECT NEW.campaign_id, kind, '', number
        FROM (SELECT 'replies' AS kind, NEW.replies AS number UNION ALL SELECT 'stops', NEW.stops
              UNION ALL SELECT 'replied', 1 UNION ALL SELECT 'opted_out', NEW.stops > 0) WHERE 1
        ON CONFLICT DO UPDATE SET number = number + excluded.number;
    INSERT INTO answer_counts (campaign_id, kind, option, number)
        SELECT NEW.campaign_id, 'chosen', value, 1 FROM json_each(NEW.chosen) WHERE 1
        ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER answers_removed AFTER DELETE ON answers
BEGIN
    UPDATE answer_counts SET number = number - CASE kind
        WHEN 'replies' THEN OLD.replies WHEN 'stops' THEN OLD.stops
        WHEN 'replied' THEN 1 WHEN 'opted_out' THEN OLD.stops > 0
        ELSE (SELECT count(*) FROM json_each(OLD.chosen) WHERE value = option) END
    WHERE campaign_id = OLD.campaign_id;
END;

-- Who changes their mind is counted by the last word.
INSERT INTO answers (message_id, campaign_id, replies, stops, chosen)
    SELECT message_id, campaign_id, count(*), sum(stop),
           coalesce((SELECT l.chosen FROM replies l WHERE l.message_id = r.message_id AND l.chosen <> '[]'
                     ORDER BY l.at DESC, l.id DESC LIMIT 1), '[]')
    FROM replies r WHERE message_id IS NOT NULL AND campaign_id IS NOT NULL GROUP BY message_id;
CREATE TRIGGER replies_counted AFTER UPDATE OF message_id, campaign_id, chosen, stop, at ON replies
WHEN OLD.campaign_id IS NOT NULL OR NEW.campaign_id IS NOT NULL
BEGIN
    DELETE FROM answers WHERE message_id = OLD.message_id OR message_id = NEW.message_id;
    INSERT INTO answers (message_id, campaign_id, replies, stops, chosen)
        SELECT message_id, campaign_id, count(*), sum(stop),
               coalesce((SELECT l.chosen FROM replies l WHERE l.message_id = r.message_id AND l.chosen <> '[]'
                         ORDER BY l.at DESC, l.id DESC LIMIT 1), '[]')
        FROM replies r
        WHERE (message_id = OLD.message_id OR message_id = NEW.message_id) AND campaign_id IS NOT NULL GROUP BY message_id;
END;
CREATE TRIGGER replies_uncounted AFTER DELETE ON replies WHEN OLD.campaign_id IS NOT NULL
BEGIN
    DELETE FROM answers WHERE message_id = OLD.message_id;
    INSERT INTO answers (message_id, campaign_id, replies, stops, chosen)
        SELECT message_id, campaign_id, count(*), sum(stop),
               coalesce((SELECT l.chosen FROM replies l WHERE l.message_id = r.message_id AND l.chosen <> '[]'
                         ORDER BY l.at DESC, l.id DESC LIMIT 1), '[]')
        FROM replies r WHERE message_id = OLD.message_id AND campaign_id IS NOT NULL GROUP BY message_id;
END;
