-- Tenants and namespaces: everything stored is somebody's. What was there before belongs to the one tenant `default`.

PRAGMA defer_foreign_keys = ON;

-- A namespace of a tenant, or (`whole`) the tenant as such, whose number is the tenant's.
CREATE TABLE zone (
    zone      INTEGER PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    whole     INTEGER NOT NULL,
    namespace TEXT    NOT NULL,
    UNIQUE (tenant, whole, namespace)
);
INSERT INTO zone VALUES (1, 'default', 1, '');

-- The dictionary of shapes, each in a zone. Until now the namespace was only the part of the workload's name before the slash.
CREATE TEMP TABLE old_shape AS
SELECT *, CASE
    WHEN workload = '(other)' THEN '(other)'
    WHEN instr(workload, '/') > 0 THEN substr(workload, 1, instr(workload, '/') - 1)
    ELSE '' END AS namespace
FROM shape;
INSERT INTO zone (tenant, whole, namespace) SELECT DISTINCT 'default', 0, namespace FROM old_shape;
DROP TABLE shape;
CREATE TABLE shape (
    shape     INTEGER PRIMARY KEY,
    zone      INTEGER NOT NULL REFERENCES zone (zone),
    verdict   TEXT NOT NULL,
    reason    TEXT NOT NULL,
    action    TEXT NOT NULL,
    direction TEXT NOT NULL,
    provider  TEXT NOT NULL,
    model     TEXT NOT NULL,
    workload  TEXT NOT NULL,
    UNIQUE (zone, verdict, reason, action, direction, provider, model, workload)
);
INSERT INTO shape
SELECT shape, zone, verdict, reason, action, direction, provider, model, workload
FROM old_shape JOIN zone ON zone.whole = 0 AND zone.namespace = old_shape.namespace;
DROP TABLE old_shape;

-- The id of an instance, and of a verdict, is unique within a tenant: nobody takes another's.
CREATE TEMP TABLE old_instance AS SELECT * FROM instance;
DROP TABLE instance;
CREATE TABLE instance (
    inst         INTEGER PRIMARY KEY,
    tenant       INTEGER NOT NULL,
    instance     BLOB    NOT NULL,
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
    known        BLOB    NOT NULL DEFAULT x'',
    UNIQUE (tenant, instance)
);
INSERT INTO instance
SELECT inst, 1, instance, workload, version, policy, started, last_seen, produced, in_flight, spool_bytes, seen, judged,
       lost, stored, rejected, forgotten, known
FROM old_instance;
DROP TABLE old_instance;

ALTER TABLE verdict ADD COLUMN tenant INTEGER NOT NULL DEFAULT 1;
DROP INDEX verdict_id;
CREATE UNIQUE INDEX verdict_id ON verdict (id, tenant);

-- The sums by zone. Those of the namespaces are counted at the first start, from the verdicts: see `backfill.rs`.
ALTER TABLE rollup RENAME TO old_rollup;
CREATE TABLE rollup (
    width   INTEGER NOT NULL,
    zone    INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    judged  INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    judge   BLOB    NOT NULL,
    held    BLOB    NOT NULL,
    total   BLOB    NOT NULL,
    PRIMARY KEY (width, zone, bucket)
) WITHOUT ROWID;
INSERT INTO rollup SELECT width, 1, bucket, n, judged, flagged, judge, held, total FROM old_rollup;
DROP TABLE old_rollup;

ALTER TABLE rollup_by RENAME TO old_rollup_by;
CREATE TABLE rollup_by (
    width   INTEGER NOT NULL,
    zone    INTEGER NOT NULL,
    bucket  INTEGER NOT NULL,
    dim     INTEGER NOT NULL,
    key     TEXT    NOT NULL,
    n       INTEGER NOT NULL,
    judged  INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    risk    INTEGER NOT NULL,
    PRIMARY KEY (width, zone, bucket, dim, key)
) WITHOUT ROWID;
INSERT INTO rollup_by SELECT width, 1, bucket, dim, key, n, judged, flagged, risk FROM old_rollup_by;
DROP TABLE old_rollup_by;

-- Up to here the namespaces' sums are still to be counted: verdicts with numbers up to this. NULL: none.
CREATE TABLE backfill (upto INTEGER);
INSERT INTO backfill SELECT max(n) FROM verdict;
