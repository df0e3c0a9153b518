-- Apps, the stores that let them in, and who owns a store. Apps belong to no store: they are rows of the platform, which is
-- kept like a store under the number 9007199254740991.

ALTER TABLE counters ADD COLUMN next_owner_id BIGINT NOT NULL DEFAULT 1;

CREATE TABLE apps (
    store_id           BIGINT NOT NULL,
    app_id             BIGINT NOT NULL,
    name               TEXT   NOT NULL,
    secret             BYTEA  NOT NULL CHECK (length(secret) = 68), -- sealed
    scopes             TEXT   NOT NULL,                             -- names with spaces between them
    document           TEXT   NOT NULL,                             -- JSON: redirect URLs and webhooks
    webhooks_off_since BIGINT,
    created            BIGINT NOT NULL,
    PRIMARY KEY (store_id, app_id),
    CONSTRAINT apps_of_platform FOREIGN KEY (store_id) REFERENCES stores (store_id)
);

CREATE TABLE installations (
    store_id  BIGINT NOT NULL,
    app_id    BIGINT NOT NULL,
    scopes    TEXT   NOT NULL, -- what was granted
    installed BIGINT NOT NULL,
    PRIMARY KEY (store_id, app_id)
);

CREATE TABLE authorization_codes (
    store_id     BIGINT NOT NULL,
    app_id       BIGINT NOT NULL,
    hash         BYTEA  NOT NULL CHECK (length(hash) = 32),
    email        TEXT   NOT NULL, -- of the owner who let the app in
    redirect_url TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    token_id     BIGINT,          -- the token that the code was exchanged for
    PRIMARY KEY (store_id, app_id, hash),
    CONSTRAINT codes_of_installation
        FOREIGN KEY (store_id, app_id) REFERENCES installations (store_id, app_id)
);

ALTER TABLE tokens ADD COLUMN app_id BIGINT; -- the app that has it

CREATE UNIQUE INDEX tokens_of_app ON tokens (store_id, app_id, public) WHERE app_id IS NOT NULL;

CREATE TABLE owners (
    store_id      BIGINT NOT NULL,
    owner_id      BIGINT NOT NULL,
    email         TEXT   NOT NULL,
    email_key     TEXT   COLLATE "C" NOT NULL, -- in lower case
    password_hash TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    PRIMARY KEY (store_id, owner_id),
    CONSTRAINT owners_of_store FOREIGN KEY (store_id) REFERENCES stores (store_id)
);

CREATE UNIQUE INDEX owners_by_email ON owners (store_id, email_key);

CREATE TABLE owner_sessions (
    store_id BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    hash     BYTEA  NOT NULL CHECK (length(hash) = 32),
    created  BIGINT NOT NULL,
    PRIMARY KEY (store_id, owner_id, hash),
    CONSTRAINT sessions_of_owner FOREIGN KEY (store_id, owner_id) REFERENCES owners (store_id, owner_id)
);
