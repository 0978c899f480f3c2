-- 0018 freshness: up to which day the usage of each carrier's cards has come in.
-- Why: whoever looks at figures wants to know how old they are, and whoever runs the service which carrier is behind.

CREATE TABLE usage_as_of (
    carrier     INTEGER PRIMARY KEY,
    -- The newest business day of which usage came in, such as 20240115, and when the latest came in.
    date        INTEGER NOT NULL,
    received_ms BIGINT NOT NULL
);
