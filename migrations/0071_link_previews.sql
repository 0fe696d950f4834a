-- What a page said of itself when its owner had it looked at. A row changes no more; whatever refers to it shows it below
-- the link, and with the last of these it goes.
CREATE TABLE link_previews (
    id          BLOB NOT NULL PRIMARY KEY,
    link        TEXT NOT NULL CHECK (link <> ''),
    title       TEXT NOT NULL CHECK (title <> ''),
    description TEXT NOT NULL,
    thumbnail   BLOB NOT NULL,
    fetched_at  INTEGER NOT NULL
) STRICT;

ALTER TABLE campaigns ADD COLUMN link_preview BLOB REFERENCES link_previews (id);
ALTER TABLE versions ADD COLUMN link_preview BLOB REFERENCES link_previews (id);
ALTER TABLE templates ADD COLUMN link_preview BLOB REFERENCES link_previews (id);
ALTER TABLE parts ADD COLUMN link_preview BLOB REFERENCES link_previews (id) CHECK (link_preview IS NULL OR kind = 'text');

CREATE INDEX campaigns_by_link_preview ON campaigns (link_preview) WHERE link_preview IS NOT NULL;
CREATE INDEX versions_by_link_preview ON versions (link_preview) WHERE link_preview IS NOT NULL;
CREATE INDEX templates_by_link_preview ON templates (link_preview) WHERE link_preview IS NOT NULL;
CREATE INDEX parts_by_link_preview ON parts (link_preview) WHERE link_preview IS NOT NULL;

CREATE VIEW unused_link_previews AS
SELECT p.id FROM link_previews p
WHERE NOT EXISTS (SELECT 1 FROM campaigns c WHERE c.link_preview = p.id)
  AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.link_preview = p.id)
  AND NOT EXISTS (SELECT 1 FROM templates t WHERE t.link_preview = p.id)
  AND NOT EXISTS (SELECT 1 FROM parts a WHERE a.link_preview = p.id);

CREATE TRIGGER campaigns_without_link_preview AFTER UPDATE OF link_preview ON campaigns
WHEN OLD.link_preview IS NOT NULL AND OLD.link_preview IS NOT NEW.link_preview
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER versions_without_link_preview AFTER UPDATE OF link_preview ON versions
WHEN OLD.link_preview IS NOT NULL AND OLD.link_preview IS NOT NEW.link_preview
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER templates_without_link_preview AFTER UPDATE OF link_preview ON templates
WHEN OLD.link_preview IS NOT NULL AND OLD.link_preview IS NOT NEW.link_preview
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER parts_without_link_preview AFTER UPDATE OF link_preview ON parts
WHEN OLD.link_preview IS NOT NULL AND OLD.link_preview IS NOT NEW.link_preview
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER campaigns_gone_with_link_preview AFTER DELETE ON campaigns WHEN OLD.link_preview IS NOT NULL
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER versions_gone_with_link_preview AFTER DELETE ON versions WHEN OLD.link_preview IS NOT NULL
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;

CREATE TRIGGER templates_gone_with_link_preview AFTER DELETE ON templates WHEN OLD.link_preview IS NOT NULL
BEGIN
    DELETE FROM link_previews WHERE id = (SELECT u.id FROM unused_link_previews u WHERE u.id = OLD.link_preview);
END;
