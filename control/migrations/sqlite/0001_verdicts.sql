-- Verdicts, their captured content, the ledger of each proxy instance, and the rollups that dashboards read.
-- Times are microseconds since the Unix epoch. Ids are 16 bytes.

-- One row a combination of the few-valued fields: rows of `verdict` hold its number, filters and facets work on these.
CREATE TABLE shape (
    shape     INTEGER PRIMARY KEY,
    verdict   TEXT NOT NULL,
    reason    TEXT NOT NULL,
    action    TEXT NOT NULL,
    direction TEXT NOT NULL,
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,
    workload  TEXT NOT NULL,
    UNIQUE (verdict, reason, action, direction, provider, model, workload)
);

CREATE TABLE instance (
    inst         INTEGER PRIMARY KEY,
    instance     BLOB    NOT NULL UNIQUE,
    workload     TEXT    NOT NULL DEFAULT '{}',
    version      TEXT    NOT NULL DEFAULT '',
    policy       TEXT    NOT NULL DEFAULT '',
    started      INTEGER NOT NULL DEFAULT 0,
    last_seen    INTEGER NOT NULL,
    produced     INTEGER NOT NULL DEFAULT 0,
    in_flight    INTEGER NOT NULL DEFAULT 0,
    spool_bytes  INTEGER NOT NULL DEFAULT 0,
    seen         INTEGER NOT NULL DEFAULT 0,
    judged       INTEGER NOT NULL DEFAULT 0,
    lost         TEXT    NOT NULL DEFAULT '{}',
    stored       INTEGER NOT NULL DEFAULT 0,
    rejected     INTEGER NOT NULL DEFAULT 0,
    forgotten    INTEGER NOT NULL DEFAULT 0,
    known        BLOB    NOT NULL DEFAULT x''
);

CREATE TABLE verdict (
    n       INTEGER PRIMARY KEY,
    ts      INTEGER NOT NULL,
    shape   INTEGER NOT NULL REFERENCES shape (shape),
    inst    INTEGER NOT NULL REFERENCES instance (inst),
    seq     INTEGER NOT NULL,
    risk    REAL    NOT NULL,
    flagged INTEGER NOT NULL,
    id      BLOB    NOT NULL,
    words   TEXT    NOT NULL, -- lower case; what `q` looks in
    body    TEXT    NOT NULL  -- the list item as it is answered
);
CREATE UNIQUE INDEX verdict_id ON verdict (id);
CREATE UNIQUE INDEX verdict_seq ON verdict (inst, seq);
-- Answers every filter but `q` without touching a row, newest first.
CREATE INDEX verdict_scan ON verdict (ts, n, shape, risk, inst);
CREATE INDEX verdict_flagged ON verdict (ts, n) WHERE flagged = 1;

CREATE TABLE content (
    n    INTEGER PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE dead_letter (
    n        INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,
    inst     INTEGER NOT NULL REFERENCES instance (inst),
    seq      INTEGER,
    error    TEXT    NOT NULL,
    event    TEXT    NOT NULL
);
CREATE UNIQUE INDEX dead_letter_seq ON dead_letter (inst, seq) WHERE seq IS NOT NULL;
CREATE INDEX dead_letter_received ON dead_letter (received);

-- Everything in a bucket of `width` seconds that starts at `bucket` (seconds since the Unix epoch). Histograms: histogram.rs.
CREATE TABLE rollup (
    width   INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    judged  INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    judge   BLOB    NOT NULL,
    held    BLOB    NOT NULL,
    total   BLOB    NOT NULL,
    PRIMARY KEY (width, bucket)
) WITHOUT ROWID;

-- The same by outcome (dim 0: `verdict reason action`), workload (1) and model (2). Risk in millionths: sums stay exact.
CREATE TABLE rollup_by (
    width   INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    dim     INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    n       INTEGER NOT NULL,
    judged  INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    risk    INTEGER NOT NULL,
    PRIMARY KEY (width, bucket, dim, key)
) WITHOUT ROWID;
