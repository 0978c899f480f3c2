//! The clock of the whole server: every rule takes its time from here, so that a sandbox and the tests can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A shared clock. Clones read, and move, the same clock.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// The system's time plus an offset in milliseconds.
    System { offset_ms: Arc<AtomicI64> },
    /// A time that moves only when told to.
    Fixed { now_ms: Arc<AtomicI64> },
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { source: Source::System { offset_ms: Arc::default() } }
    }

    /// A clock that stands at `now_ms` (epoch milliseconds) until [`Clock::advance`] moves it.
    pub fn fixed(now_ms: i64) -> Self {
        Self { source: Source::Fixed { now_ms: Arc::new(AtomicI64::new(now_ms)) } }
    }

    /// Now, in epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        match &self.source {
            Source::System { offset_ms } => system_now_ms() + offset_ms.load(Ordering::Relaxed),
            Source::Fixed { now_ms } => now_ms.load(Ordering::Relaxed),
        }
    }

    /// What others' clocks say: the system's time wherever a sandbox has moved this clock to; a clock that only moves
    /// when told to is everybody's. Signatures are dated by it.
    pub fn world_ms(&self) -> i64 {
        match &self.source {
            Source::System { .. } => system_now_ms(),
            Source::Fixed { now_ms } => now_ms.load(Ordering::Relaxed),
        }
    }

    /// Whether the clock moves by itself.
    pub fn runs(&self) -> bool {
        matches!(self.source, Source::System { .. })
    }

    /// Moves the clock forward (or, with a negative figure, back) by `by_ms` milliseconds.
    pub fn advance(&self, by_ms: i64) {
        match &self.source {
            Source::System { offset_ms: moved } | Source::Fixed { now_ms: moved } => {
                moved.fetch_add(by_ms, Ordering::Relaxed);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one room that reads the wall clock")]
fn system_now_ms() -> i64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that clones share one clock and that a fixed clock moves only when told to.
    #[test]
    fn clones_move_together() {
        let clock = Clock::fixed(1_000);
        let clone = clock.clone();
        clone.advance(500);
        assert_eq!(clock.now_ms(), 1_500);
        assert_eq!(clock.now_ms(), 1_500);
    }
}
