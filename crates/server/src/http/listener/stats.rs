//! What the listener counts. Touched when connections open and end, never for an ordinary request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::seats::Seat;

/// One number that many threads count.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// The number now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counters since the start, and one gauge (`open`).
#[derive(Debug, Default)]
pub struct Stats {
    /// Connections accepted and served.
    pub accepted: Count,
    /// Connections open now.
    pub open: Count,
    /// Connections closed at once because the server, or their address, had too many.
    pub refused_over_cap: Count,
    /// Accepts that failed, mostly for want of file descriptors.
    pub accept_failed: Count,
    /// TLS handshakes that failed.
    pub tls_failed: Count,
    /// Handlers that panicked.
    pub panicked: Count,
    /// Clients (and handlers) that took too long, by what they were to do.
    pub timed_out: TimedOut,
}

/// Counters of waits that ended at their limit.
#[derive(Debug, Default)]
pub struct TimedOut {
    /// Silent connections, TLS handshakes among them.
    pub first_byte: Count,
    /// Heads not completed.
    pub header: Count,
    /// Bodies below the rate, or beyond the ceiling.
    pub body: Count,
    /// Connections kept alive and not used again.
    pub idle: Count,
    /// Answers not read.
    pub write: Count,
    /// Requests answered with 504.
    pub handler: Count,
}

/// A connection in the gauge and on its seat; leaves both when dropped, panics included.
pub(super) struct Open {
    stats: Arc<Stats>,
    _seat: Seat,
}

impl Open {
    pub(super) fn new(stats: Arc<Stats>, seat: Seat) -> Self {
        stats.accepted.increment();
        stats.open.increment();
        Self { stats, _seat: seat }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stats.open.decrement();
    }
}

impl Stats {
    /// Every number with its name, as metrics show it.
    pub fn counts(&self) -> [(&'static str, u64); 12] {
        [
            ("accepted", self.accepted.get()),
            ("open", self.open.get()),
            ("refused_over_cap", self.refused_over_cap.get()),
            ("accept_failed", self.accept_failed.get()),
            ("tls_failed", self.tls_failed.get()),
            ("panicked", self.panicked.get()),
            ("timed_out_first_byte", self.timed_out.first_byte.get()),
            ("timed_out_header", self.timed_out.header.get()),
            ("timed_out_body", self.timed_out.body.get()),
            ("timed_out_idle", self.timed_out.idle.get()),
            ("timed_out_write", self.timed_out.write.get()),
            ("timed_out_handler", self.timed_out.handler.get()),
        ]
    }
}
