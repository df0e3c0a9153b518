-- What is known of customers besides e-mail, name and contacts; and a way to those that were deleted.

ALTER TABLE counters ADD COLUMN next_address_id INTEGER NOT NULL DEFAULT 1;

-- Of the customers of whom there is something to keep: most have no row here.
CREATE TABLE customer_details (
    store_id           INTEGER NOT NULL,
    customer_id        INTEGER NOT NULL,
    external_reference TEXT,    -- the customer's name in somebody else's system
    document           TEXT,    -- JSON: everything else, shipping addresses too; null when that is nothing
    PRIMARY KEY (store_id, customer_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX customers_by_external_reference ON customer_details (store_id, external_reference)
 WHERE external_reference IS NOT NULL;

-- Which customers were deleted, and when.
CREATE INDEX events_of_deleted_customers ON events (store_id, created, entity_id) WHERE event_type = 3;
