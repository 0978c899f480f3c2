//! When an event is tried again, when it is given up, and when an endpoint is switched off. Pure.

use simlink_jobs::Backoff;

/// Between two attempts: 5 s, 10 s, 20 s … to an hour.
const BACKOFF: Backoff = Backoff { first_ms: 5_000, longest_ms: 60 * 60 * 1000 };
/// How long an event is tried, and how long an endpoint may fail at everything.
pub const TRIED_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// The wait after so many failures in a row, from 1; longer where the receiver asks for it, up to the longest.
pub fn wait_ms(failures: i64, random: u64, asked_s: Option<u64>) -> i64 {
    let wait_ms = BACKOFF.wait_ms(u32::try_from(failures).unwrap_or(u32::MAX), random);
    let asked_ms = asked_s.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0).saturating_mul(1000);
    wait_ms.max(asked_ms.min(BACKOFF.longest_ms))
}

/// Whether an event that has failed once more is given up: it was tried for a day, and meanwhile the endpoint has
/// taken others. Where it took nothing it is the endpoint that fails, and its events wait.
pub fn gives_up(first_tried_ms: i64, last_success_ms: Option<i64>, now_ms: i64) -> bool {
    now_ms.saturating_sub(first_tried_ms) >= TRIED_MS_MAX
        && last_success_ms.is_some_and(|at| at > first_tried_ms)
}

/// Whether an endpoint that has failed at everything since then is switched off.
pub fn switches_off(failing_since_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(failing_since_ms) >= TRIED_MS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;

    /// Shows the shortest waits of the first attempts, the longest, and that the receiver may ask for more.
    #[test]
    fn waits_grow() {
        let table = [(1, None, 2_500), (2, None, 5_000), (5, None, 40_000), (40, None, HOUR_MS / 2)];
        for (failures, asked_s, wait) in table {
            assert_eq!(wait_ms(failures, 0, asked_s), wait, "{failures}");
        }
        assert_eq!(wait_ms(1, 0, Some(60)), 60_000);
        assert_eq!(wait_ms(1, 0, Some(u64::MAX)), 2_500);
        assert_eq!(wait_ms(1, 0, Some(1_000_000)), HOUR_MS);
    }

    /// Shows that a day of attempts has more than twenty of them.
    #[test]
    fn a_day_has_many_attempts() {
        let (mut now_ms, mut attempts) = (0, 0);
        while now_ms < TRIED_MS_MAX {
            attempts += 1;
            now_ms += wait_ms(attempts, u64::MAX / 2, None);
        }
        assert!((20..60).contains(&attempts), "{attempts}");
    }

    /// Shows who is to blame after a day: the event where others went through, the endpoint where nothing did.
    #[test]
    fn after_a_day() {
        let day = TRIED_MS_MAX;
        for (first, success, now, given_up) in [
            (0, Some(1), day, true),
            (0, Some(1), day - 1, false),
            (0, None, 9 * day, false),
            (5, Some(4), 9 * day, false),
        ] {
            assert_eq!(gives_up(first, success, now), given_up, "{first} {success:?} {now}");
        }
        assert!(switches_off(0, day) && !switches_off(1, day));
    }
}
