-- Stores, tokens, customers, contacts and events. Released migrations are never edited: a change is a new file.
--
-- Every primary key and every unique index begins with store_id and every foreign key contains it, so that Citus can
-- distribute all tables by it. There are no sequences: ids come in blocks from counters.

CREATE TABLE stores (
    store_id  BIGINT  NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    suspended BOOLEAN NOT NULL,
    created   BIGINT  NOT NULL
);

-- The next id of each kind that no node has reserved yet.
CREATE TABLE counters (
    store_id         BIGINT NOT NULL PRIMARY KEY,
    next_token_id    BIGINT NOT NULL,
    next_customer_id BIGINT NOT NULL,
    next_contact_id  BIGINT NOT NULL,
    next_event_id    BIGINT NOT NULL,
    CONSTRAINT counters_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
) WITH (fillfactor = 50);

-- The number of customers, in parts whose sum it is, so that two writers seldom wait for the same row.
CREATE TABLE customer_counts (
    store_id       BIGINT   NOT NULL,
    part           SMALLINT NOT NULL,
    customer_count BIGINT   NOT NULL,
    PRIMARY KEY (store_id, part),
    CONSTRAINT customer_counts_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
) WITH (fillfactor = 50);

CREATE TABLE tokens (
    store_id      BIGINT  NOT NULL,
    token_id      BIGINT  NOT NULL,
    hash          BYTEA   NOT NULL CHECK (length(hash) = 32),
    public        BOOLEAN NOT NULL,
    scopes        TEXT    NOT NULL,
    created       BIGINT  NOT NULL,
    last_used_day BIGINT,
    PRIMARY KEY (store_id, token_id),
    CONSTRAINT tokens_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
);

CREATE UNIQUE INDEX tokens_by_hash ON tokens (store_id, hash);

-- Room is left in the pages, so that a create changes its customer's row where it lies.
CREATE TABLE customers (
    store_id         BIGINT  NOT NULL,
    customer_id      BIGINT  NOT NULL,
    email            TEXT    NOT NULL,
    email_key        TEXT    COLLATE "C" NOT NULL, -- in lower case
    name             TEXT,
    registered       BIGINT  NOT NULL,
    updated          BIGINT  NOT NULL,
    contact_count    INTEGER NOT NULL,
    highest_order_by INTEGER,                      -- null without contacts
    PRIMARY KEY (store_id, customer_id),
    CONSTRAINT customers_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX customers_by_email ON customers (store_id, email_key);

CREATE TABLE contacts (
    store_id     BIGINT   NOT NULL,
    customer_id  BIGINT   NOT NULL,
    contact_id   BIGINT   NOT NULL,
    order_by     INTEGER  NOT NULL,
    contact_type SMALLINT NOT NULL,
    is_default   BOOLEAN  NOT NULL,
    timestamp    BIGINT   NOT NULL,
    contact_key  TEXT     COLLATE "C" NOT NULL, -- normalised, for comparison only; its digest when it is long
    contact      TEXT,                          -- as it was sent; null when that is the key
    handle       TEXT,
    note         TEXT,
    PRIMARY KEY (store_id, customer_id, contact_type, contact_key),
    CONSTRAINT contacts_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
);

CREATE UNIQUE INDEX contacts_one_default ON contacts (store_id, customer_id, contact_type) WHERE is_default;

-- In the order of (recorded, event_id): the ids come from blocks of several nodes, the time from one clock, and two
-- events of one customer are never recorded at once.
CREATE TABLE events (
    store_id   BIGINT   NOT NULL,
    event_id   BIGINT   NOT NULL,
    event_type SMALLINT NOT NULL,
    entity_id  BIGINT   NOT NULL,
    created    BIGINT   NOT NULL,
    recorded   BIGINT   NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    PRIMARY KEY (store_id, event_id)
);

-- Whoever goes through the events goes in their order.
CREATE INDEX events_in_order ON events (store_id, recorded, event_id);
