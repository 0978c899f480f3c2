//! Enqueueing: in the caller's transaction, once for a key, within the bounds.

use futures_util::future::join_all;
use simlink_jobs::{
    Enqueued, JobError, KindSettings, NewJob, Outcome, Priority, Queue, limits::KEY_BYTES_MAX, stats,
};

use crate::{JobRow, Node, PARKED, QUEUED, START_MS, always, effects, nodes};

fn keyed(kind: &'static str, key: &'static str) -> NewJob<'static> {
    NewJob { key: Some(key), ..NewJob::new(kind, "7", START_MS) }
}

#[tokio::test]
async fn a_job_goes_with_its_transaction() {
    // Shows that a job is there if and only if the transaction that enqueued it was committed.
    for (_test, node) in nodes().await {
        let (queue, now_ms) = (node.queue.clone(), node.now_ms());
        let undone: Result<(), JobError> = node
            .db
            .write(move |tx| {
                assert!(matches!(
                    queue.enqueue(tx, &NewJob::new("effect", "undone", now_ms), now_ms)?,
                    Enqueued::New { .. }
                ));
                Err(JobError::Lost)
            })
            .await;
        assert_eq!(undone, Err(JobError::Lost));
        assert_eq!(node.rows().await, []);
        let added = node.enqueue(NewJob::new("effect", "kept", now_ms)).await.unwrap();
        let rows = node.rows().await;
        assert_eq!(added, Enqueued::New { job_id: rows[0].claim.job_id });
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(1));
        assert_eq!(node.effects().await, [("kept".into(), 1)]);
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn what_was_enqueued_is_what_runs() {
    // Shows every member of a job on its way through the queue.
    for (_test, node) in nodes().await {
        let job = NewJob {
            key: Some("键"),
            priority: Priority::Bulk,
            account: Some(42),
            ..NewJob::new("stuck", r#"{"id":7}"#, START_MS - 5)
        };
        let Enqueued::New { job_id } = node.enqueue(job).await.unwrap() else { panic!("it is new") };
        let (registry, mut begun) = crate::stuck("stuck", KindSettings::default());
        let worker = node.worker(registry);
        let running = tokio::spawn(async move { worker.run().await });
        let job = begun.recv().await.unwrap();
        running.abort();
        assert_eq!((job.claim.job_id, job.claim.attempt), (job_id, 1));
        assert_eq!((job.kind.as_str(), job.key.as_deref()), ("stuck", Some("键")));
        assert_eq!((job.payload.as_str(), job.account), (r#"{"id":7}"#, Some(42)));
        assert_eq!((job.priority, job.run_at_ms), (Priority::Bulk, START_MS - 5));
        assert_eq!((job.failures, job.created_ms), (0, START_MS));
    }
}

#[tokio::test]
async fn one_open_job_for_a_key() {
    // Shows that of 20 transactions at once one adds the job of a key, that other kinds and no key do not collide, that
    // parked counts as open, and that the key is free once the job is done.
    for (_test, node) in nodes().await {
        let all = join_all((0..20).map(|_| node.enqueue(keyed("effect", "a")))).await;
        let added = all.iter().filter(|added| matches!(added, Ok(Enqueued::New { .. }))).count();
        let open = all.iter().filter(|added| **added == Ok(Enqueued::AlreadyOpen)).count();
        assert_eq!((added, open), (1, 19), "{all:?}");
        assert!(matches!(node.enqueue(keyed("effect", "b")).await, Ok(Enqueued::New { .. })));
        assert!(matches!(node.enqueue(keyed("parking", "a")).await, Ok(Enqueued::New { .. })));
        for _ in 0..2 {
            let without = node.enqueue(NewJob::new("effect", "9", START_MS)).await;
            assert!(matches!(without, Ok(Enqueued::New { .. })));
        }
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(4));
        let parking = Outcome::Park { reason: "on purpose".into() };
        let parking = always("parking", KindSettings::default(), parking);
        assert_eq!(node.worker(parking).run_until_idle().await, Ok(1));
        assert_eq!(node.enqueue(keyed("parking", "a")).await, Ok(Enqueued::AlreadyOpen));
        assert!(matches!(node.enqueue(keyed("effect", "a")).await, Ok(Enqueued::New { .. })));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_clearly() {
    // Shows exactly as many open jobs of a kind as may be, parked ones counted, the others' room untouched, and room again
    // a second after jobs are done.
    for (_test, node) in nodes().await {
        let node = Node { queue: Queue::new(1_000, &[("effect", 20)]), ..node };
        let job = || NewJob::new("effect", "1", START_MS);
        for number in 1..=20 {
            assert!(node.enqueue(job()).await.is_ok(), "{number}");
        }
        let full = JobError::QueueFull { kind: "effect".into(), max: 20 };
        assert_eq!(node.enqueue(job()).await, Err(full.clone()));
        assert_eq!(full.to_string(), "the queue of effect is full: 20 jobs are open");
        assert!(node.enqueue(NewJob::new("other", "1", START_MS)).await.is_ok());
        assert_eq!(node.rows().await.len(), 21);
        assert_eq!(node.worker(effects(&node.db)).run_until_idle().await, Ok(20));
        assert!(node.enqueue(job()).await.is_err());
        node.clock.advance(1_000);
        for number in 1..=20 {
            assert!(node.enqueue(job()).await.is_ok(), "{number}");
        }
        assert!(node.enqueue(job()).await.is_err());
        let park = always("effect", KindSettings::default(), Outcome::Park { reason: "on purpose".into() });
        assert_eq!(node.worker(park).run_until_idle().await, Ok(20));
        node.clock.advance(1_000);
        assert!(node.enqueue(job()).await.is_err());
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    // Shows a clear refusal of a key or payload that is too long or has a NUL, and that the longest fits.
    for (_test, node) in nodes().await {
        let longest: &'static str = Box::leak("k".repeat(KEY_BYTES_MAX).into());
        let longer: &'static str = Box::leak("k".repeat(KEY_BYTES_MAX + 1).into());
        let payload: &'static str = Box::leak("p".repeat(5_000).into());
        assert!(node.enqueue(keyed("effect", longest)).await.is_ok());
        let senseless =
            [keyed("effect", longer), keyed("effect", "a\0b"), NewJob::new("effect", payload, START_MS)];
        for job in senseless {
            let refused = node.enqueue(job).await;
            assert!(matches!(refused, Err(JobError::Invalid(_))), "{refused:?}");
        }
        let woken = node.enqueue_or_wake(NewJob::new("effect", "1", START_MS)).await;
        assert!(matches!(woken, Err(JobError::Invalid(_))), "{woken:?}");
        assert_eq!(node.rows().await.len(), 1);
    }
}

#[tokio::test]
async fn figures_tell_what_waits() {
    // Shows queued, running and parked jobs of each kind and since when the oldest due one waits.
    for (_test, node) in nodes().await {
        for (kind, run_at_ms) in
            [("a", START_MS - 9), ("a", START_MS), ("a", START_MS + 1), ("b", START_MS), ("c", START_MS + 1)]
        {
            node.enqueue(NewJob::new(kind, "1", run_at_ms)).await.unwrap();
        }
        let park = always("b", KindSettings::default(), Outcome::Park { reason: "on purpose".into() });
        node.worker(park).run_until_idle().await.unwrap();
        let figures = node.db.read(|tx| stats(tx, START_MS)).await.unwrap();
        let figures = figures
            .iter()
            .map(|kind| (kind.kind.as_str(), kind.queued, kind.running, kind.parked, kind.oldest_due_ms));
        let expected = [("a", 3, 0, 0, Some(START_MS - 9)), ("b", 0, 0, 1, None), ("c", 1, 0, 0, None)];
        assert_eq!(figures.collect::<Vec<_>>(), expected);
        assert_eq!(node.rows().await.iter().filter(|row| row.state == PARKED).count(), 1);
    }
}

#[tokio::test]
async fn waking_a_queued_or_a_missing_job() {
    // Shows that a wake-up adds the missing job, brings an open one forward and never puts it off, full queue or not.
    for (_test, node) in nodes().await {
        let node = Node { queue: Queue::new(1, &[]), ..node };
        let later = |by_ms: i64| NewJob { run_at_ms: START_MS + by_ms, ..keyed("effect", "a") };
        assert!(matches!(node.enqueue_or_wake(later(500)).await, Ok(Enqueued::New { .. })));
        for (by_ms, expected) in [(900, 500), (200, 200), (300, 200)] {
            assert_eq!(node.enqueue_or_wake(later(by_ms)).await, Ok(Enqueued::AlreadyOpen));
            let rows = node.rows().await;
            assert!(matches!(rows[..], [JobRow { state: QUEUED, .. }]), "{rows:?}");
            assert_eq!(rows[0].run_at_ms, START_MS + expected);
        }
        let another = NewJob { key: Some("b"), ..later(0) };
        assert!(matches!(node.enqueue_or_wake(another).await, Err(JobError::QueueFull { .. })));
    }
}
