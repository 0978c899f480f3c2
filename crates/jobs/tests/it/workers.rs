//! Many workers over one queue: every job once, within the bounds, the pressing ones first.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst},
};

use futures_util::future::join_all;
use parking_lot::Mutex;
use simlink_db::{Db, Engine};
use simlink_jobs::{
    JobError, KindSettings, NewJob, Outcome, Priority, Registry, again, limits::WorkerLimits,
};
use tokio::sync::{Barrier, watch};

use crate::{Node, START_MS, effect, effects, nodes};

const JOBS: usize = 5_000;

/// What the workers of one test know of each other.
struct Together {
    workers: usize,
    /// Handlers begun, of all workers.
    begun: AtomicUsize,
    /// Workers that have begun a handler.
    joined: watch::Sender<usize>,
}

/// As [`effects`], counting the handlers begun. They wait until every worker has one, so that none is left out.
fn counted_effects(db: &Db, together: &Arc<Together>) -> Registry {
    let mut registry = Registry::default();
    let (db, together, first) = (db.clone(), together.clone(), AtomicBool::new(true));
    let settings = KindSettings { concurrent_max: 64, ..KindSettings::default() };
    let handler = move |job, _| {
        together.begun.fetch_add(1, SeqCst);
        if first.swap(false, SeqCst) {
            together.joined.send_modify(|joined| *joined += 1);
        }
        let (db, together) = (db.clone(), together.clone());
        async move {
            together.joined.subscribe().wait_for(|joined| *joined == together.workers).await?;
            db.write(move |tx| effect(tx, &job)).await?;
            Ok(Outcome::Settled)
        }
    };
    registry.register("effect", settings, handler).unwrap();
    registry
}

/// Runs a worker on each node until idle: each job must run once, by its first attempt.
async fn each_job_once(nodes: &[Node]) {
    nodes[0].enqueue_effects(JOBS).await;
    let (joined, _) = watch::channel(0);
    let together = Arc::new(Together { workers: nodes.len(), begun: AtomicUsize::new(0), joined });
    let workers: Vec<_> =
        nodes.iter().map(|node| node.worker(counted_effects(&node.db, &together))).collect();
    let ran = join_all(workers.iter().map(|worker| worker.run_until_idle())).await;
    let ran: Vec<u64> = ran.into_iter().map(Result::unwrap).collect();
    assert!(ran.iter().all(|ran| *ran > 0), "{ran:?}");
    assert_eq!(together.begun.load(SeqCst), JOBS);
    let mut expected: Vec<_> = (1..=JOBS).map(|number| (number.to_string(), 1)).collect();
    expected.sort();
    assert!(nodes[0].effects().await == expected, "every effect once, by a first attempt");
    assert_eq!(nodes[0].rows().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_workers_of_a_process_run_each_job_once() {
    // Shows 5,000 jobs over four workers that share one database handle.
    for (_test, node) in nodes().await {
        each_job_once(&[node.clone(), node.clone(), node.clone(), node]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_processes_run_each_job_once() {
    // Shows 5,000 jobs over three handles on one database, whose claims race on PostgreSQL.
    for (test, node) in nodes().await {
        each_job_once(&[node.clone(), node.beside(&test).await, node.beside(&test).await]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_waits_for_nobody() {
    // Shows that a job which another transaction puts off is not claimed, and that meanwhile the others are.
    for (_test, node) in nodes().await {
        node.enqueue_effects(3).await;
        let (begun_sender, begun) = tokio::sync::oneshot::channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let other = tokio::spawn({
            let db = node.db.clone();
            async move {
                db.write(move |tx| {
                    tx.execute("UPDATE job SET run_at_ms = run_at_ms + 1 WHERE payload = '2'", &[])?;
                    begun_sender.send(()).unwrap();
                    wait.recv().unwrap();
                    Ok::<_, JobError>(())
                })
                .await
            }
        });
        begun.await.unwrap();
        let worker = node.worker(effects(&node.db));
        let running = tokio::spawn(async move { worker.run_until_idle().await });
        if node.db.engine() == Engine::Postgres {
            while node.effects().await.len() < 2 {}
        }
        go_on.send(()).unwrap();
        other.await.unwrap().unwrap();
        assert_eq!(running.await.unwrap(), Ok(2));
        assert_eq!(node.effects().await, [("1".into(), 1), ("3".into(), 1)]);
        assert_eq!(node.rows().await[0].run_at_ms, START_MS + 1);
    }
}

#[tokio::test]
async fn no_more_run_at_once_than_may() {
    // Shows that the bounds of a kind and of the worker are reached and never passed.
    for (_test, node) in nodes().await {
        for kind in ["a", "b"] {
            for _ in 0..20 {
                node.enqueue(NewJob::new(kind, "1", START_MS)).await.unwrap();
            }
        }
        // Running now and the most ever: of all, of a, of b.
        let running: Arc<[(AtomicI64, AtomicI64); 3]> = Arc::default();
        // The first three wait for each other, so that three do run at once.
        let (barrier, arrived) = (Arc::new(Barrier::new(3)), Arc::new(AtomicUsize::new(0)));
        let mut registry = Registry::default();
        for (kind, index) in [("a", 1), ("b", 2)] {
            let settings = KindSettings { concurrent_max: 2, ..KindSettings::default() };
            let (running, barrier, arrived) = (running.clone(), barrier.clone(), arrived.clone());
            let handler = move |_, _| {
                let (running, barrier, arrived) = (running.clone(), barrier.clone(), arrived.clone());
                async move {
                    for (now, most) in [&running[0], &running[index]] {
                        most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                    }
                    if arrived.fetch_add(1, SeqCst) < 3 {
                        barrier.wait().await;
                    }
                    tokio::task::yield_now().await;
                    for (now, _) in [&running[0], &running[index]] {
                        now.fetch_sub(1, SeqCst);
                    }
                    Ok(Outcome::Done)
                }
            };
            registry.register(kind, settings, handler).unwrap();
        }
        let limits = WorkerLimits { running_max: 3, ..WorkerLimits::default() };
        assert_eq!(node.worker_within(registry, limits).run_until_idle().await, Ok(40));
        let most = |index: usize| running[index].1.load(SeqCst);
        assert_eq!((most(0), most(1).max(most(2))), (3, 2));
    }
}

#[tokio::test]
async fn the_pressing_go_first_and_kinds_take_turns() {
    // Shows an interactive job before bulk work enqueued earlier, the older before the newer, and a second kind that is
    // not kept waiting by a long queue of the first.
    for (_test, node) in nodes().await {
        let ran = Arc::new(Mutex::new(Vec::new()));
        let mut registry = Registry::default();
        for kind in ["a", "b"] {
            let ran = ran.clone();
            let handler = move |job: simlink_jobs::Job, _| {
                ran.lock().push(format!("{kind}{}", job.payload));
                async { Ok(Outcome::Done) }
            };
            registry.register(kind, KindSettings::default(), handler).unwrap();
        }
        let bulk = NewJob { priority: Priority::Bulk, ..NewJob::new("a", "bulk", START_MS - 100) };
        for _ in 0..30 {
            node.enqueue(bulk).await.unwrap();
        }
        node.enqueue(NewJob { payload: "newer", ..NewJob::new("a", "", START_MS) }).await.unwrap();
        node.enqueue(NewJob { payload: "older", ..NewJob::new("a", "", START_MS - 1) }).await.unwrap();
        node.enqueue(NewJob { priority: Priority::Interactive, ..NewJob::new("a", "now", START_MS) })
            .await
            .unwrap();
        node.enqueue(NewJob { kind: "b", ..bulk }).await.unwrap();
        let limits = WorkerLimits { running_max: 1, ..WorkerLimits::default() };
        assert_eq!(node.worker_within(registry, limits).run_until_idle().await, Ok(34));
        let ran = ran.lock();
        assert_eq!(ran[..3], ["anow", "aolder", "anewer"]);
        let second_kind = ran.iter().position(|name| name == "bbulk").unwrap();
        assert!((3..=5).contains(&second_kind), "{second_kind}");
    }
}

#[tokio::test]
async fn jobs_of_unknown_kinds_are_left_alone() {
    // Shows that a worker touches only what it knows, and that one which knows nothing is idle.
    for (_test, node) in nodes().await {
        node.enqueue(NewJob::new("newer", "1", START_MS)).await.unwrap();
        node.enqueue_effects(1).await;
        assert_eq!(node.worker(Registry::default()).run_until_idle().await, Ok(0));
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(1));
        let rows = node.rows().await;
        assert_eq!((rows.len(), rows[0].claim.attempt), (1, 0));
    }
}

#[tokio::test]
async fn a_job_may_run_again_and_make_others() {
    // Shows a chain: a job that counts to three by running again, and enqueues another in the transaction of its end.
    for (_test, node) in nodes().await {
        let mut registry = effects(&node.db);
        let (db, queue) = (node.db.clone(), node.queue.clone());
        let handler = move |job: simlink_jobs::Job, context: simlink_jobs::Context| {
            let (db, queue) = (db.clone(), queue.clone());
            async move {
                if job.claim.attempt < 3 {
                    return Ok(Outcome::Again { at_ms: context.now_ms() });
                }
                db.write(move |tx| {
                    queue.enqueue(tx, &NewJob::new("effect", "last", START_MS), context.now_ms())?;
                    simlink_jobs::complete(tx, job.claim)
                })
                .await?;
                Ok(Outcome::Settled)
            }
        };
        registry.register("chain", KindSettings::default(), handler).unwrap();
        node.enqueue(NewJob::new("chain", "1", START_MS)).await.unwrap();
        assert_eq!(node.worker(registry).run_until_idle().await, Ok(4));
        assert_eq!(node.effects().await, [("last".into(), 1)]);
    }
}

#[tokio::test]
async fn what_never_rests_is_bounded() {
    // Shows the error for jobs that are due again for ever.
    for (_test, node) in nodes().await {
        let registry = crate::always("restless", KindSettings::default(), Outcome::Again { at_ms: START_MS });
        node.enqueue(NewJob::new("restless", "1", START_MS)).await.unwrap();
        let limits = WorkerLimits { idle_jobs_max: 50, ..WorkerLimits::default() };
        let result = node.worker_within(registry, limits).run_until_idle().await;
        assert_eq!(result, Err(JobError::Restless { ran: 50 }));
    }
}

#[test]
fn kinds_must_make_sense() {
    // Shows the refusal of a kind that is there already and of settings without sense.
    let mut registry = Registry::default();
    let mut register = |kind, settings| registry.register(kind, settings, |_, _| async { Ok(Outcome::Done) });
    let good = KindSettings::default();
    assert_eq!(register("a", good), Ok(()));
    let senseless = [
        ("a", good),
        ("", good),
        ("b", KindSettings { timeout_ms: 30_000, lease_ms: 30_000, ..good }),
        ("b", KindSettings { timeout_ms: 0, ..good }),
        ("b", KindSettings { attempts_max: 0, ..good }),
        ("b", KindSettings { concurrent_max: 0, ..good }),
    ];
    for (kind, settings) in senseless {
        assert!(matches!(register(kind, settings), Err(JobError::Invalid(_))), "{kind} {settings:?}");
    }
    assert_eq!(register("b", good), Ok(()));
}

#[tokio::test]
async fn an_ended_claim_ends_nothing_more() {
    // Shows that of two endings by the same attempt only the first counts, so that a doubled worker changes nothing.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (registry, mut begun) = crate::stuck("effect", KindSettings::default());
        let worker = node.worker(registry);
        let running = tokio::spawn(async move { worker.run().await });
        let claim = begun.recv().await.unwrap().claim;
        node.db.write(move |tx| again(tx, claim, START_MS + 5)).await.unwrap();
        running.abort();
        let late = crate::effect_then(&node.db, move |tx| simlink_jobs::complete(tx, claim)).await;
        assert_eq!(late, Err(JobError::Lost));
        assert_eq!(node.effects().await, []);
        assert_eq!(node.rows().await[0].run_at_ms, START_MS + 5);
    }
}
