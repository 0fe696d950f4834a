-- Another reason of skipping: people whom Ulak made up to practise with. Only what the table allows grows, so its million
-- rows need not be written anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'skip_reason = ''same_options''', 'skip_reason = ''same_options'' OR skip_reason = ''made_up''')
    WHERE type = 'table' AND name = 'messages';
PRAGMA writable_schema = RESET;
