-- Connections that an instance did not judge, by host and reason, as it last told of them: JSON, bounded by the API.
ALTER TABLE instance ADD COLUMN not_checked TEXT NOT NULL DEFAULT '[]';
