-- Verdicts, their captured content, the ledger of each proxy instance, and the rollups that dashboards read.
-- Times are microseconds since the Unix epoch, as in the API: to_timestamp(ts / 1e6) shows one.

-- A namespace of a tenant, or (`whole`) the tenant as such, whose number is the tenant's.
CREATE TABLE zone (
    zone      BIGINT  PRIMARY KEY,
    tenant    TEXT    NOT NULL COLLATE "C",
    whole     BOOLEAN NOT NULL,
    namespace TEXT    NOT NULL COLLATE "C",
    UNIQUE (tenant, whole, namespace)
);

-- One row a combination of the few-valued fields: rows of `verdict` hold its number, filters and facets work on these.
-- Numbers of shapes and zones are given under an advisory lock, in the order in which they become visible.
CREATE TABLE shape (
    shape     BIGINT PRIMARY KEY,
    zone      BIGINT NOT NULL REFERENCES zone (zone),
    verdict   TEXT   NOT NULL COLLATE "C",
    reason    TEXT   NOT NULL COLLATE "C",
    action    TEXT   NOT NULL COLLATE "C",
    direction TEXT   NOT NULL COLLATE "C",
    provider  TEXT   NOT NULL COLLATE "C",
    model     TEXT   NOT NULL COLLATE "C",
    workload  TEXT   NOT NULL COLLATE "C",
    UNIQUE (zone, verdict, reason, action, direction, provider, model, workload)
);

CREATE TABLE instance (
    inst        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      BIGINT NOT NULL,
    instance    UUID   NOT NULL,
    namespace   TEXT   NOT NULL DEFAULT '' COLLATE "C",
    workload    TEXT   NOT NULL DEFAULT '{}',
    version     TEXT   NOT NULL DEFAULT '',
    policy      TEXT   NOT NULL DEFAULT '',
    started     BIGINT NOT NULL DEFAULT 0,
    last_seen   BIGINT NOT NULL,
    produced    BIGINT NOT NULL DEFAULT 0,
    in_flight   BIGINT NOT NULL DEFAULT 0,
    spool_bytes BIGINT NOT NULL DEFAULT 0,
    seen        BIGINT NOT NULL DEFAULT 0,
    judged      BIGINT NOT NULL DEFAULT 0,
    lost        TEXT   NOT NULL DEFAULT '{}',
    not_checked TEXT   NOT NULL DEFAULT '[]',
    stored      BIGINT NOT NULL DEFAULT 0,
    rejected    BIGINT NOT NULL DEFAULT 0,
    forgotten   BIGINT NOT NULL DEFAULT 0,
    known       BYTEA  NOT NULL DEFAULT '',
    UNIQUE (tenant, instance)
) WITH (fillfactor = 70);

-- Blocks of 65,536 numbers: each transaction takes the next.
CREATE SEQUENCE verdict_block;

-- A partition a day of UTC, made ahead; what lies outside the days that are kept goes into the last one.
CREATE TABLE verdict (
    ts      BIGINT  NOT NULL,
    n       BIGINT  NOT NULL,
    tenant  BIGINT  NOT NULL,
    shape   BIGINT  NOT NULL,
    inst    BIGINT  NOT NULL,
    seq     BIGINT  NOT NULL,
    risk    DOUBLE PRECISION NOT NULL,
    flagged BOOLEAN NOT NULL,
    id      UUID    NOT NULL,
    words   TEXT    NOT NULL, -- lower case; what `q` looks in
    body    TEXT    NOT NULL, -- the list item as it is answered
    PRIMARY KEY (tenant, ts, n)
) PARTITION BY RANGE (ts);
CREATE INDEX verdict_shape ON verdict (shape, ts, n);
CREATE INDEX verdict_flagged ON verdict (tenant, ts, n) WHERE flagged;
CREATE INDEX verdict_ts ON verdict USING brin (ts);
CREATE TABLE verdict_other PARTITION OF verdict DEFAULT;

CREATE TABLE content (
    ts   BIGINT NOT NULL,
    n    BIGINT NOT NULL,
    body TEXT   NOT NULL,
    PRIMARY KEY (ts, n)
) PARTITION BY RANGE (ts);
CREATE TABLE content_other PARTITION OF content DEFAULT;

-- What makes an id (within a tenant) and a seq (of an instance) unique over all days: a unique index of `verdict` would have to hold
-- `ts`, and an event that is sent again after midnight, or whose clock was set, may come with another one.
CREATE TABLE verdict_key (
    id     UUID   NOT NULL,
    tenant BIGINT NOT NULL,
    inst   BIGINT NOT NULL,
    seq    BIGINT NOT NULL,
    ts     BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (id, tenant),
    UNIQUE (inst, seq)
);
CREATE INDEX verdict_key_ts ON verdict_key USING brin (ts);

CREATE TABLE dead_letter (
    n        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received BIGINT NOT NULL,
    inst     BIGINT NOT NULL,
    seq      BIGINT,
    error    TEXT   NOT NULL,
    event    TEXT   NOT NULL,
    UNIQUE (inst, seq)
);
CREATE INDEX dead_letter_received ON dead_letter (received);

-- Everything of a zone in a bucket of `width` seconds that starts at `bucket` (seconds since the Unix epoch), as far as one replica
-- (`writer`) counted it: replicas never wait for each other here, and whoever asks adds them up. Histograms: histogram.rs.
CREATE TABLE rollup (
    width   BIGINT NOT NULL,
    zone    BIGINT NOT NULL,
    bucket  BIGINT NOT NULL,
    writer  BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    judged  BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    judge   BYTEA  NOT NULL,
    held    BYTEA  NOT NULL,
    total   BYTEA  NOT NULL,
    PRIMARY KEY (width, zone, bucket, writer)
) WITH (fillfactor = 50);

-- The same by outcome (dim 0: `verdict reason action`), workload (1) and model (2). Risk in millionths: sums stay exact.
CREATE TABLE rollup_by (
    width   BIGINT NOT NULL,
    zone    BIGINT NOT NULL,
    bucket  BIGINT NOT NULL,
    dim     BIGINT NOT NULL,
    key     TEXT   NOT NULL COLLATE "C",
    writer  BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    judged  BIGINT NOT NULL,
    flagged BIGINT NOT NULL,
    risk    BIGINT NOT NULL,
    PRIMARY KEY (width, zone, bucket, dim, key, writer)
) WITH (fillfactor = 50);

-- How many verdicts of each shape lie in a bucket: facets are counted from these.
CREATE TABLE rollup_shape (
    width  BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    shape  BIGINT NOT NULL,
    writer BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (width, bucket, shape, writer)
) WITH (fillfactor = 50);
