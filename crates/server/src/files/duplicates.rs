//! Which line of a file used a key first, in sixteen bytes a key.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Keys seen so far, kept as 64-bit digests: a file of ten million different keys has one chance in three hundred
/// thousand that two of them look the same, and then one good line is reported as repeated.
#[derive(Default)]
pub struct Seen {
    first_lines: HashMap<u64, u32, BuildHasherDefault<Unchanged>>,
}

impl Seen {
    /// Notes a key; `Some` line number when an earlier line has it. A line may repeat its own keys.
    pub fn note(&mut self, key: impl Hash, line: u64) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let line = u32::try_from(line).expect("FILE_LINES_MAX fits 32 bits");
        let first = *self.first_lines.entry(hasher.finish()).or_insert(line);
        (first != line).then_some(u64::from(first))
    }
}

/// The keys are digests already.
#[derive(Default)]
struct Unchanged(u64);

impl Hasher for Unchanged {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("only digests are hashed");
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}
