//! How many connections the process may open at all: each is a file to the system.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors kept for everything but clients: databases, logs, carriers, listening sockets.
const RESERVE: u64 = 256;

/// The part of `wanted` connections that the system's limit on open files allows, after raising the process's own
/// limit as far as needed and permitted.
pub(super) fn connections_allowed(wanted: usize) -> usize {
    let needed = wanted as u64 + RESERVE;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok() {
            limit.current = Some(raised);
        }
    }
    let allowed = allowed(wanted, limit.current);
    if allowed < wanted {
        tracing::warn!(
            wanted,
            allowed,
            "the limit on open files (ulimit -n) allows fewer connections than configured"
        );
    }
    allowed
}

/// `wanted`, unless the limit on open files is lower; at least one.
fn allowed(wanted: usize, open_files_max: Option<u64>) -> usize {
    let Some(open_files_max) = open_files_max else { return wanted };
    let room = open_files_max.saturating_sub(RESERVE).max(open_files_max / 2);
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    /// The reserve is kept, but never more than half of what there is.
    #[test]
    fn what_a_limit_allows() {
        for (wanted, open_files_max, expected) in [
            (10_000, None, 10_000),
            (10_000, Some(20_000), 10_000),
            (10_000, Some(10_256), 10_000),
            (10_000, Some(1_024), 768),
            (10_000, Some(300), 150),
            (10_000, Some(0), 1),
            (5, Some(1_024), 5),
        ] {
            assert_eq!(allowed(wanted, open_files_max), expected, "{wanted} of {open_files_max:?}");
        }
    }
}
