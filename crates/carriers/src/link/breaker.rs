//! The circuit breaker as a pure state machine.
//!
//! ```text
//! Closed ──failures in a row──▶ Open ──probe time──▶ HalfOpen (one call) ──fine──▶ Closed
//!                                 ▲                        │
//!                                 └────────failure─────────┘
//! ```

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls pass.
    Closed {
        /// Failed calls in a row so far.
        failures: u32,
    },
    /// Nothing passes.
    Open {
        /// When a probe may pass, in epoch milliseconds.
        probe_at_ms: i64,
    },
    /// One call is under way to find out; nothing else passes.
    HalfOpen,
}

/// The right to make one call; its result is reported with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Plain,
    Probe,
}

/// What a call says about the carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works, whatever it said about the card.
    Fine,
    /// It does not.
    Failed,
    /// The call was abandoned and says nothing.
    Nothing,
}

#[derive(Debug, Clone)]
pub(super) struct Breaker {
    failures_to_open: u32,
    state: BreakerState,
}

impl Breaker {
    pub(super) fn new(failures_to_open: u32) -> Self {
        Self { failures_to_open, state: BreakerState::Closed { failures: 0 } }
    }

    pub(super) fn state(&self) -> BreakerState {
        self.state
    }

    /// How many calls may pass now, and when the next one may at the earliest.
    pub(super) fn room(&self, now_ms: i64, probe_interval_ms: i64) -> (u32, i64) {
        match self.state {
            BreakerState::Closed { .. } => (u32::MAX, now_ms),
            BreakerState::Open { probe_at_ms } => (u32::from(now_ms >= probe_at_ms), probe_at_ms.max(now_ms)),
            BreakerState::HalfOpen => (0, now_ms.saturating_add(probe_interval_ms)),
        }
    }

    /// Lets one call pass; the caller has seen [`Breaker::room`].
    pub(super) fn pass(&mut self) -> Pass {
        match self.state {
            BreakerState::Closed { .. } => Pass::Plain,
            BreakerState::Open { .. } | BreakerState::HalfOpen => {
                self.state = BreakerState::HalfOpen;
                Pass::Probe
            }
        }
    }

    /// Takes the verdict of a call; a failure that opens the breaker allows the next probe at `probe_at_ms`.
    /// Calls that began before the breaker opened change nothing once it is open: only the probe decides.
    pub(super) fn report(&mut self, pass: Pass, verdict: Verdict, now_ms: i64, probe_at_ms: i64) {
        let open = BreakerState::Open { probe_at_ms };
        self.state = match (self.state, pass, verdict) {
            (BreakerState::Closed { .. }, Pass::Plain, Verdict::Fine) => BreakerState::Closed { failures: 0 },
            (BreakerState::Closed { failures }, Pass::Plain, Verdict::Failed) => {
                let failures = failures + 1;
                if failures >= self.failures_to_open { open } else { BreakerState::Closed { failures } }
            }
            (BreakerState::HalfOpen, Pass::Probe, Verdict::Fine) => BreakerState::Closed { failures: 0 },
            (BreakerState::HalfOpen, Pass::Probe, Verdict::Failed) => open,
            (BreakerState::HalfOpen, Pass::Probe, Verdict::Nothing) => {
                BreakerState::Open { probe_at_ms: now_ms }
            }
            (state, _, _) => state,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BreakerState::{Closed, HalfOpen, Open};
    use Pass::{Plain, Probe};
    use Verdict::{Failed, Fine, Nothing};

    /// Shows every transition: state × pass × verdict.
    #[test]
    fn transitions() {
        let (closed, open) = (|failures| Closed { failures }, Open { probe_at_ms: 5 });
        let opened = Open { probe_at_ms: 99 };
        let table = [
            (closed(0), Plain, Fine, closed(0)),
            (closed(4), Plain, Fine, closed(0)),
            (closed(0), Plain, Failed, closed(1)),
            (closed(3), Plain, Failed, closed(4)),
            (closed(4), Plain, Failed, opened),
            (closed(4), Plain, Nothing, closed(4)),
            (closed(2), Probe, Fine, closed(2)),
            (closed(2), Probe, Failed, closed(2)),
            (closed(2), Probe, Nothing, closed(2)),
            (open, Plain, Fine, open),
            (open, Plain, Failed, open),
            (open, Plain, Nothing, open),
            (open, Probe, Fine, open),
            (open, Probe, Failed, open),
            (open, Probe, Nothing, open),
            (HalfOpen, Plain, Fine, HalfOpen),
            (HalfOpen, Plain, Failed, HalfOpen),
            (HalfOpen, Plain, Nothing, HalfOpen),
            (HalfOpen, Probe, Fine, closed(0)),
            (HalfOpen, Probe, Failed, opened),
            (HalfOpen, Probe, Nothing, Open { probe_at_ms: 50 }),
        ];
        for (state, pass, verdict, expected) in table {
            let mut breaker = Breaker { failures_to_open: 5, state };
            breaker.report(pass, verdict, 50, 99);
            assert_eq!(breaker.state(), expected, "{state:?} {pass:?} {verdict:?}");
        }
    }

    /// Shows who may pass when.
    #[test]
    fn room() {
        let cases = [
            (Closed { failures: 4 }, 100, (u32::MAX, 100)),
            (Open { probe_at_ms: 101 }, 100, (0, 101)),
            (Open { probe_at_ms: 100 }, 100, (1, 100)),
            (HalfOpen, 100, (0, 1_100)),
        ];
        for (state, now_ms, expected) in cases {
            assert_eq!(Breaker { failures_to_open: 5, state }.room(now_ms, 1_000), expected, "{state:?}");
        }
    }

    /// Shows an outage of an hour: the breaker opens with the fifth failed call, costs one call an interval while the
    /// carrier is down, and is closed again within one interval of its recovery.
    #[test]
    fn an_hour_down() {
        const INTERVAL_MS: i64 = 5_000;
        let mut breaker = Breaker::new(5);
        let (mut failed, mut closed_at_ms) = (0, None);
        for now_ms in (0..4_000_000).step_by(100) {
            if breaker.room(now_ms, INTERVAL_MS).0 == 0 {
                continue;
            }
            let pass = breaker.pass();
            let down = now_ms < 3_600_000;
            failed += u32::from(down);
            breaker.report(pass, if down { Failed } else { Fine }, now_ms, now_ms + INTERVAL_MS);
            if failed == 4 {
                assert_eq!(breaker.state(), Closed { failures: 4 });
            } else if failed == 5 {
                assert!(matches!(breaker.state(), Open { .. }));
            }
            if !down && closed_at_ms.is_none() {
                closed_at_ms = Some(now_ms);
            }
        }
        assert_eq!(failed, 5 + 3_600_000 / 5_000 - 1);
        assert!(closed_at_ms.unwrap() - 3_600_000 <= INTERVAL_MS, "{closed_at_ms:?}");
        assert_eq!(breaker.state(), Closed { failures: 0 });
    }
}
