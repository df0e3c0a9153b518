-- What the profile of a store says besides its name, as one document: it is always read and written whole.

ALTER TABLE stores ADD COLUMN profile TEXT;

-- When orders and the profile changed last. Those events are few, so the many others pay nothing for it.
CREATE INDEX events_of_orders_and_profiles ON events (store_id, event_type, created) WHERE event_type IN (15, 16, 23, 30);
