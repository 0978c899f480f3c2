//! Failures: waits that grow, attempts that end, parking and what the operator does about it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use simlink_jobs::{
    Backoff, JobError, KindSettings, NewJob, Outcome, Registry, discard, limits::REASON_CHARS_MAX, parked,
    resume,
};

use crate::{PARKED, QUEUED, START_MS, always, nodes};

fn settings() -> KindSettings {
    let backoff = Backoff { first_ms: 1_000, longest_ms: 5_000 };
    KindSettings { attempts_max: 5, backoff, ..KindSettings::default() }
}

fn failing() -> Outcome {
    Outcome::Retry { after_ms: None, reason: "no answer".into() }
}

#[tokio::test]
async fn failures_wait_longer_and_end_parked() {
    // Shows the waits of the backoff on a moved clock, that nothing runs before they are over, the last attempt, the parked
    // job in the operator's list, and that resuming gives it all its attempts again until it works.
    for (_test, node) in nodes().await {
        let works = Arc::new(AtomicBool::new(false));
        let mut registry = Registry::default();
        let handler = {
            let works = works.clone();
            move |_, _| {
                let outcome = if works.load(SeqCst) { Outcome::Done } else { failing() };
                async { Ok(outcome) }
            }
        };
        registry.register("failing", settings(), handler).unwrap();
        let worker = node.worker(registry);
        node.enqueue(NewJob { account: Some(3), ..NewJob::new("failing", "7", START_MS) }).await.unwrap();
        // The random number is 0 here: half of 1, 2, 4 and 5 seconds.
        for (failures, wait_ms) in [(1, 500), (2, 1_000), (3, 2_000), (4, 2_500)] {
            assert_eq!(worker.run_until_idle().await, Ok(1));
            let row = node.rows().await[0];
            let expected = (QUEUED, failures, node.now_ms() + wait_ms);
            assert_eq!((row.state, row.failures, row.run_at_ms), expected);
            node.clock.advance(wait_ms - 1);
            assert_eq!(worker.run_until_idle().await, Ok(0));
            node.clock.advance(1);
        }
        assert_eq!(worker.run_until_idle().await, Ok(1));
        node.clock.advance(86_400_000);
        assert_eq!(worker.run_until_idle().await, Ok(0));
        let list = node.db.read(|tx| parked(tx, 0, 10)).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].kind.as_str(), list[0].payload.as_str()), ("failing", "7"));
        assert_eq!((list[0].account, list[0].attempts, list[0].created_ms), (Some(3), 5, START_MS));
        assert_eq!(list[0].reason.as_deref(), Some("no answer"));

        let (job_id, now_ms) = (list[0].job_id, node.now_ms());
        assert_eq!(node.db.write(move |tx| resume(tx, job_id, now_ms)).await, Ok(true));
        assert_eq!(node.db.write(move |tx| resume(tx, job_id, now_ms)).await, Ok(false));
        assert_eq!(worker.run_until_idle().await, Ok(1));
        let row = node.rows().await[0];
        assert_eq!((row.state, row.failures, row.claim.attempt), (QUEUED, 1, 6));
        works.store(true, SeqCst);
        node.clock.advance(1_000);
        assert_eq!(worker.run_until_idle().await, Ok(1));
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn every_way_to_fail_counts() {
    // Shows that an error and a panic are failures like another, with a reason for the operator, that a handler may name
    // its own wait, and that a reason is cut to its limit.
    for (_test, node) in nodes().await {
        let mut registry = Registry::default();
        let once = KindSettings { attempts_max: 1, ..settings() };
        registry
            .register("error", once, |_, _| async { Err(JobError::Invalid("long ".repeat(1_000)).into()) })
            .unwrap();
        registry.register("panic", once, |_, _| async { panic!("on purpose") }).unwrap();
        registry
            .register("early panic", once, |_, _| {
                panic!("on purpose");
                #[expect(unreachable_code, reason = "its type")]
                async {
                    Ok(Outcome::Done)
                }
            })
            .unwrap();
        registry
            .register("own wait", settings(), |_, _| async {
                Ok(Outcome::Retry { after_ms: Some(123), reason: "asked to".into() })
            })
            .unwrap();
        for kind in ["error", "panic", "early panic", "own wait"] {
            node.enqueue(NewJob::new(kind, "1", START_MS)).await.unwrap();
        }
        assert_eq!(node.worker(registry).run_until_idle().await, Ok(4));
        let rows = node.rows().await;
        assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [PARKED, PARKED, PARKED, QUEUED]);
        assert_eq!(rows[3].run_at_ms, START_MS + 123);
        let list = node.db.read(|tx| parked(tx, 0, 10)).await.unwrap();
        let reasons: Vec<_> = list.iter().map(|job| job.reason.as_deref().unwrap()).collect();
        assert_eq!(reasons[0].len(), REASON_CHARS_MAX);
        assert_eq!(reasons[1..], ["the handler panicked", "the handler panicked"]);
    }
}

#[tokio::test]
async fn parked_jobs_are_paged_and_discarded() {
    // Shows pages by id, and that only parked jobs can be resumed or discarded.
    for (_test, node) in nodes().await {
        for _ in 0..5 {
            node.enqueue(NewJob::new("parking", "1", START_MS)).await.unwrap();
        }
        let queued = node.rows().await[0].claim.job_id;
        assert_eq!(node.db.write(move |tx| discard(tx, queued)).await, Ok(false));
        assert_eq!(node.db.write(move |tx| resume(tx, queued, START_MS)).await, Ok(false));
        let registry = always("parking", settings(), Outcome::Park { reason: "ask somebody".into() });
        assert_eq!(node.worker(registry).run_until_idle().await, Ok(5));
        let mut seen = Vec::new();
        for expected in [2, 2, 1, 0] {
            let after = seen.last().copied().unwrap_or(0);
            let page = node.db.read(move |tx| parked(tx, after, 2)).await.unwrap();
            assert_eq!(page.len(), expected);
            seen.extend(page.iter().map(|job| job.job_id));
        }
        assert_eq!(seen, node.rows().await.iter().map(|row| row.claim.job_id).collect::<Vec<_>>());
        for job_id in seen {
            assert_eq!(node.db.write(move |tx| discard(tx, job_id)).await, Ok(true));
            assert_eq!(node.db.write(move |tx| discard(tx, job_id)).await, Ok(false));
        }
        assert_eq!(node.rows().await, []);
    }
}

#[tokio::test]
async fn success_forgets_failures() {
    // Shows that a job which runs again after it went well begins its failures anew.
    for (_test, node) in nodes().await {
        let mut registry = Registry::default();
        let handler = |job: simlink_jobs::Job, context: simlink_jobs::Context| async move {
            // Fails four times of five, for ever, and is never parked.
            let at_ms = context.now_ms();
            Ok(if job.claim.attempt % 5 == 0 { Outcome::Again { at_ms } } else { failing() })
        };
        registry.register("moody", settings(), handler).unwrap();
        let worker = node.worker(registry);
        node.enqueue(NewJob::new("moody", "1", START_MS)).await.unwrap();
        for _ in 0..20 {
            assert!(worker.run_until_idle().await.unwrap() >= 1);
            node.clock.advance(5_000);
        }
        let row = node.rows().await[0];
        assert_eq!(row.state, QUEUED);
        assert!(row.claim.attempt > 20, "{row:?}");
    }
}
