-- A single message can be cancelled while it is on its way: what had not been handed over comes back and goes out no more.
ALTER TABLE messages ADD COLUMN cancelled_at INTEGER;
