-- 0015 console: sessions of people beside the tokens of programs, and what an account used in a day.
-- Why: a session must not end a program's token; the overview shows a trend without reading every card's days.

ALTER TABLE token ADD COLUMN session SMALLINT NOT NULL DEFAULT 0 CHECK (session IN (0, 1));

-- Bytes of all cards of an account on a business day, a date such as 20220731: the sum of usage_day, kept by
-- differences.
CREATE TABLE usage_of_account (
    account_id BIGINT NOT NULL,
    date       INTEGER NOT NULL,
    bytes      BIGINT NOT NULL,
    PRIMARY KEY (account_id, date)
){{without_rowid}};
INSERT INTO usage_of_account (account_id, date, bytes)
    SELECT account_id, month * 100 + day, CAST(SUM(bytes) AS BIGINT) FROM usage_day GROUP BY account_id, month, day;
