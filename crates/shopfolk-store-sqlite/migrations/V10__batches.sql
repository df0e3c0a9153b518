-- Batches of requests, what they are answered with, and those that are not completed.

ALTER TABLE counters ADD COLUMN next_batch_id INTEGER NOT NULL DEFAULT 1;

CREATE TABLE batches (
    store_id              INTEGER NOT NULL REFERENCES stores (store_id),
    batch_id              INTEGER NOT NULL,
    ticket                TEXT    NOT NULL, -- by which callers know it
    token_id              INTEGER NOT NULL,
    batch_group           TEXT,
    deduplication_key     TEXT,             -- of the latest batch that came with it
    parallel              INTEGER NOT NULL CHECK (parallel IN (0, 1)),
    stop_on_first_failure INTEGER NOT NULL CHECK (stop_on_first_failure IN (0, 1)),
    requests              INTEGER NOT NULL,
    created               INTEGER NOT NULL,
    begun                 INTEGER,
    completed             INTEGER,
    answer_bytes          INTEGER NOT NULL, -- once it is completed
    PRIMARY KEY (store_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX batches_by_ticket ON batches (store_id, ticket);

CREATE UNIQUE INDEX batches_by_deduplication_key ON batches (store_id, token_id, deduplication_key)
 WHERE deduplication_key IS NOT NULL;

-- Few rows, by which servers find what there is to do.
CREATE TABLE unfinished_batches (
    store_id      INTEGER NOT NULL,
    batch_id      INTEGER NOT NULL,
    token_id      INTEGER NOT NULL,
    claimed_by    INTEGER,
    claimed_until INTEGER,
    PRIMARY KEY (store_id, batch_id),
    FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch_requests (
    store_id       INTEGER NOT NULL,
    batch_id       INTEGER NOT NULL,
    request_number INTEGER NOT NULL,
    name           TEXT    NOT NULL, -- what the caller calls it
    method         INTEGER NOT NULL,
    path           TEXT    NOT NULL,
    body           TEXT,
    PRIMARY KEY (store_id, batch_id, request_number),
    FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
) STRICT;

-- Written with whatever the request changes: that an answer is there says that the request has run.
CREATE TABLE batch_answers (
    store_id       INTEGER NOT NULL,
    batch_id       INTEGER NOT NULL,
    request_number INTEGER NOT NULL,
    status         INTEGER NOT NULL,
    size           INTEGER NOT NULL, -- bytes of the body
    body           TEXT    NOT NULL,
    PRIMARY KEY (store_id, batch_id, request_number),
    FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
) STRICT;
