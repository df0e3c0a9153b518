-- Webhooks: how far events were read for apps, what waits to be delivered, and what was tried.

ALTER TABLE apps ADD COLUMN webhooks_failing_since BIGINT;

ALTER TABLE counters ADD COLUMN next_attempt_id BIGINT NOT NULL DEFAULT 1;

CREATE TABLE webhook_readers (
    store_id     BIGINT  PRIMARY KEY,
    listening    BOOLEAN NOT NULL,
    read_through BIGINT,           -- up to this place events were read
    holder       BIGINT  NOT NULL, -- who delivers; 0: nobody
    beat         BIGINT  NOT NULL
);

CREATE TABLE webhook_deliveries (
    store_id       BIGINT   NOT NULL,
    app_id         BIGINT   NOT NULL,
    webhook        SMALLINT NOT NULL, -- its place in the app's list
    queue          SMALLINT NOT NULL, -- what of one entity waits for one another
    entity_id      BIGINT   NOT NULL,
    place          BIGINT   NOT NULL, -- that of the event
    event_id       TEXT     NOT NULL,
    event_type     TEXT     NOT NULL,
    created        BIGINT   NOT NULL,
    customer_email TEXT,
    due            BIGINT,            -- NULL: another one comes before it
    first_tried    BIGINT,
    tries          INTEGER  NOT NULL,
    PRIMARY KEY (store_id, app_id, webhook, queue, entity_id, place)
);

CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (store_id, app_id, webhook, due, place)
    WHERE due IS NOT NULL;
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (store_id, due) WHERE due IS NOT NULL;

CREATE TABLE webhook_attempts (
    store_id   BIGINT   NOT NULL,
    attempt_id BIGINT   NOT NULL,
    app_id     BIGINT   NOT NULL,
    webhook    SMALLINT NOT NULL,
    event_id   TEXT     NOT NULL,
    event_type TEXT     NOT NULL,
    entity_id  BIGINT   NOT NULL,
    tried      BIGINT   NOT NULL,
    document   TEXT     NOT NULL, -- JSON: the request, the answer
    PRIMARY KEY (store_id, attempt_id)
);
