//! A hash index of slots in pages that split one at a time: growing never rehashes the whole of it.

use hashbrown::HashTable;

/// A page is split beyond this: the load at which its 1,024 buckets would double. Small, as a split reads every
/// row of the page while readers wait; in tests smaller, so that few cards split pages.
const PAGE_MAX: usize = if cfg!(test) { 14 } else { 896 };
/// Pages are not split further than this; only equal hashes could ask for it.
const DEPTH_MAX: u32 = 24;

#[derive(Debug, Clone, Default)]
struct Page {
    /// How many bits of the hash its entries share.
    depth: u32,
    slots: HashTable<u32>,
}

/// Slots by hash; the keys stay in the rows, so callers pass hashes and comparisons.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    /// Page of each value of the low `depth` bits.
    directory: Vec<u32>,
    depth: u32,
    pages: Vec<Page>,
    len: usize,
}

impl Default for Lookup {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// The bits that choose the page; hashbrown itself uses the lowest and the highest ones.
fn page_bits(hash: u64) -> usize {
    (hash >> 28) as usize & ((1 << DEPTH_MAX) - 1)
}

impl Lookup {
    pub fn with_capacity(count: usize) -> Self {
        let depth = count.div_ceil(PAGE_MAX * 15 / 16).next_power_of_two().ilog2().min(DEPTH_MAX);
        let pages = 1_usize << depth;
        let page = Page { depth, slots: HashTable::with_capacity(count.div_ceil(pages)) };
        Self { directory: (0..pages as u32).collect(), depth, pages: vec![page; pages], len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    fn page(&self, hash: u64) -> usize {
        self.directory[page_bits(hash) & (self.directory.len() - 1)] as usize
    }

    /// The slot of this hash that `equal` accepts.
    pub fn find(&self, hash: u64, equal: impl Fn(u32) -> bool) -> Option<u32> {
        self.pages[self.page(hash)].slots.find(hash, |&slot| equal(slot)).copied()
    }

    /// All slots that may have this hash.
    pub fn candidates(&self, hash: u64) -> impl Iterator<Item = u32> {
        self.pages[self.page(hash)].slots.iter_hash(hash).copied()
    }

    /// Adds a slot; `hash_of` answers the hash of a slot in the table (by its key there).
    pub fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        let mut page = self.page(hash);
        while self.pages[page].slots.len() >= PAGE_MAX && self.pages[page].depth < DEPTH_MAX {
            self.split(page, &hash_of);
            page = self.page(hash);
        }
        self.pages[page].slots.insert_unique(hash, slot, |&slot| hash_of(slot));
        self.len += 1;
    }

    /// Takes a slot out; false if it was not there.
    pub fn remove(&mut self, hash: u64, slot: u32) -> bool {
        let page = self.page(hash);
        let Ok(entry) = self.pages[page].slots.find_entry(hash, |&other| other == slot) else { return false };
        entry.remove();
        self.len -= 1;
        true
    }

    fn split(&mut self, page: usize, hash_of: &impl Fn(u32) -> u64) {
        let depth = self.pages[page].depth;
        if depth == self.depth {
            self.directory.extend_from_within(..);
            self.depth += 1;
        }
        let full = std::mem::take(&mut self.pages[page].slots);
        let fresh = self.pages.len();
        for target in [page, fresh] {
            let half = Page { depth: depth + 1, slots: HashTable::with_capacity(PAGE_MAX / 2) };
            match self.pages.get_mut(target) {
                Some(old) => *old = half,
                None => self.pages.push(half),
            }
        }
        for slot in full {
            let hash = hash_of(slot);
            let target = if page_bits(hash) >> depth & 1 == 1 { fresh } else { page };
            self.pages[target].slots.insert_unique(hash, slot, |&slot| hash_of(slot));
        }
        for (bits, entry) in self.directory.iter_mut().enumerate() {
            if *entry as usize == page && bits >> depth & 1 == 1 {
                *entry = fresh as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(slot: u32) -> u64 {
        (u64::from(slot) + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(29)
            .wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }

    /// Everything stays findable while pages split, and what was removed is gone.
    #[test]
    fn grows_page_by_page() {
        for mut lookup in [Lookup::default(), Lookup::with_capacity(20_000)] {
            for slot in 0..50_000 {
                lookup.insert(hash_of(slot), slot, hash_of);
            }
            for slot in (0..50_000).step_by(3) {
                assert!(lookup.remove(hash_of(slot), slot));
                assert!(!lookup.remove(hash_of(slot), slot));
            }
            assert_eq!(lookup.len(), 33_333);
            assert!(
                lookup.pages.len() >= 50_000 / PAGE_MAX
                    && lookup.pages.iter().all(|page| page.slots.len() <= PAGE_MAX)
            );
            for slot in 0..50_001 {
                let found = lookup.find(hash_of(slot), |other| other == slot);
                assert_eq!(found, (slot % 3 != 0 && slot < 50_000).then_some(slot));
            }
        }
    }
}
