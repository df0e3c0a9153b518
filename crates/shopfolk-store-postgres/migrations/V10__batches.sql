-- Batches of requests, what they are answered with, and those that are not completed.

ALTER TABLE counters ADD COLUMN next_batch_id BIGINT NOT NULL DEFAULT 1;

CREATE TABLE batches (
    store_id              BIGINT  NOT NULL,
    batch_id              BIGINT  NOT NULL,
    ticket                TEXT    COLLATE "C" NOT NULL, -- by which callers know it
    token_id              BIGINT  NOT NULL,
    batch_group           TEXT    COLLATE "C",
    deduplication_key     TEXT    COLLATE "C",          -- of the latest batch that came with it
    parallel              BOOLEAN NOT NULL,
    stop_on_first_failure BOOLEAN NOT NULL,
    requests              INTEGER NOT NULL,
    created               BIGINT  NOT NULL,
    begun                 BIGINT,
    completed             BIGINT,
    answer_bytes          BIGINT  NOT NULL,             -- once it is completed
    PRIMARY KEY (store_id, batch_id)
);

CREATE UNIQUE INDEX batches_by_ticket ON batches (store_id, ticket);

CREATE UNIQUE INDEX batches_by_deduplication_key ON batches (store_id, token_id, deduplication_key)
 WHERE deduplication_key IS NOT NULL;

-- Few rows, by which servers find what there is to do.
CREATE TABLE unfinished_batches (
    store_id      BIGINT NOT NULL,
    batch_id      BIGINT NOT NULL,
    token_id      BIGINT NOT NULL,
    claimed_by    BIGINT,
    claimed_until BIGINT,
    PRIMARY KEY (store_id, batch_id),
    CONSTRAINT unfinished_of_batch FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
);

CREATE TABLE batch_requests (
    store_id       BIGINT   NOT NULL,
    batch_id       BIGINT   NOT NULL,
    request_number INTEGER  NOT NULL,
    name           TEXT     NOT NULL, -- what the caller calls it
    method         SMALLINT NOT NULL,
    path           TEXT     NOT NULL,
    body           TEXT,
    PRIMARY KEY (store_id, batch_id, request_number),
    CONSTRAINT requests_of_batch FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
);

-- Written with whatever the request changes: that an answer is there says that the request has run.
CREATE TABLE batch_answers (
    store_id       BIGINT   NOT NULL,
    batch_id       BIGINT   NOT NULL,
    request_number INTEGER  NOT NULL,
    status         SMALLINT NOT NULL,
    size           INTEGER  NOT NULL, -- bytes of the body
    body           TEXT     NOT NULL,
    PRIMARY KEY (store_id, batch_id, request_number),
    CONSTRAINT answers_of_batch FOREIGN KEY (store_id, batch_id) REFERENCES batches (store_id, batch_id)
);
