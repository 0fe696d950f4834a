-- Whether a prepared file says where it was made; of those added before, that is not known.
ALTER TABLE campaign_media ADD COLUMN place INTEGER NOT NULL DEFAULT 0 CHECK (place = 0 OR place = 1);
ALTER TABLE template_media ADD COLUMN place INTEGER NOT NULL DEFAULT 0 CHECK (place = 0 OR place = 1);
