-- What searches look through.

-- One text or one number of each of up to 256 customers with ids next to each other, packed. A customer belongs into the
-- block with the greatest first_customer_id that is not above its id.
CREATE TABLE search_blocks (
    store_id          INTEGER NOT NULL,
    field             INTEGER NOT NULL,
    first_customer_id INTEGER NOT NULL,
    customers         INTEGER NOT NULL,
    low               INTEGER, -- of numbers: the least
    high              INTEGER, -- and the greatest
    data              BLOB    NOT NULL,
    PRIMARY KEY (store_id, field, first_customer_id)
) STRICT;

CREATE INDEX search_blocks_by_high ON search_blocks (store_id, field, high) WHERE high IS NOT NULL;

-- Contacts that were created since, in the order they came: one row for those of one commit.
CREATE TABLE search_added (
    store_id         INTEGER NOT NULL,
    first_contact_id INTEGER NOT NULL,
    contacts         INTEGER NOT NULL,
    data             BLOB    NOT NULL,
    PRIMARY KEY (store_id, first_contact_id)
) STRICT, WITHOUT ROWID;

-- Customers that came, changed or went since in any other way.
CREATE TABLE search_changed (
    store_id    INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    PRIMARY KEY (store_id, customer_id)
) STRICT, WITHOUT ROWID;

INSERT INTO search_changed (store_id, customer_id)
SELECT store_id, customer_id FROM customers;
