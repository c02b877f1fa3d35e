-- The keys that captured content is encrypted under: one a tenant and UTC day, more after an erasure. Times are microseconds since the
-- Unix epoch. An erased key stays as a row without the key, so that what it encrypted is known to be erased and not damaged.
CREATE TABLE data_keys (
    id      TEXT   PRIMARY KEY,
    tenant  TEXT   NOT NULL,
    day     BIGINT NOT NULL, -- since the Unix epoch, UTC
    kek     TEXT   NOT NULL, -- which key it is wrapped under
    wrapped BLOB,           -- NULL once erased
    created BIGINT NOT NULL,
    erased  BIGINT
);
CREATE INDEX data_keys_day ON data_keys (tenant, day);
CREATE INDEX data_keys_kek ON data_keys (kek);
