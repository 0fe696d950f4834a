-- What a rule sends is what its owner let go: a pattern that was changed since then waits for their word.
ALTER TABLE repeats ADD COLUMN approved INTEGER;
UPDATE repeats SET approved = (SELECT version FROM campaigns WHERE id = repeats.campaign_id);
