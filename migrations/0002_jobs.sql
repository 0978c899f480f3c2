-- 0002 jobs: the durable queue and its schedules (crates/jobs).
-- Why: whatever is to happen later is written in the transaction that decides it, and survives any crash.

-- state: 0 queued, 1 running, 2 parked; a job that is done is deleted. priority: 0 interactive, 1 normal, 2 bulk.
CREATE TABLE job (
    job_id         BIGINT PRIMARY KEY,
    kind           TEXT NOT NULL,
    -- At most one job of a kind and key is open (queued, running or parked); NULL binds nothing.
    unique_key     TEXT,
    payload        TEXT NOT NULL,
    account_id     BIGINT,
    priority       SMALLINT NOT NULL CHECK (priority IN (0, 1, 2)),
    state          SMALLINT NOT NULL CHECK (state IN (0, 1, 2)),
    run_at_ms      BIGINT NOT NULL,
    -- Claims so far, never set back: whoever ends a job names the attempt it was given.
    attempt        BIGINT NOT NULL DEFAULT 0,
    -- Failures since the last attempt that ended well, or since the job was resumed.
    failures       INTEGER NOT NULL DEFAULT 0,
    last_error     TEXT,
    -- Who runs it and until when that holds; NULL unless running.
    owner          TEXT,
    lease_until_ms BIGINT,
    -- News came while it was running: it is due again at this time as soon as the attempt ends.
    wake_ms        BIGINT,
    created_ms     BIGINT NOT NULL,
    CHECK ((state = 1) = (lease_until_ms IS NOT NULL))
);
CREATE UNIQUE INDEX job_open ON job (kind, unique_key);
CREATE INDEX job_due ON job (kind, priority, run_at_ms, job_id) WHERE state = 0;
CREATE INDEX job_leased ON job (kind, lease_until_ms) WHERE state = 1;
CREATE INDEX job_parked ON job (job_id) WHERE state = 2;

-- Whoever claims updates this row first: claims take turns, so that two never wait for each other's jobs crosswise.
CREATE TABLE job_turn (
    only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
    turns    BIGINT NOT NULL
);
INSERT INTO job_turn (only_row, turns) VALUES (1, 0);

-- What is enqueued again and again: every so many milliseconds, or daily at a minute of the business day.
CREATE TABLE job_schedule (
    name         TEXT PRIMARY KEY,
    kind         TEXT NOT NULL,
    payload      TEXT NOT NULL,
    every_ms     BIGINT CHECK (every_ms > 0),
    daily_minute SMALLINT CHECK (daily_minute BETWEEN 0 AND 1439),
    next_run_ms  BIGINT NOT NULL,
    last_run_ms  BIGINT,
    CHECK ((every_ms IS NULL) <> (daily_minute IS NULL))
);
CREATE INDEX job_schedule_due ON job_schedule (kind, next_run_ms);
