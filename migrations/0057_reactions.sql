-- What a person made of a message with an emoji stands with the part that it is of.
ALTER TABLE parts ADD COLUMN reaction TEXT;
ALTER TABLE parts ADD COLUMN reacted_at INTEGER;
