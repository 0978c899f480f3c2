//! The door to the fleet: accounts, their locks, and the names they share.

use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use parking_lot::{RwLock, RwLockWriteGuard};

use crate::AccountId;
use crate::account::Account;
use crate::card::Card;
use crate::names::Names;
use crate::reader::Reader;

/// Cards changed under one hold of an account's lock: at 20 µs each, readers wait less than a millisecond.
const CARDS_OF_A_HOLD: usize = 32;
/// Cards whose tag is taken off under one hold.
const UNTAGGED_OF_A_HOLD: usize = 512;

/// Every card of the node's accounts.
///
/// Reads take a shared lock of their account, changes an exclusive one for a few cards at a time, so that neither
/// waits long. Of one account only one thread at a time should write, as otherwise the last one wins.
#[derive(Default)]
pub struct Fleet {
    accounts: RwLock<HashMap<AccountId, Arc<RwLock<Account>>>>,
    names: RwLock<Arc<Names>>,
}

impl Fleet {
    /// A fleet without accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts all cards of an account in place of those it had. Built aside and swapped in whole: readers see the old
    /// cards or the new ones. The names of its tags stay. Of several cards with one id the last one counts.
    pub fn replace(&self, account: AccountId, cards: impl IntoIterator<Item = Card>) {
        let mut built = Account::build(cards);
        let place = self.account_or_new(account);
        {
            let mut place = place.write();
            for (tag_id, name) in place.sets.tags.names() {
                if let Some(tag) = built.sets.tags.intern(tag_id) {
                    built.sets.tags.get_mut(tag).name.get_or_insert_with(|| name.clone());
                }
            }
            std::mem::swap(&mut *place, &mut built);
        }
        // `built` now holds the old cards; they are freed here, outside the lock.
    }

    /// Writes cards: new ones, and over those with the same id.
    pub fn upsert(&self, account: AccountId, cards: Vec<Card>) {
        let place = self.account_or_new(account);
        let mut cards = cards.into_iter();
        while cards.len() > 0 {
            let mut guard = place.write();
            cards.by_ref().take(CARDS_OF_A_HOLD).for_each(|card| guard.put(card));
            RwLockWriteGuard::unlock_fair(guard);
        }
    }

    /// Writes cards as [`Fleet::upsert`] does, under one hold: readers see all of them as they were, or all as they are.
    /// For some hundred cards: what moves in no sort order takes a few microseconds each.
    pub fn upsert_at_once(&self, account: AccountId, cards: Vec<Card>) {
        let place = self.account_or_new(account);
        let mut guard = place.write();
        cards.into_iter().for_each(|card| guard.put(card));
        RwLockWriteGuard::unlock_fair(guard);
    }

    /// Takes cards out; ids that are not there are ignored.
    pub fn remove(&self, account: AccountId, ids: &[i64]) {
        let Some(place) = self.account(account) else { return };
        for ids in ids.chunks(CARDS_OF_A_HOLD) {
            let mut guard = place.write();
            for &id in ids {
                guard.remove(id);
            }
            RwLockWriteGuard::unlock_fair(guard);
        }
    }

    /// Takes an account out with all its cards.
    pub fn remove_account(&self, account: AccountId) {
        let removed = self.accounts.write().remove(&account);
        drop(removed);
    }

    /// Names a tag of the account, or renames it.
    pub fn set_tag_name(&self, account: AccountId, tag_id: i64, name: &str) {
        let place = self.account_or_new(account);
        let tags = &mut place.write().sets.tags;
        if let Some(tag) = tags.intern(tag_id) {
            tags.get_mut(tag).name = Some(name.into());
        }
    }

    /// Forgets a tag and takes it off all cards of the account.
    pub fn remove_tag(&self, account: AccountId, tag_id: i64) {
        let Some(place) = self.account(account) else { return };
        let mut gone = false;
        while !gone {
            let mut guard = place.write();
            gone = guard.remove_tag(tag_id, UNTAGGED_OF_A_HOLD);
            RwLockWriteGuard::unlock_fair(guard);
        }
    }

    /// Names a plan of the catalogue, for all accounts.
    pub fn set_plan_name(&self, plan_id: &str, name: &str) {
        Arc::make_mut(&mut self.names.write())
            .plans
            .insert(CompactString::from(plan_id), CompactString::from(name));
    }

    /// Names a network switch policy.
    pub fn set_policy_name(&self, policy_id: i64, name: &str) {
        Arc::make_mut(&mut self.names.write()).policies.insert(policy_id, CompactString::from(name));
    }

    /// The cards of an account as they are now; they do not change while the reader lives, and writers of this
    /// account wait for it: keep it short, and take no second one on the same thread. An unknown account has no cards.
    #[must_use]
    pub fn read(&self, account: AccountId) -> Reader {
        let names = Arc::clone(&self.names.read());
        Reader::new(self.account(account).unwrap_or_default().read_arc(), names)
    }

    fn account(&self, account: AccountId) -> Option<Arc<RwLock<Account>>> {
        self.accounts.read().get(&account).cloned()
    }

    fn account_or_new(&self, account: AccountId) -> Arc<RwLock<Account>> {
        match self.account(account) {
            Some(place) => place,
            None => self.accounts.write().entry(account).or_default().clone(),
        }
    }
}
