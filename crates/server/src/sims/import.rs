//! Cards from a file (or from the demo's generator): each with the plan it has, its tags, its pool, its networks.

use std::collections::{BTreeMap, HashMap, HashSet};

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;

use super::{bindings, store};
use crate::changes::{self, Change, Subject};
use crate::files::records::CardRecord;
use crate::files::row::Fault;
use crate::import::Importer;
use crate::plans::cycle::StartDay;
use crate::plans::store::PlanTerms;
use crate::pools::store::PoolRow;
use crate::usage::book;
use crate::usage::fold::Line;
use crate::{attributes, iam, limits, orders, plans, pools, tags};

/// Cards written at a time.
const CARDS_PER_WRITE: usize = limits::CARDS_PER_CHANGE;

/// A card ready to be written: the line and what follows from it.
#[derive(Debug)]
pub struct NewCard {
    /// The line of the file.
    pub line: u64,
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// The line's content.
    pub record: CardRecord,
    /// The plan it has.
    pub plan: Option<NewPlan>,
    /// Its tags.
    pub tag_ids: Vec<i64>,
    /// 0 no pool, 1 or 11 opened one, 2 or 12 joined one.
    pub pool_flag: u8,
    /// Bytes used in the running cycle; `None` where it was never in use.
    pub flow_used: Option<i64>,
    /// Bytes left in the running cycle.
    pub flow_left: Option<i64>,
    /// Rebinds left this month, of cards of China Telecom.
    pub imei_bind_remain_times: Option<i32>,
}

impl NewCard {
    /// A line of usage of this card on a day such as `20220916`.
    pub fn line_of(&self, date: i32, bytes: i64) -> Line {
        Line {
            number: self.line,
            account: self.account,
            sim_card_id: self.id,
            date,
            bytes,
            start_day: StartDay::of_carrier(self.record.carrier),
            network: 0,
            carrier: u16::try_from(self.record.carrier).unwrap_or(0),
        }
    }
}

/// The plan of a [`NewCard`].
#[derive(Debug)]
pub struct NewPlan {
    /// Its id.
    pub sim_price_plan_id: i64,
    /// 1 activatable, 2 in use, 3 used up, 5 stopped.
    pub status: i32,
    /// When it ended, where it has.
    pub stop_ms: Option<i64>,
    /// Bytes of a cycle.
    pub flow_total: i64,
}

/// What a card used until now, as lines of days.
pub type History = Box<dyn Fn(&NewCard, i64) -> Vec<Line> + Send>;

/// Takes cards into the database.
pub struct CardImporter {
    accounts: HashMap<String, AccountId>,
    plans: HashMap<String, PlanTerms>,
    pools: HashMap<i64, PoolRow>,
    tags: HashMap<AccountId, HashMap<String, i64>>,
    attribute_slots: HashSet<(AccountId, usize)>,
    /// ICCIDs of three-network cards at the carriers, in their 19-digit form.
    multi_iccids: HashSet<String>,
    /// Whether cards were there before, so that every ICCID has to be looked up.
    looks_up: bool,
    waiting: Vec<NewCard>,
    /// How many cards came with each order.
    orders: BTreeMap<(AccountId, i64), i64>,
    history: History,
    actor: String,
    now_ms: i64,
}

impl CardImporter {
    /// An importer that knows the accounts, plans, pools and tags of now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(tx: &mut Tx<'_>, actor: &str, now_ms: i64) -> Result<Self, DbError> {
        let mut tags: HashMap<AccountId, HashMap<String, i64>> = HashMap::new();
        for (account, tag_id, name) in tags::store::names(tx)? {
            tags.entry(account).or_default().insert(name, tag_id);
        }
        Ok(Self {
            accounts: iam::store::account_names(tx)?,
            plans: plans::store::terms(tx)?,
            pools: pools::store::all(tx)?.into_iter().map(|pool| (pool.sim_pool_id, pool)).collect(),
            tags,
            attribute_slots: attributes::store::slots(tx)?,
            multi_iccids: store::multi_iccids(tx)?.iter().map(|iccid| iccid_19(iccid).to_owned()).collect(),
            looks_up: store::any(tx)?,
            waiting: Vec::with_capacity(CARDS_PER_WRITE),
            orders: BTreeMap::new(),
            history: Box::new(figure_of_the_cycle),
            actor: actor.to_owned(),
            now_ms,
        })
    }

    /// The same importer, but with days of its own instead of the one figure that a line of a file has.
    pub fn with_history(mut self, history: History) -> Self {
        self.history = history;
        self
    }

    /// What a line names must exist and fit together.
    fn check(&mut self, record: &CardRecord) -> Result<AccountId, Fault> {
        let account = self
            .accounts
            .get(record.account.as_str())
            .copied()
            .ok_or_else(|| Fault::at("account", format!("no account is called {}", record.account)))?;
        if let Some(id) = record.price_plan_id.as_deref() {
            let fault = |reason: String| Fault::at("price_plan_id", reason);
            let plan = self.plans.get(id).ok_or_else(|| fault(format!("there is no plan {id}")))?;
            if plan.sim_type != record.sim_type {
                return Err(fault(format!("plan {id} is not for cards of sim_type {}", record.sim_type)));
            }
            // A three-network card has one plan whatever carrier it is on.
            if plan.carrier_type != record.carrier && record.multi_sim.is_none() {
                return Err(fault(format!("plan {id} is not for cards of carrier {}", record.carrier)));
            }
        }
        if let Some(id) = record.pool_id
            && self.pools.get(&id).is_none_or(|pool| pool.account != account)
        {
            return Err(Fault::at("pool_id", format!("the account has no pool {id}")));
        }
        for (column, iccid) in iccids(record) {
            if self.multi_iccids.contains(iccid_19(iccid)) {
                return Err(Fault::at(column, format!("{iccid} exists already")));
            }
        }
        Ok(account)
    }

    /// The flag of a card that joins its pool: the first purchase order in it has opened it.
    fn join_pool(&mut self, tx: &mut Tx<'_>, record: &CardRecord) -> Result<u8, DbError> {
        let Some(pool) = record.pool_id.and_then(|id| self.pools.get_mut(&id)) else { return Ok(0) };
        if let (None, Some(order_id)) = (pool.order_id, record.order_id) {
            pools::store::open_by(tx, pool.account, pool.sim_pool_id, order_id, self.now_ms)?;
            pool.order_id = Some(order_id);
        }
        let opened = record.order_id.is_some() && pool.order_id == record.order_id;
        let kind = if pool.forward { 0 } else { 10 };
        Ok(kind + if opened { 1 } else { 2 })
    }

    /// The ids of a card's tags; those that the account does not have yet are made.
    fn tag_ids(
        &mut self,
        tx: &mut Tx<'_>,
        account: AccountId,
        record: &CardRecord,
    ) -> Result<Result<Vec<i64>, Fault>, DbError> {
        let known = self.tags.entry(account).or_default();
        let mut ids = Vec::with_capacity(record.tags.len());
        for name in &record.tags {
            if let Some(id) = known.get(name.as_str()) {
                ids.push(*id);
                continue;
            }
            if known.len() >= limits::TAGS_PER_ACCOUNT_MAX {
                let reason = format!("{name} would be the account's tag number {}", known.len() + 1);
                return Ok(Err(Fault::at("tags", reason)));
            }
            let id = tags::store::insert(tx, account, name, &self.actor, self.now_ms)?;
            known.insert(name.to_string(), id);
            ids.push(id);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Ok(ids))
    }

    /// Names the slots of custom attributes that a card fills and nobody has named yet.
    fn name_slots(
        &mut self,
        tx: &mut Tx<'_>,
        account: AccountId,
        record: &CardRecord,
    ) -> Result<(), DbError> {
        for (index, value) in record.customer_attributes.iter().enumerate() {
            let slot = index + 1;
            if value.is_some() && self.attribute_slots.insert((account, slot)) {
                attributes::store::insert_default(tx, account, slot, &self.actor, self.now_ms)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, tx: &mut Tx<'_>, reject: &mut dyn FnMut(u64, Fault)) -> Result<(), DbError> {
        let mut cards = std::mem::take(&mut self.waiting);
        if self.looks_up && !cards.is_empty() {
            let all = cards.iter().flat_map(|card| iccids(&card.record));
            let iccids_19: Vec<&str> = all.map(|(_, iccid)| iccid_19(iccid)).collect();
            let cids: Vec<&str> = cards.iter().map(|card| card.record.cid.as_str()).collect();
            let taken = store::taken(tx, &iccids_19, &cids)?;
            cards.retain(|card| {
                let keys = iccids(&card.record).map(|(column, iccid)| (column, iccid_19(iccid)));
                let mut keys = keys.chain([("cid", card.record.cid.as_str())]);
                let clash = keys.find(|(_, key)| taken.contains(*key));
                if let Some((column, key)) = clash {
                    reject(card.line, Fault::at(column, format!("{key} exists already")));
                }
                clash.is_none()
            });
        }
        if cards.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(cards.len()).unwrap_or(u32::MAX);
        let (first_card, first_plan) = (tx.reserve_ids(count)?, tx.reserve_ids(count)?);
        let mut by_account: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
        for (number, card) in (0..).zip(&mut cards) {
            card.id = first_card + number;
            by_account.entry(card.account).or_default().push(card.id);
            if let Some(plan) = &mut card.plan {
                plan.sim_price_plan_id = first_plan + number;
            }
        }
        store::insert(tx, &cards, self.now_ms)?;
        let usage: Vec<Line> = cards.iter().flat_map(|card| (self.history)(card, self.now_ms)).collect();
        book::book(tx, &usage)?;
        for (account, order_id) in cards.iter().filter_map(|card| Some((card.account, card.record.order_id?)))
        {
            *self.orders.entry((account, order_id)).or_default() += 1;
        }
        for (account, ids) in by_account {
            let change = Change {
                account: Some(account),
                subject: Subject::SimCard,
                ids: &ids,
                kind: "imported",
                detail: None,
                actor: &self.actor,
                now_ms: self.now_ms,
            };
            changes::record(tx, &change)?;
        }
        cards.clear();
        self.waiting = cards;
        Ok(())
    }
}

impl Importer for CardImporter {
    type Record = CardRecord;

    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        line: u64,
        record: CardRecord,
        reject: &mut dyn FnMut(u64, Fault),
    ) -> Result<(), DbError> {
        let account = match self.check(&record) {
            Ok(account) => account,
            Err(fault) => {
                reject(line, fault);
                return Ok(());
            }
        };
        let tag_ids = match self.tag_ids(tx, account, &record)? {
            Ok(ids) => ids,
            Err(fault) => {
                reject(line, fault);
                return Ok(());
            }
        };
        self.name_slots(tx, account, &record)?;
        if let Some(multi) = &record.multi_sim {
            let iccids = [&multi.iccid_mobile, &multi.iccid_unicom, &multi.iccid_telcom];
            self.multi_iccids.extend(iccids.into_iter().flatten().map(|iccid| iccid_19(iccid).to_owned()));
        }
        let pool_flag = self.join_pool(tx, &record)?;
        let terms = record.price_plan_id.as_deref().and_then(|id| self.plans.get(id));
        self.waiting.push(new_card(line, account, record, terms, tag_ids, pool_flag));
        if self.waiting.len() == CARDS_PER_WRITE {
            self.write(tx, reject)?;
        }
        Ok(())
    }

    fn finish(&mut self, tx: &mut Tx<'_>, reject: &mut dyn FnMut(u64, Fault)) -> Result<(), DbError> {
        self.write(tx, reject)?;
        for ((account, order_id), cards) in std::mem::take(&mut self.orders) {
            orders::imported(tx, account, order_id, cards, &self.actor, self.now_ms)?;
        }
        Ok(())
    }
}

/// The ICCIDs of a card with their columns: its own and those of its networks. Each names this card alone.
fn iccids(record: &CardRecord) -> impl Iterator<Item = (&'static str, &str)> {
    let networks = record.multi_sim.iter().flat_map(|multi| {
        [
            ("iccid_mobile", &multi.iccid_mobile),
            ("iccid_unicom", &multi.iccid_unicom),
            ("iccid_telcom", &multi.iccid_telcom),
        ]
    });
    let networks = networks.filter_map(|(column, iccid)| Some((column, iccid.as_deref()?)));
    std::iter::once(("iccid", record.iccid.as_str())).chain(networks)
}

/// An ICCID without its check digit.
fn iccid_19(iccid: &str) -> &str {
    iccid.get(..19).unwrap_or(iccid)
}

/// What follows from a line: figures only for cards that are, or were, in use (states 20 and 14).
fn new_card(
    line: u64,
    account: AccountId,
    record: CardRecord,
    terms: Option<&PlanTerms>,
    tag_ids: Vec<i64>,
    pool_flag: u8,
) -> NewCard {
    let active = matches!(record.sim_status, 14 | 20);
    let used = record.flow_used_bytes.unwrap_or(0);
    let telecom = matches!(record.carrier, 2 | 102);
    NewCard {
        line,
        id: 0,
        account,
        plan: terms.map(|terms| NewPlan {
            sim_price_plan_id: 0,
            status: plan_status(record.sim_status, record.operator_status),
            stop_ms: record.expire_ms.filter(|_| record.sim_status == 30 || record.operator_status == 4),
            flow_total: terms.flow_total,
        }),
        tag_ids,
        pool_flag,
        flow_used: active.then_some(used),
        flow_left: terms.filter(|_| active).map(|terms| terms.flow_total - used),
        imei_bind_remain_times: telecom.then_some(bindings::TIMES_A_MONTH),
        record,
    }
}

/// What the file says that a card used in the running cycle, as a line of the day that stands for it.
fn figure_of_the_cycle(card: &NewCard, now_ms: i64) -> Vec<Line> {
    let start_day = StartDay::of_carrier(card.record.carrier);
    let used = card.flow_used.filter(|bytes| *bytes > 0);
    let line = used.map(|bytes| card.line_of(book::day_of_import(now_ms, start_day), bytes));
    line.into_iter().collect()
}

/// The status of a card's plan by the card's own (seed 4.3.1).
fn plan_status(sim_status: u8, operator_status: i8) -> i32 {
    match (sim_status, operator_status) {
        (10 | 11 | 13, _) => 1,
        (30, _) | (_, 4) => 5,
        (_, 1) => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the status that a card's plan begins with, for every state of the card.
    #[test]
    fn plans_follow_their_card() {
        let cases = [
            (10, -1, 1),
            (11, -1, 1),
            (13, -1, 1),
            (20, -1, 2),
            (14, 1, 3),
            (14, 2, 2),
            (14, 4, 5),
            (14, 5, 2),
            (30, -1, 5),
        ];
        for (sim_status, operator_status, expected) in cases {
            assert_eq!(plan_status(sim_status, operator_status), expected, "{sim_status} {operator_status}");
        }
    }

    /// Shows that 19- and 20-digit forms meet in their first 19 digits.
    #[test]
    fn check_digits_do_not_count() {
        assert_eq!(iccid_19("89860012345678901234"), "8986001234567890123");
        assert_eq!(iccid_19("8986001234567890123"), "8986001234567890123");
    }
}
