-- The clock by which the retries of a store go is ahead of the system's by so many seconds, and is to be ahead by so many.

ALTER TABLE webhook_readers ADD COLUMN clock_ahead INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook_readers ADD COLUMN clock_goal INTEGER NOT NULL DEFAULT 0;
