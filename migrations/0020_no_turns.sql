-- 0020 no turns: claims pass over jobs that others have locked.
-- Why: nobody waits for a turn any more, so the row that was waited for goes.

DROP TABLE job_turn;
