-- 0003 work orders: what was asked for, card by card, and what carriers told.
-- Why: an order is a business record that outlives the job carrying it; the indexes hold what the rules promise.

-- Rises whenever the card is changed on a carrier's word: a reading that was overtaken is recognised by it.
ALTER TABLE sim_card ADD COLUMN carrier_version BIGINT NOT NULL DEFAULT 0;
-- Types of orders (comma-separated numbers) that an operator must approve; NULL takes the configuration's.
ALTER TABLE account ADD COLUMN reviewed_types TEXT;

CREATE TABLE work_order (
    work_order_id   BIGINT PRIMARY KEY,
    account_id      BIGINT NOT NULL REFERENCES account (account_id),
    work_order_type SMALLINT NOT NULL CHECK (work_order_type BETWEEN 1 AND 25),
    source          SMALLINT NOT NULL CHECK (source BETWEEN 1 AND 8),
    sim_type        SMALLINT CHECK (sim_type IN (1, 2, 3)),
    -- 1 in review, 2 reviewed, 3 processing, 4 done, 5 cancelled, 6 failed, 7 rejected.
    status          SMALLINT NOT NULL CHECK (status BETWEEN 1 AND 7),
    -- What the carrier is asked, as JSON.
    operation       TEXT NOT NULL,
    -- The operator_status that a stop leaves behind.
    stop_cause      SMALLINT,
    req_detail      TEXT NOT NULL,
    total_count     INTEGER NOT NULL CHECK (total_count >= 1),
    success_count   INTEGER NOT NULL DEFAULT 0,
    fail_count      INTEGER NOT NULL DEFAULT 0,
    fail_reason     TEXT,
    actor           TEXT NOT NULL,
    created_ms      BIGINT NOT NULL,
    finished_ms     BIGINT,
    CHECK (success_count + fail_count <= total_count),
    CHECK ((status IN (4, 5, 6, 7)) = (finished_ms IS NOT NULL))
);
CREATE INDEX work_order_of_account ON work_order (account_id, work_order_id);
CREATE INDEX work_order_in_review ON work_order (work_order_id) WHERE status = 1;

CREATE TABLE work_order_detail (
    work_order_detail_id BIGINT PRIMARY KEY,
    work_order_id        BIGINT NOT NULL REFERENCES work_order (work_order_id),
    account_id           BIGINT NOT NULL,
    sim_card_id          BIGINT NOT NULL REFERENCES sim_card (sim_card_id),
    sim_type             SMALLINT NOT NULL,
    cid                  TEXT NOT NULL,
    -- The kind of operation, a carrier's word.
    operation            TEXT NOT NULL,
    -- 1 done, 2 processing, 3 failed: the contract's.
    status               SMALLINT NOT NULL CHECK (status IN (1, 2, 3)),
    -- 0 in review, 1 waiting for another order on the card, 2 under way, 3 ended,
    -- 4 closed before the carrier said what became of it.
    stage                SMALLINT NOT NULL CHECK (stage BETWEEN 0 AND 4),
    -- The carrier's own name for it, once accepted.
    reference            TEXT,
    -- When it is given up.
    deadline_ms          BIGINT NOT NULL,
    description          TEXT,
    created_ms           BIGINT NOT NULL,
    finished_ms          BIGINT,
    CHECK ((status = 2) = (stage IN (0, 1, 2))),
    CHECK ((status = 2) = (finished_ms IS NULL))
);
-- A card has at most one open order of a kind.
CREATE UNIQUE INDEX work_order_detail_open ON work_order_detail (sim_card_id, operation) WHERE status = 2;
CREATE INDEX work_order_detail_of_order ON work_order_detail (work_order_id, work_order_detail_id);
CREATE INDEX work_order_detail_of_card ON work_order_detail (sim_card_id, operation, work_order_detail_id);
CREATE INDEX work_order_detail_overdue ON work_order_detail (deadline_ms) WHERE status = 2;

-- The one order that a carrier is at for a card: carriers take no second write on a card meanwhile.
CREATE TABLE card_in_flight (
    sim_card_id          BIGINT PRIMARY KEY,
    work_order_detail_id BIGINT NOT NULL,
    -- The carrier told of a change meanwhile: read the card when the order has ended.
    read_after           SMALLINT NOT NULL DEFAULT 0 CHECK (read_after IN (0, 1))
);

-- Events taken from carriers, to know repetitions by; swept after a while.
CREATE TABLE carrier_event (
    link        TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (link, event_id)
);
CREATE INDEX carrier_event_by_age ON carrier_event (received_ms);
