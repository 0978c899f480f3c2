//! Reading an account: cards by their numbers, lists with exact counts, figures.

use std::sync::Arc;

use parking_lot::RawRwLock;
use parking_lot::lock_api::ArcRwLockReadGuard;

use crate::account::Account;
use crate::card_ref::CardRef;
use crate::cost::{Cost, cost};
use crate::names::Names;
use crate::query::{MultiQuery, Query, Sort};
use crate::select::{Found, Page, select};
use crate::term::{terms_of, terms_of_multi};

/// The cards of one account while nobody changes them.
pub struct Reader {
    account: ArcRwLockReadGuard<RawRwLock, Account>,
    names: Arc<Names>,
}

/// A page of a list.
pub struct Selection<'a> {
    /// All cards that pass the filters, exactly.
    pub count: u64,
    /// The cards of the page, in order.
    pub cards: Vec<CardRef<'a>>,
}

impl Reader {
    pub(crate) fn new(account: ArcRwLockReadGuard<RawRwLock, Account>, names: Arc<Names>) -> Self {
        Self { account, names }
    }

    fn card(&self, slot: u32) -> CardRef<'_> {
        CardRef { account: &self.account, names: &self.names, row: &self.account.rows[slot] }
    }

    fn oldest(&self, slots: impl Iterator<Item = u32>) -> Option<CardRef<'_>> {
        slots.map(|slot| self.card(slot)).min_by_key(CardRef::id)
    }

    fn selection(&self, found: Found) -> Selection<'_> {
        let cards = found.page.into_iter().map(|slot| self.card(slot)).collect();
        Selection { count: found.count as u64, cards }
    }

    /// How many cards the account has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.account.live.len as u64
    }

    /// Every card, in no order. A scan.
    pub fn cards(&self) -> impl Iterator<Item = CardRef<'_>> {
        let slots = 0..self.account.rows.len() as u32;
        slots.filter(|slot| self.account.live.contains(*slot)).map(|slot| self.card(slot))
    }

    /// The card with this id.
    #[must_use]
    pub fn by_id(&self, id: i64) -> Option<CardRef<'_>> {
        self.account.find_id(id).map(|slot| self.card(slot))
    }

    /// The card with this ICCID, in its 19- or 20-digit form; a three-network card also by those at the carriers.
    /// Should several have it, the one with the lowest id.
    #[must_use]
    pub fn by_iccid(&self, iccid: &str) -> Option<CardRef<'_>> {
        self.oldest(self.account.find_iccid(iccid))
    }

    /// The card with this container id; should several have it, the one with the lowest id.
    #[must_use]
    pub fn by_cid(&self, cid: &str) -> Option<CardRef<'_>> {
        self.oldest(self.account.orders.cid.equal(&self.account.rows, cid).take(1))
    }

    /// A page of the cards that pass all filters, and their exact number. A page beyond the end is empty.
    #[must_use]
    pub fn select(&self, query: &Query<'_>) -> Selection<'_> {
        let terms = terms_of(&self.account, query);
        self.selection(select(&self.account, terms.as_deref(), page_of(query)))
    }

    /// Whether a query is short enough to be answered in place; itself at most a few microseconds.
    #[must_use]
    pub fn cost(&self, query: &Query<'_>) -> Cost {
        cost(&self.account, terms_of(&self.account, query).as_deref(), page_of(query))
    }

    /// A page of the three-network cards that pass all filters, newest first, and their exact number.
    #[must_use]
    pub fn select_multi(&self, query: &MultiQuery<'_>) -> Selection<'_> {
        let terms = terms_of_multi(&self.account, query);
        let page = Page {
            sort: Sort::Newest,
            offset: usize::try_from(query.offset_rows).unwrap_or(usize::MAX),
            limit: query.limit as usize,
        };
        self.selection(select(&self.account, terms.as_deref(), page))
    }

    /// Whether any card carries the tag.
    #[must_use]
    pub fn tag_in_use(&self, tag_id: i64) -> bool {
        self.tag_count(tag_id) > 0
    }

    /// How many cards carry the tag.
    #[must_use]
    pub fn tag_count(&self, tag_id: i64) -> u64 {
        let tags = &self.account.sets.tags;
        tags.find(tag_id).map_or(0, |tag| tags.get(tag).cards.len() as u64)
    }

    /// Cards of each `sim_status` that occurs, ascending by status.
    #[must_use]
    pub fn count_by_sim_status(&self) -> Vec<(u8, u64)> {
        let mut counts: Vec<(u8, u64)> =
            self.account.sets.sim_status.counts().map(|(status, count)| (status, count as u64)).collect();
        counts.sort_unstable();
        counts
    }

    /// Recomputes every index from the cards and compares.
    ///
    /// # Errors
    /// Names the first index that says something else than the cards do.
    pub fn verify(&self) -> Result<(), String> {
        crate::verify::verify(&self.account)
    }
}

fn page_of(query: &Query<'_>) -> Page {
    Page {
        sort: query.sort,
        offset: usize::try_from(query.offset_rows).unwrap_or(usize::MAX),
        limit: query.limit as usize,
    }
}
