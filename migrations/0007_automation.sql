-- 0007 automation: cards that rules are to look at, and what rules have fired.
-- Why: a rule fires once for a card and a cycle however often it is looked at, and a miss is found again.

-- Cards of which something changed that rules look at; written with the change, deleted when they were looked at.
CREATE TABLE automation_touch (
    touch_id     BIGINT PRIMARY KEY,
    account_id   BIGINT NOT NULL,
    -- Comma-separated ids.
    sim_card_ids TEXT NOT NULL
);

-- That a rule fired for a card (or, rule 8, for a pool) in a billing cycle, named by the month it ends in. rule: 1 out of
-- flow, 2 over the threshold, 3 pool, 4 plan expired, 5 end of the silent period, 6 resumption, 7 end of the retention
-- window, 8 back pool over its threshold.
CREATE TABLE automation_firing (
    subject_id    BIGINT NOT NULL,
    rule          SMALLINT NOT NULL CHECK (rule BETWEEN 1 AND 8),
    cycle         INTEGER NOT NULL,
    account_id    BIGINT NOT NULL,
    -- Orders in a row, the last one included, of which only the last may have gone well.
    attempts      INTEGER NOT NULL CHECK (attempts >= 1),
    -- The last order; NULL where the rule needs none.
    work_order_id BIGINT,
    fired_ms      BIGINT NOT NULL,
    PRIMARY KEY (subject_id, rule, cycle)
){{without_rowid}};
CREATE INDEX automation_firing_by_cycle ON automation_firing (cycle);
