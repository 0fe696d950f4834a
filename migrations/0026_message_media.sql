-- The files that messages carry, so that the question which files are still needed stays among the tables of files.
CREATE TABLE message_media (
    sha256 BLOB PRIMARY KEY NOT NULL REFERENCES media (sha256)
) STRICT, WITHOUT ROWID;
INSERT INTO message_media (sha256) SELECT DISTINCT media FROM parts WHERE media IS NOT NULL;
