-- A data folder of schema 1 in use: rows in every table, and parts, attempts and lines of every state and kind.

INSERT INTO settings VALUES ('settings', '{"language":"tr"}'), ('paused_all', 'false');
INSERT INTO sessions (id, kind, name, phone, priority, pace_min_ms, pace_max_ms, batch, rest_ms, hourly_cap, daily_cap,
                      next_send_at, resting, batch_sent, created_at)
    VALUES (x'51', 'practice', '', '', 1, 1000, 3000, 0, 0, 0, 0, 77, 1, 4, 1),
           (x'52', 'whatsapp', 'Dükkân', '+905550000001', 2, 2000, 4000, 20, 60000, 100, 1000, 0, 0, 0, 2);
INSERT INTO contacts VALUES
    (x'C1', '+905550000011', 'Elif', 'elif@example.com', '{"city":"İzmir"}', 'elif', 'normal', 'shop', 3, 'by hand', NULL, 3, 4),
    (x'C2', '+905550000012', '', '', '{}', '', 'gray', NULL, NULL, NULL, NULL, 3, 3),
    (x'C3', '+905550000013', 'Can', '', '{}', 'can', 'black', NULL, NULL, NULL, 5, 3, 5),
    (x'C4', '+905550000014', 'Nur', '', '{}', 'nur', 'normal', NULL, NULL, NULL, NULL, 3, 3);
INSERT INTO contact_tags VALUES (x'C1', 'vip'), (x'C4', 'vip');
INSERT INTO contact_fields VALUES ('city');
INSERT INTO imports VALUES (x'A1', 'list.csv', 'done', 5, 4, 0, 0, 1, 2, 3);
INSERT INTO import_refusals VALUES (x'A1', 0, 'import.header', '{}', '["Ad"]'), (x'A1', 6, 'phone.short', '{}', '["1"]');

INSERT INTO media VALUES
    (randomblob(32), 'image', 'image/jpeg', 640, 480, 100000, randomblob(900), randomblob(100000)),
    (randomblob(32), 'image', 'image/png', 10, 20, 12, x'01', x'02');
INSERT INTO campaigns VALUES
    (x'CA', 'Coffee', 'scheduled', 'practice', 'Merhaba {{name}}', '{"everyone":true,"tags":[]}', 0, 10, 5, '["51"]', 0, 'guests', 6, 7, 8),
    (x'CB', '', 'draft', 'real', '', '{"everyone":false,"tags":["vip"]}', 1, NULL, 1, '[]', 1, '', 6, 6, NULL),
    (x'CC', 'Half', 'scheduling', 'practice', 'Hi', '{"everyone":true,"tags":[]}', 0, 10, 10, '[]', 0, '', 6, 7, 8),
    (x'CD', 'Off', 'cancelled', 'practice', 'Hi', '{"everyone":true,"tags":[]}', 0, 10, 5, '[]', 0, '', 6, 7, 8);
INSERT INTO campaign_media
    SELECT substr(sha256, 1, 5), x'CA', row_number() OVER (), 'photo', size, 1, sha256 FROM media;
INSERT INTO messages VALUES
    (x'D1', x'CA', x'C1', '+905550000011', 'Elif', 'Merhaba Elif', NULL, NULL, 8),
    (x'D2', x'CA', x'C2', '+905550000012', '', '', 'gray_list', NULL, 8),
    (x'D3', x'CA', x'C3', '+905550000013', 'Can', '', 'missing_variable', 'name', 8);
INSERT INTO queues VALUES
    (x'CA', 5, 10, 'open', 0, 'practice', '["51"]'), (x'CC', 10, 10, 'building', 0, 'practice', '[]'),
    (x'CD', 5, 10, 'done', 0, 'practice', '[]'), (x'CE', 1, 10, 'paused', 1, 'real', '["52"]');

-- One part in each state; those behind the first are of a contact with many messages, which no rule forbids.
INSERT INTO parts (id, message_id, queue_id, position, last, kind, with_text, media, wire_id, state, ready, due_at)
    SELECT substr(sha256, 1, 5), x'D1', x'CA', 1, 0, 'image', 0, sha256, hex(sha256), 'pending', 1, 10 FROM media;
WITH s (n, state) AS (VALUES (1, 'sending'), (2, 'sent'), (3, 'delivered'), (4, 'read'), (5, 'played'), (6, 'unknown'),
                             (7, 'failed'), (8, 'skipped'), (9, 'cancelled'), (10, 'pending'))
INSERT INTO parts SELECT CAST(format('E1%02d', n) AS BLOB), x'D1', x'CA', n + 1, n = 10, 'text', 1, NULL, 'W' || n, state, n % 2,
                         10 + n, n, n % 3, 1 + n % 2, CASE WHEN n < 7 THEN x'51' END, CASE WHEN n > 5 THEN 'no_answer' END,
                         20 + n, 30 + n, 40 + n, 50 + n, 60 + n, 70 + n FROM s;
-- Enough of them that a migration does not fit into a few pages.
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO messages SELECT CAST(format('M%04d', i) AS BLOB), x'CE', CAST(format('c%04d', i) AS BLOB), '+9055500' || (10000 + i),
                            'Kişi ' || i, 'Merhaba ' || i, NULL, NULL, 8 FROM n;
INSERT INTO parts (id, message_id, queue_id, position, last, kind, with_text, wire_id, state, ready, due_at)
    SELECT CAST('P' || hex(id) AS BLOB), id, x'CE', 1, 1, 'text', 1, hex(id), 'pending', 1, 10 FROM messages WHERE campaign_id = x'CE';
INSERT INTO attempts VALUES (3, CAST('E101' AS BLOB), x'51', 1, 20, 21, 'unknown', 'interrupted'),
    (7, CAST('E101' AS BLOB), x'51', 2, 22, NULL, NULL, NULL), (8, CAST('E102' AS BLOB), x'52', 1, 23, 24, 'accepted', NULL),
    (9, CAST('E107' AS BLOB), x'51', 1, 25, 26, 'refused', 'not_on_whatsapp');

INSERT INTO ledger (seq, book, kind, campaign_id, part_id, round, credits, held, balance_after, held_after, lines, note, price, at) VALUES
    (2, 'practice', 'grant', NULL, NULL, 1, 50, 0, 50, 0, 1, 'start', '5 €', 6),
    (3, 'practice', 'hold', x'CA', CAST('E101' AS BLOB), 1, 0, 1, 50, 1, 2, '', '', 8),
    (4, 'practice', 'hold', x'CA', CAST('E102' AS BLOB), 1, 0, 1, 50, 2, 0, '', '', 8),
    (6, 'practice', 'settle', x'CA', CAST('E102' AS BLOB), 1, -1, -1, 49, 1, 1, '', '', 24),
    (7, 'practice', 'release', x'CA', CAST('E101' AS BLOB), 1, 0, -1, 49, 0, 1, '', '', 26),
    (9, 'real', 'adjust', NULL, NULL, 1, -3, 0, -3, 0, 1, 'a correction', '', 27);
UPDATE sqlite_sequence SET seq = 12 WHERE name = 'ledger';
UPDATE ledger_totals SET granted = 50, settled = 1, released = 1 WHERE book = 'practice';
