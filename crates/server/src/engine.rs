//! What work outside of requests is done with: the database, the queue of jobs, the links to the carriers.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use simlink_db::{Db, DbError, Tx};
use simlink_jobs::Queue;

use crate::automation;
use crate::changes::{Feed, Follower};
use crate::clock::Clock;
use crate::southbound::Links;

/// Shared by handlers, jobs and the events of carriers.
pub struct Engine {
    /// The database.
    pub db: Db,
    /// The queue of this process.
    pub queue: Queue,
    /// The ways to the carriers.
    pub links: Links,
    /// The clock of every rule.
    pub clock: Clock,
    /// Keeps the memory of this process equal to the database.
    pub follower: Arc<Follower>,
    /// How far the log can be read in order.
    pub feed: Arc<Feed>,
    /// The time of leases.
    pub lease_clock: LeaseClock,
    /// What rules run by.
    pub automation: automation::Settings,
}

/// The time that leases run by: the database server's where there is one, counted on by this process's steady clock.
/// No sandbox moves it and no wrong wall clock disturbs it.
pub struct LeaseClock {
    /// `None` for a clock that only moves when told to.
    base: Option<Mutex<(i64, Instant)>>,
    clock: Clock,
}

impl LeaseClock {
    /// A lease clock beside `clock`.
    pub fn new(clock: &Clock) -> Self {
        let base = clock.runs().then(|| Mutex::new((Clock::system().now_ms(), Instant::now())));
        Self { base, clock: clock.clone() }
    }

    /// Takes the time from the database, where it has a clock of its own.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_by(&self, db: &Db) -> Result<(), DbError> {
        let asked = Instant::now();
        let now_ms = db.read(|tx: &mut Tx<'_>| tx.server_now_ms()).await?;
        if let (Some(base), Some(now_ms)) = (&self.base, now_ms) {
            // The answer was true at some moment in between; the earlier one makes leases look older by that much.
            *base.lock() = (now_ms, asked);
        }
        Ok(())
    }

    /// Now, in epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        let Some(base) = &self.base else { return self.clock.now_ms() };
        let (base_ms, since) = *base.lock();
        base_ms.saturating_add(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// The queue's view of the two clocks.
pub struct JobClock(pub Arc<Engine>);

impl simlink_jobs::Clock for JobClock {
    fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    fn lease_now_ms(&self) -> i64 {
        self.0.lease_clock.now_ms()
    }
}
