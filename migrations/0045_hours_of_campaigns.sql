-- The hours that a campaign keeps inside the sending hours: {"from": minute, "to": minute}.
ALTER TABLE campaigns ADD COLUMN hours TEXT CHECK (hours IS NULL OR json_valid(hours));
ALTER TABLE queues ADD COLUMN hours TEXT CHECK (hours IS NULL OR json_valid(hours));
