//! What the queue promises, shown on both engines.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod leases;
mod queue;
mod retries;
mod schedules;
mod stopping;
mod waking;
mod workers;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use jiff::tz::TimeZone;
use simlink_db::{Db, Migration, Options, Tx, params, testing::TestDb};
use simlink_jobs::{
    Claim, Clock, Enqueued, Job, JobError, KindSettings, NewJob, Outcome, Queue, Registry, Worker,
    WorkerParts, complete, limits::WorkerLimits,
};

/// 2024-05-01T00:00:00Z.
const START_MS: i64 = 1_714_521_600_000;

const MIGRATIONS: &[Migration] =
    &[Migration { number: 2, name: "jobs", sql: include_str!("../../../../migrations/0002_jobs.sql") }];

/// A clock that moves only when told to.
#[derive(Clone)]
struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn advance(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(SeqCst)
    }
}

/// A process: its database handle, its queue, its clock (shared with the others).
#[derive(Clone)]
struct Node {
    db: Db,
    queue: Queue,
    clock: TestClock,
}

/// One fresh database on each engine with the tables of the queue and one for effects, and a node on it.
async fn nodes() -> Vec<(TestDb, Node)> {
    let mut nodes = Vec::new();
    for test in simlink_db::testing::databases().await {
        test.db.migrate(MIGRATIONS, START_MS).await.unwrap();
        // Without a key, so that an effect that happens twice is there twice.
        let create = "CREATE TABLE effect (payload TEXT NOT NULL, attempt BIGINT NOT NULL)";
        test.db.write(move |tx| tx.execute(create, &[])).await.unwrap();
        let clock = TestClock(Arc::new(AtomicI64::new(START_MS)));
        let node = Node { db: test.db.clone(), queue: Queue::default(), clock };
        nodes.push((test, node));
    }
    nodes
}

impl Node {
    /// Another process on the same database.
    async fn beside(&self, test: &TestDb) -> Node {
        let db = Db::open(&test.url, Options::default()).await.unwrap();
        Node { db, queue: Queue::default(), clock: self.clock.clone() }
    }

    /// The same process with a clock of its own that stands still from now on, as if the process were stopped.
    fn frozen(&self) -> Node {
        Node { clock: TestClock(Arc::new(AtomicI64::new(self.now_ms()))), ..self.clone() }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn worker(&self, registry: Registry) -> Worker {
        self.worker_within(registry, WorkerLimits::default())
    }

    fn worker_within(&self, registry: Registry, limits: WorkerLimits) -> Worker {
        Worker::new(WorkerParts {
            db: self.db.clone(),
            queue: self.queue.clone(),
            registry,
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(|| 0),
            zone: TimeZone::get("Asia/Shanghai").unwrap(),
            owner: "node".into(),
            limits,
        })
    }

    /// Enqueues jobs of kind "effect" with the payloads 1..=count, due now.
    async fn enqueue_effects(&self, count: usize) {
        let (queue, now_ms) = (self.queue.clone(), self.now_ms());
        self.db
            .write(move |tx| {
                for number in 1..=count {
                    queue.enqueue(tx, &NewJob::new("effect", &number.to_string(), now_ms), now_ms)?;
                }
                Ok::<_, JobError>(())
            })
            .await
            .unwrap();
    }

    /// Enqueues one job now.
    async fn enqueue(&self, job: NewJob<'static>) -> Result<Enqueued, JobError> {
        let (queue, now_ms) = (self.queue.clone(), self.now_ms());
        self.db.write(move |tx| queue.enqueue(tx, &job, now_ms)).await
    }

    /// Enqueues or wakes one job now.
    async fn enqueue_or_wake(&self, job: NewJob<'static>) -> Result<Enqueued, JobError> {
        let (queue, now_ms) = (self.queue.clone(), self.now_ms());
        self.db.write(move |tx| queue.enqueue_or_wake(tx, &job, now_ms)).await
    }

    /// The payloads of all effects and the attempts that made them, sorted.
    async fn effects(&self) -> Vec<(String, i64)> {
        let sql = "SELECT payload, attempt FROM effect ORDER BY payload, attempt";
        self.db.read(move |tx| tx.rows(sql, &[], |row| Ok((row.get(0)?, row.get(1)?)))).await.unwrap()
    }

    /// All jobs by id.
    async fn rows(&self) -> Vec<JobRow> {
        let sql = "SELECT job_id, state, attempt, failures, run_at_ms FROM job ORDER BY job_id";
        let row = |row: &simlink_db::Row<'_>| {
            let claim = Claim { job_id: row.get(0)?, attempt: row.get(2)? };
            Ok(JobRow { claim, state: row.get(1)?, failures: row.get(3)?, run_at_ms: row.get(4)? })
        };
        self.db.read(move |tx| tx.rows(sql, &[], row)).await.unwrap()
    }
}

const QUEUED: i64 = 0;
const RUNNING: i64 = 1;
const PARKED: i64 = 2;

/// A job as it stands in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct JobRow {
    claim: Claim,
    state: i64,
    failures: i64,
    run_at_ms: i64,
}

/// The effect of a job and its end, in one transaction.
fn effect(tx: &mut Tx<'_>, job: &Job) -> Result<(), JobError> {
    let sql = "INSERT INTO effect (payload, attempt) VALUES ($1, $2)";
    tx.execute(sql, params![&job.payload, job.claim.attempt])?;
    complete(tx, job.claim)
}

/// A registry in which "effect" has its effect.
fn effects(db: &Db) -> Registry {
    let mut registry = Registry::default();
    let db = db.clone();
    registry
        .register("effect", KindSettings::default(), move |job, _| {
            let db = db.clone();
            async move {
                db.write(move |tx| effect(tx, &job)).await?;
                Ok(Outcome::Settled)
            }
        })
        .unwrap();
    registry
}

/// A registry of one kind whose every attempt ends so.
fn always(kind: &'static str, settings: KindSettings, outcome: Outcome) -> Registry {
    let mut registry = Registry::default();
    registry
        .register(kind, settings, move |_, _| {
            let outcome = outcome.clone();
            async move { Ok(outcome) }
        })
        .unwrap();
    registry
}

/// A registry of one kind whose handler hands out its job and never ends by itself.
fn stuck(
    kind: &'static str,
    settings: KindSettings,
) -> (Registry, tokio::sync::mpsc::UnboundedReceiver<Job>) {
    let mut registry = Registry::default();
    let (begun, jobs) = tokio::sync::mpsc::unbounded_channel();
    registry
        .register(kind, settings, move |job, _| {
            let begun = begun.clone();
            async move {
                begun.send(job)?;
                std::future::pending().await
            }
        })
        .unwrap();
    (registry, jobs)
}

/// The same work for every ending: an effect, then the ending; both are kept or neither is.
async fn effect_then(
    db: &Db,
    end: impl FnOnce(&mut Tx<'_>) -> Result<(), JobError> + Send + 'static,
) -> Result<(), JobError> {
    db.write(move |tx| {
        tx.execute("INSERT INTO effect (payload, attempt) VALUES ('late', 0)", &[])?;
        end(tx)
    })
    .await
}
