//! The way into the queue: enqueueing in the caller's transaction, the bound on its length, and the wake-up after.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use simlink_db::{Db, DbError, Tx, params};
use tokio::sync::watch;

use crate::{
    Enqueued, JobError, NewJob,
    limits::{
        FULL_BELIEVED_MS, KEY_BYTES_MAX, NAME_BYTES_MAX, OPEN_JOBS_MAX, PAYLOAD_BYTES_MAX, WAKE_TRIES_MAX,
    },
};

/// What processes tell each other on that there are jobs.
const CHANNEL: &str = "simlink_jobs";

/// What enqueueing needs to know. Clones share it; a process has one.
#[derive(Clone)]
pub struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    open_max: u64,
    open_max_of: HashMap<&'static str, u64>,
    rooms: Mutex<HashMap<&'static str, Room>>,
    /// Workers of this process are to look.
    woken: watch::Sender<()>,
    /// Those of other processes are.
    rung: watch::Sender<()>,
}

/// How much of a kind may be enqueued before it is counted again: counting at each would cost more than the enqueueing.
#[derive(Clone, Copy)]
struct Room {
    left: u64,
    /// The count left none.
    full: bool,
    counted_ms: i64,
}

impl Default for Queue {
    fn default() -> Self {
        Queue::new(OPEN_JOBS_MAX, &[])
    }
}

impl Queue {
    /// A queue in which at most `open_max` jobs of a kind are open (queued, running or parked), or as many as
    /// `open_max_of` says for that kind.
    ///
    /// The bound is exact in one process that enqueues one by one. Transactions at the same time may exceed it by as many
    /// as there are, other processes by an eighth each; after jobs ended it may still refuse for
    /// [`FULL_BELIEVED_MS`].
    pub fn new(open_max: u64, open_max_of: &[(&'static str, u64)]) -> Queue {
        let open_max_of = open_max_of.iter().copied().collect();
        let (woken, rung) = (watch::Sender::new(()), watch::Sender::new(()));
        Queue { inner: Arc::new(Inner { open_max, open_max_of, rooms: Mutex::default(), woken, rung }) }
    }

    /// Adds a job in this transaction, unless one of the same kind and key is open.
    ///
    /// # Errors
    /// [`JobError::QueueFull`], [`JobError::Invalid`] for names that are too long, and those of the database.
    pub fn enqueue(&self, tx: &mut Tx<'_>, job: &NewJob<'_>, now_ms: i64) -> Result<Enqueued, JobError> {
        check(job)?;
        self.take_room(tx, job.kind, now_ms)?;
        let job_id = tx.reserve_ids(1)?;
        let added = tx.execute(
            "INSERT INTO job (job_id, kind, unique_key, payload, account_id, priority, state, run_at_ms, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8) ON CONFLICT DO NOTHING",
            params![
                job_id,
                job.kind,
                job.key,
                job.payload,
                job.account,
                job.priority.number(),
                job.run_at_ms,
                now_ms
            ],
        )?;
        Ok(if added == 1 { Enqueued::New { job_id } } else { Enqueued::AlreadyOpen })
    }

    /// Adds a job with a key, or sees to it that the open one of that kind and key runs once more from
    /// [`NewJob::run_at_ms`] on: one that is queued is due by then, one that is running is queued again when its attempt
    /// ends, one that is parked is resumed.
    ///
    /// # Errors
    /// As [`Queue::enqueue`]; a full queue refuses only what would be added.
    pub fn enqueue_or_wake(
        &self,
        tx: &mut Tx<'_>,
        job: &NewJob<'_>,
        now_ms: i64,
    ) -> Result<Enqueued, JobError> {
        let Some(key) = job.key else {
            return Err(JobError::Invalid(format!("waking a job of {} needs its key", job.kind)));
        };
        for _ in 0..WAKE_TRIES_MAX {
            let woken = tx.execute(
                "UPDATE job SET \
                 run_at_ms = CASE WHEN state = 1 OR (state = 0 AND run_at_ms <= $3) THEN run_at_ms ELSE $3 END, \
                 wake_ms = CASE WHEN state = 1 AND (wake_ms IS NULL OR wake_ms > $3) THEN $3 ELSE wake_ms END, \
                 failures = CASE WHEN state = 2 THEN 0 ELSE failures END, \
                 state = CASE WHEN state = 2 THEN 0 ELSE state END \
                 WHERE kind = $1 AND unique_key = $2",
                params![job.kind, key, job.run_at_ms],
            )?;
            if woken == 1 {
                return Ok(Enqueued::AlreadyOpen);
            }
            // Between the two statements another transaction may add or end such a job.
            if let added @ Enqueued::New { .. } = self.enqueue(tx, job, now_ms)? {
                return Ok(added);
            }
        }
        Err(DbError::Conflict.into())
    }

    /// Tells the workers to look now: those of this process, and through [`Queue::exchange_signals`] those of others. To be
    /// called after the commit; a wake-up is never lost in this process, and one too many does no harm. Call it too
    /// when the clock was moved.
    pub fn wake(&self) {
        self.inner.rung.send_replace(());
        self.inner.woken.send_replace(());
    }

    /// Has the processes on this database wake each other's workers; `heard` is called beside that. Goes on until it is
    /// dropped. A signal that is lost is made up for by the poll.
    pub async fn exchange_signals(&self, db: &Db, heard: impl Fn() + Send + Sync) {
        let woken = &self.inner.woken;
        let look = || {
            woken.send_replace(());
            heard();
        };
        db.exchange_signals(CHANNEL, self.inner.rung.subscribe(), look).await;
    }

    pub(crate) fn wake_ups(&self) -> watch::Receiver<()> {
        self.inner.woken.subscribe()
    }

    fn take_room(&self, tx: &mut Tx<'_>, kind: &'static str, now_ms: i64) -> Result<(), JobError> {
        let max = self.inner.open_max_of.get(kind).copied().unwrap_or(self.inner.open_max);
        let full = || JobError::QueueFull { kind: kind.to_owned(), max };
        if let Some(room) = self.inner.rooms.lock().get_mut(kind) {
            if room.left > 0 {
                room.left -= 1;
                return Ok(());
            }
            if room.full && now_ms.abs_diff(room.counted_ms) < FULL_BELIEVED_MS.unsigned_abs() {
                return Err(full());
            }
        }
        let bound = i64::try_from(max).unwrap_or(i64::MAX);
        let open: i64 = tx.get(
            "SELECT COUNT(*) FROM (SELECT 1 AS one FROM job WHERE kind = $1 LIMIT $2) AS counted",
            params![kind, bound],
            |row| row.get(0),
        )?;
        let left = max.saturating_sub(open.unsigned_abs()).min((max / 8).max(1));
        let room = Room { left: left.saturating_sub(1), full: left == 0, counted_ms: now_ms };
        self.inner.rooms.lock().insert(kind, room);
        if room.full { Err(full()) } else { Ok(()) }
    }
}

fn check(job: &NewJob<'_>) -> Result<(), JobError> {
    let texts = [
        ("kind", job.kind, NAME_BYTES_MAX),
        ("key", job.key.unwrap_or_default(), KEY_BYTES_MAX),
        ("payload", job.payload, PAYLOAD_BYTES_MAX),
    ];
    for (what, text, bytes_max) in texts {
        if text.len() > bytes_max || text.contains('\0') {
            let kind: String = job.kind.chars().take(NAME_BYTES_MAX).collect();
            return Err(JobError::Invalid(format!(
                "the {what} of a job of kind {kind:?} must have at most {bytes_max} bytes, none of them NUL"
            )));
        }
    }
    Ok(())
}
