-- Only the ticks that may be owed are read at a start: those of what was sent lately.
DROP INDEX parts_awaited;
CREATE INDEX parts_awaited ON parts (session_id, state, sent_at) WHERE state IN ('sent', 'delivered');
