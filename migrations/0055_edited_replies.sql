-- When a person changed what they had written.
ALTER TABLE replies ADD COLUMN edited_at INTEGER;

CREATE TRIGGER changes_of_edited_replies AFTER UPDATE OF edited_at, stop ON replies
WHEN NEW.edited_at IS NOT NULL AND (NEW.text <> OLD.text OR NEW.stop <> OLD.stop)
BEGIN INSERT INTO changes (thing, id, state) VALUES ('reply', NEW.id, CASE NEW.stop WHEN 1 THEN 'stop' ELSE 'received' END); END;
