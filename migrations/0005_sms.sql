-- 0005 text messages: what was sent to which card and whether it arrived.
-- Why: the contract lists them by card and time; the text of a batch is stored once.

CREATE TABLE sms_batch (
    sms_batch_id BIGINT PRIMARY KEY,
    account_id   BIGINT NOT NULL REFERENCES account (account_id),
    content      TEXT NOT NULL,
    -- How many messages the content takes on its way.
    parts        SMALLINT NOT NULL CHECK (parts >= 1),
    template_id  BIGINT,
    actor        TEXT NOT NULL,
    created_ms   BIGINT NOT NULL
);

CREATE TABLE sms_message (
    sms_message_id BIGINT PRIMARY KEY,
    sms_batch_id   BIGINT NOT NULL REFERENCES sms_batch (sms_batch_id),
    account_id     BIGINT NOT NULL,
    sim_card_id    BIGINT NOT NULL,
    cid            TEXT NOT NULL,
    msisdn         TEXT,
    -- 1 sending, 2 delivered, 3 failed: the contract's.
    status         SMALLINT NOT NULL CHECK (status IN (1, 2, 3)),
    reference      TEXT,
    description    TEXT,
    sent_ms        BIGINT NOT NULL,
    received_ms    BIGINT,
    CHECK ((status = 2) = (received_ms IS NOT NULL))
);
CREATE INDEX sms_message_of_account ON sms_message (account_id, sms_message_id);
CREATE INDEX sms_message_of_card ON sms_message (account_id, cid, sms_message_id);
CREATE INDEX sms_message_by_time ON sms_message (account_id, sent_ms);
