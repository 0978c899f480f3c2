//! Which cards carry which value: everything that a filter asks for by equality.

use compact_str::CompactString;
use hashbrown::HashMap;

use crate::card::ATTRIBUTE_SLOTS;
use crate::facet::Facet;
use crate::row::Row;
use crate::slot_set::SlotSet;
use crate::values::Values;

/// A tag of the account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tag {
    pub id: i64,
    pub name: Option<CompactString>,
    pub cards: SlotSet,
}

/// The tags of an account under short numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags {
    tags: Vec<Tag>,
    numbers: HashMap<i64, u16>,
    free: Vec<u16>,
}

impl Tags {
    pub fn find(&self, tag_id: i64) -> Option<u16> {
        self.numbers.get(&tag_id).copied()
    }

    pub fn get(&self, tag: u16) -> &Tag {
        &self.tags[usize::from(tag)]
    }

    pub fn get_mut(&mut self, tag: u16) -> &mut Tag {
        &mut self.tags[usize::from(tag)]
    }

    /// The number of a tag, made if new; `None` when all 65,536 numbers are in use.
    pub fn intern(&mut self, tag_id: i64) -> Option<u16> {
        if let Some(tag) = self.find(tag_id) {
            return Some(tag);
        }
        let fresh = Tag { id: tag_id, ..Tag::default() };
        let tag = match self.free.pop() {
            Some(tag) => {
                self.tags[usize::from(tag)] = fresh;
                tag
            }
            None => {
                let tag = u16::try_from(self.tags.len()).ok()?;
                self.tags.push(fresh);
                tag
            }
        };
        self.numbers.insert(tag_id, tag);
        Some(tag)
    }

    /// Forgets a tag that no card carries any more.
    pub fn forget(&mut self, tag: u16) {
        let removed = std::mem::take(&mut self.tags[usize::from(tag)]);
        self.numbers.remove(&removed.id);
        self.free.push(tag);
    }

    fn update(&mut self, slot: u32, old: &[u16], new: &[u16]) {
        for &tag in new.iter().filter(|tag| !old.contains(tag)) {
            self.get_mut(tag).cards.insert(slot);
        }
        for &tag in old.iter().filter(|tag| !new.contains(tag)) {
            self.get_mut(tag).cards.remove(slot);
        }
    }

    /// How many (card, tag) pairs there are.
    pub fn pairs(&self) -> usize {
        self.tags.iter().map(|tag| tag.cards.len()).sum()
    }

    /// Every tag that has a name.
    pub fn names(&self) -> impl Iterator<Item = (i64, &CompactString)> {
        self.numbers.iter().filter_map(|(&id, &tag)| Some((id, self.get(tag).name.as_ref()?)))
    }
}

/// All value sets of an account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sets {
    pub sim_status: Facet<u8>,
    pub device_status: Facet<u8>,
    pub sim_type: Facet<u8>,
    pub pool_flag: Facet<u8>,
    pub real_named: Facet<bool>,
    pub stopped_by_owner: SlotSet,
    pub batches: Facet<i64>,
    pub plans: Values,
    pub attributes: [Values; ATTRIBUTE_SLOTS],
    pub tags: Tags,
    pub multi: SlotSet,
    pub multi_version: Facet<u8>,
    pub online_carrier: Facet<u8>,
}

impl Sets {
    /// Moves a card from the sets of its old row to those of its new one; `None`: it had, will have, no row.
    pub fn update(&mut self, slot: u32, old: Option<&Row>, new: Option<&Row>) {
        self.sim_status.update(slot, old.map(|row| row.sim_status), new.map(|row| row.sim_status));
        self.device_status.update(
            slot,
            old.and_then(|row| row.device_status),
            new.and_then(|row| row.device_status),
        );
        self.sim_type.update(slot, old.map(|row| row.sim_type), new.map(|row| row.sim_type));
        self.pool_flag.update(slot, old.map(|row| row.pool_flag), new.map(|row| row.pool_flag));
        self.real_named.update(slot, old.map(|row| row.real_named), new.map(|row| row.real_named));
        if new.is_some_and(Row::is_stopped_by_owner) {
            self.stopped_by_owner.insert(slot);
        } else {
            self.stopped_by_owner.remove(slot);
        }
        self.batches.update(
            slot,
            old.and_then(|row| row.order_id.get()),
            new.and_then(|row| row.order_id.get()),
        );
        let plan = |row: Option<&Row>| row.map_or(crate::values::NO_VALUE, |row| row.plan);
        self.plans.update(slot, plan(old), plan(new));
        for (at, values) in self.attributes.iter_mut().enumerate() {
            let value = |row: Option<&Row>| row.map_or(crate::values::NO_VALUE, |row| row.attributes[at]);
            values.update(slot, value(old), value(new));
        }
        self.tags.update(slot, old.map_or(&[], |row| &row.tags), new.map_or(&[], |row| &row.tags));
        let (old, new) = (old.and_then(Row::multi), new.and_then(Row::multi));
        if new.is_some() {
            self.multi.insert(slot);
        } else {
            self.multi.remove(slot);
        }
        self.multi_version.update(slot, old.map(|multi| multi.version), new.map(|multi| multi.version));
        self.online_carrier.update(
            slot,
            old.map(|multi| multi.online_carrier),
            new.map(|multi| multi.online_carrier),
        );
    }
}
