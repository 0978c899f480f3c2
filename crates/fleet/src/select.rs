//! Answers a query: the exact count and the slots of one page.

use std::cell::RefCell;
use std::cmp::Ordering;

use crate::account::Account;
use crate::key_order::KeyOrder;
use crate::order::Order;
use crate::query::{Sort, SortKey};
use crate::slot_set::{SlotSet, for_each_bit};
use crate::term::Term;

/// Up to so many cards are tested one by one; more of them are intersected as bits. In tests few are many.
pub(crate) const ONE_BY_ONE_MAX: usize = if cfg!(test) { 4 } else { 512 };
/// What fetching and comparing a card's key costs, counted in steps along an order.
const KEY_COST: usize = 12;
/// Steps along an order that are worth trying before looking for a shorter way.
const SHORT_WAY: usize = if cfg!(test) { 3 } else { 8_192 };

thread_local! {
    /// Two bitmaps of the account's size, kept for the next query of the thread.
    static SCRATCH: RefCell<(Vec<u64>, Vec<u64>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// The cards that were found.
pub(crate) struct Found {
    pub count: usize,
    /// The slots of the page, in order.
    pub page: Vec<u32>,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub sort: Sort,
    pub offset: usize,
    pub limit: usize,
}

/// The cards that pass all `terms`; `None` for none.
pub(crate) fn select(account: &Account, terms: Option<&[Term<'_>]>, page: Page) -> Found {
    let Some(terms) = terms else { return Found { count: 0, page: Vec::new() } };
    let Some(narrowest) = (0..terms.len()).min_by_key(|&at| terms[at].most(account)) else {
        return whole(account, page);
    };
    if let ([Term::Ranks { order, ranks, .. }], Some((sorted, descending))) =
        (terms, key_order(account, page.sort))
        && std::ptr::eq(*order, sorted)
    {
        let skip = page.offset.min(ranks.len());
        let take = page.limit.min(ranks.len() - skip);
        let slots = if descending {
            order.some.descending(order.some.len() - ranks.end + skip).take(take).collect()
        } else {
            order.some.ascending(ranks.start + skip).take(take).collect()
        };
        return Found { count: ranks.len(), page: slots };
    }
    if terms[narrowest].most(account) <= ONE_BY_ONE_MAX {
        let mut slots = terms[narrowest].slots(account);
        let others = || terms.iter().enumerate().filter(|(at, _)| *at != narrowest);
        slots.retain(|&slot| others().all(|(_, term)| term.passes(account, slot)));
        return Found { count: slots.len(), page: sorted_page(account, slots, page) };
    }
    SCRATCH.with_borrow_mut(|(words, other)| {
        intersect(account, terms, words, other);
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Found { count, page: page_of_bits(account, words, count, page) }
    })
}

/// A page of all cards, straight from the order.
fn whole(account: &Account, page: Page) -> Found {
    let mut slots = Vec::with_capacity(page.limit.min(account.live.len));
    let mut skip = page.offset;
    for (order, descending) in sequence(account, page.sort) {
        let take = page.limit - slots.len();
        if descending {
            slots.extend(order.descending(skip).take(take));
        } else {
            slots.extend(order.ascending(skip).take(take));
        }
        skip = skip.saturating_sub(order.len());
    }
    Found { count: account.live.len, page: slots }
}

/// The order of a list that is sorted by a number, and whether backwards; `None`: it is sorted by cid.
fn key_order(account: &Account, sort: Sort) -> Option<(&KeyOrder, bool)> {
    let orders = &account.orders;
    let Sort::By { key, descending } = sort else { return Some((&orders.id, true)) };
    let order = match key {
        SortKey::Cid => return None,
        SortKey::FlowUsed => &orders.flow_used,
        SortKey::FlowLeft => &orders.flow_left,
        SortKey::ActDate => &orders.act,
        SortKey::ExpireTime => &orders.expire,
    };
    Some((order, descending))
}

/// The orders that make up a sort, one after the other, each with whether it is read backwards.
fn sequence(account: &Account, sort: Sort) -> Vec<(&Order, bool)> {
    match key_order(account, sort) {
        Some((order, descending)) => vec![(&order.some, descending), (&order.none, descending)],
        None => vec![(&account.orders.cid.order, sort == Sort::By { key: SortKey::Cid, descending: true })],
    }
}

/// Writes the cards that pass all terms into `words`.
fn intersect(account: &Account, terms: &[Term<'_>], words: &mut Vec<u64>, other: &mut Vec<u64>) {
    let all = &account.live.words;
    words.clear();
    words.extend_from_slice(all);
    for term in terms {
        match term {
            Term::Any(sets) => {
                if let [SlotSet::Many(bits)] = sets[..] {
                    keep(words, &bits.words);
                } else {
                    other.clear();
                    other.resize(all.len(), 0);
                    sets.iter().for_each(|set| write_set(set, other));
                    keep(words, other);
                }
            }
            Term::Not(SlotSet::Many(bits)) => {
                words.iter_mut().zip(&bits.words).for_each(|(word, gone)| *word &= !gone);
            }
            Term::Not(set) => set.for_each(|slot| words[slot as usize / 64] &= !(1 << (slot % 64))),
            Term::Slots(slots) => {
                other.clear();
                other.resize(all.len(), 0);
                slots.iter().for_each(|&slot| other[slot as usize / 64] |= 1 << (slot % 64));
                keep(words, other);
            }
            Term::Ranks { order, ranks, .. } => {
                other.resize(all.len(), 0);
                order.write_range(ranks, other);
                keep(words, other);
            }
        }
    }
}

fn keep(words: &mut [u64], bits: &[u64]) {
    let shared = words.len().min(bits.len());
    words[..shared].iter_mut().zip(bits).for_each(|(word, bits)| *word &= bits);
    words[shared..].fill(0);
}

fn write_set(set: &SlotSet, words: &mut [u64]) {
    match set {
        SlotSet::Many(bits) => words.iter_mut().zip(&bits.words).for_each(|(word, bits)| *word |= bits),
        set => set.for_each(|slot| words[slot as usize / 64] |= 1 << (slot % 64)),
    }
}

/// The page of the cards in `words`: along the sort order, or by sorting the cards, whichever is less work.
fn page_of_bits(account: &Account, words: &[u64], count: usize, page: Page) -> Vec<u32> {
    let take = page.limit.min(count.saturating_sub(page.offset));
    if take == 0 {
        return Vec::new();
    }
    let sorting = count.saturating_mul(KEY_COST);
    let expected = page.offset.saturating_add(take).saturating_mul(account.live.len) / count;
    if expected.min(SHORT_WAY) <= sorting {
        // The cards may lie together far away: first a short try, then with the help of the marks.
        let found = walk(account, words, page, take, SHORT_WAY.min(sorting), false);
        if let Some(slots) = found.or_else(|| walk(account, words, page, take, sorting, true)) {
            return slots;
        }
    }
    let mut slots = Vec::with_capacity(count);
    for_each_bit(words, |slot| slots.push(slot));
    sorted_page(account, slots, page)
}

/// Goes along the orders of a list and picks out the cards in `words`, of which there are enough for the page;
/// `None` when that takes more than `steps`.
fn walk(
    account: &Account,
    words: &[u64],
    page: Page,
    take: usize,
    mut steps: usize,
    jump: bool,
) -> Option<Vec<u32>> {
    let (mut skip, mut slots) = (page.offset, Vec::with_capacity(take));
    for (at, (order, descending)) in sequence(account, page.sort).into_iter().enumerate() {
        let mut start = 0;
        if jump
            && at == 0
            && let Some((order, descending)) = key_order(account, page.sort)
        {
            let passed;
            (start, passed) = order.jump(words, skip, descending);
            skip -= passed;
        }
        let mut pick = |slot: u32| {
            if words[slot as usize / 64] >> (slot % 64) & 1 == 1 {
                match skip {
                    0 => slots.push(slot),
                    _ => skip -= 1,
                }
            }
            steps = steps.checked_sub(1)?;
            (slots.len() < take).then_some(())
        };
        let stopped = if descending {
            order.descending(start).try_for_each(&mut pick)
        } else {
            order.ascending(start).try_for_each(&mut pick)
        };
        if stopped.is_none() {
            break;
        }
    }
    (slots.len() == take).then_some(slots)
}

/// The page of these cards, sorted.
fn sorted_page(account: &Account, slots: Vec<u32>, page: Page) -> Vec<u32> {
    let rows = &account.rows;
    match key_order(account, page.sort) {
        Some((order, descending)) => cut(slots, page, descending, |slot| {
            let row = &rows[slot];
            ((order.key)(row).is_none(), (order.key)(row), row.id)
        }),
        None => {
            let descending = page.sort == Sort::By { key: SortKey::Cid, descending: true };
            cut(slots, page, descending, |slot| (false, &rows[slot].cid, rows[slot].id))
        }
    }
}

/// Sorts no more than the page needs. Keys are (has no key, key, id): without a key last in both directions.
fn cut<K: Ord>(
    slots: Vec<u32>,
    page: Page,
    descending: bool,
    key: impl Fn(u32) -> (bool, K, i64),
) -> Vec<u32> {
    let mut keyed: Vec<((bool, K, i64), u32)> = slots.into_iter().map(|slot| (key(slot), slot)).collect();
    let compare = |left: &((bool, K, i64), u32), right: &((bool, K, i64), u32)| {
        let (left, right) = (&left.0, &right.0);
        left.0.cmp(&right.0).then_with(|| {
            let order: Ordering = (&left.1, left.2).cmp(&(&right.1, right.2));
            if descending { order.reverse() } else { order }
        })
    };
    let end = page.offset.saturating_add(page.limit).min(keyed.len());
    if page.offset >= end {
        return Vec::new();
    }
    if end < keyed.len() {
        keyed.select_nth_unstable_by(end, compare);
        keyed.truncate(end);
    }
    if page.offset > 0 {
        keyed.select_nth_unstable_by(page.offset, compare);
    }
    let mut wanted = keyed.split_off(page.offset);
    wanted.sort_unstable_by(compare);
    wanted.into_iter().map(|(_, slot)| slot).collect()
}
