-- Policies with their versions, what is published of them, and the signed bundles that sidecars fetch.
-- Times are microseconds since the Unix epoch; booleans are 0 or 1.

CREATE TABLE policies (
    tenant  TEXT NOT NULL,
    name    TEXT NOT NULL,
    created BIGINT NOT NULL,
    author  TEXT NOT NULL,
    -- Its versions stay: verdicts name them, and a number is never given twice.
    deleted BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE policy_versions (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  BIGINT NOT NULL,
    yaml     TEXT NOT NULL,
    revision TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    author   TEXT NOT NULL,
    note     TEXT NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, version),
    FOREIGN KEY (tenant, name) REFERENCES policies (tenant, name)
);

CREATE TABLE policy_published (
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    version    BIGINT,
    -- JSON: a list of names.
    namespaces TEXT NOT NULL,
    -- JSON: what is tried out; NULL: nothing is.
    canary     TEXT,
    since      BIGINT NOT NULL,
    author     TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE policy_changes (
    tenant  TEXT NOT NULL,
    name    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    change  TEXT NOT NULL,
    version BIGINT,
    author  TEXT NOT NULL,
    reason  TEXT NOT NULL
);
CREATE INDEX policy_changes_by_name ON policy_changes (tenant, name, at);

CREATE TABLE policy_kill (
    tenant    TEXT NOT NULL,
    -- '*': the whole tenant.
    namespace TEXT NOT NULL,
    since     BIGINT NOT NULL,
    author    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (tenant, namespace)
);

-- The newest bundle of each tenant, looked at every second by every replica.
CREATE TABLE policy_heads (
    tenant   TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    issued   BIGINT NOT NULL,
    -- Bundles may take the place of others up to here; 0: only of earlier ones.
    replaces BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE policy_bundles (
    tenant   TEXT NOT NULL,
    revision BIGINT NOT NULL,
    issued   BIGINT NOT NULL,
    sha256   TEXT NOT NULL,
    envelope TEXT NOT NULL,
    PRIMARY KEY (tenant, revision)
);

-- What sidecars say of the bundle.
CREATE TABLE policy_reports (
    instance        TEXT NOT NULL PRIMARY KEY,
    tenant          TEXT NOT NULL,
    at              BIGINT NOT NULL,
    workload        TEXT NOT NULL,
    policy_revision TEXT NOT NULL,
    report          TEXT NOT NULL
);
CREATE INDEX policy_reports_by_tenant ON policy_reports (tenant, at);
