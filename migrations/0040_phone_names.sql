-- What the linked phones call people: kept apart, and offered to the owner as a proposal.
CREATE TABLE phone_names (
    phone        TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    address_book INTEGER NOT NULL CHECK (address_book = 0 OR address_book = 1),
    declined     INTEGER NOT NULL DEFAULT 0 CHECK (declined = 0 OR declined = 1)
) STRICT, WITHOUT ROWID;
