-- What searches look through: texts with their case folded, found by any part of them (trigrams).

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- One row a customer. Where there can be several texts, each ends with the character 1, which is in no text.
CREATE TABLE customer_search (
    store_id         BIGINT  NOT NULL,
    customer_id      BIGINT  NOT NULL,
    name             TEXT    COLLATE "C" NOT NULL, -- empty where none is known
    email            TEXT    COLLATE "C" NOT NULL,
    phones           TEXT    COLLATE "C" NOT NULL, -- the digits of those in addresses
    cities           TEXT    COLLATE "C" NOT NULL,
    postal_codes     TEXT    COLLATE "C" NOT NULL,
    states           TEXT    COLLATE "C" NOT NULL,
    company_names    TEXT    COLLATE "C" NOT NULL,
    countries        TEXT[]  NOT NULL,
    language         TEXT    COLLATE "C" NOT NULL,
    accept_marketing BOOLEAN,
    tax_exempt       BOOLEAN NOT NULL,
    business         BOOLEAN NOT NULL,
    PRIMARY KEY (store_id, customer_id),
    CONSTRAINT search_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, customer_id)
);

CREATE INDEX customer_search_by_name ON customer_search USING gin (name gin_trgm_ops);
CREATE INDEX customer_search_by_email ON customer_search USING gin (email gin_trgm_ops);
CREATE INDEX customer_search_by_phone ON customer_search USING gin (phones gin_trgm_ops) WHERE phones <> '';
CREATE INDEX customer_search_by_city ON customer_search USING gin (cities gin_trgm_ops) WHERE cities <> '';

-- The contact with its case folded; null when that changes nothing.
ALTER TABLE contacts ADD COLUMN folded TEXT COLLATE "C";

CREATE INDEX contacts_by_text ON contacts USING gin (coalesce(folded, contact, contact_key) gin_trgm_ops);
CREATE INDEX contacts_by_number ON contacts
 USING gin (regexp_replace(coalesce(contact, contact_key), '[^0-9]', '', 'g') gin_trgm_ops)
 WHERE contact_type IN (2, 11, 13);
