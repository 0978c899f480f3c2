-- 0009 change feed: what readers of the change log need: an index an account, and how far the log was swept.
-- Why: clients read the log in order and must be told when what they ask for is kept no longer.

CREATE INDEX change_log_of_account ON change_log (account_id, sequence);

-- Rows up to and including swept_to may be gone.
CREATE TABLE change_feed (
    only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
    swept_to BIGINT NOT NULL
);
INSERT INTO change_feed (only_row, swept_to) VALUES (1, 0);
