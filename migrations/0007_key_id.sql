-- Names the file of a number's key material.

ALTER TABLE sessions RENAME COLUMN seat TO key_id;
