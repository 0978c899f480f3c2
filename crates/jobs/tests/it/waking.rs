//! Waking: a worker looks at once when told, at its next poll otherwise, and a job that is woken while it runs runs again.

use simlink_db::Engine;
use simlink_jobs::{Enqueued, KindSettings, NewJob, Outcome, limits::WorkerLimits, park};
use tokio::sync::mpsc;

use crate::{QUEUED, START_MS, nodes, stuck};

/// A registry of one kind that tells the payload of each job it runs.
fn telling() -> (simlink_jobs::Registry, mpsc::UnboundedReceiver<String>) {
    let (told_sender, told) = mpsc::unbounded_channel();
    let mut registry = simlink_jobs::Registry::default();
    let handler = move |job: simlink_jobs::Job, _| {
        told_sender.send(job.payload).unwrap();
        async { Ok(Outcome::Done) }
    };
    registry.register("telling", KindSettings::default(), handler).unwrap();
    (registry, told)
}

#[tokio::test]
async fn a_wake_up_is_followed_at_once() {
    // Shows jobs that run as soon as the queue is woken, with a poll that never comes, and one after the clock was moved.
    for (_test, node) in nodes().await {
        let (registry, mut told) = telling();
        let limits = WorkerLimits { poll_ms: u64::MAX, ..WorkerLimits::default() };
        let worker = node.worker_within(registry, limits);
        let running = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run().await }
        });
        for payload in ["first", "second", "third"] {
            node.enqueue(NewJob::new("telling", payload, START_MS)).await.unwrap();
            node.queue.wake();
            assert_eq!(told.recv().await.as_deref(), Some(payload));
        }
        node.enqueue(NewJob::new("telling", "tomorrow", START_MS + 86_400_000)).await.unwrap();
        node.clock.advance(86_400_000);
        node.queue.wake();
        assert_eq!(told.recv().await.as_deref(), Some("tomorrow"));
        worker.stop();
        assert_eq!(running.await.unwrap(), 0);
    }
}

#[tokio::test]
async fn processes_on_one_postgres_wake_each_other() {
    // Shows a job of another process that runs with a poll that never comes, again after the connections were cut, and
    // that a process does not answer its own signal.
    for (test, node) in nodes().await.into_iter().filter(|(test, _)| test.db.engine() == Engine::Postgres) {
        let (registry, mut told) = telling();
        let limits = WorkerLimits { poll_ms: u64::MAX, ..WorkerLimits::default() };
        let worker = node.worker_within(registry, limits);
        let other = node.beside(&test).await;
        let (heard_sender, mut heard) = mpsc::unbounded_channel();
        let (echo_sender, mut echo) = mpsc::unbounded_channel();
        let hearing = node.clone();
        let ringing = other.clone();
        let tasks = [
            tokio::spawn(async move {
                worker.run().await;
            }),
            tokio::spawn(async move {
                hearing.queue.exchange_signals(&hearing.db, || heard_sender.send(()).unwrap()).await;
            }),
            tokio::spawn(async move {
                ringing.queue.exchange_signals(&ringing.db, || echo_sender.send(()).unwrap()).await;
            }),
        ];
        for round in ["at first", "after a cut"] {
            // Both listen; what was missed before is looked for then.
            heard.recv().await.unwrap();
            echo.recv().await.unwrap();
            other.enqueue(NewJob::new("telling", round, START_MS)).await.unwrap();
            other.queue.wake();
            assert_eq!(told.recv().await.as_deref(), Some(round));
            assert!(echo.try_recv().is_err(), "{round}");
            while heard.try_recv().is_ok() {}
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%ISTEN simlink_jobs' \
                       OR query = 'NOTIFY simlink_jobs'";
            test.db.write(move |tx| tx.rows(cut, &[], |_| Ok(()))).await.unwrap();
        }
        for task in tasks {
            task.abort();
        }
    }
}

#[tokio::test]
async fn the_poll_finds_what_nobody_told_of() {
    // Shows a job of another process, whose queue wakes only its own workers, found by the poll.
    for (test, node) in nodes().await {
        let (registry, mut told) = telling();
        let limits = WorkerLimits { poll_ms: 5, ..WorkerLimits::default() };
        let worker = node.worker_within(registry, limits);
        let running = tokio::spawn(async move { worker.run().await });
        let other = node.beside(&test).await;
        other.enqueue(NewJob::new("telling", "from afar", START_MS)).await.unwrap();
        other.queue.wake();
        assert_eq!(told.recv().await.as_deref(), Some("from afar"));
        running.abort();
    }
}

#[tokio::test]
async fn a_job_woken_while_it_runs_runs_again() {
    // Shows that news which came during an attempt are not lost however it ends: completed, parked, or cut short.
    for (_test, node) in nodes().await {
        let job = NewJob { key: Some("7"), ..NewJob::new("effect", "7", START_MS) };
        node.enqueue(job).await.unwrap();
        let endings: [fn(&mut simlink_db::Tx<'_>, _) -> _; 3] =
            [simlink_jobs::complete, |tx, claim| park(tx, claim, "no"), simlink_jobs::release];
        for (end, attempt) in endings.into_iter().zip(1..) {
            let (registry, mut begun) = stuck("effect", KindSettings::default());
            let worker = node.worker(registry);
            let running = tokio::spawn(async move { worker.run().await });
            let claim = begun.recv().await.unwrap().claim;
            assert_eq!(claim.attempt, attempt);
            for by_ms in [9, 5, 7] {
                let news = NewJob { run_at_ms: START_MS + by_ms, ..job };
                assert_eq!(node.enqueue_or_wake(news).await, Ok(Enqueued::AlreadyOpen));
            }
            node.db.write(move |tx| end(tx, claim)).await.unwrap();
            running.abort();
            let row = node.rows().await[0];
            assert_eq!((row.state, row.run_at_ms), (QUEUED, START_MS + 5), "{attempt}");
            node.clock.advance(5);
        }
        assert_eq!(node.worker(crate::effects(&node.db)).run_until_idle().await, Ok(1));
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn settling_waits_for_the_running_worker() {
    // Shows that running until idle beside the same worker's own loop returns only when that has ended its job too.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (begun_sender, mut begun) = mpsc::unbounded_channel::<tokio::sync::oneshot::Sender<()>>();
        let mut registry = simlink_jobs::Registry::default();
        let handler = move |_, _| {
            let begun = begun_sender.clone();
            async move {
                let (go_on, wait) = tokio::sync::oneshot::channel();
                begun.send(go_on).unwrap();
                wait.await?;
                Ok(Outcome::Done)
            }
        };
        registry.register("effect", KindSettings::default(), handler).unwrap();
        let worker = node.worker(registry);
        let running = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run().await }
        });
        let go_on = begun.recv().await.unwrap();
        let settled = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run_until_idle().await }
        });
        let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let watched = tokio::spawn({
            let (ended, node) = (ended.clone(), node.clone());
            async move {
                assert_eq!(settled.await.unwrap(), Ok(0));
                assert!(ended.load(std::sync::atomic::Ordering::SeqCst), "it settled too early");
                node.rows().await
            }
        });
        // Time for it to look around and begin to wait.
        for _ in 0..20 {
            node.rows().await;
        }
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        go_on.send(()).unwrap();
        assert_eq!(watched.await.unwrap(), []);
        worker.stop();
        assert_eq!(running.await.unwrap(), 0);
    }
}
