-- What tells a store from every other one: files say by it whose ids they have.

ALTER TABLE stores ADD COLUMN store_key TEXT;

-- Drawn once and worked out for each store from that: Citus takes no function that answers anew for each row.
DO $$
BEGIN
    EXECUTE format('UPDATE stores SET store_key = left(md5(%L || store_id), 20)', gen_random_uuid());
END
$$;
