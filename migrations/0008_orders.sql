-- 0008 orders: purchases, renewals, add-on packages, and how the plans of a card share the flow of a cycle.
-- Why: each purchase leaves its order; a cycle in which a card has more than its one plan is marked, so that it is found.

CREATE TABLE purchase_order (
    account_id      BIGINT NOT NULL REFERENCES account (account_id),
    order_id        BIGINT NOT NULL,
    -- 1 cards, 2 renewal, 3 plans and add-on packages, 4 transfer from another account.
    kind            SMALLINT NOT NULL CHECK (kind IN (1, 2, 3, 4)),
    -- 1 awaiting shipment, 2 under way, 3 completed.
    status          SMALLINT NOT NULL CHECK (status IN (1, 2, 3)),
    -- The order whose cards are renewed, or were handed over.
    source_order_id BIGINT,
    price_plan_id   TEXT REFERENCES price_plan (price_plan_id),
    -- The pool that an add-on package is for.
    sim_pool_id     BIGINT REFERENCES sim_pool (sim_pool_id),
    -- Cards, or packages of a pool.
    quantity        BIGINT NOT NULL CHECK (quantity >= 0),
    periods         INTEGER NOT NULL DEFAULT 1 CHECK (periods >= 1),
    price_cents     BIGINT NOT NULL DEFAULT 0 CHECK (price_cents >= 0),
    -- The last card that a renewal has done; it goes on from there after a crash.
    card_done       BIGINT NOT NULL DEFAULT 0,
    actor           TEXT NOT NULL,
    created_ms      BIGINT NOT NULL,
    finished_ms     BIGINT,
    PRIMARY KEY (account_id, order_id),
    CHECK ((status = 3) = (finished_ms IS NOT NULL))
);
-- An order has at most one renewal under way.
CREATE UNIQUE INDEX purchase_order_renewal ON purchase_order (account_id, source_order_id) WHERE status = 2;
CREATE INDEX purchase_order_by_id ON purchase_order (order_id);
INSERT INTO purchase_order (account_id, order_id, kind, status, quantity, actor, created_ms, finished_ms)
    SELECT account_id, order_id, 1, 3, COUNT(*), 'import', MIN(created_ms), MIN(created_ms)
    FROM sim_card WHERE order_id IS NOT NULL GROUP BY account_id, order_id;
CREATE INDEX sim_card_of_order ON sim_card (account_id, order_id, sim_card_id) WHERE order_id IS NOT NULL;

-- It waits for the card's plan in use to end.
ALTER TABLE sim_price_plan ADD COLUMN waiting SMALLINT NOT NULL DEFAULT 0 CHECK (waiting IN (0, 1));
CREATE INDEX sim_price_plan_waiting ON sim_price_plan (sim_card_id, sim_price_plan_id) WHERE waiting = 1;
-- The cycle, such as 202207, that an add-on package belongs to, or within which the plan took over from another.
ALTER TABLE sim_price_plan ADD COLUMN shares_cycle INTEGER;
CREATE INDEX sim_price_plan_sharing ON sim_price_plan (account_id, shares_cycle, sim_card_id)
    WHERE shares_cycle IS NOT NULL;

-- Flow that a forward pool was given on top in a cycle.
CREATE TABLE sim_pool_add_on (
    sim_pool_id BIGINT NOT NULL REFERENCES sim_pool (sim_pool_id),
    cycle       INTEGER NOT NULL,
    order_id    BIGINT NOT NULL,
    account_id  BIGINT NOT NULL,
    bytes       BIGINT NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (sim_pool_id, cycle, order_id)
){{without_rowid}};
