//! A sort order: slots in blocks of at most 1,024, ascending. It knows no keys; callers say how to compare.

use std::cmp::Ordering;
use std::ops::Range;

/// A block is split when it grows beyond this. Tests take small blocks, so that few cards make many.
const BLOCK_MAX: usize = if cfg!(test) { 8 } else { 1024 };
/// Parts into which a search divides what is left.
const WAYS: usize = 8;
/// Two neighbours smaller than this together become one.
const BLOCK_MERGE: usize = BLOCK_MAX * 3 / 8;
/// Slots of a block after a bulk build.
const BLOCK_BUILT: usize = BLOCK_MAX * 3 / 4;

/// Slots in ascending order of a key that only the caller knows.
///
/// `compare` arguments answer how the key of a slot compares to the key that is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    blocks: Vec<Vec<u32>>,
    len: usize,
}

impl Order {
    /// From slots that are already in order.
    pub fn from_sorted(slots: impl ExactSizeIterator<Item = u32>) -> Self {
        let mut order =
            Self { blocks: Vec::with_capacity(slots.len().div_ceil(BLOCK_BUILT)), len: slots.len() };
        let mut slots = slots.peekable();
        while slots.peek().is_some() {
            let mut block = Vec::with_capacity(slots.len().min(BLOCK_BUILT));
            block.extend(slots.by_ref().take(BLOCK_BUILT));
            order.blocks.push(block);
        }
        order
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Block and index of the first slot that is not less than what is looked for.
    fn locate(&self, compare: impl Fn(u32) -> Ordering) -> (usize, usize) {
        let after = search(self.blocks.len(), |at| compare(self.blocks[at][0]) == Ordering::Less);
        let Some(block) = after.checked_sub(1) else { return (0, 0) };
        let slots = &self.blocks[block];
        let index = search(slots.len(), |at| compare(slots[at]) == Ordering::Less);
        (block, index)
    }

    /// How many slots are less than what is looked for.
    pub fn rank(&self, compare: impl Fn(u32) -> Ordering) -> usize {
        let (block, index) = self.locate(compare);
        self.blocks[..block].iter().map(Vec::len).sum::<usize>() + index
    }

    pub fn insert(&mut self, slot: u32, compare: impl Fn(u32) -> Ordering) {
        self.len += 1;
        let (at, index) = self.locate(compare);
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(vec![slot]);
            return;
        };
        if block.len() == block.capacity() {
            block.reserve_exact(block.len() / 4 + 4);
        }
        block.insert(index, slot);
        if block.len() > BLOCK_MAX {
            let upper = block.split_off(BLOCK_MAX / 2);
            block.shrink_to(BLOCK_BUILT);
            self.blocks.insert(at + 1, upper);
        }
    }

    /// Takes `slot` out; `compare` looks for the slot's own key, which must be unique. False: it was not there.
    pub fn remove(&mut self, slot: u32, compare: impl Fn(u32) -> Ordering) -> bool {
        let (mut at, mut index) = self.locate(compare);
        if self.blocks.get(at).is_some_and(|block| index == block.len()) {
            (at, index) = (at + 1, 0);
        }
        if self.blocks.get(at).and_then(|block| block.get(index)) != Some(&slot) {
            return false;
        }
        self.blocks[at].remove(index);
        self.len -= 1;
        if self.blocks[at].is_empty() {
            self.blocks.remove(at);
        } else if at > 0 && self.blocks[at - 1].len() + self.blocks[at].len() < BLOCK_MERGE {
            let tail = self.blocks.remove(at);
            self.blocks[at - 1].extend(tail);
        }
        true
    }

    /// Block and index of a rank.
    fn select(&self, rank: usize) -> (usize, usize) {
        let mut rest = rank;
        for (at, block) in self.blocks.iter().enumerate() {
            if rest < block.len() {
                return (at, rest);
            }
            rest -= block.len();
        }
        (self.blocks.len(), 0)
    }

    /// The slots of these ranks, in pieces, ascending.
    pub fn slices(&self, ranks: Range<usize>) -> impl Iterator<Item = &[u32]> {
        let (at, mut skip) = self.select(ranks.start);
        let mut rest = ranks.len();
        self.blocks[at..].iter().map_while(move |block| {
            let piece = &block[skip..block.len().min(skip + rest)];
            skip = 0;
            rest -= piece.len();
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// The slots from a rank on, ascending.
    pub fn ascending(&self, skip: usize) -> impl Iterator<Item = u32> {
        self.slices(skip.min(self.len)..self.len).flatten().copied()
    }

    /// The slots from the end, after `skip` of them, descending.
    pub fn descending(&self, skip: usize) -> impl Iterator<Item = u32> {
        let (at, index) = self.select(self.len.saturating_sub(skip));
        let partial = self.blocks.get(at).map_or(&[][..], |block| &block[..index]);
        partial
            .iter()
            .rev()
            .chain(self.blocks[..at].iter().rev().flat_map(|block| block.iter().rev()))
            .copied()
    }

    /// All slots ascending, and no empty or oversized block: for tests and `verify`.
    pub fn is_well_formed(&self) -> bool {
        self.blocks.iter().all(|block| !block.is_empty() && block.len() <= BLOCK_MAX)
            && self.blocks.iter().map(Vec::len).sum::<usize>() == self.len
    }
}

/// How many of `len` places, ascending, are less than what is looked for.
///
/// Compares at seven places at once: each costs a visit to memory that nobody has touched lately, and seven visits
/// that do not wait for each other take little longer than one.
fn search(len: usize, less: impl Fn(usize) -> bool) -> usize {
    let (mut start, mut end) = (0, len);
    while end - start >= WAYS {
        let step = (end - start) / WAYS;
        let passed = (1..WAYS).filter(|way| less(start + way * step)).count();
        if passed + 1 < WAYS {
            end = start + (passed + 1) * step;
        }
        start += passed * step + usize::from(passed > 0);
    }
    start + (start..end).filter(|&at| less(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The search finds every place of every length, like the standard one.
    #[test]
    fn searches_like_partition_point() {
        for len in 0..200_usize {
            let places: Vec<usize> = (0..len).collect();
            for wanted in 0..=len {
                assert_eq!(search(len, |at| at < wanted), places.partition_point(|&at| at < wanted));
            }
        }
    }

    /// Random inserts and removals keep the order equal to a sorted vector, also read backwards and by rank.
    #[test]
    fn follows_a_sorted_vector() {
        let mut order = Order::from_sorted((0..2_000).map(|n| n * 10));
        let mut model: Vec<u32> = (0..2_000).map(|n| n * 10).collect();
        let mut state = 3_u32;
        for step in 0..30_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let slot = (state >> 8) % 20_000;
            match model.binary_search(&slot) {
                // The second half mostly removes, so that blocks merge and vanish.
                Ok(at) => {
                    assert!(order.remove(slot, |other| other.cmp(&slot)));
                    model.remove(at);
                }
                Err(at) if step < 15_000 => {
                    order.insert(slot, |other| other.cmp(&slot));
                    model.insert(at, slot);
                }
                Err(_) => assert!(!order.remove(slot, |other| other.cmp(&slot))),
            }
            if step % 501 == 0 {
                let skip = (state as usize >> 5) % (model.len() + 1);
                assert!(order.is_well_formed());
                assert_eq!(order.len(), model.len());
                assert_eq!(order.ascending(skip).collect::<Vec<_>>(), model[skip..]);
                let reversed: Vec<u32> = model.iter().rev().skip(skip).copied().collect();
                assert_eq!(order.descending(skip).collect::<Vec<_>>(), reversed);
                assert_eq!(
                    order.rank(|other| other.cmp(&slot)),
                    model.partition_point(|&other| other < slot)
                );
            }
        }
    }
}
