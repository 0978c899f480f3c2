//! How long to wait after a failure: a pure function of how many there were and of a random number.

/// Waiting times that double from failure to failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure, in milliseconds; at least 1.
    pub first_ms: i64,
    /// Never more than this, in milliseconds; at least `first_ms`.
    pub longest_ms: i64,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first_ms: 1_000, longest_ms: 600_000 }
    }
}

impl Backoff {
    /// The wait after the `failures`-th failure (from 1): between half of the doubled time and all of it, drawn by
    /// `random`, so that jobs that failed together do not come back together.
    pub fn wait_ms(&self, failures: u32, random: u64) -> i64 {
        let doublings = failures.saturating_sub(1).min(62);
        let whole = self.first_ms.saturating_mul(1_i64 << doublings).clamp(1, self.longest_ms.max(1));
        let half = whole / 2;
        let spread = u64::try_from(whole - half).unwrap_or(0) + 1;
        half + i64::try_from(random % spread).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Shows the shortest and the longest wait after each number of failures.
    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff { first_ms: 1_000, longest_ms: 60_000 };
        let table = [
            (0, 500, 1_000),
            (1, 500, 1_000),
            (2, 1_000, 2_000),
            (3, 2_000, 4_000),
            (6, 16_000, 32_000),
            (7, 30_000, 60_000),
            (u32::MAX, 30_000, 60_000),
        ];
        for (failures, shortest, longest) in table {
            assert_eq!(backoff.wait_ms(failures, 0), shortest, "{failures}");
            let last_draw = u64::try_from(longest - shortest).unwrap();
            assert_eq!(backoff.wait_ms(failures, last_draw), longest, "{failures}");
            assert_eq!(backoff.wait_ms(failures, last_draw + 1), shortest, "{failures}");
        }
    }

    proptest! {
        /// Shows that any settings, however foolish, give a wait between half a millisecond's floor and the longest.
        #[test]
        fn waits_stay_within_bounds(first_ms: i64, longest_ms: i64, failures: u32, random: u64) {
            let wait_ms = Backoff { first_ms, longest_ms }.wait_ms(failures, random);
            prop_assert!((0..=longest_ms.max(1)).contains(&wait_ms), "{wait_ms}");
        }

        /// Shows that more failures never shorten the wait for the same draw at its lower and upper end.
        #[test]
        fn waits_rise(first_ms in 1_i64..100_000, failures in 1_u32..80) {
            let backoff = Backoff { first_ms, longest_ms: 3_600_000 };
            prop_assert!(backoff.wait_ms(failures + 1, 0) >= backoff.wait_ms(failures, 0));
        }
    }
}
