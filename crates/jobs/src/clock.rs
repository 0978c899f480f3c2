//! What the queue takes from its surroundings: time and randomness, both given to it.

use std::sync::Arc;

/// Where the time comes from. All of it is epoch milliseconds.
pub trait Clock: Send + Sync {
    /// The time that jobs and schedules are due by; a sandbox may move it.
    fn now_ms(&self) -> i64;

    /// The time that leases run by: it must agree between all processes on one database to well below a lease, and
    /// should not jump while jobs are running. A process whose clock may be wrong takes it from the database.
    fn lease_now_ms(&self) -> i64 {
        self.now_ms()
    }
}

impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now_ms(&self) -> i64 {
        self()
    }
}

/// Where randomness comes from: any 64 bits.
pub type Random = Arc<dyn Fn() -> u64 + Send + Sync>;
