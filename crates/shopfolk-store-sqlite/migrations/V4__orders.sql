-- Orders, what they amount to for each customer, and who bought what.

ALTER TABLE counters ADD COLUMN next_order_number INTEGER NOT NULL DEFAULT 1;

CREATE TABLE orders (
    store_id     INTEGER NOT NULL REFERENCES stores (store_id),
    order_number INTEGER NOT NULL,
    order_key    TEXT    NOT NULL, -- by which callers know it
    customer_id  INTEGER,          -- null when the customer was deleted
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL, -- in lower case
    total        INTEGER NOT NULL, -- in ten-thousandths
    created      INTEGER NOT NULL,
    document     TEXT    NOT NULL, -- JSON, as it was sent
    PRIMARY KEY (store_id, order_number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX orders_by_key ON orders (store_id, order_key);

CREATE INDEX orders_by_customer ON orders (store_id, customer_id, created) WHERE customer_id IS NOT NULL;

CREATE INDEX orders_by_email ON orders (store_id, email_key, order_number);

-- What was bought, each product of an order once.
CREATE TABLE order_products (
    store_id     INTEGER NOT NULL,
    order_number INTEGER NOT NULL,
    product_id   INTEGER NOT NULL,
    customer_id  INTEGER,
    name         TEXT    NOT NULL,
    PRIMARY KEY (store_id, order_number, product_id),
    FOREIGN KEY (store_id, order_number) REFERENCES orders (store_id, order_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_products_by_product ON order_products (store_id, product_id, customer_id, name)
 WHERE customer_id IS NOT NULL;

-- Of the customers who ordered.
CREATE TABLE order_statistics (
    store_id    INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    order_count INTEGER NOT NULL CHECK (order_count > 0),
    sales_value INTEGER NOT NULL, -- in ten-thousandths
    first_order INTEGER NOT NULL,
    last_order  INTEGER NOT NULL,
    PRIMARY KEY (store_id, customer_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
) STRICT, WITHOUT ROWID;
