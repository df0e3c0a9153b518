-- Events say by whom, of which contact, and what was before; whoever reads them first gives them their place.

ALTER TABLE events ADD COLUMN contact_id BIGINT;
ALTER TABLE events ADD COLUMN actor SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN token_id BIGINT;
ALTER TABLE events ADD COLUMN state_before TEXT; -- JSON: the parts of a person that changed
ALTER TABLE events ADD COLUMN position BIGINT;   -- null until somebody reads

DROP INDEX events_in_order;

-- Those without a place, in the order in which they get one.
CREATE INDEX events_without_place ON events (store_id, recorded, event_id) WHERE position IS NULL;

CREATE UNIQUE INDEX events_by_place ON events (store_id, position) WHERE position IS NOT NULL;
