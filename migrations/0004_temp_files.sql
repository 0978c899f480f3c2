-- 0004 temp files: lists of cards that clients upload and name by id within a day.
-- Why: setting tags, attributes and sending messages takes them where a list is too long for a request.

CREATE TABLE temp_file (
    file_temp_id BIGINT PRIMARY KEY,
    account_id   BIGINT NOT NULL REFERENCES account (account_id),
    row_count    INTEGER NOT NULL CHECK (row_count >= 1),
    -- The lines as read and checked, written anew as CSV.
    content      TEXT NOT NULL,
    created_ms   BIGINT NOT NULL,
    expires_ms   BIGINT NOT NULL
);
CREATE INDEX temp_file_of_account ON temp_file (account_id, file_temp_id);
CREATE INDEX temp_file_by_expiry ON temp_file (expires_ms);
