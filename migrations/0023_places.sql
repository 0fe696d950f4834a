-- Whether a prepared file says where it was made; of those kept before, that is not known.
ALTER TABLE media ADD COLUMN place INTEGER NOT NULL DEFAULT 0 CHECK (place = 0 OR place = 1);
