-- What the outbox writes of a number has a table of the outbox's own; what is left in `sessions` is the number itself.
CREATE TABLE senders (
    session_id    BLOB PRIMARY KEY NOT NULL REFERENCES sessions (id),
    next_send_at  INTEGER NOT NULL DEFAULT 0,
    resting       INTEGER NOT NULL DEFAULT 0 CHECK (resting = 0 OR resting = 1),
    batch_sent    INTEGER NOT NULL DEFAULT 0,
    repeated      INTEGER NOT NULL DEFAULT 0 CHECK (repeated = 0 OR repeated = 1),
    unheard       INTEGER NOT NULL DEFAULT 0 CHECK (unheard >= 0),
    unheard_until INTEGER,
    shut_cause    TEXT,
    shut_until    INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO senders (session_id, next_send_at, resting, batch_sent, repeated, unheard, unheard_until, shut_cause, shut_until)
    SELECT id, next_send_at, resting, batch_sent, repeated, unheard, unheard_until, shut_cause, shut_until FROM sessions;
ALTER TABLE sessions DROP COLUMN next_send_at;
ALTER TABLE sessions DROP COLUMN resting;
ALTER TABLE sessions DROP COLUMN batch_sent;
ALTER TABLE sessions DROP COLUMN repeated;
ALTER TABLE sessions DROP COLUMN unheard;
ALTER TABLE sessions DROP COLUMN unheard_until;
ALTER TABLE sessions DROP COLUMN shut_cause;
ALTER TABLE sessions DROP COLUMN shut_until;

CREATE TRIGGER sessions_added AFTER INSERT ON sessions
BEGIN INSERT INTO senders (session_id) VALUES (NEW.id); END;
-- A new link is heard.
CREATE TRIGGER sessions_relinked AFTER UPDATE OF key_id ON sessions
WHEN NEW.key_id IS NOT NULL AND NEW.key_id IS NOT OLD.key_id
BEGIN UPDATE senders SET unheard = 0, unheard_until = NULL WHERE session_id = NEW.id; END;
