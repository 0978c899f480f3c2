-- 0012 webhooks: where clients want to be told of changes, and what became of each event there.
-- Why: an endpoint reads the log at its own pace, so each has a cursor of its own; its events are rows until they are delivered.

CREATE TABLE webhook_endpoint (
    endpoint_id       BIGINT PRIMARY KEY,
    account_id        BIGINT NOT NULL REFERENCES account (account_id),
    url               TEXT NOT NULL,
    description       TEXT NOT NULL,
    event_types       TEXT NOT NULL,
    -- 1 CloudEvents, 2 the push form, 3 the push form with many cards in one.
    form              SMALLINT NOT NULL CHECK (form IN (1, 2, 3)),
    -- 1 active, 2 disabled by a user, 3 disabled because it failed for too long.
    status            SMALLINT NOT NULL CHECK (status IN (1, 2, 3)),
    sealed_secret     TEXT NOT NULL,
    -- Changes up to this sequence have become events.
    position_sequence BIGINT NOT NULL,
    -- Rounds in which everything failed, in a row; since when, and until when nothing is sent.
    failures          BIGINT NOT NULL,
    failing_since_ms  BIGINT,
    paused_until_ms   BIGINT NOT NULL,
    last_error        TEXT,
    last_success_ms   BIGINT,
    created_ms        BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_of_account ON webhook_endpoint (account_id, endpoint_id);

CREATE TABLE webhook_delivery (
    endpoint_id     BIGINT NOT NULL REFERENCES webhook_endpoint (endpoint_id),
    -- The change, and which of its ids: together the event's id.
    sequence        BIGINT NOT NULL,
    place           BIGINT NOT NULL,
    -- Events of one key are delivered in their order.
    ordering_key    TEXT NOT NULL,
    event_type      TEXT NOT NULL,
    -- 1 pending, 2 delivered, 3 given up.
    state           SMALLINT NOT NULL CHECK (state IN (1, 2, 3)),
    attempts        BIGINT NOT NULL,
    next_ms         BIGINT NOT NULL,
    first_tried_ms  BIGINT,
    last_tried_ms   BIGINT,
    last_status     BIGINT,
    last_error      TEXT,
    duration_ms     BIGINT,
    created_ms      BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, sequence, place)
){{without_rowid}};
CREATE INDEX webhook_delivery_pending ON webhook_delivery (endpoint_id, sequence, place) WHERE state = 1;
CREATE INDEX webhook_delivery_of_key ON webhook_delivery (endpoint_id, ordering_key, sequence, place) WHERE state = 1;
CREATE INDEX webhook_delivery_by_sequence ON webhook_delivery (sequence);
