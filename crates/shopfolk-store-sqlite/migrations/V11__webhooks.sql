-- Webhooks: how far events were read for apps, what waits to be delivered, and what was tried.

ALTER TABLE apps ADD COLUMN webhooks_failing_since INTEGER;

ALTER TABLE counters ADD COLUMN next_attempt_id INTEGER NOT NULL DEFAULT 1;

CREATE TABLE webhook_readers (
    store_id     INTEGER PRIMARY KEY,
    listening    INTEGER NOT NULL CHECK (listening IN (0, 1)),
    read_through INTEGER,          -- up to this place events were read
    holder       INTEGER NOT NULL, -- who delivers; 0: nobody
    beat         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
    store_id       INTEGER NOT NULL,
    app_id         INTEGER NOT NULL,
    webhook        INTEGER NOT NULL, -- its place in the app's list
    queue          INTEGER NOT NULL, -- what of one entity waits for one another
    entity_id      INTEGER NOT NULL,
    place          INTEGER NOT NULL, -- that of the event
    event_id       TEXT    NOT NULL,
    event_type     TEXT    NOT NULL,
    created        INTEGER NOT NULL,
    customer_email TEXT,
    due            INTEGER,          -- NULL: another one comes before it
    first_tried    INTEGER,
    tries          INTEGER NOT NULL,
    PRIMARY KEY (store_id, app_id, webhook, queue, entity_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (store_id, app_id, webhook, due, place)
    WHERE due IS NOT NULL;
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (store_id, due) WHERE due IS NOT NULL;

CREATE TABLE webhook_attempts (
    store_id   INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL,
    app_id     INTEGER NOT NULL,
    webhook    INTEGER NOT NULL,
    event_id   TEXT    NOT NULL,
    event_type TEXT    NOT NULL,
    entity_id  INTEGER NOT NULL,
    tried      INTEGER NOT NULL,
    document   TEXT    NOT NULL, -- JSON: the request, the answer
    PRIMARY KEY (store_id, attempt_id)
) STRICT, WITHOUT ROWID;
