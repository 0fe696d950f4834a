-- What is scheduled is what was looked at, and a resumed scheduling knows what its owner chose.

ALTER TABLE campaigns ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN only_covered INTEGER NOT NULL DEFAULT 0 CHECK (only_covered IN (0, 1));
