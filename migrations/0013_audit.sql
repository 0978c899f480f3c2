-- 0013 audit: who did what, from where, by which request, what was and what is; chained, so that nothing of it is altered unseen.
-- Why: the log of changes is swept after a while and holds no proof of itself.

-- The request and the address behind a change, where it came by a request.
ALTER TABLE change_log ADD COLUMN origin TEXT;

CREATE TABLE audit_entry (
    entry_number BIGINT PRIMARY KEY,
    sequence     BIGINT NOT NULL,
    account_id   BIGINT,
    subject      TEXT NOT NULL,
    subject_ids  TEXT NOT NULL,
    kind         TEXT NOT NULL,
    detail       TEXT,
    actor        TEXT NOT NULL,
    origin       TEXT,
    created_ms   BIGINT NOT NULL,
    -- HMAC-SHA256 over the hash before and this row.
    hash         TEXT NOT NULL
);
CREATE INDEX audit_entry_of_account ON audit_entry (account_id, entry_number);

-- The end of the chain, and how far it has followed the log.
CREATE TABLE audit_chain (
    only_row     SMALLINT PRIMARY KEY CHECK (only_row = 1),
    entry_number BIGINT NOT NULL,
    sequence     BIGINT NOT NULL,
    hash         TEXT NOT NULL
);
INSERT INTO audit_chain (only_row, entry_number, sequence, hash) VALUES (1, 0, 0, '');
