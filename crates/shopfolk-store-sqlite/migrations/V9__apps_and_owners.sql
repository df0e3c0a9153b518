-- Apps, the stores that let them in, and who owns a store. Apps belong to no store: they are rows of the platform, which is
-- kept like a store under the number 9007199254740991.

ALTER TABLE counters ADD COLUMN next_owner_id INTEGER NOT NULL DEFAULT 1;

CREATE TABLE apps (
    store_id           INTEGER NOT NULL REFERENCES stores (store_id),
    app_id             INTEGER NOT NULL,
    name               TEXT    NOT NULL,
    secret             BLOB    NOT NULL CHECK (length(secret) = 68), -- sealed
    scopes             TEXT    NOT NULL,                             -- names with spaces between them
    document           TEXT    NOT NULL,                             -- JSON: redirect URLs and webhooks
    webhooks_off_since INTEGER,
    created            INTEGER NOT NULL,
    PRIMARY KEY (store_id, app_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE installations (
    store_id  INTEGER NOT NULL,
    app_id    INTEGER NOT NULL,
    scopes    TEXT    NOT NULL, -- what was granted
    installed INTEGER NOT NULL,
    PRIMARY KEY (store_id, app_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE authorization_codes (
    store_id     INTEGER NOT NULL,
    app_id       INTEGER NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),
    email        TEXT    NOT NULL, -- of the owner who let the app in
    redirect_url TEXT    NOT NULL,
    created      INTEGER NOT NULL,
    token_id     INTEGER,          -- the token that the code was exchanged for
    PRIMARY KEY (store_id, app_id, hash),
    FOREIGN KEY (store_id, app_id) REFERENCES installations (store_id, app_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE tokens ADD COLUMN app_id INTEGER; -- the app that has it

CREATE UNIQUE INDEX tokens_of_app ON tokens (store_id, app_id, public) WHERE app_id IS NOT NULL;

CREATE TABLE owners (
    store_id      INTEGER NOT NULL REFERENCES stores (store_id),
    owner_id      INTEGER NOT NULL,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL, -- in lower case
    password_hash TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    PRIMARY KEY (store_id, owner_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX owners_by_email ON owners (store_id, email_key);

CREATE TABLE owner_sessions (
    store_id INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    created  INTEGER NOT NULL,
    PRIMARY KEY (store_id, owner_id, hash),
    FOREIGN KEY (store_id, owner_id) REFERENCES owners (store_id, owner_id)
) STRICT, WITHOUT ROWID;
