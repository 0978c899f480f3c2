-- 0006 usage: what cards used, by day and by billing cycle, the files it came in, and the state of pools.
-- Why: days are the truth; cycles, cards and pools show sums of them that can be rebuilt at any time.

-- A file that was received. Its id is its place in the order of receipt: of two words on a day the later file's holds.
CREATE TABLE usage_file (
    usage_file_id BIGINT PRIMARY KEY,
    sha256        TEXT NOT NULL UNIQUE,
    -- The last line that is applied; applying goes on from there after a crash.
    line_done     BIGINT NOT NULL,
    -- NULL while it is not applied to its end.
    finished_ms   BIGINT,
    -- Bad lines that were left out; a file that has some may be sent again.
    left_out      BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    received_ms   BIGINT NOT NULL
);

-- Whoever applies usage updates this row first: on PostgreSQL appliers take turns, so that each sees what the others
-- wrote before it works out differences.
CREATE TABLE usage_turn (
    only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
    turns    BIGINT NOT NULL
);
INSERT INTO usage_turn (only_row, turns) VALUES (1, 0);

-- Bytes of a card on a business day: month 202207 and day 1 to 31. A three-network card may use several networks on
-- a day: 0 is the card's own ICCID, 1 to 3 those it has at the carriers. usage_file_id 0: what the card was imported with.
CREATE TABLE usage_day (
    month         INTEGER NOT NULL,
    sim_card_id   BIGINT NOT NULL,
    day           SMALLINT NOT NULL CHECK (day BETWEEN 1 AND 31),
    network       SMALLINT NOT NULL CHECK (network BETWEEN 0 AND 3),
    account_id    BIGINT NOT NULL,
    bytes         BIGINT NOT NULL CHECK (bytes >= 0),
    usage_file_id BIGINT NOT NULL,
    PRIMARY KEY (month, sim_card_id, day, network)
){{without_rowid}};

-- Bytes of a card in a billing cycle, named by the month it ends in: the sum of its days.
CREATE TABLE usage_cycle (
    cycle       INTEGER NOT NULL,
    sim_card_id BIGINT NOT NULL,
    account_id  BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    PRIMARY KEY (sim_card_id, cycle)
){{without_rowid}};

-- The cycle that the flows of cards stand in, by the day of the month on which their carriers' cycles begin.
CREATE TABLE usage_standing (
    start_day SMALLINT PRIMARY KEY CHECK (start_day BETWEEN 1 AND 28),
    cycle     INTEGER NOT NULL
);

-- Usage files name a three-network card by any of its ICCIDs, with or without the check digit.
CREATE INDEX multi_sim_by_mobile_19 ON multi_sim (substr(iccid_mobile, 1, 19));
CREATE INDEX multi_sim_by_telcom_19 ON multi_sim (substr(iccid_telcom, 1, 19));
CREATE INDEX multi_sim_by_unicom_19 ON multi_sim (substr(iccid_unicom, 1, 19));

CREATE INDEX sim_card_of_pool ON sim_card (account_id, sim_pool_id, sim_card_id) WHERE sim_pool_id IS NOT NULL;
-- 2 in use, -1 stopped, -2 abandoned.
ALTER TABLE sim_pool ADD COLUMN pool_status SMALLINT NOT NULL DEFAULT 2 CHECK (pool_status IN (2, -1, -2));
ALTER TABLE sim_pool ADD COLUMN status_ms BIGINT;
