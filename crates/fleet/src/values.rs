//! Texts that cards share, each with the set of cards that carry it: attributes and plan ids.

use std::hash::BuildHasher;

use compact_str::CompactString;
use hashbrown::DefaultHashBuilder;

use crate::lookup::Lookup;
use crate::segments::Segments;
use crate::slot_set::SlotSet;

/// The number of a text that is not there.
pub(crate) const NO_VALUE: u32 = u32::MAX;

#[derive(Debug, Clone, Default)]
struct Value {
    text: CompactString,
    cards: SlotSet,
}

/// Texts by number and numbers by text; a text lives as long as a card carries it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    values: Segments<Value>,
    free: Vec<u32>,
    by_text: Lookup,
    hasher: DefaultHashBuilder,
}

impl Values {
    /// The number of a text that some card carries.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.by_text.find(self.hasher.hash_one(text), |value| self.values[value].text == text)
    }

    /// The text of a number; `None` for [`NO_VALUE`].
    pub fn text(&self, value: u32) -> Option<&str> {
        (value != NO_VALUE).then(|| self.values[value].text.as_str())
    }

    /// The cards that carry it.
    pub fn cards(&self, value: u32) -> &SlotSet {
        &self.values[value].cards
    }

    /// The number of a text, made if new. It must then be given to a card by [`Values::update`].
    pub fn intern(&mut self, text: Option<CompactString>) -> u32 {
        let Some(text) = text else { return NO_VALUE };
        if let Some(value) = self.find(&text) {
            return value;
        }
        let hash = self.hasher.hash_one(text.as_str());
        let fresh = Value { text, cards: SlotSet::Empty };
        let value = match self.free.pop() {
            Some(value) => {
                self.values[value] = fresh;
                value
            }
            None => self.values.push(fresh),
        };
        let (values, hasher) = (&self.values, &self.hasher);
        self.by_text.insert(hash, value, |other| hasher.hash_one(values[other].text.as_str()));
        value
    }

    /// Moves a card from one value to another; [`NO_VALUE`] on either side for none.
    pub fn update(&mut self, slot: u32, old: u32, new: u32) {
        if old == new {
            return;
        }
        if new != NO_VALUE {
            self.values[new].cards.insert(slot);
        }
        if old != NO_VALUE {
            self.values[old].cards.remove(slot);
            if self.values[old].cards.is_empty() {
                let text = std::mem::take(&mut self.values[old].text);
                self.by_text.remove(self.hasher.hash_one(text.as_str()), old);
                self.free.push(old);
            }
        }
    }

    /// How many (card, value) pairs there are, and whether each text is found by its number.
    pub fn check(&self) -> (usize, bool) {
        let mut pairs = 0;
        let mut named = 0;
        for value in 0..self.values.len() as u32 {
            let entry = &self.values[value];
            pairs += entry.cards.len();
            named += usize::from(!entry.cards.is_empty() && self.find(&entry.text) == Some(value));
        }
        let living = self.values.len() - self.free.len();
        (pairs, named == living && self.by_text.len() == living)
    }
}
