-- Stores whose texts are compared by the keys of releases before: those keys are made anew when a node starts, a portion of
-- customers at a time, and the store goes from here when all are done.

CREATE TABLE stores_with_old_keys (
    store_id BIGINT NOT NULL PRIMARY KEY
);

INSERT INTO stores_with_old_keys (store_id) SELECT store_id FROM stores WHERE store_id < 9007199254740991;

-- The digits of a phone number that is not all ASCII; null otherwise: then they are in its text.
ALTER TABLE contacts ADD COLUMN digits TEXT COLLATE "C";

CREATE INDEX contacts_by_digits ON contacts USING gin (digits gin_trgm_ops) WHERE digits IS NOT NULL;
