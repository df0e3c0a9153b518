-- Customer groups and the definitions of customers' extra fields. The built-in group 0 is no row.

ALTER TABLE counters ADD COLUMN next_group_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE counters ADD COLUMN next_extra_field_id INTEGER NOT NULL DEFAULT 1;

CREATE TABLE customer_groups (
    store_id           INTEGER NOT NULL REFERENCES stores (store_id),
    group_id           INTEGER NOT NULL CHECK (group_id > 0),
    name               TEXT    NOT NULL,
    name_key           TEXT    NOT NULL, -- with its case folded
    external_reference TEXT,             -- the group's name in somebody else's system
    PRIMARY KEY (store_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX customer_groups_by_name ON customer_groups (store_id, name_key);

CREATE UNIQUE INDEX customer_groups_by_external_reference ON customer_groups (store_id, external_reference)
 WHERE external_reference IS NOT NULL;

-- In the order of their ids, which is that of their creation.
CREATE TABLE customer_extra_fields (
    store_id               INTEGER NOT NULL REFERENCES stores (store_id),
    extra_field_id         INTEGER NOT NULL,
    field_key              TEXT    NOT NULL, -- by which callers know it
    title                  TEXT    NOT NULL,
    title_key              TEXT    NOT NULL, -- with its case folded
    field_type             INTEGER NOT NULL,
    shown_on_order_details INTEGER NOT NULL CHECK (shown_on_order_details IN (0, 1)),
    created                INTEGER NOT NULL,
    modified               INTEGER NOT NULL,
    PRIMARY KEY (store_id, extra_field_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX customer_extra_fields_by_key ON customer_extra_fields (store_id, field_key);

CREATE UNIQUE INDEX customer_extra_fields_by_title ON customer_extra_fields (store_id, title_key);

ALTER TABLE customers ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;

CREATE INDEX customers_by_group ON customers (store_id, group_id) WHERE group_id <> 0;

CREATE TABLE customer_extra_field_values (
    store_id       INTEGER NOT NULL,
    customer_id    INTEGER NOT NULL,
    extra_field_id INTEGER NOT NULL,
    value          TEXT    NOT NULL,
    PRIMARY KEY (store_id, customer_id, extra_field_id),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id),
    FOREIGN KEY (store_id, extra_field_id) REFERENCES customer_extra_fields (store_id, extra_field_id)
) STRICT, WITHOUT ROWID;

-- For the deletion of a field.
CREATE INDEX customer_extra_field_values_by_field ON customer_extra_field_values (store_id, extra_field_id);
