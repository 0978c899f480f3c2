//! What a handler may ask for while it runs: the time, how much of it is left, and more of it.

use std::{sync::Arc, time::Duration};

use simlink_db::Db;
use tokio::{sync::watch, time::Instant};

use crate::{Claim, Clock, JobError, KindSettings, endings};

/// The surroundings of one attempt. Clones share it.
#[derive(Clone)]
pub struct Context {
    db: Db,
    clock: Arc<dyn Clock>,
    claim: Claim,
    settings: KindSettings,
    deadline: Arc<watch::Sender<Instant>>,
    stopping: watch::Receiver<bool>,
}

impl Context {
    /// The time of `begun` must be before the lease was written, so that the deadline comes before its end.
    pub(crate) fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        claim: Claim,
        settings: KindSettings,
        begun: Instant,
        stopping: watch::Receiver<bool>,
    ) -> Context {
        let (deadline, _) = watch::channel(begun + Duration::from_millis(settings.timeout_ms));
        Context { db, clock, claim, settings, deadline: Arc::new(deadline), stopping }
    }

    /// Now, in epoch milliseconds, by the clock that jobs are due by.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// How long until the attempt is cut off. What cannot be undone should not be begun with too little of it.
    pub fn remaining(&self) -> Duration {
        self.deadline.borrow().saturating_duration_since(Instant::now())
    }

    /// Whether the worker is stopping: long work should come to a good point and answer
    /// [`Outcome::Again`](crate::Outcome::Again).
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Begins lease and timeout anew, for work that is longer than one timeout and goes on well.
    ///
    /// # Errors
    /// [`JobError::Lost`] when the job is another attempt's by now, and those of the database.
    pub async fn extend(&self) -> Result<(), JobError> {
        let begun = Instant::now();
        let claim = self.claim;
        let lease_until_ms = lease_until_ms(&*self.clock, self.settings);
        self.db.write(move |tx| endings::extend(tx, claim, lease_until_ms)).await?;
        self.deadline.send_replace(begun + Duration::from_millis(self.settings.timeout_ms));
        Ok(())
    }

    /// Returns when the deadline is over, wherever it has been moved to meanwhile.
    pub(crate) async fn over(&self) {
        let mut deadline = self.deadline.subscribe();
        loop {
            let at = *deadline.borrow_and_update();
            tokio::select! {
                biased;
                // An error means that nobody is left to move it, and then this future is gone too.
                Ok(()) = deadline.changed() => {}
                () = tokio::time::sleep_until(at) => return,
            }
        }
    }
}

/// Until when a lease holds that is written now.
pub(crate) fn lease_until_ms(clock: &dyn Clock, settings: KindSettings) -> i64 {
    clock.lease_now_ms().saturating_add_unsigned(settings.lease_ms)
}
