-- What the column of a list was called from which a field came: the owner's word for it.
ALTER TABLE contact_fields ADD COLUMN label TEXT NOT NULL DEFAULT '';
