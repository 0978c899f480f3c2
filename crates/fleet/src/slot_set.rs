//! Sets of slots: one bit a card where there are many, a sorted list where there are few.

/// A sorted list never grows beyond this; it becomes bits.
const SPARSE_MAX: usize = 65_536;
/// Below this a list always stays a list. In tests smaller, so that few cards make bits.
const DENSE_MIN: usize = if cfg!(test) { 6 } else { 64 };

/// One bit a slot; words beyond the end are zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits {
    pub words: Vec<u64>,
    pub len: usize,
}

impl Bits {
    pub fn contains(&self, slot: u32) -> bool {
        self.words.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// Adds; false if it was there already.
    pub fn insert(&mut self, slot: u32) -> bool {
        let at = slot as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let fresh = self.words[at] >> (slot % 64) & 1 == 0;
        self.words[at] |= 1 << (slot % 64);
        self.len += usize::from(fresh);
        fresh
    }

    /// Takes out; false if it was not there.
    pub fn remove(&mut self, slot: u32) -> bool {
        let present = self.contains(slot);
        if present {
            self.words[slot as usize / 64] &= !(1 << (slot % 64));
            self.len -= 1;
        }
        present
    }
}

/// Calls `each` with every set bit, ascending.
pub(crate) fn for_each_bit(words: &[u64], mut each: impl FnMut(u32)) {
    for (at, &word) in words.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            each(at as u32 * 64 + rest.trailing_zeros());
            rest &= rest - 1;
        }
    }
}

/// The cards that share a value.
#[derive(Debug, Clone, Default)]
pub(crate) enum SlotSet {
    #[default]
    Empty,
    One(u32),
    /// Sorted. Boxed, so that the unique values of a large account cost 16 bytes each.
    #[expect(clippy::box_collection, reason = "keeps the enum at 16 bytes")]
    Few(Box<Vec<u32>>),
    Many(Box<Bits>),
}

impl SlotSet {
    pub fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Few(slots) => slots.len(),
            Self::Many(bits) => bits.len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn contains(&self, slot: u32) -> bool {
        match self {
            Self::Empty => false,
            Self::One(one) => *one == slot,
            Self::Few(slots) => slots.binary_search(&slot).is_ok(),
            Self::Many(bits) => bits.contains(slot),
        }
    }

    pub fn insert(&mut self, slot: u32) {
        match self {
            Self::Empty => *self = Self::One(slot),
            Self::One(one) if *one == slot => {}
            Self::One(one) => {
                *self = Self::Few(Box::new(vec![slot.min(*one), slot.max(*one)]));
            }
            Self::Few(slots) => {
                let at = slots.partition_point(|&other| other < slot);
                if slots.get(at) == Some(&slot) {
                    return;
                }
                if slots.len() == slots.capacity() {
                    slots.reserve_exact(slots.len() / 8 + 2);
                }
                slots.insert(at, slot);
                // Bits are smaller than a list as soon as one slot in 32 is in it.
                let last = slots.last().map_or(0, |&last| last as usize);
                if slots.len() > SPARSE_MAX || (slots.len() >= DENSE_MIN && slots.len() * 32 > last) {
                    let mut bits = Bits { words: vec![0; last / 64 + 1], len: 0 };
                    for &slot in slots.iter() {
                        bits.insert(slot);
                    }
                    *self = Self::Many(Box::new(bits));
                }
            }
            Self::Many(bits) => {
                bits.insert(slot);
            }
        }
    }

    pub fn remove(&mut self, slot: u32) {
        match self {
            Self::Empty => {}
            Self::One(one) => {
                if *one == slot {
                    *self = Self::Empty;
                }
            }
            Self::Few(slots) => {
                if let Ok(at) = slots.binary_search(&slot) {
                    slots.remove(at);
                }
                if let [one] = slots[..] {
                    *self = Self::One(one);
                }
            }
            Self::Many(bits) => {
                bits.remove(slot);
                // Four times rarer than the list's limit, so that a value at the limit does not flip back and forth.
                if bits.len < SPARSE_MAX / 2 && bits.len * 2 < bits.words.len() {
                    let mut slots = Vec::with_capacity(bits.len);
                    for_each_bit(&bits.words, |slot| slots.push(slot));
                    *self = match slots[..] {
                        [] => Self::Empty,
                        [one] => Self::One(one),
                        _ => Self::Few(Box::new(slots)),
                    };
                }
            }
        }
    }

    /// Calls `each` with every slot, ascending.
    pub fn for_each(&self, mut each: impl FnMut(u32)) {
        match self {
            Self::Empty => {}
            Self::One(one) => each(*one),
            Self::Few(slots) => slots.iter().for_each(|&slot| each(slot)),
            Self::Many(bits) => for_each_bit(&bits.words, each),
        }
    }

    /// Calls `each` with the first `limit` slots.
    pub fn first(&self, limit: usize, mut each: impl FnMut(u32)) {
        match self {
            Self::Empty => {}
            Self::One(one) => each(*one),
            Self::Few(slots) => slots.iter().take(limit).for_each(|&slot| each(slot)),
            Self::Many(bits) => {
                let mut rest = limit;
                for (at, &word) in bits.words.iter().enumerate().filter(|(_, word)| **word != 0) {
                    for_each_bit(&[word], |bit| {
                        if rest > 0 {
                            rest -= 1;
                            each(at as u32 * 64 + bit);
                        }
                    });
                    if rest == 0 {
                        return;
                    }
                }
            }
        }
    }

    /// The slots, ascending.
    pub fn to_vec(&self) -> Vec<u32> {
        let mut slots = Vec::with_capacity(self.len());
        self.for_each(|slot| slots.push(slot));
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A set holds what a BTreeSet holds while it changes between its forms.
    #[test]
    fn follows_a_model_through_all_forms() {
        let mut set = SlotSet::default();
        let mut model = BTreeSet::new();
        let mut forms = BTreeSet::new();
        let mut state = 7_u32;
        for step in 0..60_000_u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let slot = (state >> 8) % 6_000;
            // Mostly adding, then mostly removing.
            if (state >> 4) % 8 < if (2_000..30_000).contains(&step) { 6 } else { 1 } {
                set.insert(slot);
                model.insert(slot);
            } else {
                set.remove(slot);
                model.remove(&slot);
            }
            forms.insert(match set {
                SlotSet::Empty => 0,
                SlotSet::One(_) => 1,
                SlotSet::Few(_) => 2,
                SlotSet::Many(_) => 3,
            });
            assert_eq!(set.len(), model.len());
            assert_eq!(set.contains(slot), model.contains(&slot));
            if step % 97 == 0 {
                assert_eq!(set.to_vec(), model.iter().copied().collect::<Vec<_>>());
            }
        }
        for slot in std::mem::take(&mut model) {
            set.remove(slot);
        }
        assert!(set.is_empty());
        assert_eq!(forms, BTreeSet::from([0, 1, 2, 3]));
    }

    /// The first slots come in order from every form.
    #[test]
    fn first_slots() {
        for count in [0, 1, 3, 5_000] {
            let mut set = SlotSet::default();
            (0..count).for_each(|slot| set.insert(slot));
            let mut first = Vec::new();
            set.first(70, |slot| first.push(slot));
            assert_eq!(first, (0..count.min(70)).collect::<Vec<_>>());
        }
    }
}
