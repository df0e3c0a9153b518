-- Stores, tokens, customers, contacts and events. Released migrations are never edited: a change is a new file.

CREATE TABLE stores (
    store_id  INTEGER NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    suspended INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    created   INTEGER NOT NULL
) STRICT;

-- The next id of each kind, raised in the transaction that takes an id, so that none is given twice; and the counts that
-- answers need, so that none is counted out.
CREATE TABLE counters (
    store_id            INTEGER NOT NULL PRIMARY KEY REFERENCES stores (store_id),
    next_token_id       INTEGER NOT NULL,
    next_customer_id    INTEGER NOT NULL,
    next_contact_id     INTEGER NOT NULL,
    next_event_sequence INTEGER NOT NULL,
    customer_count      INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    store_id      INTEGER NOT NULL REFERENCES stores (store_id),
    token_id      INTEGER NOT NULL,
    hash          BLOB    NOT NULL CHECK (length(hash) = 32),
    public        INTEGER NOT NULL CHECK (public IN (0, 1)),
    scopes        TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    last_used_day INTEGER,
    PRIMARY KEY (store_id, token_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_by_hash ON tokens (store_id, hash);

CREATE TABLE customers (
    store_id         INTEGER NOT NULL REFERENCES stores (store_id),
    customer_id      INTEGER NOT NULL,
    email            TEXT    NOT NULL,
    email_key        TEXT    NOT NULL, -- in lower case
    name             TEXT,
    registered       INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    contact_count    INTEGER NOT NULL,
    highest_order_by INTEGER,          -- null without contacts
    settled_through  INTEGER NOT NULL, -- recent contacts up to this id are in contacts
    PRIMARY KEY (store_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX customers_by_email ON customers (store_id, email_key);

-- The contacts of one customer lie side by side, and the key makes them unique: no second index is dirtied by a create.
CREATE TABLE contacts (
    store_id     INTEGER NOT NULL,
    customer_id  INTEGER NOT NULL,
    contact_type INTEGER NOT NULL,
    contact_key  TEXT    NOT NULL, -- normalised, for comparison only
    contact_id   INTEGER NOT NULL,
    contact      TEXT,             -- as it was sent; null when that is the key
    handle       TEXT,
    note         TEXT,
    is_default   INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    order_by     INTEGER NOT NULL,
    timestamp    INTEGER NOT NULL,
    PRIMARY KEY (store_id, customer_id, contact_type, contact_key),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX contacts_one_default ON contacts (store_id, customer_id, contact_type) WHERE is_default = 1;

-- Contacts that were just created, in the order they came: written at once, one behind the other, and moved to contacts
-- in bulk soon after ("settled"). A row counts while its id is above its customer's settled_through.
CREATE TABLE recent_contacts (
    store_id         INTEGER NOT NULL,
    contact_id       INTEGER NOT NULL,
    customer_id      INTEGER NOT NULL,
    contact_type     INTEGER NOT NULL,
    contact          TEXT    NOT NULL,
    handle           TEXT,
    note             TEXT,
    is_default       INTEGER NOT NULL,
    order_by         INTEGER NOT NULL,
    timestamp        INTEGER NOT NULL,
    customer_updated INTEGER NOT NULL,
    PRIMARY KEY (store_id, contact_id)
) STRICT, WITHOUT ROWID;

-- Every contact there is, wherever it lies.
CREATE VIEW all_contacts AS
SELECT store_id, customer_id, contact_id, contact_type, coalesce(contact, contact_key) AS contact, handle, note,
       is_default, order_by, timestamp
  FROM contacts
 UNION ALL
SELECT recent.store_id, recent.customer_id, recent.contact_id, recent.contact_type, recent.contact, recent.handle,
       recent.note, recent.is_default, recent.order_by, recent.timestamp
  FROM recent_contacts AS recent
  JOIN customers USING (store_id, customer_id)
 WHERE recent.contact_id > customers.settled_through;

CREATE TABLE events (
    store_id   INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    event_type INTEGER NOT NULL,
    entity_id  INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (store_id, sequence)
) STRICT, WITHOUT ROWID;
