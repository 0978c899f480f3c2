//! The cards of each value of a small field: states, types, batches.

use std::hash::Hash;

use hashbrown::HashMap;

use crate::slot_set::SlotSet;

/// One set of cards for each value that occurs.
#[derive(Debug, Clone)]
pub(crate) struct Facet<K> {
    sets: HashMap<K, SlotSet>,
}

impl<K> Default for Facet<K> {
    fn default() -> Self {
        Self { sets: HashMap::default() }
    }
}

impl<K: Hash + Eq + Copy> Facet<K> {
    pub fn get(&self, key: K) -> Option<&SlotSet> {
        self.sets.get(&key)
    }

    /// Moves a card from one value to another; `None` on either side for none.
    pub fn update(&mut self, slot: u32, old: Option<K>, new: Option<K>) {
        if old == new {
            return;
        }
        if let Some(new) = new {
            self.sets.entry(new).or_default().insert(slot);
        }
        if let Some(old) = old
            && let Some(set) = self.sets.get_mut(&old)
        {
            set.remove(slot);
            if set.is_empty() {
                self.sets.remove(&old);
            }
        }
    }

    /// Every value with the number of its cards, in no order.
    pub fn counts(&self) -> impl Iterator<Item = (K, usize)> {
        self.sets.iter().map(|(key, set)| (*key, set.len()))
    }
}
