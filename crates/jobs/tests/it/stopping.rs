//! Stopping in good order.

use std::sync::{Arc, OnceLock};

use simlink_jobs::{KindSettings, Outcome, Registry, Worker, limits::WorkerLimits};
use tokio::sync::{mpsc, oneshot};

use crate::{QUEUED, nodes, stuck};

#[tokio::test]
async fn what_was_not_begun_is_given_back() {
    // Shows eight jobs claimed together of which the first asks for the stop: the other seven are queued again, unharmed.
    for (_test, node) in nodes().await {
        node.enqueue_effects(8).await;
        let mut registry = Registry::default();
        let worker: Arc<OnceLock<Worker>> = Arc::default();
        let handler = {
            let worker = worker.clone();
            move |_, context: simlink_jobs::Context| {
                let worker = worker.clone();
                async move {
                    assert!(!context.is_stopping());
                    worker.get().unwrap().stop();
                    assert!(context.is_stopping());
                    Ok(Outcome::Done)
                }
            }
        };
        registry.register("effect", KindSettings::default(), handler).unwrap();
        let worker = worker.get_or_init(|| node.worker(registry));
        assert_eq!(worker.run().await, 0);
        let rows = node.rows().await;
        assert_eq!(rows.len(), 7);
        assert!(
            rows.iter().all(|row| (row.state, row.failures, row.claim.attempt) == (QUEUED, 0, 1)),
            "{rows:?}"
        );
        assert_eq!(node.worker(crate::effects(&node.db)).run_until_idle().await, Ok(7));
    }
}

#[tokio::test]
async fn running_jobs_are_waited_for() {
    // Shows that a stop claims nothing more and returns when the running job has ended.
    for (_test, node) in nodes().await {
        node.enqueue_effects(1).await;
        let (begun_sender, mut begun) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
        let mut registry = Registry::default();
        let handler = move |_, _| {
            let begun = begun_sender.clone();
            async move {
                let (go_on, wait) = oneshot::channel();
                begun.send(go_on).unwrap();
                wait.await?;
                Ok(Outcome::Done)
            }
        };
        registry.register("effect", KindSettings::default(), handler).unwrap();
        let worker = node.worker(registry);
        let mut running = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run().await }
        });
        let go_on = begun.recv().await.unwrap();
        worker.stop();
        node.enqueue_effects(1).await;
        node.queue.wake();
        assert!(futures_util::poll!(&mut running).is_pending());
        go_on.send(()).unwrap();
        assert_eq!(running.await.unwrap(), 0);
        let rows = node.rows().await;
        assert_eq!((rows.len(), rows[0].state, rows[0].claim.attempt), (1, QUEUED, 0));
    }
}

#[tokio::test]
async fn the_wait_has_an_end() {
    // Shows that a job without end is cut off after the limit and put back, as a second attempt for whoever comes next.
    for (_test, node) in nodes().await {
        node.enqueue_effects(2).await;
        let (registry, mut begun) = stuck("effect", KindSettings::default());
        let limits = WorkerLimits { stop_wait_ms: 5, ..WorkerLimits::default() };
        let worker = node.worker_within(registry, limits);
        let running = tokio::spawn({
            let worker = worker.clone();
            async move { worker.run().await }
        });
        for _ in 0..2 {
            begun.recv().await.unwrap();
        }
        worker.stop();
        assert_eq!(running.await.unwrap(), 2);
        let rows = node.rows().await;
        assert!(rows.iter().all(|row| (row.state, row.claim.attempt, row.failures) == (QUEUED, 1, 0)));
    }
}
