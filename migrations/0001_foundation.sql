-- 0001 foundation: accounts and sign-in, the catalogue of plans, the fleet, the change log.
-- Why: everything else refers to these rows. One text for SQLite and PostgreSQL; see docs on portable SQL in crates/db.

CREATE TABLE account (
    account_id   BIGINT PRIMARY KEY,
    domain_id    TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL UNIQUE,
    frozen       SMALLINT NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
    -- Requests per second of the three allowances; NULL takes the configuration's.
    flow_control TEXT,
    created_ms   BIGINT NOT NULL
);

CREATE TABLE project (
    project_id TEXT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    name       TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE iam_user (
    user_id       TEXT PRIMARY KEY,
    account_id    BIGINT NOT NULL REFERENCES account (account_id),
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('admin', 'viewer', 'operator')),
    password_hash TEXT NOT NULL,
    enabled       SMALLINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_ms    BIGINT NOT NULL,
    UNIQUE (account_id, name)
);

CREATE TABLE access_key (
    access_key    TEXT PRIMARY KEY,
    account_id    BIGINT NOT NULL REFERENCES account (account_id),
    user_id       TEXT NOT NULL REFERENCES iam_user (user_id),
    secret_sealed TEXT NOT NULL,
    active        SMALLINT NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    description   TEXT NOT NULL DEFAULT '',
    created_ms    BIGINT NOT NULL
);
CREATE INDEX access_key_of_user ON access_key (user_id);

-- A token itself is never stored, only the SHA-256 of it in hex.
CREATE TABLE token (
    token_hash   TEXT PRIMARY KEY,
    account_id   BIGINT NOT NULL REFERENCES account (account_id),
    user_id      TEXT NOT NULL REFERENCES iam_user (user_id),
    project_id   TEXT REFERENCES project (project_id),
    domain_scope SMALLINT NOT NULL DEFAULT 0 CHECK (domain_scope IN (0, 1)),
    issued_ms    BIGINT NOT NULL,
    expires_ms   BIGINT NOT NULL
);
CREATE INDEX token_of_user ON token (user_id);
CREATE INDEX token_by_expiry ON token (expires_ms);

-- The catalogue of the service: the 16 members of ProPricePlanVo and what the list filters by.
CREATE TABLE price_plan (
    price_plan_id      TEXT PRIMARY KEY,
    price_plan_name    TEXT NOT NULL,
    description        TEXT,
    flow_total_mb      BIGINT NOT NULL CHECK (flow_total_mb >= 0),
    package_type       SMALLINT NOT NULL CHECK (package_type IN (1, 2)),
    period             INTEGER NOT NULL CHECK (period >= 1),
    period_type        SMALLINT NOT NULL CHECK (period_type IN (10, 20, 30, 40, 50)),
    effect_type        SMALLINT NOT NULL CHECK (effect_type IN (1, 2, 3)),
    silent_period_day  INTEGER NOT NULL DEFAULT 0,
    silent_period_unit SMALLINT NOT NULL DEFAULT 2 CHECK (silent_period_unit IN (1, 2, 3)),
    auto_renew         SMALLINT NOT NULL DEFAULT 0 CHECK (auto_renew IN (0, 1)),
    location_desc      TEXT,
    location_type      SMALLINT NOT NULL CHECK (location_type BETWEEN 1 AND 5),
    sim_type           SMALLINT NOT NULL CHECK (sim_type IN (1, 2, 3)),
    carrier_type       INTEGER NOT NULL,
    price_cents        BIGINT NOT NULL CHECK (price_cents >= 0),
    network_type       SMALLINT NOT NULL DEFAULT 1 CHECK (network_type IN (1, 2)),
    country_type       SMALLINT,
    created_ms         BIGINT NOT NULL
);

CREATE TABLE sim_pool (
    account_id        BIGINT NOT NULL REFERENCES account (account_id),
    sim_pool_id       BIGINT PRIMARY KEY,
    pool_name         TEXT NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN ('forward', 'back')),
    price_plan_id     TEXT NOT NULL REFERENCES price_plan (price_plan_id),
    effective_ms      BIGINT NOT NULL,
    threshold_bytes   BIGINT,
    -- The purchase order whose cards opened the pool; NULL while it has no member.
    order_id          BIGINT,
    created_ms        BIGINT NOT NULL,
    modified_ms       BIGINT NOT NULL,
    UNIQUE (account_id, pool_name)
);

CREATE TABLE sim_card (
    sim_card_id            BIGINT PRIMARY KEY,
    account_id             BIGINT NOT NULL REFERENCES account (account_id),
    cid                    TEXT NOT NULL UNIQUE,
    iccid                  TEXT NOT NULL UNIQUE,
    imsi                   TEXT,
    msisdn                 TEXT,
    imei                   TEXT,
    sim_type               SMALLINT NOT NULL CHECK (sim_type IN (1, 2, 3)),
    carrier                INTEGER NOT NULL,
    sim_status             SMALLINT NOT NULL CHECK (sim_status IN (10, 11, 13, 14, 20, 30)),
    operator_status        SMALLINT NOT NULL CHECK (operator_status IN (-1, 1, 2, 3, 4, 5, 6, 7)),
    real_named             SMALLINT NOT NULL DEFAULT 0 CHECK (real_named IN (0, 1)),
    cut_net                SMALLINT NOT NULL DEFAULT 0 CHECK (cut_net IN (0, 1)),
    exceed_cut_net         SMALLINT NOT NULL DEFAULT 0 CHECK (exceed_cut_net IN (0, 1)),
    exceed_cut_net_quota   INTEGER,
    imei_bind_remain_times INTEGER,
    speed_value            INTEGER,
    sms_enabled            SMALLINT NOT NULL DEFAULT 0 CHECK (sms_enabled IN (0, 1)),
    device_status          SMALLINT CHECK (device_status BETWEEN 1 AND 4),
    device_status_ms       BIGINT,
    device_model           TEXT,
    node_id                TEXT,
    network_type           TEXT,
    dbm                    TEXT,
    signal_level           TEXT,
    order_id               BIGINT,
    sim_pool_id            BIGINT REFERENCES sim_pool (sim_pool_id),
    pool_flag              SMALLINT NOT NULL DEFAULT 0 CHECK (pool_flag IN (0, 1, 2, 11, 12)),
    price_plan_id          TEXT REFERENCES price_plan (price_plan_id),
    sim_price_plan_id      BIGINT,
    act_ms                 BIGINT,
    expire_ms              BIGINT,
    -- Bytes of the running cycle; NULL where the card has never been in use.
    flow_used              BIGINT,
    flow_left              BIGINT,
    customer_attribute1    TEXT,
    customer_attribute2    TEXT,
    customer_attribute3    TEXT,
    customer_attribute4    TEXT,
    customer_attribute5    TEXT,
    customer_attribute6    TEXT,
    created_ms             BIGINT NOT NULL
);
CREATE INDEX sim_card_of_account ON sim_card (account_id, sim_card_id);
-- A 19-digit ICCID is its 20-digit form without the check digit: both name the same card.
CREATE UNIQUE INDEX sim_card_by_iccid_19 ON sim_card (substr(iccid, 1, 19));

-- A three-network card: one card, three ICCIDs, the carrier it is on.
CREATE TABLE multi_sim (
    sim_card_id              BIGINT PRIMARY KEY REFERENCES sim_card (sim_card_id),
    account_id               BIGINT NOT NULL REFERENCES account (account_id),
    version                  SMALLINT NOT NULL CHECK (version IN (1, 2)),
    iccid_mobile             TEXT UNIQUE,
    iccid_unicom             TEXT UNIQUE,
    iccid_telcom             TEXT UNIQUE,
    online_carrier           SMALLINT NOT NULL CHECK (online_carrier IN (1, 2, 3)),
    network_switch_policy_id BIGINT
);
CREATE INDEX multi_sim_of_account ON multi_sim (account_id, sim_card_id);

-- account_id NULL: a policy of the system (type 0), visible to every account.
CREATE TABLE network_switch_policy (
    network_switch_policy_id BIGINT PRIMARY KEY,
    account_id               BIGINT REFERENCES account (account_id),
    policy_name              TEXT NOT NULL,
    version                  SMALLINT NOT NULL CHECK (version IN (1, 2)),
    preferred_carrier        SMALLINT,
    least_preferred_carrier  SMALLINT,
    optimal_signal           SMALLINT NOT NULL DEFAULT 0 CHECK (optimal_signal IN (0, 1)),
    auto_switch              SMALLINT NOT NULL DEFAULT 0 CHECK (auto_switch IN (0, 1)),
    weak_signal_switch       SMALLINT CHECK (weak_signal_switch IN (0, 1)),
    connect_ip               TEXT,
    switch_order             TEXT,
    blacklist                SMALLINT NOT NULL DEFAULT 0 CHECK (blacklist BETWEEN 0 AND 3),
    enabled                  SMALLINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    used                     SMALLINT NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    created_ms               BIGINT NOT NULL,
    modified_ms              BIGINT NOT NULL
);
CREATE UNIQUE INDEX network_switch_policy_by_name ON network_switch_policy (account_id, policy_name);

-- 1698825600000 is 2023-11-01T08:00:00Z, the day of the seed's example.
INSERT INTO network_switch_policy
    (network_switch_policy_id, account_id, policy_name, version, preferred_carrier, least_preferred_carrier,
     optimal_signal, auto_switch, weak_signal_switch, connect_ip, switch_order, blacklist, enabled, used,
     created_ms, modified_ms)
VALUES
    (1, NULL, '默认策略', 1, 3, 2, 0, 1, 1, NULL, NULL, 0, 1, 1, 1698825600000, 1698825600000),
    (2, NULL, '默认策略无SDK版', 2, NULL, NULL, 0, 0, NULL, NULL, '3,1,2', 0, 1, 1, 1698825600000, 1698825600000);

CREATE TABLE tag (
    tag_id     BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    tag_name   TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (account_id, tag_name)
);

CREATE TABLE sim_tag (
    account_id  BIGINT NOT NULL REFERENCES account (account_id),
    sim_card_id BIGINT NOT NULL REFERENCES sim_card (sim_card_id),
    tag_id      BIGINT NOT NULL REFERENCES tag (tag_id),
    PRIMARY KEY (account_id, sim_card_id, tag_id)
){{without_rowid}};
CREATE INDEX sim_tag_by_tag ON sim_tag (account_id, tag_id);

CREATE TABLE attribute (
    attribute_id   BIGINT PRIMARY KEY,
    account_id     BIGINT NOT NULL REFERENCES account (account_id),
    slot           SMALLINT NOT NULL CHECK (slot BETWEEN 1 AND 6),
    cust_attr_name TEXT NOT NULL,
    enabled        SMALLINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_ms     BIGINT NOT NULL,
    modified_ms    BIGINT NOT NULL,
    UNIQUE (account_id, slot),
    UNIQUE (account_id, cust_attr_name)
);

-- A plan that a card has: what GET /v1/sim-price-plans lists.
CREATE TABLE sim_price_plan (
    sim_price_plan_id BIGINT PRIMARY KEY,
    account_id        BIGINT NOT NULL REFERENCES account (account_id),
    sim_card_id       BIGINT NOT NULL REFERENCES sim_card (sim_card_id),
    price_plan_id     TEXT NOT NULL REFERENCES price_plan (price_plan_id),
    status            SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 6),
    order_id          BIGINT,
    created_ms        BIGINT NOT NULL,
    active_ms         BIGINT,
    stop_ms           BIGINT,
    flow_total        BIGINT NOT NULL,
    flow_used         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sim_price_plan_of_card ON sim_price_plan (account_id, sim_card_id, sim_price_plan_id);
CREATE INDEX sim_price_plan_of_account ON sim_price_plan (account_id, sim_price_plan_id);

-- The spine: one row for whatever changed, in the transaction that changed it; bulk work writes one row a chunk
-- with the ids it touched. transaction_id orders rows by commit on PostgreSQL (see changes/ in crates/server).
CREATE TABLE change_log (
    sequence       BIGINT PRIMARY KEY,
    transaction_id BIGINT NOT NULL,
    account_id     BIGINT,
    subject        TEXT NOT NULL,
    subject_ids    TEXT NOT NULL,
    kind           TEXT NOT NULL,
    detail         TEXT,
    actor          TEXT NOT NULL,
    created_ms     BIGINT NOT NULL
);
CREATE INDEX change_log_by_commit ON change_log (transaction_id, sequence);
