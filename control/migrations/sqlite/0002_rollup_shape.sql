-- How many verdicts of each shape lie in a bucket of `width` seconds that starts at `bucket`: facets are counted from these.
CREATE TABLE rollup_shape (
    width  INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    shape  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (width, bucket, shape)
) WITHOUT ROWID;

INSERT INTO rollup_shape
SELECT w.width, ts / 1000000 / w.width * w.width AS bucket, shape, count(*)
FROM verdict, (SELECT 60 AS width UNION ALL SELECT 3600 UNION ALL SELECT 86400) w
GROUP BY w.width, bucket, shape;
