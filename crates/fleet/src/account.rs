//! All cards of one account with everything that finds and orders them, kept in step by one door for changes.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::card::{Card, MAX_TAGS_OF_A_CARD};
use crate::key_order::{KeyOrder, TextOrder};
use crate::lookup::Lookup;
use crate::row::{Extra, ICCIDS, Row, VACANT, iccid_key};
use crate::segments::Segments;
use crate::sets::Sets;
use crate::slot_set::Bits;

/// The sort orders of an account, and the two that only serve to find cards by a number that need not be unique.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub id: KeyOrder,
    pub cid: TextOrder,
    pub msisdn: TextOrder,
    pub imei: TextOrder,
    pub act: KeyOrder,
    pub expire: KeyOrder,
    pub flow_used: KeyOrder,
    pub flow_left: KeyOrder,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            id: KeyOrder::new(|row| Some(row.id)),
            cid: TextOrder::new(|row| Some(&row.cid)),
            msisdn: TextOrder::new(|row| row.msisdn.as_deref()),
            imei: TextOrder::new(|row| row.imei.as_deref()),
            act: KeyOrder::new(|row| row.act_ms.get()),
            expire: KeyOrder::new(|row| row.expire_ms.get()),
            flow_used: KeyOrder::new(|row| row.flow_used.get()),
            flow_left: KeyOrder::new(|row| row.flow_left.get()),
        }
    }
}

impl Orders {
    pub fn texts(&self) -> [&TextOrder; 3] {
        [&self.cid, &self.msisdn, &self.imei]
    }

    pub fn keys(&self) -> [&KeyOrder; 5] {
        [&self.id, &self.act, &self.expire, &self.flow_used, &self.flow_left]
    }

    fn texts_mut(&mut self) -> [&mut TextOrder; 3] {
        [&mut self.cid, &mut self.msisdn, &mut self.imei]
    }

    fn keys_mut(&mut self) -> [&mut KeyOrder; 5] {
        [&mut self.id, &mut self.act, &mut self.expire, &mut self.flow_used, &mut self.flow_left]
    }

    fn build(&mut self, rows: &Segments<Row>, live: &Bits) {
        self.texts_mut().into_iter().for_each(|order| order.build(rows, live));
        self.keys_mut().into_iter().for_each(|order| order.build(rows, live));
    }

    fn detach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, next: Option<&Row>) {
        self.texts_mut().into_iter().for_each(|order| order.detach(rows, slot, row, next));
        self.keys_mut().into_iter().for_each(|order| order.detach(rows, slot, row, next));
    }

    fn attach(&mut self, rows: &Segments<Row>, slot: u32, row: &Row, previous: Option<&Row>) {
        self.texts_mut().into_iter().for_each(|order| order.attach(rows, slot, row, previous));
        self.keys_mut().into_iter().for_each(|order| order.attach(rows, slot, row, previous));
    }
}

/// One account's cards.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    pub rows: Segments<Row>,
    pub live: Bits,
    free: Vec<u32>,
    pub by_id: Lookup,
    /// One for each of [`Row::iccids`].
    pub by_iccid: [Lookup; ICCIDS],
    pub hasher: DefaultHashBuilder,
    pub orders: Orders,
    pub sets: Sets,
}

impl Account {
    /// Builds an account from its cards. Of several cards with one id the last one counts.
    pub fn build(cards: impl IntoIterator<Item = Card>) -> Self {
        let mut account = Self::default();
        for card in cards {
            let row = account.pack(card);
            let slot = account.rows.push(row);
            account.live.insert(slot);
            account.sets.update(slot, None, Some(&account.rows[slot]));
        }
        account.drop_repeated_ids();
        account.by_id = Lookup::with_capacity(account.live.len);
        account.by_iccid[0] = Lookup::with_capacity(account.live.len);
        for slot in 0..account.rows.len() as u32 {
            if account.rows[slot].id != VACANT {
                account.register_id(slot);
                account.register_iccids(slot, None);
            }
        }
        account.orders.build(&account.rows, &account.live);
        account
    }

    fn drop_repeated_ids(&mut self) {
        let mut ids: Vec<(i64, u32)> =
            (0..self.rows.len() as u32).map(|slot| (self.rows[slot].id, slot)).collect();
        if ids.is_sorted_by(|earlier, later| earlier.0 < later.0) {
            return;
        }
        ids.sort_unstable();
        for pair in ids.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let slot = pair[0].1;
            self.sets.update(slot, Some(&self.rows[slot]), None);
            self.vacate(slot);
        }
    }

    /// Writes a card: a new one, or over the one with the same id.
    pub fn put(&mut self, card: Card) {
        let new = self.pack(card);
        match self.find_id(new.id) {
            Some(slot) => {
                self.sets.update(slot, Some(&self.rows[slot]), Some(&new));
                self.orders.detach(&self.rows, slot, &self.rows[slot], Some(&new));
                self.deregister_iccids(slot, Some(&new));
                let old = std::mem::replace(&mut self.rows[slot], new);
                self.register_iccids(slot, Some(&old));
                self.orders.attach(&self.rows, slot, &self.rows[slot], Some(&old));
            }
            None => {
                self.sets.update(self.next_slot(), None, Some(&new));
                let slot = match self.free.pop() {
                    Some(slot) => {
                        self.rows[slot] = new;
                        slot
                    }
                    None => self.rows.push(new),
                };
                self.live.insert(slot);
                self.register_id(slot);
                self.register_iccids(slot, None);
                self.orders.attach(&self.rows, slot, &self.rows[slot], None);
            }
        }
    }

    /// Takes a card out; false if there is none of this id.
    pub fn remove(&mut self, id: i64) -> bool {
        let Some(slot) = self.find_id(id) else { return false };
        self.sets.update(slot, Some(&self.rows[slot]), None);
        self.orders.detach(&self.rows, slot, &self.rows[slot], None);
        self.deregister_iccids(slot, None);
        self.by_id.remove(self.hasher.hash_one(id), slot);
        self.vacate(slot);
        true
    }

    /// Takes a tag off at most `limit` of its cards and forgets it when none is left; true: it is gone.
    pub fn remove_tag(&mut self, tag_id: i64, limit: usize) -> bool {
        let Some(tag) = self.sets.tags.find(tag_id) else { return true };
        let mut slots = Vec::with_capacity(limit);
        self.sets.tags.get(tag).cards.first(limit, |slot| slots.push(slot));
        for slot in slots {
            let row = &mut self.rows[slot];
            row.tags = row.tags.iter().copied().filter(|&other| other != tag).collect();
            self.sets.tags.get_mut(tag).cards.remove(slot);
        }
        let gone = self.sets.tags.get(tag).cards.is_empty();
        if gone {
            self.sets.tags.forget(tag);
        }
        gone
    }

    /// The slot of a card.
    pub fn find_id(&self, id: i64) -> Option<u32> {
        self.by_id.find(self.hasher.hash_one(id), |slot| self.rows[slot].id == id)
    }

    /// The slots of the cards with this ICCID, in either of its forms; a card may come up twice.
    pub fn find_iccid(&self, iccid: &str) -> impl Iterator<Item = u32> {
        let hash = self.hasher.hash_one(iccid_key(iccid));
        self.by_iccid
            .iter()
            .filter(|lookup| lookup.len() > 0)
            .flat_map(move |lookup| lookup.candidates(hash))
            .filter(move |&slot| self.rows[slot].has_iccid(iccid))
    }

    fn next_slot(&self) -> u32 {
        self.free.last().copied().unwrap_or(self.rows.len() as u32)
    }

    fn vacate(&mut self, slot: u32) {
        self.rows[slot] = Row::vacant();
        self.live.remove(slot);
        self.free.push(slot);
    }

    fn register_id(&mut self, slot: u32) {
        let (rows, hasher) = (&self.rows, &self.hasher);
        self.by_id.insert(hasher.hash_one(rows[slot].id), slot, |other| hasher.hash_one(rows[other].id));
    }

    fn register_iccids(&mut self, slot: u32, previous: Option<&Row>) {
        let (rows, hasher) = (&self.rows, &self.hasher);
        let keep = previous.map(Row::iccids).unwrap_or_default();
        for (at, lookup) in self.by_iccid.iter_mut().enumerate() {
            if let Some(iccid) = rows[slot].iccids()[at]
                && keep[at] != Some(iccid)
            {
                let hash_of =
                    |slot| hasher.hash_one(rows[slot].iccids()[at].map(iccid_key).unwrap_or_default());
                lookup.insert(hasher.hash_one(iccid_key(iccid)), slot, hash_of);
            }
        }
    }

    fn deregister_iccids(&mut self, slot: u32, next: Option<&Row>) {
        let keep = next.map(Row::iccids).unwrap_or_default();
        for (at, lookup) in self.by_iccid.iter_mut().enumerate() {
            if let Some(iccid) = self.rows[slot].iccids()[at]
                && keep[at] != Some(iccid)
            {
                lookup.remove(self.hasher.hash_one(iccid_key(iccid)), slot);
            }
        }
    }

    /// A row from a card; its texts and tags get their numbers.
    fn pack(&mut self, card: Card) -> Row {
        let mut tag_ids = card.tag_ids;
        tag_ids.sort_unstable();
        tag_ids.dedup();
        tag_ids.truncate(MAX_TAGS_OF_A_CARD);
        let mut attributes = card.attributes.into_iter();
        let extra = Extra {
            device_model: card.device_model,
            node_id: card.node_id,
            network_type: card.network_type,
            dbm: card.dbm,
            signal_level: card.signal_level,
            multi: card.multi,
        };
        Row {
            id: card.id,
            cid: card.cid,
            iccid: card.iccid,
            imsi: card.imsi,
            msisdn: card.msisdn,
            imei: card.imei,
            flow_used: card.flow_used.into(),
            flow_left: card.flow_left.into(),
            act_ms: card.act_ms.into(),
            expire_ms: card.expire_ms.into(),
            device_status_ms: card.device_status_ms.into(),
            created_ms: card.created_ms,
            order_id: card.order_id.into(),
            pool_id: card.pool_id.into(),
            sim_price_plan_id: card.sim_price_plan_id.into(),
            extra: (extra != Extra::default()).then(|| Box::new(extra)),
            exceed_cut_net_quota: card.exceed_cut_net_quota.into(),
            imei_bind_remain_times: card.imei_bind_remain_times.into(),
            speed_value: card.speed_value.into(),
            plan: self.sets.plans.intern(card.price_plan_id),
            attributes: std::array::from_fn(|at| {
                self.sets.attributes[at].intern(attributes.next().flatten())
            }),
            tags: tag_ids.into_iter().filter_map(|tag_id| self.sets.tags.intern(tag_id)).collect(),
            carrier: card.carrier,
            sim_type: card.sim_type,
            sim_status: card.sim_status,
            operator_status: card.operator_status,
            device_status: card.device_status,
            pool_flag: card.pool_flag,
            real_named: card.real_named,
            cut_net: card.cut_net,
            exceed_cut_net: card.exceed_cut_net,
            sms_enabled: card.sms_enabled,
        }
    }
}
