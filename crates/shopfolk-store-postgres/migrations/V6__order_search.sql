-- What searches look at of orders: texts with their case folded, found by any part of them (trigrams).

-- The e-mail address with its case folded; null where it is all ASCII: then email_key is that.
ALTER TABLE orders ADD COLUMN folded TEXT COLLATE "C";

-- Key, number and e-mail address in one text, because they are looked through together; the character 1 is in none of them.
CREATE INDEX orders_by_text ON orders
 USING gin ((lower(order_key) || chr(1) || order_number::text || chr(1) || coalesce(folded, email_key)) gin_trgm_ops);

-- The orders whose address is still to be folded: none, but those that releases before this one have written.
CREATE INDEX orders_to_fold ON orders (store_id, order_number)
 WHERE folded IS NULL AND octet_length(email) > char_length(email);
