//! Lock-outs: wrong signatures and passwords in a row shut an address out of a key or user for a while, long before
//! they shut anybody else out of it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

use super::PeerAddress;
use crate::limits;

/// How often forgettable rows are looked for once the memory is full.
const SWEEP_INTERVAL_MS: i64 = 1_000;

/// Failures in a row, by subject (an access key or a user's id) and address.
#[derive(Debug, Default)]
pub struct LockOuts {
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    subjects: HashMap<Arc<str>, Subject>,
    /// Rows over all subjects: each subject's own and those of its addresses.
    rows: usize,
    swept_ms: i64,
}

#[derive(Debug, Default)]
struct Subject {
    /// Over all addresses.
    overall: Row,
    addresses: HashMap<IpAddr, Row>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Row {
    failures: u32,
    last_ms: i64,
    locked_until_ms: i64,
}

impl Row {
    fn is_locked(&self, now_ms: i64) -> bool {
        now_ms < self.locked_until_ms
    }

    /// Counts a failure; the one that reaches `locks_at` locks, and the count begins anew.
    fn fail(&mut self, locks_at: u32, now_ms: i64) {
        self.failures += 1;
        self.last_ms = now_ms;
        if self.failures >= locks_at {
            *self = Self { failures: 0, last_ms: now_ms, locked_until_ms: now_ms + limits::LOCK_OUT_MS };
        }
    }

    fn is_forgettable(&self, now_ms: i64) -> bool {
        !self.is_locked(now_ms) && self.last_ms + limits::LOCK_OUT_MS < now_ms
    }
}

impl LockOuts {
    /// Whether `subject` is locked for this address.
    pub fn is_locked(&self, subject: &str, peer: PeerAddress, now_ms: i64) -> bool {
        let memory = self.memory.lock();
        let Some(subject) = memory.subjects.get(subject) else { return false };
        subject.overall.is_locked(now_ms)
            || subject.addresses.get(&network(peer)).is_some_and(|row| row.is_locked(now_ms))
    }

    /// Counts a failure of this address. What a locked address or subject does is not counted: it cannot prolong its
    /// own lock-out, and one address alone never gets near the count over all.
    pub fn failed(&self, subject: &Arc<str>, peer: PeerAddress, now_ms: i64) {
        self.memory.lock().fail(subject, network(peer), now_ms);
    }

    /// A success: the failures in a row of this address and over all have come to an end.
    pub fn succeeded(&self, subject: &str, peer: PeerAddress) {
        let mut memory = self.memory.lock();
        let Some(found) = memory.subjects.get_mut(subject) else { return };
        found.overall.failures = 0;
        let removed = usize::from(found.addresses.remove(&network(peer)).is_some());
        memory.rows -= removed;
    }
}

impl Memory {
    fn fail(&mut self, subject: &Arc<str>, address: IpAddr, now_ms: i64) {
        // A failure needs two rows at most.
        if self.rows + 2 > limits::LOCK_OUT_ENTRIES_MAX && now_ms - self.swept_ms >= SWEEP_INTERVAL_MS {
            self.sweep(now_ms);
        }
        let mut room = limits::LOCK_OUT_ENTRIES_MAX.saturating_sub(self.rows);
        if room == 0 && !self.subjects.contains_key(subject) {
            return;
        }
        let found = self.subjects.entry(subject.clone()).or_insert_with(|| {
            room -= 1;
            Subject::default()
        });
        let known = found.addresses.contains_key(&address);
        let row = if known || room > 0 { Some(found.addresses.entry(address).or_default()) } else { None };
        let locked = found.overall.is_locked(now_ms) || row.as_ref().is_some_and(|row| row.is_locked(now_ms));
        if !locked {
            // An address that there is no room for still counts over all.
            found.overall.fail(limits::FAILURES_OVER_ALL_MAX, now_ms);
            if let Some(row) = row {
                row.fail(limits::FAILURES_PER_ADDRESS_MAX + 1, now_ms);
            }
        }
        self.rows = limits::LOCK_OUT_ENTRIES_MAX - room + usize::from(!known && room > 0);
    }

    /// Forgets what neither locks nor has failed lately.
    fn sweep(&mut self, now_ms: i64) {
        self.swept_ms = now_ms;
        self.subjects.retain(|_, subject| {
            subject.addresses.retain(|_, row| !row.is_forgettable(now_ms));
            !subject.addresses.is_empty() || !subject.overall.is_forgettable(now_ms)
        });
        self.rows = self.subjects.values().map(|subject| 1 + subject.addresses.len()).sum();
    }
}

/// Who counts as one address: an IPv4 address, or the /64 that an IPv6 host can move in at will.
fn network(peer: PeerAddress) -> IpAddr {
    match peer.0.ip().to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "192.0.2.1:5000";
    const STRANGER: &str = "198.51.100.2:5000";

    fn peer(address: &str) -> PeerAddress {
        PeerAddress(address.parse().expect("an address"))
    }

    fn numbered(number: u32) -> PeerAddress {
        PeerAddress((std::net::Ipv4Addr::from_bits(0x0a00_0000 + number), 1).into())
    }

    fn fail(lock_outs: &LockOuts, address: &str, times: u32, now_ms: i64) {
        (0..times).for_each(|_| lock_outs.failed(&"AK".into(), peer(address), now_ms));
    }

    /// Shows that five failures in a row pass, the sixth locks that address for exactly five minutes, and the owner's
    /// address is not touched.
    #[test]
    fn the_sixth_failure_locks_one_address() {
        let lock_outs = LockOuts::default();
        fail(&lock_outs, STRANGER, 5, 0);
        assert!(!lock_outs.is_locked("AK", peer(STRANGER), 0));
        fail(&lock_outs, STRANGER, 1, 0);
        for (address, now_ms, expected) in [
            (STRANGER, 0, true),
            ("198.51.100.2:6000", 0, true),
            ("[::ffff:198.51.100.2]:5000", 0, true),
            (STRANGER, limits::LOCK_OUT_MS - 1, true),
            (STRANGER, limits::LOCK_OUT_MS, false),
            (OWNER, 0, false),
        ] {
            assert_eq!(lock_outs.is_locked("AK", peer(address), now_ms), expected, "{address} {now_ms}");
        }
        assert!(!lock_outs.is_locked("other", peer(STRANGER), 0));
    }

    /// Shows that a success ends the row, and that a lock-out that ran out begins a new one.
    #[test]
    fn only_failures_in_a_row_count() {
        let lock_outs = LockOuts::default();
        for _ in 0..20 {
            fail(&lock_outs, OWNER, 5, 0);
            lock_outs.succeeded("AK", peer(OWNER));
        }
        assert!(!lock_outs.is_locked("AK", peer(OWNER), 0));
        fail(&lock_outs, OWNER, 6, 0);
        fail(&lock_outs, OWNER, 5, limits::LOCK_OUT_MS);
        assert!(!lock_outs.is_locked("AK", peer(OWNER), limits::LOCK_OUT_MS));
    }

    /// Shows that one address cannot lock the owner out however long it tries, since what it does while locked does
    /// not count; and that it cannot prolong its own lock-out.
    #[test]
    fn a_stranger_does_not_lock_the_owner_out() {
        let lock_outs = LockOuts::default();
        fail(&lock_outs, STRANGER, 10_000, 0);
        assert!(!lock_outs.is_locked("AK", peer(OWNER), 0));
        fail(&lock_outs, STRANGER, 10_000, limits::LOCK_OUT_MS - 1);
        assert!(!lock_outs.is_locked("AK", peer(STRANGER), limits::LOCK_OUT_MS));
    }

    /// Shows that the hundredth failure in a row over all addresses locks everybody for five minutes, and that a
    /// success before it starts the count anew.
    #[test]
    fn a_hundred_over_all_lock_everybody() {
        let lock_outs = LockOuts::default();
        let from = |range: std::ops::Range<u32>| {
            range.for_each(|number| lock_outs.failed(&"AK".into(), numbered(number), 0));
        };
        from(0..99);
        lock_outs.succeeded("AK", peer(OWNER));
        from(0..99);
        assert!(!lock_outs.is_locked("AK", peer(OWNER), 0));
        from(99..100);
        assert!(lock_outs.is_locked("AK", peer(OWNER), limits::LOCK_OUT_MS - 1));
        assert!(!lock_outs.is_locked("AK", peer(OWNER), limits::LOCK_OUT_MS));
    }

    /// Shows that an IPv6 host stays one address however it moves in its network.
    #[test]
    fn a_network_is_one_address() {
        let lock_outs = LockOuts::default();
        (0..6).for_each(|host| fail(&lock_outs, &format!("[2001:db8:0:1::{host}]:1"), 1, 0));
        assert!(lock_outs.is_locked("AK", peer("[2001:db8:0:1:ffff::]:1"), 0));
        assert!(!lock_outs.is_locked("AK", peer("[2001:db8:0:2::]:1"), 0));
    }

    /// Shows that the memory is bounded, that a known address still locks when it is full, that failures without a
    /// row of their own still count over all, and that old rows make room.
    #[test]
    fn memory_is_bounded() {
        let lock_outs = LockOuts::default();
        let rows = |lock_outs: &LockOuts| {
            let memory = lock_outs.memory.lock();
            let counted: usize = memory.subjects.values().map(|subject| 1 + subject.addresses.len()).sum();
            assert_eq!(counted, memory.rows);
            counted
        };
        let subjects: Vec<Arc<str>> = (0..2_000).map(|number| format!("AK{number}").into()).collect();
        for number in 0..60 {
            for subject in &subjects {
                lock_outs.failed(subject, numbered(number), 1);
            }
        }
        assert_eq!(rows(&lock_outs), limits::LOCK_OUT_ENTRIES_MAX);
        (0..5).for_each(|_| lock_outs.failed(&subjects[0], numbered(0), 1));
        assert!(lock_outs.is_locked("AK0", numbered(0), 1));
        (0..50).for_each(|_| lock_outs.failed(&subjects[1], numbered(1_000_000), 1));
        assert!(lock_outs.is_locked("AK1", peer(OWNER), 1));
        fail(&lock_outs, STRANGER, 6, 1);
        assert!(!lock_outs.is_locked("AK", peer(STRANGER), 1), "there is no room for another subject");
        let later_ms = limits::LOCK_OUT_MS + 2;
        fail(&lock_outs, STRANGER, 6, later_ms);
        assert!(lock_outs.is_locked("AK", peer(STRANGER), later_ms));
        assert!(rows(&lock_outs) < 10);
    }
}
