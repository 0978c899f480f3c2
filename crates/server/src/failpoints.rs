//! Named points at which a test build can be made to end the process: what a crash there leaves behind is then
//! certain instead of a matter of luck. Without the feature `failpoints` a point is nothing at all.

/// Passes a named point.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn hit(_point: &str) {}

/// Passes a named point: ends the process at once, as `kill -9` does, at the n-th passage of the point that
/// `SIMLINK_TEST_ABORT_AT` names (`carry_claimed:3`, without a figure the first).
#[cfg(feature = "failpoints")]
pub fn hit(point: &str) {
    armed::hit(point);
}

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Armed {
        point: String,
        left: AtomicU64,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "a test arms the process it starts")]
        let setting = std::env::var("SIMLINK_TEST_ABORT_AT").ok()?;
        let (point, passage) = setting.split_once(':').unwrap_or((&setting, "1"));
        Some(Armed { point: point.to_owned(), left: AtomicU64::new(passage.parse().ok()?) })
    });

    pub(super) fn hit(point: &str) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.point == point) else { return };
        if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // No destructor runs, no buffer is written, as when the process is killed.
            std::process::abort();
        }
    }
}
