-- What tells a store from every other one: files say by it whose ids they have.

ALTER TABLE stores ADD COLUMN store_key TEXT;

UPDATE stores SET store_key = lower(hex(randomblob(10)));
