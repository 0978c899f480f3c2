//! A token bucket in whole numbers: exact on any clock, with a reserve and a pause.

/// Thousandths of a token in a token: at `n` calls a second, `n` of them arrive each millisecond.
const PARTS: u64 = 1_000;

/// Lets a number of calls a second pass.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    per_second: u32,
    burst: u32,
    parts: u64,
    updated_ms: i64,
    paused_until_ms: i64,
}

impl Bucket {
    /// A full bucket; `per_second` 0 is unlimited.
    pub(super) fn new(per_second: u32, burst: u32, now_ms: i64) -> Self {
        let parts = u64::from(burst) * PARTS;
        Self { per_second, burst, parts, updated_ms: now_ms, paused_until_ms: i64::MIN }
    }

    /// How many calls may pass now if `reserve` of them are left over, and when the next one may.
    pub(super) fn room(&mut self, now_ms: i64, reserve: u32) -> (u32, i64) {
        self.refill(now_ms);
        if now_ms < self.paused_until_ms {
            return (0, self.paused_until_ms);
        }
        if self.per_second == 0 {
            return (u32::MAX, now_ms);
        }
        let kept = u64::from(reserve) * PARTS;
        let free = u32::try_from(self.parts.saturating_sub(kept) / PARTS).unwrap_or(u32::MAX);
        let missing = (kept + PARTS).saturating_sub(self.parts);
        let wait_ms = missing.div_ceil(u64::from(self.per_second));
        (free, now_ms.saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX)))
    }

    /// Takes one; the caller has seen [`Bucket::room`].
    pub(super) fn take(&mut self) {
        self.parts = self.parts.saturating_sub(PARTS);
    }

    /// Lets nothing pass before `until_ms`: the carrier said so.
    pub(super) fn pause(&mut self, until_ms: i64) {
        self.paused_until_ms = self.paused_until_ms.max(until_ms);
    }

    fn refill(&mut self, now_ms: i64) {
        let passed_ms = u64::try_from(now_ms.saturating_sub(self.updated_ms)).unwrap_or(0);
        let arrived = passed_ms.saturating_mul(u64::from(self.per_second));
        self.parts = self.parts.saturating_add(arrived).min(u64::from(self.burst) * PARTS);
        self.updated_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the bucket moment by moment: burst, exact waiting time, refill up to the burst, a clock that goes back.
    #[test]
    fn moments() {
        let mut bucket = Bucket::new(5, 2, 0);
        // (now, free, next, whether one is taken then)
        let steps = [
            (0, 2, 0, true),
            (0, 1, 0, true),
            (0, 0, 200, false),
            (199, 0, 200, false),
            (200, 1, 200, true),
            (300, 0, 400, false),
            (250, 0, 350, false),
            (350, 1, 350, false),
            (99_999, 2, 99_999, false),
        ];
        for (now_ms, free, next_ms, take) in steps {
            assert_eq!(bucket.room(now_ms, 0), (free, next_ms), "at {now_ms}");
            if take {
                bucket.take();
            }
        }
    }

    /// Shows that over any minute no more than burst plus rate passes, whatever the reserve leaves.
    #[test]
    fn rate_is_kept() {
        for (per_second, burst, reserve) in [(1, 1, 0), (7, 3, 1), (500, 500, 150)] {
            let mut bucket = Bucket::new(per_second, burst, 0);
            let mut passed = 0;
            for now_ms in 0..60_000 {
                while bucket.room(now_ms, reserve).0 > 0 {
                    bucket.take();
                    passed += 1;
                }
            }
            let arrived = 60 * per_second;
            assert!(
                (arrived - per_second..=arrived + burst - reserve).contains(&passed),
                "{passed} of {arrived}"
            );
        }
    }

    /// Shows that a pause stops even an unlimited bucket, until it ends.
    #[test]
    fn pauses() {
        let mut bucket = Bucket::new(0, 1, 0);
        assert_eq!(bucket.room(10, 0), (u32::MAX, 10));
        bucket.pause(500);
        bucket.pause(400);
        assert_eq!(bucket.room(499, 0), (0, 500));
        assert_eq!(bucket.room(500, 0), (u32::MAX, 500));
    }
}
