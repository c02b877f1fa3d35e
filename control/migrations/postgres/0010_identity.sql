-- People, their roles, what they sign in with, and the log of what was done.

CREATE TABLE account (
    id        TEXT   PRIMARY KEY,
    tenant    TEXT   NOT NULL,
    name      TEXT   NOT NULL UNIQUE, -- lower case
    password  TEXT   NOT NULL,        -- argon2id, PHC string
    disabled  BIGINT NOT NULL DEFAULT 0,
    created   BIGINT NOT NULL,
    signed_in BIGINT
);

CREATE TABLE role_binding (
    id         TEXT   PRIMARY KEY,
    account    TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL,
    content    BIGINT NOT NULL, -- whether it lets read content
    namespaces TEXT,            -- JSON array; NULL: all
    created    BIGINT NOT NULL
);
CREATE INDEX role_binding_account ON role_binding (account);

-- A session is known by the hash of what its cookie holds.
CREATE TABLE session (
    id      BYTEA  PRIMARY KEY,
    account TEXT   REFERENCES account (id) ON DELETE CASCADE,
    mark    BYTEA,            -- of the one token, where it was used to sign in
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account, created);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE api_key (
    id          TEXT   PRIMARY KEY,
    tenant      TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    secret      BYTEA  NOT NULL, -- SHA-256
    account     TEXT   REFERENCES account (id) ON DELETE CASCADE, -- whose, if a person's
    permissions TEXT   NOT NULL,
    namespaces  TEXT,
    created     BIGINT NOT NULL,
    expires     BIGINT,
    used        BIGINT,
    revoked     BIGINT
);
CREATE INDEX api_key_tenant ON api_key (tenant, created);

-- Who tried to sign in too often: `account NAME`, `address IP`.
CREATE TABLE sign_in_attempts (
    subject TEXT   PRIMARY KEY,
    count   BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    until   BIGINT NOT NULL
);
CREATE INDEX sign_in_attempts_at ON sign_in_attempts (at);

-- The secret with which the first account is made, hashed, until it was used.
CREATE TABLE bootstrap (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    secret BYTEA  NOT NULL
);

-- Which pod an instance of the proxy belongs to: the first that used it.
CREATE TABLE instance_pod (
    instance BYTEA  PRIMARY KEY,
    pod      TEXT   NOT NULL, -- its uid
    at       BIGINT NOT NULL
);

-- Append only; src/audit.rs says how entries are chained.
CREATE TABLE audit (
    seq        BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    tenant     TEXT   NOT NULL,
    actor      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    object     TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    key_id     TEXT   NOT NULL,
    mac        BYTEA  NOT NULL
);
CREATE INDEX audit_tenant ON audit (tenant, seq);

CREATE TABLE audit_head (
    seq BIGINT NOT NULL,
    mac BYTEA  NOT NULL
);
INSERT INTO audit_head (seq, mac) VALUES (0, decode(repeat('00', 32), 'hex'));
