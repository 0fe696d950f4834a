-- Causes are words of Ulak's own, whatever codes a messenger has. What earlier versions kept becomes such a word; a code
-- or a word that nobody described becomes `refused_` and itself, so that it stays readable and nothing follows from it.

CREATE TEMP TABLE cause_words (
    old TEXT PRIMARY KEY NOT NULL,
    new TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO cause_words (old, new) VALUES
    ('nack_463', 'new_chats_locked'),
    ('nack_463_known', 'all_chats_locked'),
    ('nack_475', 'new_chats_used_up'),
    ('nack_429', 'too_fast'),
    ('rate_overlimit', 'too_fast');
-- Refusals of the message or its recipient, which were final.
INSERT INTO cause_words (old, new) SELECT 'nack_' || column1, 'rejected_' || column1 FROM (VALUES
    (400), (401), (403), (404), (405), (406), (410),
    (479), (487), (488), (489), (490), (491), (493), (495), (499), (550), (551));
-- Words that stay.
INSERT INTO cause_words (old, new) SELECT column1, column1 FROM (VALUES
    ('not_connected'), ('uploading'), ('hours_closed'), ('held_back'), ('asked_to_stop'), ('media_gone'), ('unreadable'),
    ('upload_failed'), ('lookup_failed'), ('not_prepared'), ('invalid_message'), ('practice_log'), ('not_on_whatsapp'),
    ('banned'), ('connection_lost'), ('no_ack'), ('no_answer'), ('not_written'), ('interrupted'), ('earlier_part'),
    ('outcome_unknown'));

-- A skipped part has the reason of skipping there. The counters follow by their trigger.
UPDATE parts
SET cause = coalesce((SELECT new FROM cause_words WHERE old = cause),
                     'refused_' || CASE WHEN cause GLOB 'nack_*' THEN substr(cause, 6) ELSE cause END)
WHERE state <> 'skipped' AND cause NOT IN (SELECT old FROM cause_words WHERE old = new);

UPDATE attempts
SET cause = coalesce((SELECT new FROM cause_words WHERE old = cause),
                     'refused_' || CASE WHEN cause GLOB 'nack_*' THEN substr(cause, 6) ELSE cause END)
WHERE cause NOT IN (SELECT old FROM cause_words WHERE old = new);

UPDATE sessions
SET shut_cause = coalesce((SELECT new FROM cause_words WHERE old = shut_cause),
                          'refused_' || CASE WHEN shut_cause GLOB 'nack_*' THEN substr(shut_cause, 6) ELSE shut_cause END)
WHERE shut_cause NOT IN (SELECT old FROM cause_words WHERE old = new);

DROP TABLE cause_words;
