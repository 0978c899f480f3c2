-- 0007 automation: cards that rules are to look at, and what rules have fired.
-- Why: a rule fires once for a card and a cycle however often it is looked at, and a miss is found again.

-- Cards of which something changed that rules look at; written with the change, deleted when they were looked at.
CREATE TABLE automation_touch (
    touch_id     BIGINT PRIMARY KEY,
    account_id   BIGINT NOT NULL,
    -- Comma-separated ids.
    sim_card_ids TEXT NOT NULL
);

-- Whoever fires rules updates this row first: on PostgreSQL they take turns, so that each sees what the others fired.
CREATE TABLE automation_turn (
    only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
    turns    BIGINT NOT NULL,
    -- When all cards were looked at last; 0 has it done soon.
    swept_ms BIGINT NOT NULL
);
INSERT INTO automation_turn (only_row, turns, swept_ms) VALUES (1, 0, 0);

-- Whether a pool was shut when all its members were looked at last: they are again when that turns.
CREATE TABLE automation_gate (
    sim_pool_id BIGINT PRIMARY KEY,
    shut        SMALLINT NOT NULL CHECK (shut IN (0, 1))
);

-- That a rule fired for a card (or, rule 8, for a pool) in a billing cycle, named by the month it ends in. rule: 1 out of
-- flow, 2 over the threshold, 3 pool, 4 plan expired, 5 end of the silent period, 6 resumption, 7 end of the retention
-- window, 8 back pool over its threshold.
CREATE TABLE automation_firing (
    subject_id    BIGINT NOT NULL,
    rule          SMALLINT NOT NULL CHECK (rule BETWEEN 1 AND 8),
    cycle         INTEGER NOT NULL,
    account_id    BIGINT NOT NULL,
    -- Orders in a row, up to the last one, before which none went well.
    attempts      INTEGER NOT NULL CHECK (attempts >= 1),
    -- The last order; NULL where the rule needs none.
    work_order_id BIGINT,
    fired_ms      BIGINT NOT NULL,
    PRIMARY KEY (subject_id, rule, cycle)
){{without_rowid}};
CREATE INDEX automation_firing_by_cycle ON automation_firing (cycle);
