//! The scan pool: long reads of the fleet run on threads of their own, so that a cheap request never waits behind one.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::http::error::{GatewayError, Refusal};
use crate::limits;

type Job = Box<dyn FnOnce() + Send>;

/// A bounded pool of threads with a bounded queue.
#[derive(Debug)]
pub struct Scans {
    queue: SyncSender<Job>,
}

impl Scans {
    /// A pool of `threads` threads, at least one.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel::<Job>(limits::SCANS_WAITING_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads.max(1) {
            let jobs = jobs.clone();
            std::thread::Builder::new().name(format!("scan-{number}")).spawn(move || run(&jobs))?;
        }
        Ok(Self { queue })
    }

    /// Runs `scan` on the pool.
    ///
    /// # Errors
    /// [`GatewayError::Unavailable`] when the queue is full; an internal error when the scan panicked.
    pub async fn run<T, F>(&self, scan: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more when the client has gone: spare the work.
            if !answer.is_closed() {
                let _ = answer.send(scan());
            }
        });
        match self.queue.try_send(job) {
            Ok(()) => answered.await.map_err(|_| Refusal::Internal(anyhow::anyhow!("a scan panicked"))),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                Err(GatewayError::Unavailable.into())
            }
        }
    }
}

fn run(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a scan panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the pool answers, that a panic is an error of its own request only, and that a full queue refuses.
    #[tokio::test]
    async fn answers_and_is_bounded() {
        let scans = Scans::new(1).expect("a thread");
        assert_eq!(scans.run(|| 1 + 1).await.expect("an answer"), 2);
        assert!(matches!(scans.run(|| -> u8 { panic!("on purpose") }).await, Err(Refusal::Internal(_))));

        let (release, released) = std::sync::mpsc::channel::<()>();
        let scans = Arc::new(scans);
        let blocked = scans.clone();
        let blocker = tokio::spawn(async move { blocked.run(move || released.recv().is_ok()).await });
        tokio::task::yield_now().await;
        let refused = {
            let mut waiting = Vec::new();
            let mut refused = 0;
            for _ in 0..limits::SCANS_WAITING_MAX + 2 {
                let mut run = Box::pin(scans.run(|| ()));
                if let std::task::Poll::Ready(Err(_)) = poll_once(run.as_mut()) {
                    refused += 1;
                }
                waiting.push(run);
            }
            refused
        };
        assert!(refused >= 1, "the queue has a bound");
        release.send(()).expect("the blocker waits");
        assert!(blocker.await.expect("no panic").expect("an answer"));
    }

    fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
        future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
