//! The limits of the way to one carrier, and what makes them acceptable.

use serde::{Deserialize, Serialize};

/// The share of rate and slots kept free of bulk work, in percent, so that a person never waits for a mass operation.
pub const INTERACTIVE_SHARE_PERCENT: u32 = 30;

/// What must be left of a lease when a call is given up, in milliseconds: time to write the outcome.
const LEASE_REMAINDER_MS_MIN: u64 = 1_000;

/// The limits of the way to one carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkLimits {
    /// Calls a second; 0 is unlimited.
    pub calls_per_second: u32,
    /// Calls at once after a pause; at least 1.
    pub burst: u32,
    /// Calls under way at once; at least 1.
    pub concurrency: u32,
    /// When a call is given up, in milliseconds.
    pub timeout_ms: u64,
    /// Failed calls in a row that open the breaker; at least 1.
    pub failures_to_open: u32,
    /// How long an open breaker waits before the next probe, in milliseconds; up to a tenth less, so that the nodes
    /// of an installation don't probe in step.
    pub probe_interval_ms: u64,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self {
            calls_per_second: 5,
            burst: 5,
            concurrency: 4,
            timeout_ms: 15_000,
            failures_to_open: 5,
            probe_interval_ms: 5_000,
        }
    }
}

/// Limits that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkLimitsError {
    /// A figure that must be 1 at least is 0.
    #[error("burst, concurrency, timeout_ms, failures_to_open and probe_interval_ms must be at least 1")]
    Zero,
    /// A call could outlive the lease of the job that makes it, and somebody else would take the job over.
    #[error("timeout_ms must be at least {LEASE_REMAINDER_MS_MIN} ms below the lease of {lease_ms} ms")]
    TimeoutBeyondLease {
        /// The lease, in milliseconds.
        lease_ms: u64,
    },
}

impl LinkLimits {
    /// Refuses limits that cannot work under jobs leased for `lease_ms` milliseconds.
    pub fn check(&self, lease_ms: u64) -> Result<(), LinkLimitsError> {
        let counts = [self.burst, self.concurrency, self.failures_to_open];
        if counts.contains(&0) || self.timeout_ms == 0 || self.probe_interval_ms == 0 {
            return Err(LinkLimitsError::Zero);
        }
        if self.timeout_ms.saturating_add(LEASE_REMAINDER_MS_MIN) > lease_ms {
            return Err(LinkLimitsError::TimeoutBeyondLease { lease_ms });
        }
        Ok(())
    }
}

/// What of `total` is kept for interactive calls; nothing of 1, which bulk work needs to move at all.
pub(super) fn reserve_of(total: u32) -> u32 {
    let share = u64::from(total) * u64::from(INTERACTIVE_SHARE_PERCENT) / 100;
    u32::try_from(share).unwrap_or(u32::MAX).min(total.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which limits are refused.
    #[test]
    fn limits_are_checked() {
        let good = LinkLimits { timeout_ms: 29_000, ..LinkLimits::default() };
        assert_eq!(good.check(30_000), Ok(()));
        assert_eq!(good.check(29_999), Err(LinkLimitsError::TimeoutBeyondLease { lease_ms: 29_999 }));
        for zero in [
            LinkLimits { burst: 0, ..good.clone() },
            LinkLimits { concurrency: 0, ..good.clone() },
            LinkLimits { timeout_ms: 0, ..good.clone() },
            LinkLimits { failures_to_open: 0, ..good.clone() },
            LinkLimits { probe_interval_ms: 0, ..good.clone() },
        ] {
            assert_eq!(zero.check(30_000), Err(LinkLimitsError::Zero));
        }
        assert_eq!(LinkLimits { calls_per_second: 0, ..good }.check(30_000), Ok(()));
    }

    /// Shows the reserve of interactive calls.
    #[test]
    fn reserves() {
        for (total, reserve) in
            [(0, 0), (1, 0), (2, 0), (4, 1), (10, 3), (500, 150), (u32::MAX, 1_288_490_188)]
        {
            assert_eq!(reserve_of(total), reserve, "{total}");
        }
    }
}
