-- Orders, what they amount to for each customer, and who bought what.

ALTER TABLE counters ADD COLUMN next_order_number BIGINT NOT NULL DEFAULT 1;

CREATE TABLE orders (
    store_id     BIGINT NOT NULL,
    order_number BIGINT NOT NULL,
    order_key    TEXT   COLLATE "C" NOT NULL, -- by which callers know it
    customer_id  BIGINT,                      -- null when the customer was deleted
    email        TEXT   NOT NULL,
    email_key    TEXT   COLLATE "C" NOT NULL, -- in lower case
    total        BIGINT NOT NULL,             -- in ten-thousandths
    created      BIGINT NOT NULL,
    document     TEXT   NOT NULL,             -- JSON, as it was sent
    PRIMARY KEY (store_id, order_number),
    CONSTRAINT orders_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
);

CREATE UNIQUE INDEX orders_by_key ON orders (store_id, order_key);

CREATE INDEX orders_by_customer ON orders (store_id, customer_id, created) WHERE customer_id IS NOT NULL;

CREATE INDEX orders_by_email ON orders (store_id, email_key, order_number);

-- What was bought, each product of an order once.
CREATE TABLE order_products (
    store_id     BIGINT NOT NULL,
    order_number BIGINT NOT NULL,
    product_id   BIGINT NOT NULL,
    customer_id  BIGINT,
    name         TEXT   NOT NULL,
    PRIMARY KEY (store_id, order_number, product_id),
    CONSTRAINT products_of_order FOREIGN KEY (store_id, order_number) REFERENCES orders (store_id, order_number)
);

CREATE INDEX order_products_by_product ON order_products (store_id, product_id, customer_id)
 WHERE customer_id IS NOT NULL;

-- Of the customers who ordered.
CREATE TABLE order_statistics (
    store_id    BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    order_count BIGINT NOT NULL CHECK (order_count > 0),
    sales_value BIGINT NOT NULL, -- in ten-thousandths
    first_order BIGINT NOT NULL,
    last_order  BIGINT NOT NULL,
    PRIMARY KEY (store_id, customer_id),
    CONSTRAINT statistics_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
);
