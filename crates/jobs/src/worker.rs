//! The worker: claims what is due, runs it side by side within its limits, and stops in good order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::tz::TimeZone;
use simlink_db::{Db, DbError, Tx};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::Instant,
};

use crate::{
    Clock, JobError, Queue, Random, Registry, attempt,
    claims::{self, Look, Wanted},
    context::lease_until_ms,
    limits::{CLAIM_JOBS_MAX, LOCKED_WAIT_MS, WorkerLimits},
    schedule,
};

/// How long jobs that were cut off may take to be put back: a write.
const PUT_BACK_WAIT: Duration = Duration::from_secs(1);

/// What a worker is made of.
pub struct WorkerParts {
    /// The database.
    pub db: Db,
    /// The queue of this process.
    pub queue: Queue,
    /// What it runs.
    pub registry: Registry,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What spreads the waits after failures.
    pub random: Random,
    /// The zone of daily schedules.
    pub zone: TimeZone,
    /// What this process is called, for the operator.
    pub owner: String,
    /// Its limits.
    pub limits: WorkerLimits,
}

/// A worker. Clones are the same one; a process needs one, and may have several.
#[derive(Clone)]
pub struct Worker {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub parts: WorkerParts,
    pub stopping: watch::Sender<bool>,
    /// The wait for running jobs is over.
    pub cut_off: watch::Sender<bool>,
    /// Room for running jobs: of all kinds, and of each kind of the registry.
    room: Arc<Semaphore>,
    room_of: Vec<Arc<Semaphore>>,
    running_max: u32,
    /// Rises with each claim, so that the kinds take turns in being first.
    rotation: AtomicUsize,
}

/// The room that a running job takes up, given back when dropped.
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_kind: OwnedSemaphorePermit,
}

/// What a round did and left.
struct Round {
    claimed: u64,
    /// Jobs were due when it looked, whether claimed or not.
    due: bool,
    /// When the next look is worthwhile if nothing happens before.
    wait: Duration,
}

impl Worker {
    /// A worker at rest.
    pub fn new(parts: WorkerParts) -> Worker {
        let running_max = u16::try_from(parts.limits.running_max.max(1)).unwrap_or(u16::MAX);
        let room_of = |concurrent_max: usize| Semaphore::new(concurrent_max.min(usize::from(running_max)));
        let kinds = parts.registry.kinds.iter();
        let (stopping, _) = watch::channel(false);
        let (cut_off, _) = watch::channel(false);
        Worker {
            inner: Arc::new(Inner {
                room: Arc::new(Semaphore::new(usize::from(running_max))),
                room_of: kinds.map(|kind| Arc::new(room_of(kind.settings.concurrent_max))).collect(),
                running_max: u32::from(running_max),
                rotation: AtomicUsize::new(0),
                stopping,
                cut_off,
                parts,
            }),
        }
    }

    /// Runs jobs and schedules until [`Worker::stop`], then waits up to
    /// [`stop_wait_ms`](WorkerLimits::stop_wait_ms) for the running ones and cuts off the rest, which are put back: due
    /// at once, as an attempt that may have done anything. Gives how many those were.
    pub async fn run(&self) -> usize {
        let inner = &self.inner;
        let limits = &inner.parts.limits;
        let mut woken = inner.parts.queue.wake_ups();
        let mut stopping = inner.stopping.subscribe();
        let mut running = JoinSet::new();
        let mut failing = false;
        while !*stopping.borrow_and_update() {
            woken.borrow_and_update();
            let round = inner.round(&mut running).await;
            if let Err(error) = &round
                && !failing
            {
                tracing::error!(cause = %error, "jobs cannot be claimed");
            }
            failing = round.is_err();
            let wait = match round {
                Ok(round) if round.claimed > 0 => continue,
                Ok(round) => round.wait,
                Err(_) => Duration::from_millis(limits.poll_ms),
            };
            tokio::select! {
                _ = stopping.changed() => {}
                _ = woken.changed() => {}
                Some(_) = running.join_next() => while running.try_join_next().is_some() {},
                () = tokio::time::sleep(wait) => {}
            }
        }
        let all = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_millis(limits.stop_wait_ms), all).await.is_ok() {
            return 0;
        }
        let cut_off = running.len();
        inner.cut_off.send_replace(true);
        // What cannot be put back in time is dropped with the set, and its lease runs out.
        let put_back = async { while running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(PUT_BACK_WAIT, put_back).await;
        cut_off
    }

    /// Asks [`Worker::run`] to end: nothing is claimed any more, what was claimed but not begun is given back. A worker
    /// that was stopped stays so.
    pub fn stop(&self) {
        self.inner.stopping.send_replace(true);
    }

    /// Runs whatever is due by the clock, and what that makes due, until nothing is; for tests and the sandbox. It also
    /// waits for jobs that [`Worker::run`] of the same worker is at, but not for those of other processes.
    /// Gives how many jobs it ran.
    ///
    /// # Errors
    /// [`JobError::Restless`] after [`idle_jobs_max`](WorkerLimits::idle_jobs_max), and those of the database.
    pub async fn run_until_idle(&self) -> Result<u64, JobError> {
        let inner = &self.inner;
        let mut running = JoinSet::new();
        let (mut ran, mut rounds) = (0, 0);
        while ran.max(rounds) < inner.parts.limits.idle_jobs_max {
            // Asked before the look: what runs meanwhile may end just after it, and leave something due.
            let quiet = inner.is_quiet();
            let round = inner.round(&mut running).await?;
            (ran, rounds) = (ran + round.claimed, rounds + 1);
            if running.join_next().await.is_some() {
                while running.try_join_next().is_some() {}
            } else if !inner.waited_for_others().await {
                if round.due {
                    // Another transaction is at it, and ends soon.
                    tokio::time::sleep(Duration::from_millis(LOCKED_WAIT_MS)).await;
                } else if quiet {
                    return Ok(ran);
                }
            }
        }
        while running.join_next().await.is_some() {}
        Err(JobError::Restless { ran })
    }
}

impl Inner {
    /// Looks, fires schedules, puts back what lost its lease, claims what there is room for and begins it.
    async fn round(self: &Arc<Self>, running: &mut JoinSet<()>) -> Result<Round, JobError> {
        let kinds = &self.parts.registry.kinds;
        if kinds.is_empty() {
            let wait = Duration::from_millis(self.parts.limits.poll_ms);
            return Ok(Round { claimed: 0, due: false, wait });
        }
        let mut looks = self.look().await?;
        if self.tend(&looks).await? {
            looks = self.look().await?;
        }
        let now_ms = self.parts.clock.now_ms();
        let wait = self.wait(&looks, now_ms);
        if *self.stopping.borrow() {
            return Ok(Round { claimed: 0, due: false, wait });
        }
        let (wanted, mut places) = self.take_room(&looks, now_ms);
        let mut claimed = 0;
        if !wanted.is_empty() {
            let begun = Instant::now();
            let owner = self.parts.owner.clone();
            for job in self.parts.db.write(move |tx| claims::claim(tx, &wanted, &owner, now_ms)).await? {
                let Some(index) = kinds.iter().position(|kind| kind.name == job.kind) else { continue };
                let place = places[index].pop();
                running.spawn(attempt::run(Arc::clone(self), index, job, begun, place));
                claimed += 1;
            }
        }
        let due = looks.iter().any(|look| look.due(now_ms).is_some());
        Ok(Round { claimed, due, wait })
    }

    async fn look(&self) -> Result<Vec<Look>, DbError> {
        let names: Vec<_> = self.parts.registry.names().collect();
        self.parts.db.read(move |tx| claims::look(tx, &names)).await
    }

    /// Fires due schedules and puts back what lost its lease; gives whether there was anything.
    async fn tend(&self, looks: &[Look]) -> Result<bool, JobError> {
        let parts = &self.parts;
        let (now_ms, lease_now_ms) = (parts.clock.now_ms(), parts.clock.lease_now_ms());
        let mut changed = false;
        for (kind, look) in parts.registry.kinds.iter().zip(looks) {
            let (name, attempts_max) = (kind.name, kind.settings.attempts_max);
            if look.lease_ms.is_some_and(|lease_ms| lease_ms <= lease_now_ms) {
                let expire = move |tx: &mut Tx<'_>| claims::expire(tx, name, attempts_max, lease_now_ms);
                let expired = parts.db.write(expire).await?;
                if expired > 0 {
                    tracing::warn!(kind = name, expired, "jobs lost their lease and were put back");
                }
                changed |= expired > 0;
            }
            if look.schedule_ms.is_some_and(|schedule_ms| schedule_ms <= now_ms) {
                // Whoever fires it: what it enqueued is to be seen.
                changed = true;
                for found in parts.db.read(move |tx| schedule::due(tx, name, now_ms)).await? {
                    let (queue, zone) = (parts.queue.clone(), parts.zone.clone());
                    let schedule_name = found.name.clone();
                    let fire = move |tx: &mut Tx<'_>| schedule::fire(tx, &queue, name, &found, now_ms, &zone);
                    match parts.db.write(fire).await {
                        Ok(_) => {}
                        Err(error @ JobError::Database(_)) => return Err(error),
                        // One that cannot fire must not keep the others from it; it stays due.
                        Err(error) => {
                            tracing::error!(schedule = schedule_name, cause = %error, "a schedule cannot fire");
                        }
                    }
                }
            }
        }
        Ok(changed)
    }

    /// Takes room for the kinds of which jobs are due: the most pressing first, equals in turns.
    fn take_room(&self, looks: &[Look], now_ms: i64) -> (Vec<Wanted>, Vec<Vec<Place>>) {
        let rotation = self.rotation.fetch_add(1, Relaxed);
        let mut due: Vec<_> =
            looks.iter().enumerate().filter_map(|(index, look)| Some((look.due(now_ms)?, index))).collect();
        due.sort_by_key(|(priority, index)| (*priority, index.wrapping_add(rotation) % looks.len()));
        let mut left = CLAIM_JOBS_MAX;
        let mut wanted = Vec::new();
        let mut places: Vec<Vec<Place>> = looks.iter().map(|_| Vec::new()).collect();
        for (_, index) in due {
            let kind = &self.parts.registry.kinds[index];
            let taken = std::iter::from_fn(|| self.place(index)).take(left);
            places[index].extend(taken);
            let jobs_max = places[index].len();
            left -= jobs_max;
            if jobs_max > 0 {
                let lease_until_ms = lease_until_ms(&*self.parts.clock, kind.settings);
                wanted.push(Wanted { kind: kind.name, jobs_max, lease_until_ms });
            }
        }
        (wanted, places)
    }

    fn place(&self, index: usize) -> Option<Place> {
        let of_kind = Arc::clone(&self.room_of[index]).try_acquire_owned().ok()?;
        let of_all = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(Place { _of_all: of_all, _of_kind: of_kind })
    }

    /// Until the first time known of at which something will be due, at most until the next poll.
    fn wait(&self, looks: &[Look], now_ms: i64) -> Duration {
        let lease_now_ms = self.parts.clock.lease_now_ms();
        let waits = looks.iter().flat_map(|look| {
            let by_clock = look.due_ms.into_iter().chain([look.schedule_ms]);
            let by_clock = by_clock.flatten().map(|at_ms| at_ms.saturating_sub(now_ms));
            by_clock.chain(look.lease_ms.map(|at_ms| at_ms.saturating_sub(lease_now_ms)))
        });
        // What is due already waits for room, and a finished job or the poll tells of that.
        let waits = waits.filter_map(|wait_ms| u64::try_from(wait_ms).ok()).filter(|wait_ms| *wait_ms > 0);
        let poll_ms = self.parts.limits.poll_ms.max(1);
        Duration::from_millis(waits.min().unwrap_or(poll_ms).min(poll_ms))
    }

    /// Whether no job of this worker is running.
    fn is_quiet(&self) -> bool {
        self.room.available_permits() == self.running_max as usize
    }

    /// Waits until no job of this worker is running; gives whether one was.
    async fn waited_for_others(&self) -> bool {
        if self.is_quiet() {
            return false;
        }
        // The room is never closed, so this ends only when all of it was free.
        drop(self.room.acquire_many(self.running_max).await);
        true
    }
}
