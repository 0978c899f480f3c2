//! Request ids: 32 hexadecimal digits, unique within and across processes, cheap to make.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::randomness::Randomness;

/// Makes request ids from a random start and a counter: neither guesses at time nor locks.
#[derive(Debug)]
pub struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Ids of this process.
    pub fn new(randomness: &Randomness) -> Self {
        Self {
            process: u64::from_le_bytes(randomness.bytes()),
            next: AtomicU64::new(u64::from_le_bytes(randomness.bytes())),
        }
    }

    /// The next id.
    pub fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        // An odd multiplier is a bijection of 64 bits: ids look unrelated and never repeat within a process.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.process.to_be_bytes());
        bytes[8..].copy_from_slice(&(mixed ^ (mixed >> 32)).to_be_bytes());
        hex::encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that ids have 32 hexadecimal digits and do not repeat.
    #[test]
    fn do_not_repeat() {
        let ids = RequestIds::new(&Randomness::seeded(1));
        let made: std::collections::HashSet<String> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 10_000);
        assert!(made.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }
}
