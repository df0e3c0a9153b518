-- Events say by whom, of which contact, and what was before; their number is their place.

ALTER TABLE counters RENAME COLUMN next_event_sequence TO next_event_id;

ALTER TABLE events RENAME COLUMN sequence TO position;
ALTER TABLE events ADD COLUMN contact_id INTEGER;
ALTER TABLE events ADD COLUMN actor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN token_id INTEGER;
ALTER TABLE events ADD COLUMN state_before TEXT; -- JSON: the parts of a person that changed
