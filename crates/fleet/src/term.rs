//! A query taken apart: each filter as the set of cards it lets through.

use std::hash::Hash;
use std::ops::Range;

use crate::account::Account;
use crate::facet::Facet;
use crate::key_order::KeyOrder;
use crate::query::{MultiQuery, Query};
use crate::slot_set::{SlotSet, for_each_bit};

/// One filter.
pub(crate) enum Term<'a> {
    /// Cards in any of these sets.
    Any(Vec<&'a SlotSet>),
    /// Cards not in this set.
    Not(&'a SlotSet),
    /// These cards, ascending by slot.
    Slots(Vec<u32>),
    /// Cards at these ranks of an order, that is with a number within these bounds.
    Ranks { order: &'a KeyOrder, ranks: Range<usize>, min: i64, max: i64 },
}

impl Term<'_> {
    /// At most so many cards of `account` pass.
    pub fn most(&self, account: &Account) -> usize {
        match self {
            Self::Any(sets) => sets.iter().map(|set| set.len()).sum(),
            Self::Not(set) => account.live.len - set.len(),
            Self::Slots(slots) => slots.len(),
            Self::Ranks { ranks, .. } => ranks.len(),
        }
    }

    /// Whether a card passes.
    pub fn passes(&self, account: &Account, slot: u32) -> bool {
        match self {
            Self::Any(sets) => sets.iter().any(|set| set.contains(slot)),
            Self::Not(set) => !set.contains(slot),
            Self::Slots(slots) => slots.binary_search(&slot).is_ok(),
            Self::Ranks { order, min, max, .. } => {
                (order.key)(&account.rows[slot]).is_some_and(|key| (*min..=*max).contains(&key))
            }
        }
    }

    /// The cards that pass, ascending by slot.
    pub fn slots(&self, account: &Account) -> Vec<u32> {
        match self {
            Self::Any(sets) => {
                let mut slots: Vec<u32> = sets.iter().flat_map(|set| set.to_vec()).collect();
                slots.sort_unstable();
                slots.dedup();
                slots
            }
            Self::Not(set) => {
                let mut slots = Vec::new();
                for_each_bit(&account.live.words, |slot| slots.push(slot));
                slots.retain(|&slot| !set.contains(slot));
                slots
            }
            Self::Slots(slots) => slots.clone(),
            Self::Ranks { order, ranks, .. } => {
                let mut slots: Vec<u32> = order.some.slices(ranks.clone()).flatten().copied().collect();
                slots.sort_unstable();
                slots
            }
        }
    }
}

/// The set of a value that came as a wider number; `None`: nothing carries it.
fn set_of<K: Hash + Eq + Copy + TryFrom<i32>>(facet: &Facet<K>, value: i32) -> Option<&SlotSet> {
    facet.get(K::try_from(value).ok()?)
}

/// Collects terms; nothing more is added once one of them matches nothing.
struct Terms<'a> {
    account: &'a Account,
    terms: Vec<Term<'a>>,
    impossible: bool,
}

impl<'a> Terms<'a> {
    fn new(account: &'a Account) -> Self {
        Self { account, terms: Vec::new(), impossible: false }
    }

    fn add(&mut self, term: Term<'a>) {
        self.impossible |= term.most(self.account) == 0;
        self.terms.push(term);
    }

    fn any(&mut self, sets: impl IntoIterator<Item = &'a SlotSet>) {
        self.add(Term::Any(sets.into_iter().collect()));
    }

    fn slots(&mut self, slots: impl Iterator<Item = u32>) {
        let mut slots: Vec<u32> = slots.collect();
        slots.sort_unstable();
        slots.dedup();
        self.add(Term::Slots(slots));
    }

    fn range(&mut self, order: &'a KeyOrder, min: Option<i64>, max: Option<i64>) {
        if min.is_some() || max.is_some() {
            let ranks = order.ranks(&self.account.rows, min, max);
            self.add(Term::Ranks {
                order,
                ranks,
                min: min.unwrap_or(i64::MIN),
                max: max.unwrap_or(i64::MAX),
            });
        }
    }

    fn finish(self) -> Option<Vec<Term<'a>>> {
        (!self.impossible).then_some(self.terms)
    }
}

/// The filters of a list; `None`: one of them matches nothing.
pub(crate) fn terms_of<'a>(account: &'a Account, query: &Query<'_>) -> Option<Vec<Term<'a>>> {
    let (sets, orders, rows) = (&account.sets, &account.orders, &account.rows);
    let mut terms = Terms::new(account);
    if let Some(number) = query.number {
        terms.slots(orders.cid.equal(rows, number).chain(account.find_iccid(number)));
    }
    if let Some(imei) = query.imei {
        terms.slots(orders.imei.equal(rows, imei));
    }
    if let Some(msisdn) = query.msisdn {
        terms.slots(orders.msisdn.equal(rows, msisdn));
    }
    let small = [
        (query.sim_status, &sets.sim_status),
        (query.device_status, &sets.device_status),
        (query.sim_type, &sets.sim_type),
        (query.pool_flag, &sets.pool_flag),
    ];
    for (value, facet) in small {
        if let Some(value) = value {
            terms.any(set_of(facet, value));
        }
    }
    if let Some(real_named) = query.real_named {
        terms.any(sets.real_named.get(real_named));
    }
    if let Some(order_ids) = &query.order_ids {
        terms.any(order_ids.iter().filter_map(|&order_id| sets.batches.get(order_id)));
    }
    if let Some(tag_ids) = &query.tag_ids {
        terms.any(tag_ids.iter().filter_map(|&tag_id| Some(&sets.tags.get(sets.tags.find(tag_id)?).cards)));
    }
    if let Some(plan_ids) = &query.price_plan_ids {
        terms.any(plan_ids.iter().filter_map(|plan_id| Some(sets.plans.cards(sets.plans.find(plan_id)?))));
    }
    for (attribute, values) in query.attributes.iter().zip(&sets.attributes) {
        if let Some(text) = attribute {
            terms.any(values.find(text).map(|value| values.cards(value)));
        }
    }
    terms.range(&orders.flow_used, query.used_min, query.used_max);
    terms.range(&orders.flow_left, query.left_min, query.left_max);
    if query.filter_downtime_period && !sets.stopped_by_owner.is_empty() {
        terms.add(Term::Not(&sets.stopped_by_owner));
    }
    terms.finish()
}

/// The filters of a list of three-network cards; `None`: one of them matches nothing.
pub(crate) fn terms_of_multi<'a>(account: &'a Account, query: &MultiQuery<'_>) -> Option<Vec<Term<'a>>> {
    let sets = &account.sets;
    let mut terms = Terms::new(account);
    terms.any([&sets.multi]);
    if let Some(cid) = query.cid {
        terms.slots(account.orders.cid.equal(&account.rows, cid));
    }
    if let Some(iccid) = query.iccid {
        terms.slots(account.find_iccid(iccid));
    }
    if let Some(id) = query.sim_card_id {
        terms.slots(account.find_id(id).into_iter());
    }
    if let Some(order_id) = query.order_id {
        terms.any(sets.batches.get(order_id));
    }
    if let Some(online_carrier) = query.online_carrier {
        terms.any(set_of(&sets.online_carrier, online_carrier));
    }
    if let Some(version) = query.version {
        terms.any(set_of(&sets.multi_version, version));
    }
    terms.finish()
}
