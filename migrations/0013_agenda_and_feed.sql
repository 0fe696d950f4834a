-- What Ulak does by itself at a set time, and the feed of what changed its state.

CREATE TABLE jobs (
    id       BLOB PRIMARY KEY NOT NULL,
    kind     TEXT NOT NULL,
    due_at   INTEGER NOT NULL,
    every_ms INTEGER CHECK (every_ms > 0),
    tries    INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX jobs_standing ON jobs (kind) WHERE every_ms IS NOT NULL;

CREATE TABLE changes (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    thing TEXT NOT NULL CHECK (thing IN ('part', 'queue', 'contact', 'number', 'reply')),
    id    BLOB NOT NULL,
    state TEXT NOT NULL
) STRICT;

CREATE TABLE change_marks (
    at  INTEGER PRIMARY KEY NOT NULL,
    seq INTEGER NOT NULL
) STRICT;

-- Where a part waits is nobody's news; what became of it is.
CREATE TRIGGER changes_of_parts AFTER UPDATE OF state ON parts
WHEN NEW.state <> OLD.state AND NEW.state <> 'pending' AND NEW.state <> 'sending'
BEGIN INSERT INTO changes (thing, id, state) VALUES ('part', NEW.id, NEW.state); END;

CREATE TRIGGER changes_of_queues AFTER UPDATE OF state, cancelled_at ON queues
WHEN NEW.state <> OLD.state OR (NEW.cancelled_at IS NOT NULL AND OLD.cancelled_at IS NULL)
BEGIN INSERT INTO changes (thing, id, state)
      VALUES ('queue', NEW.id, CASE WHEN NEW.cancelled_at IS NULL THEN NEW.state ELSE 'cancelled' END); END;

CREATE TRIGGER changes_of_contacts AFTER UPDATE OF standing ON contacts
WHEN NEW.standing <> OLD.standing
BEGIN INSERT INTO changes (thing, id, state) VALUES ('contact', NEW.id, NEW.standing); END;

CREATE TRIGGER changes_of_numbers AFTER UPDATE OF state, removed_at ON sessions
WHEN NEW.state <> OLD.state OR (NEW.removed_at IS NULL) <> (OLD.removed_at IS NULL)
BEGIN INSERT INTO changes (thing, id, state)
      VALUES ('number', NEW.id, CASE WHEN NEW.removed_at IS NULL THEN NEW.state ELSE 'removed' END); END;

CREATE TRIGGER changes_of_replies AFTER INSERT ON replies
BEGIN INSERT INTO changes (thing, id, state) VALUES ('reply', NEW.id, CASE NEW.stop WHEN 1 THEN 'stop' ELSE 'received' END); END;
