-- What the segments of a campaign's audience asked when it was scheduled, so that what changes afterwards changes nothing.
ALTER TABLE campaigns ADD COLUMN frozen_segments TEXT CHECK (frozen_segments IS NULL OR json_valid(frozen_segments));
