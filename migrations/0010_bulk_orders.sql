-- 0010 bulk orders: orders of any number of cards, which begin a few at a time.
-- Why: a hundred thousand cards are accepted in one commit, can be held or taken back at any moment, and never crowd out
-- the orders of one card.

CREATE TABLE bulk_order (
    work_order_id BIGINT PRIMARY KEY REFERENCES work_order (work_order_id),
    -- 0 its cards are begun, 1 it is held, 2 the rest is taken back, 3 the rest is rejected.
    state         SMALLINT NOT NULL CHECK (state BETWEEN 0 AND 3),
    -- Whether the same operation within five minutes is in its way; it is not in the way of a retry.
    spaced        SMALLINT NOT NULL CHECK (spaced IN (0, 1))
);

-- The cards of a bulk order at one carrier: a carrier that is slow holds up its own lane only.
CREATE TABLE bulk_lane (
    bulk_lane_id  BIGINT PRIMARY KEY,
    work_order_id BIGINT NOT NULL REFERENCES bulk_order (work_order_id),
    carrier       INTEGER NOT NULL,
    card_count    INTEGER NOT NULL,
    chunk_count   INTEGER NOT NULL,
    -- The chunk that is begun next.
    next_chunk    INTEGER NOT NULL DEFAULT 0,
    -- Cards that have a detail, and those of them that have ended.
    begun_count   INTEGER NOT NULL DEFAULT 0,
    ended_count   INTEGER NOT NULL DEFAULT 0,
    CHECK (next_chunk <= chunk_count AND ended_count <= begun_count AND begun_count <= card_count)
);
CREATE INDEX bulk_lane_of_order ON bulk_lane (work_order_id, bulk_lane_id);

-- The cards that were not begun yet, frozen when the order was placed: JSON of [id, sim_type, cid]. Gone once begun.
CREATE TABLE bulk_chunk (
    bulk_lane_id BIGINT NOT NULL REFERENCES bulk_lane (bulk_lane_id),
    chunk_number INTEGER NOT NULL,
    cards        TEXT NOT NULL,
    PRIMARY KEY (bulk_lane_id, chunk_number)
);

-- The lane that began the card; NULL in an order without lanes.
ALTER TABLE work_order_detail ADD COLUMN bulk_lane_id BIGINT;
-- The few open cards among the many of a large order.
CREATE INDEX work_order_detail_open_of_order ON work_order_detail (work_order_id, stage) WHERE status = 2;
