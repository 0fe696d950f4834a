-- A row of a list whose phone is only probably meant is doubtful: it stays out until the owner ticks it.
ALTER TABLE imports ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_refusals ADD COLUMN phone TEXT;
