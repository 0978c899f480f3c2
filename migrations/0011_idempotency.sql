-- 0011 idempotency: what became of writes that clients marked with a key of their own; text messages in order of time.
-- Why: a client that heard no answer sends the same request again, and it must have one effect and the same answer.

CREATE TABLE idempotency_key (
    account_id      BIGINT NOT NULL REFERENCES account (account_id),
    user_id         TEXT NOT NULL REFERENCES iam_user (user_id),
    idempotency_key TEXT NOT NULL,
    -- SHA-256 of method, path, query and body, in hexadecimal.
    request_digest  TEXT NOT NULL,
    -- 0 only within the transaction that carries the request out.
    status          INTEGER NOT NULL,
    -- The body, sealed under the master key: it may hold a secret.
    answer_sealed   TEXT NOT NULL,
    expires_ms      BIGINT NOT NULL,
    PRIMARY KEY (account_id, user_id, idempotency_key)
);
CREATE INDEX idempotency_key_by_expiry ON idempotency_key (expires_ms);

-- Text messages are listed by time: with the id, a page far down a million of them is found in the index alone.
CREATE INDEX sms_message_in_order ON sms_message (account_id, sent_ms, sms_message_id);
DROP INDEX sms_message_by_time;
