SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.contacts (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    order_by integer NOT NULL,
    contact_type smallint NOT NULL,
    is_default boolean NOT NULL,
    "timestamp" bigint NOT NULL,
    contact_key text NOT NULL COLLATE pg_catalog."C",
    contact text,
    handle text,
    note text,
    folded text COLLATE pg_catalog."C"
);
CREATE TABLE public.counters (
    store_id bigint NOT NULL,
    next_token_id bigint NOT NULL,
    next_customer_id bigint NOT NULL,
    next_contact_id bigint NOT NULL,
    next_event_id bigint NOT NULL,
    next_address_id bigint DEFAULT 1 NOT NULL,
    next_group_id bigint DEFAULT 1 NOT NULL,
    next_extra_field_id bigint DEFAULT 1 NOT NULL,
    next_order_number bigint DEFAULT 1 NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.customer_counts (
    store_id bigint NOT NULL,
    part smallint NOT NULL,
    customer_count bigint NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.customer_details (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    external_reference text COLLATE pg_catalog."C",
    document text
);
CREATE TABLE public.customer_extra_field_values (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    extra_field_id bigint NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.customer_extra_fields (
    store_id bigint NOT NULL,
    extra_field_id bigint NOT NULL,
    field_key text NOT NULL COLLATE pg_catalog."C",
    title text NOT NULL,
    title_key text NOT NULL COLLATE pg_catalog."C",
    field_type smallint NOT NULL,
    shown_on_order_details boolean NOT NULL,
    created bigint NOT NULL,
    modified bigint NOT NULL
);
CREATE TABLE public.customer_groups (
    store_id bigint NOT NULL,
    group_id bigint NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL COLLATE pg_catalog."C",
    external_reference text COLLATE pg_catalog."C",
    CONSTRAINT customer_groups_group_id_check CHECK ((group_id > 0))
);
CREATE TABLE public.customer_search (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL COLLATE pg_catalog."C",
    phones text NOT NULL COLLATE pg_catalog."C",
    cities text NOT NULL COLLATE pg_catalog."C",
    postal_codes text NOT NULL COLLATE pg_catalog."C",
    states text NOT NULL COLLATE pg_catalog."C",
    company_names text NOT NULL COLLATE pg_catalog."C",
    countries text[] NOT NULL,
    language text NOT NULL COLLATE pg_catalog."C",
    accept_marketing boolean,
    tax_exempt boolean NOT NULL,
    business boolean NOT NULL
);
CREATE TABLE public.customers (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL COLLATE pg_catalog."C",
    name text,
    registered bigint NOT NULL,
    updated bigint NOT NULL,
    contact_count integer NOT NULL,
    highest_order_by integer,
    group_id bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.events (
    store_id bigint NOT NULL,
    event_id bigint NOT NULL,
    event_type smallint NOT NULL,
    entity_id bigint NOT NULL,
    created bigint NOT NULL,
    recorded bigint DEFAULT ((EXTRACT(epoch FROM clock_timestamp()) * (1000000)::numeric))::bigint NOT NULL
);
CREATE TABLE public.order_products (
    store_id bigint NOT NULL,
    order_number bigint NOT NULL,
    product_id bigint NOT NULL,
    customer_id bigint,
    name text NOT NULL
);
CREATE TABLE public.order_statistics (
    store_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    order_count bigint NOT NULL,
    sales_value bigint NOT NULL,
    first_order bigint NOT NULL,
    last_order bigint NOT NULL,
    CONSTRAINT order_statistics_order_count_check CHECK ((order_count > 0))
);
CREATE TABLE public.orders (
    store_id bigint NOT NULL,
    order_number bigint NOT NULL,
    order_key text NOT NULL COLLATE pg_catalog."C",
    customer_id bigint,
    email text NOT NULL,
    email_key text NOT NULL COLLATE pg_catalog."C",
    total bigint NOT NULL,
    created bigint NOT NULL,
    document text NOT NULL
);
CREATE TABLE public.refinery_schema_history (
    version integer NOT NULL,
    name character varying(255),
    applied_on character varying(255),
    checksum character varying(255)
);
CREATE TABLE public.stores (
    store_id bigint NOT NULL,
    name text NOT NULL,
    suspended boolean NOT NULL,
    created bigint NOT NULL
);
CREATE TABLE public.tokens (
    store_id bigint NOT NULL,
    token_id bigint NOT NULL,
    hash bytea NOT NULL,
    public boolean NOT NULL,
    scopes text NOT NULL,
    created bigint NOT NULL,
    last_used_day bigint,
    CONSTRAINT tokens_hash_check CHECK ((length(hash) = 32))
);
INSERT INTO public.contacts VALUES (1003, 1, 1, 0, 1, true, 1795709316, 'guest1@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 2, 2, 0, 1, true, 1795709316, 'guest2@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 3, 3, 0, 1, true, 1795709316, 'guest3@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 4, 4, 0, 1, true, 1795709316, 'guest4@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 5, 5, 0, 13, false, 1795709316, '+15550205', '+1 555 0205', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 5, 6, 0, 1, true, 1795709316, 'guest5@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 6, 7, 0, 1, true, 1795709316, 'guest6@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 7, 8, 0, 1, true, 1795709316, 'guest7@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 8, 9, 0, 1, true, 1795709316, 'guest8@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 9, 10, 0, 1, true, 1795709316, 'guest9@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 10, 11, 0, 13, false, 1795709316, '+15550210', '+1 555 0210', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 10, 12, 0, 1, true, 1795709316, 'guest10@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 11, 13, 0, 1, true, 1795709316, 'guest11@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 12, 14, 0, 1, true, 1795709316, 'guest12@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 13, 15, 0, 1, true, 1795709316, 'guest13@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 14, 16, 0, 1, true, 1795709316, 'guest14@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 15, 17, 0, 13, false, 1795709316, '+15550215', '+1 555 0215', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 15, 18, 0, 1, true, 1795709316, 'guest15@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 16, 19, 0, 1, true, 1795709316, 'guest16@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 17, 20, 0, 1, true, 1795709316, 'guest17@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 18, 21, 0, 1, true, 1795709316, 'guest18@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 19, 22, 0, 1, true, 1795709316, 'guest19@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 20, 23, 0, 13, false, 1795709316, '+15550220', '+1 555 0220', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 20, 24, 0, 1, true, 1795709316, 'guest20@example.org', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 25, 0, 2, true, 1795709317, '+15550101', '+1 555 0101', NULL, 'after noon', NULL);
INSERT INTO public.contacts VALUES (1003, 21, 26, 1, 2, false, 1795709317, '+15550102', '+1 555 0102', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 27, 2, 3, false, 1795709317, 'https://www.facebook.com/anna.example', NULL, 'anna.example', NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 28, 9, 14, false, 1795709317, 'https://anna.example.com', 'https://anna.example.com/', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 22, 30, 0, 12, false, 1795709317, '@person0', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 22, 31, 0, 1, true, 1795709317, 'person0@example.com', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 23, 32, 0, 12, false, 1795709317, '@person1', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 23, 33, 0, 1, true, 1795709317, 'person1@example.com', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 24, 34, 0, 12, false, 1795709317, '@person2', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 24, 35, 0, 1, true, 1795709317, 'person2@example.com', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 42, 12, 5, false, 1795709317, '@anna_example', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 43, 13, 6, false, 1795709317, 'https://www.youtube.com/@anna_example', NULL, 'anna_example', NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 44, 14, 7, false, 1795709317, '@anna_example', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 45, 15, 8, false, 1795709317, 'anna_example', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 46, 16, 9, false, 1795709317, 'https://vk.com/anna_example', NULL, 'anna_example', NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 47, 17, 10, false, 1795709317, 'https://m.me/anna.example', NULL, 'anna.example', NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 48, 18, 11, false, 1795709317, '+15550103', '+1 555 0103', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 49, 19, 12, false, 1795709317, '@anna_example', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 50, 20, 13, false, 1795709317, '+15550104', '+1 555 0104', NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 29, 0, 1, false, 1795709317, 'anna@example.com', 'Anna@Example.com', NULL, NULL, 'anna@example.com');
INSERT INTO public.contacts VALUES (1003, 21, 40, 10, 1, true, 1795709317, 'anna.b@example.com', NULL, NULL, 'now first', NULL);
INSERT INTO public.contacts VALUES (1003, 21, 41, 2, 4, false, 1795709317, 'anna_example', NULL, 'anna', NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 27, 52, 0, 1, true, 1795709317, 'guest@example.com', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 28, 53, 0, 1, true, 1795709317, 'late@example.com', NULL, NULL, NULL, NULL);
INSERT INTO public.contacts VALUES (1003, 21, 54, 21, 15, false, 1795709317, 'by pigeon 0', NULL, NULL, 'late', NULL);
INSERT INTO public.contacts VALUES (1003, 21, 55, 22, 15, false, 1795709317, 'by pigeon 1', NULL, NULL, 'late', NULL);
INSERT INTO public.contacts VALUES (1003, 21, 56, 23, 15, false, 1795709317, 'by pigeon 2', NULL, NULL, 'late', NULL);
INSERT INTO public.counters VALUES (7, 1, 1, 1, 3, 1, 1, 1, 1);
INSERT INTO public.counters VALUES (1003, 3, 37, 73, 72, 17, 3, 3, 17);
INSERT INTO public.customer_counts VALUES (1003, 1, 20);
INSERT INTO public.customer_counts VALUES (1003, 5, 1);
INSERT INTO public.customer_counts VALUES (1003, 6, 1);
INSERT INTO public.customer_counts VALUES (1003, 7, 1);
INSERT INTO public.customer_counts VALUES (1003, 8, 1);
INSERT INTO public.customer_counts VALUES (1003, 11, 1);
INSERT INTO public.customer_counts VALUES (1003, 9, 0);
INSERT INTO public.customer_counts VALUES (1003, 10, 0);
INSERT INTO public.customer_counts VALUES (1003, 12, 1);
INSERT INTO public.customer_details VALUES (1003, 5, 'legacy-5', NULL);
INSERT INTO public.customer_details VALUES (1003, 10, 'legacy-10', NULL);
INSERT INTO public.customer_details VALUES (1003, 15, 'legacy-15', NULL);
INSERT INTO public.customer_details VALUES (1003, 20, 'legacy-20', NULL);
INSERT INTO public.customer_details VALUES (1003, 21, 'A-1', '{"billing":{"companyName":"Müller & Sons","street":"1 A Street\nFloor 2","city":"New York","countryCode":"US","postalCode":"10001","stateOrProvinceCode":"NY","phone":"+1 555 0100"},"taxId":"T 1","taxIdValid":false,"taxExempt":true,"b2b_b2c":"b2b","fiscalCode":"F 1","electronicInvoicePecEmail":"pec@example.com","electronicInvoiceSdiCode":"S 1","privateAdminNotes":"likes\nlines","acceptMarketing":true,"lang":"de","addresses":[{"id":1,"name":"Anna","city":"Rome","countryCode":"IT","note":"ring twice","created":1795709317,"default":true,"orderBy":0},{"id":2,"companyName":"Elsewhere","street":"Gasse 5","city":"Köln","countryCode":"DE","created":1795709317,"orderBy":3}]}');
INSERT INTO public.customer_details VALUES (1003, 22, NULL, '{"lang":"en"}');
INSERT INTO public.customer_details VALUES (1003, 23, NULL, '{"acceptMarketing":true,"lang":"en"}');
INSERT INTO public.customer_details VALUES (1003, 24, NULL, '{"acceptMarketing":true,"lang":"en"}');
INSERT INTO public.customer_extra_field_values VALUES (1003, 21, 1, '38');
INSERT INTO public.customer_extra_field_values VALUES (1003, 21, 2, '1990-05-01 00:00:00 +0000');
INSERT INTO public.customer_extra_fields VALUES (1003, 1, 'jIzaJnY', 'Shoe size', 'shoe size', 1, true, 1795709317, 1795709317);
INSERT INTO public.customer_extra_fields VALUES (1003, 2, 'ufXncf2', 'Birthday', 'birthday', 2, false, 1795709317, 1795709317);
INSERT INTO public.customer_groups VALUES (1003, 1, 'Wholesale', 'wholesale', 'group Wholesale');
INSERT INTO public.customer_groups VALUES (1003, 2, 'Großkunden', 'grosskunden', 'group Großkunden');
INSERT INTO public.customer_search VALUES (1003, 1, '', 'guest1@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 2, '', 'guest2@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 3, '', 'guest3@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 4, '', 'guest4@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 5, 'guest 5', 'guest5@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 6, '', 'guest6@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 7, '', 'guest7@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 8, '', 'guest8@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 9, '', 'guest9@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 10, 'guest 10', 'guest10@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 11, '', 'guest11@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 12, '', 'guest12@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 13, '', 'guest13@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 14, '', 'guest14@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 15, 'guest 15', 'guest15@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 16, '', 'guest16@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 17, '', 'guest17@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 18, '', 'guest18@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 19, '', 'guest19@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 20, 'guest 20', 'guest20@example.org', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 21, 'anna müller', 'anna@example.com', '15550100', 'new yorkromeköln', '10001', 'ny', 'müller & sonselsewhere', '{US,IT,DE}', 'de', true, true, true);
INSERT INTO public.customer_search VALUES (1003, 22, 'bert example', 'person0@example.com', '', '', '', '', '', '{}', 'en', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 27, '', 'guest@example.com', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customer_search VALUES (1003, 23, '石田 花子', 'person1@example.com', '', '', '', '', '', '{}', 'en', true, false, false);
INSERT INTO public.customer_search VALUES (1003, 24, 'ειρήνη δοκιμή', 'person2@example.com', '', '', '', '', '', '{}', 'en', true, false, false);
INSERT INTO public.customer_search VALUES (1003, 28, 'late example', 'late@example.com', '', '', '', '', '', '{}', '', NULL, false, false);
INSERT INTO public.customers VALUES (1003, 1, 'guest1@example.org', 'guest1@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 2, 'guest2@example.org', 'guest2@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 3, 'guest3@example.org', 'guest3@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 4, 'guest4@example.org', 'guest4@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 5, 'guest5@example.org', 'guest5@example.org', 'Guest 5', 1795709316, 1795709316, 2, 0, 0);
INSERT INTO public.customers VALUES (1003, 6, 'guest6@example.org', 'guest6@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 7, 'guest7@example.org', 'guest7@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 8, 'guest8@example.org', 'guest8@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 9, 'guest9@example.org', 'guest9@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 10, 'guest10@example.org', 'guest10@example.org', 'Guest 10', 1795709316, 1795709316, 2, 0, 0);
INSERT INTO public.customers VALUES (1003, 11, 'guest11@example.org', 'guest11@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 12, 'guest12@example.org', 'guest12@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 13, 'guest13@example.org', 'guest13@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 14, 'guest14@example.org', 'guest14@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 15, 'guest15@example.org', 'guest15@example.org', 'Guest 15', 1795709316, 1795709316, 2, 0, 0);
INSERT INTO public.customers VALUES (1003, 16, 'guest16@example.org', 'guest16@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 17, 'guest17@example.org', 'guest17@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 18, 'guest18@example.org', 'guest18@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 19, 'guest19@example.org', 'guest19@example.org', NULL, 1795709316, 1795709316, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 20, 'guest20@example.org', 'guest20@example.org', 'Guest 20', 1795709316, 1795709316, 2, 0, 0);
INSERT INTO public.customers VALUES (1003, 27, 'guest@example.com', 'guest@example.com', NULL, 1795709317, 1795709317, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 22, 'person0@example.com', 'person0@example.com', 'Bert Example', 1795709317, 1795709317, 2, 0, 2);
INSERT INTO public.customers VALUES (1003, 23, 'person1@example.com', 'person1@example.com', '石田 花子', 1795709317, 1795709317, 2, 0, 0);
INSERT INTO public.customers VALUES (1003, 24, 'person2@example.com', 'person2@example.com', 'Ειρήνη Δοκιμή', 1795709317, 1795709317, 2, 0, 2);
INSERT INTO public.customers VALUES (1003, 28, 'late@example.com', 'late@example.com', 'Late Example', 1795709317, 1795709317, 1, 0, 0);
INSERT INTO public.customers VALUES (1003, 21, 'Anna@Example.com', 'anna@example.com', 'Anna Müller', 1795709317, 1795709317, 19, 23, 1);
INSERT INTO public.events VALUES (1003, 1, 4, 1003, 1795709316, 1795709316534344);
INSERT INTO public.events VALUES (7, 1, 4, 7, 1795709316, 1795709316569012);
INSERT INTO public.events VALUES (7, 2, 5, 7, 1795709316, 1795709316643339);
INSERT INTO public.events VALUES (1003, 2, 7, 1, 1795709316, 1795709316777474);
INSERT INTO public.events VALUES (1003, 3, 7, 2, 1795709316, 1795709316821331);
INSERT INTO public.events VALUES (1003, 4, 1, 1, 1795709316, 1795709316894872);
INSERT INTO public.events VALUES (1003, 5, 1, 2, 1795709316, 1795709316895046);
INSERT INTO public.events VALUES (1003, 6, 1, 3, 1795709316, 1795709316895067);
INSERT INTO public.events VALUES (1003, 7, 1, 4, 1795709316, 1795709316895084);
INSERT INTO public.events VALUES (1003, 8, 1, 5, 1795709316, 1795709316895100);
INSERT INTO public.events VALUES (1003, 9, 1, 6, 1795709316, 1795709316895117);
INSERT INTO public.events VALUES (1003, 10, 1, 7, 1795709316, 1795709316895128);
INSERT INTO public.events VALUES (1003, 11, 1, 8, 1795709316, 1795709316895137);
INSERT INTO public.events VALUES (1003, 12, 1, 9, 1795709316, 1795709316895147);
INSERT INTO public.events VALUES (1003, 13, 1, 10, 1795709316, 1795709316895156);
INSERT INTO public.events VALUES (1003, 14, 1, 11, 1795709316, 1795709316895165);
INSERT INTO public.events VALUES (1003, 15, 1, 12, 1795709316, 1795709316895174);
INSERT INTO public.events VALUES (1003, 16, 1, 13, 1795709316, 1795709316895183);
INSERT INTO public.events VALUES (1003, 17, 1, 14, 1795709316, 1795709316895193);
INSERT INTO public.events VALUES (1003, 18, 1, 15, 1795709316, 1795709316895202);
INSERT INTO public.events VALUES (1003, 19, 1, 16, 1795709316, 1795709316895211);
INSERT INTO public.events VALUES (1003, 20, 1, 17, 1795709316, 1795709316895220);
INSERT INTO public.events VALUES (1003, 21, 1, 18, 1795709316, 1795709316895229);
INSERT INTO public.events VALUES (1003, 22, 1, 19, 1795709316, 1795709316895238);
INSERT INTO public.events VALUES (1003, 23, 1, 20, 1795709316, 1795709316895246);
INSERT INTO public.events VALUES (1003, 24, 9, 1, 1795709316, 1795709316988460);
INSERT INTO public.events VALUES (1003, 25, 9, 2, 1795709316, 1795709317003538);
INSERT INTO public.events VALUES (1003, 26, 12, 1, 1795709317, 1795709317011616);
INSERT INTO public.events VALUES (1003, 27, 12, 2, 1795709317, 1795709317014819);
INSERT INTO public.events VALUES (1003, 28, 1, 21, 1795709317, 1795709317033655);
INSERT INTO public.events VALUES (1003, 29, 1, 22, 1795709317, 1795709317038927);
INSERT INTO public.events VALUES (1003, 30, 1, 23, 1795709317, 1795709317041167);
INSERT INTO public.events VALUES (1003, 31, 1, 24, 1795709317, 1795709317044258);
INSERT INTO public.events VALUES (1003, 32, 1, 25, 1795709317, 1795709317047504);
INSERT INTO public.events VALUES (1003, 33, 1, 26, 1795709317, 1795709317052540);
INSERT INTO public.events VALUES (1003, 34, 2, 21, 1795709317, 1795709317057554);
INSERT INTO public.events VALUES (1003, 35, 2, 21, 1795709317, 1795709317077543);
INSERT INTO public.events VALUES (1003, 36, 2, 21, 1795709317, 1795709317079737);
INSERT INTO public.events VALUES (1003, 37, 2, 21, 1795709317, 1795709317085245);
INSERT INTO public.events VALUES (1003, 38, 2, 21, 1795709317, 1795709317088455);
INSERT INTO public.events VALUES (1003, 39, 2, 21, 1795709317, 1795709317093285);
INSERT INTO public.events VALUES (1003, 40, 2, 21, 1795709317, 1795709317097920);
INSERT INTO public.events VALUES (1003, 41, 2, 21, 1795709317, 1795709317099987);
INSERT INTO public.events VALUES (1003, 42, 2, 21, 1795709317, 1795709317102871);
INSERT INTO public.events VALUES (1003, 43, 2, 21, 1795709317, 1795709317104435);
INSERT INTO public.events VALUES (1003, 44, 2, 21, 1795709317, 1795709317106583);
INSERT INTO public.events VALUES (1003, 45, 2, 21, 1795709317, 1795709317109633);
INSERT INTO public.events VALUES (1003, 46, 2, 21, 1795709317, 1795709317113062);
INSERT INTO public.events VALUES (1003, 47, 2, 21, 1795709317, 1795709317118131);
INSERT INTO public.events VALUES (1003, 48, 2, 21, 1795709317, 1795709317120653);
INSERT INTO public.events VALUES (1003, 49, 15, 1, 1795709317, 1795709317141821);
INSERT INTO public.events VALUES (1003, 50, 2, 21, 1795709317, 1795709317141851);
INSERT INTO public.events VALUES (1003, 51, 15, 2, 1795709317, 1795709317175844);
INSERT INTO public.events VALUES (1003, 52, 2, 21, 1795709317, 1795709317176029);
INSERT INTO public.events VALUES (1003, 53, 15, 3, 1795709317, 1795709317184210);
INSERT INTO public.events VALUES (1003, 54, 2, 22, 1795709317, 1795709317184240);
INSERT INTO public.events VALUES (1003, 55, 1, 27, 1795709317, 1795709317189185);
INSERT INTO public.events VALUES (1003, 56, 15, 4, 1795709317, 1795709317190501);
INSERT INTO public.events VALUES (1003, 57, 15, 5, 1795709317, 1795709317196601);
INSERT INTO public.events VALUES (1003, 58, 2, 22, 1795709317, 1795709317196639);
INSERT INTO public.events VALUES (1003, 59, 2, 22, 1795709317, 1795709317202370);
INSERT INTO public.events VALUES (1003, 60, 16, 5, 1795709317, 1795709317202418);
INSERT INTO public.events VALUES (1003, 63, 2, 23, 1795709317, 1795709317226342);
INSERT INTO public.events VALUES (1003, 64, 2, 24, 1795709317, 1795709317227004);
INSERT INTO public.events VALUES (1003, 65, 1, 28, 1795709317, 1795709317229932);
INSERT INTO public.events VALUES (1003, 66, 2, 21, 1795709317, 1795709317232236);
INSERT INTO public.events VALUES (1003, 67, 2, 21, 1795709317, 1795709317237581);
INSERT INTO public.events VALUES (1003, 68, 2, 21, 1795709317, 1795709317241500);
INSERT INTO public.events VALUES (1003, 61, 3, 25, 4102444800, 1795709317217466);
INSERT INTO public.events VALUES (1003, 62, 3, 26, 4102444800, 1795709317222617);
INSERT INTO public.order_products VALUES (1003, 1, 101, 21, 'Apple');
INSERT INTO public.order_products VALUES (1003, 1, 102, 21, 'Pepper');
INSERT INTO public.order_products VALUES (1003, 2, 101, 21, 'Apple');
INSERT INTO public.order_products VALUES (1003, 2, 102, 21, 'Pepper');
INSERT INTO public.order_products VALUES (1003, 3, 101, 22, 'Apple');
INSERT INTO public.order_products VALUES (1003, 3, 102, 22, 'Pepper');
INSERT INTO public.order_products VALUES (1003, 4, 101, 27, 'Apple');
INSERT INTO public.order_products VALUES (1003, 4, 102, 27, 'Pepper');
INSERT INTO public.order_statistics VALUES (1003, 21, 2, 197500, 1740823200, 1741514400);
INSERT INTO public.order_statistics VALUES (1003, 27, 1, 30000, 1741082400, 1741082400);
INSERT INTO public.order_statistics VALUES (1003, 22, 1, 1000000, 1740996000, 1740996000);
INSERT INTO public.orders VALUES (1003, 1, 'X9N2L', 21, 'Anna@Example.com', 'anna@example.com', 125000, 1740823200, '{"createDate":"2025-03-01 10:00:00 +0000","customerId":21,"items":[{"name":"Apple","productId":101,"quantity":2},{"name":"Pepper","productId":102,"quantity":1}],"paymentStatus":"PAID","total":12.5}');
INSERT INTO public.orders VALUES (1003, 2, 'DW31B', 21, 'anna@example.com', 'anna@example.com', 72500, 1741514400, '{"createDate":"2025-03-09 10:00:00 +0000","email":"anna@example.com","items":[{"name":"Apple","productId":101,"quantity":2},{"name":"Pepper","productId":102,"quantity":1}],"paymentStatus":"PAID","total":7.25}');
INSERT INTO public.orders VALUES (1003, 3, 'J86RH', 22, 'person0@example.com', 'person0@example.com', 1000000, 1740996000, '{"createDate":"2025-03-03 10:00:00 +0000","customerId":22,"items":[{"name":"Apple","productId":101,"quantity":2},{"name":"Pepper","productId":102,"quantity":1}],"paymentStatus":"PAID","total":100.0}');
INSERT INTO public.orders VALUES (1003, 4, 'WBBC9', 27, 'guest@example.com', 'guest@example.com', 30000, 1741082400, '{"billingPerson":{"city":"Rome","name":"Guest Example"},"createDate":"2025-03-04 10:00:00 +0000","email":"guest@example.com","items":[{"name":"Apple","productId":101,"quantity":2},{"name":"Pepper","productId":102,"quantity":1}],"paymentStatus":"PAID","total":3.0}');
INSERT INTO public.refinery_schema_history VALUES (1, 'stores_customers_contacts', '2026-11-26T16:08:36.362648804Z', '6250113463512908394');
INSERT INTO public.refinery_schema_history VALUES (2, 'whole_customers', '2026-11-26T16:08:36.36266455Z', '4161804846573400239');
INSERT INTO public.refinery_schema_history VALUES (3, 'groups_and_extra_fields', '2026-11-26T16:08:36.362667025Z', '2534603700564750384');
INSERT INTO public.refinery_schema_history VALUES (4, 'orders', '2026-11-26T16:08:36.362670107Z', '4128269189633229121');
INSERT INTO public.refinery_schema_history VALUES (5, 'search', '2026-11-26T16:08:36.362671873Z', '1655560906317497681');
INSERT INTO public.stores VALUES (1003, 'Bücher & Söhne', false, 1795709316);
INSERT INTO public.stores VALUES (7, 'Another', true, 1795709316);
INSERT INTO public.tokens VALUES (1003, 2, '\xb6bc78dc80726bbca51cd28c6894a2aa03d76b7636a9ec1b9c09952f4ebacfaf', false, 'read_customers', 1795709316, NULL);
INSERT INTO public.tokens VALUES (1003, 1, '\x92803dfa5e7a5fcb347ec48fe536beab5d4460508d3ccb41fa088677a7ee0a0c', false, 'read_store_profile,read_customers,create_customers,update_customers,read_customers_extrafields,update_customers_extrafields,delete_customers_extrafields,read_orders,create_orders,update_orders', 1795709316, 20783);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (store_id, customer_id, contact_type, contact_key);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (store_id);
ALTER TABLE ONLY public.customer_counts
    ADD CONSTRAINT customer_counts_pkey PRIMARY KEY (store_id, part);
ALTER TABLE ONLY public.customer_details
    ADD CONSTRAINT customer_details_pkey PRIMARY KEY (store_id, customer_id);
ALTER TABLE ONLY public.customer_extra_field_values
    ADD CONSTRAINT customer_extra_field_values_pkey PRIMARY KEY (store_id, customer_id, extra_field_id);
ALTER TABLE ONLY public.customer_extra_fields
    ADD CONSTRAINT customer_extra_fields_pkey PRIMARY KEY (store_id, extra_field_id);
ALTER TABLE ONLY public.customer_groups
    ADD CONSTRAINT customer_groups_pkey PRIMARY KEY (store_id, group_id);
ALTER TABLE ONLY public.customer_search
    ADD CONSTRAINT customer_search_pkey PRIMARY KEY (store_id, customer_id);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_pkey PRIMARY KEY (store_id, customer_id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (store_id, event_id);
ALTER TABLE ONLY public.order_products
    ADD CONSTRAINT order_products_pkey PRIMARY KEY (store_id, order_number, product_id);
ALTER TABLE ONLY public.order_statistics
    ADD CONSTRAINT order_statistics_pkey PRIMARY KEY (store_id, customer_id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (store_id, order_number);
ALTER TABLE ONLY public.refinery_schema_history
    ADD CONSTRAINT refinery_schema_history_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.stores
    ADD CONSTRAINT stores_pkey PRIMARY KEY (store_id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (store_id, token_id);
CREATE INDEX contacts_by_number ON public.contacts USING gin (regexp_replace(COALESCE(contact, contact_key), '[^0-9]'::text, ''::text, 'g'::text) public.gin_trgm_ops) WHERE (contact_type = ANY (ARRAY[2, 11, 13]));
CREATE INDEX contacts_by_text ON public.contacts USING gin (COALESCE(folded, contact, contact_key) public.gin_trgm_ops);
CREATE UNIQUE INDEX contacts_one_default ON public.contacts USING btree (store_id, customer_id, contact_type) WHERE is_default;
CREATE INDEX customer_extra_field_values_by_field ON public.customer_extra_field_values USING btree (store_id, extra_field_id);
CREATE UNIQUE INDEX customer_extra_fields_by_key ON public.customer_extra_fields USING btree (store_id, field_key);
CREATE UNIQUE INDEX customer_extra_fields_by_title ON public.customer_extra_fields USING btree (store_id, title_key);
CREATE UNIQUE INDEX customer_groups_by_external_reference ON public.customer_groups USING btree (store_id, external_reference) WHERE (external_reference IS NOT NULL);
CREATE UNIQUE INDEX customer_groups_by_name ON public.customer_groups USING btree (store_id, name_key);
CREATE INDEX customer_search_by_city ON public.customer_search USING gin (cities public.gin_trgm_ops) WHERE (cities <> ''::text);
CREATE INDEX customer_search_by_email ON public.customer_search USING gin (email public.gin_trgm_ops);
CREATE INDEX customer_search_by_name ON public.customer_search USING gin (name public.gin_trgm_ops);
CREATE INDEX customer_search_by_phone ON public.customer_search USING gin (phones public.gin_trgm_ops) WHERE (phones <> ''::text);
CREATE UNIQUE INDEX customers_by_email ON public.customers USING btree (store_id, email_key);
CREATE UNIQUE INDEX customers_by_external_reference ON public.customer_details USING btree (store_id, external_reference) WHERE (external_reference IS NOT NULL);
CREATE INDEX customers_by_group ON public.customers USING btree (store_id, group_id) WHERE (group_id <> 0);
CREATE INDEX events_in_order ON public.events USING btree (store_id, recorded, event_id);
CREATE INDEX events_of_deleted_customers ON public.events USING btree (store_id, created, entity_id) WHERE (event_type = 3);
CREATE INDEX order_products_by_product ON public.order_products USING btree (store_id, product_id, customer_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX orders_by_customer ON public.orders USING btree (store_id, customer_id, created) WHERE (customer_id IS NOT NULL);
CREATE INDEX orders_by_email ON public.orders USING btree (store_id, email_key, order_number);
CREATE UNIQUE INDEX orders_by_key ON public.orders USING btree (store_id, order_key);
CREATE UNIQUE INDEX tokens_by_hash ON public.tokens USING btree (store_id, hash);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES public.customers(store_id, customer_id);
ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.customer_counts
    ADD CONSTRAINT customer_counts_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.customer_extra_fields
    ADD CONSTRAINT customer_extra_fields_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.customer_groups
    ADD CONSTRAINT customer_groups_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.customers
    ADD CONSTRAINT customers_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.customer_details
    ADD CONSTRAINT details_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES public.customers(store_id, customer_id);
ALTER TABLE ONLY public.customer_extra_field_values
    ADD CONSTRAINT extra_field_values_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES public.customers(store_id, customer_id);
ALTER TABLE ONLY public.customer_extra_field_values
    ADD CONSTRAINT extra_field_values_of_field FOREIGN KEY (store_id, extra_field_id) REFERENCES public.customer_extra_fields(store_id, extra_field_id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
ALTER TABLE ONLY public.order_products
    ADD CONSTRAINT products_of_order FOREIGN KEY (store_id, order_number) REFERENCES public.orders(store_id, order_number);
ALTER TABLE ONLY public.customer_search
    ADD CONSTRAINT search_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES public.customers(store_id, customer_id);
ALTER TABLE ONLY public.order_statistics
    ADD CONSTRAINT statistics_of_customer FOREIGN KEY (store_id, customer_id) REFERENCES public.customers(store_id, customer_id);
ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_of_store FOREIGN KEY (store_id) REFERENCES public.stores(store_id);
