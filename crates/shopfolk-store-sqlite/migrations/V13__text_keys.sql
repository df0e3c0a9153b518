-- Stores whose texts are compared by the keys of releases before: those keys are made anew when the database is opened, a
-- portion of customers at a time, and the store goes from here when all are done.

CREATE TABLE stores_with_old_keys (
    store_id INTEGER NOT NULL PRIMARY KEY
) STRICT;

INSERT INTO stores_with_old_keys (store_id) SELECT store_id FROM stores WHERE store_id < 9007199254740991;
