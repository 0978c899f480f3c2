//! Leases: what a dead, frozen or slow worker had is taken over, and its late return changes nothing.

use std::sync::Arc;

use simlink_db::Tx;
use simlink_jobs::{
    Claim, Clock, Job, JobError, KindSettings, Outcome, Registry, Worker, WorkerParts, again, complete,
    extend, limits::WorkerLimits, park, parked, release, retry,
};
use tokio::sync::{mpsc, oneshot};

use crate::{Node, QUEUED, RUNNING, START_MS, TestClock, effect_then, effects, nodes, stuck};

const LEASE_MS: i64 = 30_000;

/// Has a worker claim one job of kind "effect", then die without a trace. Gives the job as its handler had it.
async fn claimed_and_died(node: &Node) -> Job {
    let (registry, mut begun) = stuck("effect", KindSettings::default());
    let worker = node.worker(registry);
    let running = tokio::spawn(async move { worker.run().await });
    let job = begun.recv().await.unwrap();
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    job
}

#[tokio::test]
async fn a_dead_workers_job_is_taken_over_once() {
    // Shows a job that stays with its dead worker for the lease, then has its effect once, by the second attempt.
    for (test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let claim = claimed_and_died(&node).await.claim;
        let row = node.rows().await[0];
        assert_eq!((row.state, row.claim), (RUNNING, claim));
        let other = node.beside(&test).await;
        let heir = other.worker(effects(&other.db));
        node.clock.advance(LEASE_MS - 1);
        assert_eq!(heir.run_until_idle().await, Ok(0));
        node.clock.advance(1);
        assert_eq!(heir.run_until_idle().await, Ok(1));
        assert_eq!(node.effects().await, [("1".into(), 2)]);
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn an_overdue_attempt_counts_until_it_is_taken_over() {
    // Shows that the end of a lease alone undoes nothing: who is late but still alone may end the job, once.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let job = claimed_and_died(&node).await;
        node.clock.advance(2 * LEASE_MS);
        let (again, claim) = (job.clone(), job.claim);
        assert_eq!(node.db.write(move |tx| crate::effect(tx, &job)).await, Ok(()));
        assert_eq!(node.db.write(move |tx| crate::effect(tx, &again)).await, Err(JobError::Lost));
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(0));
        assert_eq!(node.effects().await, [("1".into(), claim.attempt)]);
    }
}

type End = fn(&mut Tx<'_>, Claim) -> Result<(), JobError>;

/// Every way to end or keep an attempt.
const ENDINGS: [(&str, End); 6] = [
    ("complete", complete),
    ("again", |tx, claim| again(tx, claim, START_MS)),
    ("retry", |tx, claim| retry(tx, claim, START_MS, "late")),
    ("park", |tx, claim| park(tx, claim, "late")),
    ("release", release),
    ("extend", |tx, claim| extend(tx, claim, i64::MAX)),
];

#[tokio::test]
async fn a_zombie_changes_nothing() {
    // Shows that a worker whose lease ran out can neither end nor keep the job, nor keep what it wrote in the same
    // transaction: while the job is queued again, while another runs it, and after it is done.
    for (test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let zombie = claimed_and_died(&node).await.claim;
        node.clock.advance(LEASE_MS);
        let nobody_may = |when: &'static str| {
            let node = node.clone();
            async move {
                let before = node.rows().await;
                for (name, end) in ENDINGS {
                    let late = effect_then(&node.db, move |tx| end(tx, zombie)).await;
                    assert_eq!(late, Err(JobError::Lost), "{name} {when}");
                }
                assert_eq!(node.rows().await, before, "{when}");
            }
        };
        let other = node.beside(&test).await;
        let (registry, mut begun) = stuck("effect", KindSettings::default());
        let heir = other.worker(registry);
        let running = tokio::spawn(async move { heir.run().await });
        let second = begun.recv().await.unwrap().claim;
        assert_eq!(second, Claim { attempt: zombie.attempt + 1, ..zombie });
        nobody_may("while another runs it").await;
        node.db.write(move |tx| retry(tx, second, START_MS + LEASE_MS, "once more")).await.unwrap();
        running.abort();
        assert_eq!(node.rows().await[0].state, QUEUED);
        nobody_may("while it is queued").await;
        assert_eq!(other.worker(effects(&other.db)).run_until_idle().await, Ok(1));
        nobody_may("after it is done").await;
        assert_eq!(node.effects().await, [("1".into(), 3)]);
    }
}

#[tokio::test]
async fn a_slow_handler_and_its_heir_have_one_effect() {
    // Shows a handler that goes on after its job was taken over and done: its transaction is undone.
    for (test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (begun_sender, mut begun) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
        let (late_sender, mut late) = mpsc::unbounded_channel();
        let mut registry = Registry::default();
        let db = node.db.clone();
        let handler = move |job: Job, _| {
            let (db, begun, late) = (db.clone(), begun_sender.clone(), late_sender.clone());
            async move {
                let (go_on, wait) = oneshot::channel();
                begun.send(go_on).unwrap();
                wait.await?;
                let result = db.write(move |tx| crate::effect(tx, &job)).await;
                late.send(result.clone()).unwrap();
                result?;
                Ok(Outcome::Settled)
            }
        };
        registry.register("effect", KindSettings::default(), handler).unwrap();
        let slow = node.frozen().worker(registry);
        let running = tokio::spawn({
            let slow = slow.clone();
            async move { slow.run().await }
        });
        let go_on = begun.recv().await.unwrap();
        node.clock.advance(LEASE_MS);
        let other = node.beside(&test).await;
        assert_eq!(other.worker(effects(&other.db)).run_until_idle().await, Ok(1));
        go_on.send(()).unwrap();
        assert_eq!(late.recv().await, Some(Err(JobError::Lost)));
        slow.stop();
        assert_eq!(running.await.unwrap(), 0);
        assert_eq!(node.effects().await, [("1".into(), 2)]);
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn what_kills_every_worker_is_parked() {
    // Shows that a job which takes its worker down each time is parked after its attempts, with the reason.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let attempts_max = i64::from(KindSettings::default().attempts_max);
        for attempt in 1..=attempts_max {
            assert_eq!(claimed_and_died(&node).await.claim.attempt, attempt);
            node.clock.advance(LEASE_MS);
        }
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(0));
        let parked = node.db.read(|tx| parked(tx, 0, 10)).await.unwrap();
        assert_eq!((parked.len(), parked[0].attempts), (1, attempts_max));
        assert!(parked[0].reason.as_ref().unwrap().starts_with("the lease ran out: the worker node "));
    }
}

#[tokio::test]
async fn a_lease_can_be_extended() {
    // Shows that a job whose handler extended it stays with it past the first lease, and has its effect there.
    for (test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (begun_sender, mut begun) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
        let mut registry = Registry::default();
        let (db, clock) = (node.db.clone(), node.clock.clone());
        let handler = move |job: Job, context: simlink_jobs::Context| {
            let (db, clock, begun) = (db.clone(), clock.clone(), begun_sender.clone());
            async move {
                clock.advance(LEASE_MS - 1);
                context.extend().await?;
                clock.advance(LEASE_MS - 1);
                let (go_on, wait) = oneshot::channel();
                begun.send(go_on).unwrap();
                wait.await?;
                db.write(move |tx| crate::effect(tx, &job)).await?;
                Ok(Outcome::Settled)
            }
        };
        registry.register("effect", KindSettings::default(), handler).unwrap();
        let long = node.worker(registry);
        let running = tokio::spawn(async move { long.run_until_idle().await });
        let go_on = begun.recv().await.unwrap();
        let other = node.beside(&test).await;
        assert_eq!(other.worker(effects(&other.db)).run_until_idle().await, Ok(0));
        go_on.send(()).unwrap();
        assert_eq!(running.await.unwrap(), Ok(1));
        assert_eq!(node.effects().await, [("1".into(), 1)]);
    }
}

#[tokio::test]
async fn a_handler_without_end_is_cut_off() {
    // Shows that an attempt ends at its timeout, well before the lease, and counts as failed.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (registry, _begun) = stuck("effect", KindSettings { timeout_ms: 5, ..KindSettings::default() });
        assert_eq!(node.worker(registry).run_until_idle().await, Ok(1));
        let row = node.rows().await[0];
        assert_eq!((row.state, row.failures), (QUEUED, 1));
        assert!(row.run_at_ms > START_MS);
    }
}

#[tokio::test]
async fn moving_the_clock_takes_nothing_from_its_worker() {
    // Shows that with a clock of their own leases are not ended by a sandbox that moves the time of the product.
    struct Sandbox {
        moved: TestClock,
        lease: TestClock,
    }
    impl Clock for Sandbox {
        fn now_ms(&self) -> i64 {
            self.moved.now_ms()
        }
        fn lease_now_ms(&self) -> i64 {
            self.lease.now_ms()
        }
    }
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let worker = |registry: Registry, lease: &Node| {
            Worker::new(WorkerParts {
                db: node.db.clone(),
                queue: node.queue.clone(),
                registry,
                clock: Arc::new(Sandbox { moved: node.clock.clone(), lease: lease.clock.clone() }),
                random: Arc::new(|| 0),
                zone: jiff::tz::TimeZone::UTC,
                owner: "sandbox".into(),
                limits: WorkerLimits::default(),
            })
        };
        let (registry, mut begun) = stuck("effect", KindSettings::default());
        let first = worker(registry, &node.frozen());
        let lease = node.frozen();
        let running = tokio::spawn(async move { first.run().await });
        begun.recv().await.unwrap();
        node.clock.advance(86_400_000);
        assert_eq!(worker(effects(&node.db), &lease).run_until_idle().await, Ok(0));
        lease.clock.advance(LEASE_MS);
        assert_eq!(worker(effects(&node.db), &lease).run_until_idle().await, Ok(1));
        running.abort();
    }
}

#[tokio::test]
async fn claims_race_with_endings() {
    // Shows 200 jobs whose zombies complete them while an heir takes them over: each has exactly one effect.
    for (test, node) in nodes().await {
        const JOBS: usize = 200;
        node.enqueue_effects(JOBS).await;
        let settings = KindSettings { concurrent_max: JOBS, ..KindSettings::default() };
        let (registry, mut begun) = stuck("effect", settings);
        let limits = WorkerLimits { running_max: JOBS, ..WorkerLimits::default() };
        let worker = node.worker_within(registry, limits);
        let running = tokio::spawn(async move { worker.run().await });
        let mut zombies = Vec::new();
        while zombies.len() < JOBS {
            zombies.push(begun.recv().await.unwrap());
        }
        running.abort();
        node.clock.advance(LEASE_MS);
        let other = node.beside(&test).await;
        let heir = other.worker(effects(&other.db));
        let late = zombies.into_iter().map(|job| node.db.write(move |tx| crate::effect(tx, &job)));
        let (late, taken) = tokio::join!(futures_util::future::join_all(late), heir.run_until_idle());
        let in_time = late.iter().filter(|result| result.is_ok()).count();
        assert!(late.iter().all(|result| matches!(result, Ok(()) | Err(JobError::Lost))), "{late:?}");
        assert_eq!(usize::try_from(taken.unwrap()).unwrap() + in_time, JOBS);
        let mut payloads: Vec<_> = node.effects().await.into_iter().map(|(payload, _)| payload).collect();
        payloads.dedup();
        assert_eq!(payloads.len(), JOBS);
        assert_eq!(node.effects().await.len(), JOBS);
    }
}
