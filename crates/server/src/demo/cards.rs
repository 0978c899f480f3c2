//! The cards of the demo, made one at a time: nothing of the fleet is held but the batch at hand.

use compact_str::{CompactString, format_compact};

use super::Demo;
use super::batches::{Batch, Story};
use super::catalogue::plan;
use super::credentials::DEMO;
use super::dice::Dice;
use super::numbers;
use super::words;
use crate::files::values::BYTES_PER_MEGABYTE;
use crate::files::{CardRecord, MultiSimRecord, PlanRecord, rules};
use crate::plans::cycle::{Cycle, Period, StartDay, business_date, day_start_ms};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// The silent period of all plans, six months.
const SILENT_DAYS: i64 = 180;
/// What a member of a back pool uses in a cycle where others would use their plan up.
const BACK_POOL_NOMINAL_MB: i64 = 200;
/// Shares of a plan are counted in parts of this many.
const PARTS: i64 = 10_000;
/// A card in use outside a pool stays below this share of its plan, or it would be stopped for it.
const IN_USE_PARTS_MAX: i64 = 9_850;
/// Weights of 20, 11, 13, 10 and 14 by story.
const STATES_RECENT: [u32; 5] = [580, 135, 130, 100, 55];
const STATES_SETTLED: [u32; 5] = [915, 0, 0, 0, 85];
const STATES_POOL_EXHAUSTED: [u32; 5] = [0, 50, 30, 20, 900];
/// Weights of 0, 1, 2 … 6 tags on a card.
const TAG_COUNTS: [u32; 7] = [30, 30, 20, 11, 6, 2, 1];

/// An iterator over the cards, batch by batch; `Demo::cards` begins it anew.
pub struct Cards<'a> {
    demo: &'a Demo,
    tag_weights: Vec<u32>,
    next_batch: usize,
    serial: u64,
    current: Option<Current<'a>>,
}

/// The batch at hand with what is worked out once for all its cards.
struct Current<'a> {
    batch: &'a Batch,
    plan: &'a PlanRecord,
    period: Period,
    start_day: StartDay,
    cycle: Cycle,
    dice: Dice,
    left: u64,
    iccid_prefix: &'static str,
    imsi_prefix: &'static str,
    msisdn_prefix: &'static str,
    year: u8,
    province: u8,
}

impl<'a> Cards<'a> {
    pub(super) fn new(demo: &'a Demo) -> Self {
        // Zipf: the second tag is used half as often as the first, the third a third as often.
        let tag_weights = (1..=words::TAGS.len() as u32).map(|rank| 100_000 / rank).collect();
        Self { demo, tag_weights, next_batch: 0, serial: 0, current: None }
    }

    fn begin_batch(&mut self) -> Option<Current<'a>> {
        let batch = self.demo.batches.get(self.next_batch)?;
        self.next_batch += 1;
        let plan = plan(&self.demo.plans, batch.price_plan_id);
        let start_day = StartDay::of_carrier(plan.carrier_type);
        let mut dice = Dice::new(self.demo.seed, self.next_batch as u64);
        let prefixes = numbers::prefixes(plan.carrier_type);
        let bought = business_date(batch.created_ms);
        Some(Current {
            batch,
            plan,
            period: Period::new(plan.period, plan.period_type).expect("the demo's plans have known periods"),
            start_day,
            cycle: Cycle::at(self.demo.today_ms, start_day),
            left: batch.cards,
            iccid_prefix: dice.pick(prefixes.iccid),
            imsi_prefix: dice.pick(prefixes.imsi),
            msisdn_prefix: dice.pick(prefixes.msisdn),
            year: u8::try_from(bought.year() % 100).expect("a remainder of a hundred fits"),
            province: u8::try_from(1 + dice.below(31)).expect("at most 31"),
            dice,
        })
    }
}

impl Iterator for Cards<'_> {
    type Item = CardRecord;

    fn next(&mut self) -> Option<CardRecord> {
        while self.current.as_ref().is_none_or(|current| current.left == 0) {
            self.current = Some(self.begin_batch()?);
        }
        let current = self.current.as_mut()?;
        current.left -= 1;
        let card = current.card(self.serial, self.demo.today_ms, &self.tag_weights);
        self.serial += 1;
        Some(card)
    }
}

impl Current<'_> {
    fn card(&mut self, serial: u64, today_ms: i64, tag_weights: &[u32]) -> CardRecord {
        let (sim_status, operator_status) = self.state();
        let act_ms = self.act_ms(sim_status, operator_status, today_ms);
        let active = matches!(sim_status, rules::STATUS_IN_USE | rules::STATUS_STOPPED);
        let iccid = self.iccid(serial);
        let multi_sim = self.multi_sim(serial, &iccid);
        let mut card = CardRecord {
            account: CompactString::const_new(self.batch.account),
            order_id: Some(self.batch.order_id),
            sim_type: self.plan.sim_type,
            carrier: self.plan.carrier_type,
            cid: match (self.plan.sim_type, &multi_sim) {
                (1, _) => numbers::vsim_cid(serial),
                (2, _) => numbers::eid(serial),
                (_, Some(_)) => numbers::multi_cid(serial),
                (_, None) => iccid.clone(),
            },
            iccid,
            imsi: Some(numbers::imsi(self.imsi_prefix, serial)),
            msisdn: Some(numbers::msisdn(self.msisdn_prefix, serial)),
            imei: (active && self.dice.chance(920)).then(|| numbers::imei(serial)),
            sim_status,
            operator_status,
            price_plan_id: Some(CompactString::const_new(self.batch.price_plan_id)),
            act_ms,
            expire_ms: act_ms.map(|act_ms| self.period.expire_ms(act_ms, self.start_day)),
            real_named: active && rules::is_mainland(self.plan.carrier_type) && self.dice.chance(600),
            device_status: None,
            device_status_ms: None,
            device_model: None,
            node_id: None,
            network_type: None,
            dbm: None,
            signal_level: None,
            sms_enabled: self.batch.sms_enabled,
            pool_id: self.batch.pool_id,
            tags: self.tags(tag_weights),
            customer_attributes: self.attributes(serial, active),
            multi_sim,
            flow_used_bytes: act_ms
                .filter(|_| active)
                .map(|act_ms| self.flow_used_bytes(operator_status, act_ms, today_ms)),
            created_ms: Some(self.batch.created_ms),
        };
        if active && self.plan.sim_type != rules::SIM_TYPE_PHYSICAL {
            self.give_device(&mut card, serial, today_ms);
        }
        card
    }

    fn state(&mut self) -> (u8, i8) {
        const STATES: [u8; 5] = [rules::STATUS_IN_USE, 11, 13, 10, rules::STATUS_STOPPED];
        let weights = match self.batch.story {
            Story::Recent => STATES_RECENT,
            Story::Settled => STATES_SETTLED,
            Story::PoolExhausted => STATES_POOL_EXHAUSTED,
            Story::Expired => {
                return if self.dice.chance(250) {
                    (rules::STATUS_STOPPED, 4)
                } else {
                    (30, rules::NOT_STOPPED)
                };
            }
        };
        let sim_status = STATES[self.dice.weighted(&weights)];
        let operator_status = match (sim_status, self.batch.story) {
            (rules::STATUS_STOPPED, Story::PoolExhausted) => 3,
            (rules::STATUS_STOPPED, _) => self.stop_reason(),
            _ => rules::NOT_STOPPED,
        };
        (sim_status, operator_status)
    }

    /// The reasons that the carrier and the pool allow: a separated device shows on Mobile only, thresholds exist
    /// for Telecom and for members of pools, and members of pools don't run out alone.
    fn stop_reason(&mut self) -> i8 {
        let (carrier, pooled) = (self.plan.carrier_type, self.batch.pool_id.is_some());
        let when = |holds: bool, weight: u32| if holds { weight } else { 0 };
        let weights = [
            (1, when(!pooled, 25)),
            (2, when(carrier == 2 || pooled, 12)),
            (5, 45),
            (6, when(carrier <= 3, 8)),
            (7, when(carrier == 1, 10)),
        ];
        weights[self.dice.weighted(&weights.map(|(_, weight)| weight))].0
    }

    /// Within the plan's duration for cards that are alive; so long ago that it has run out for the others.
    fn act_ms(&mut self, sim_status: u8, operator_status: i8, today_ms: i64) -> Option<i64> {
        if matches!(sim_status, 10 | 11 | 13) {
            return None;
        }
        // The carrier activates a card at the end of its silent period.
        let forced_ms = self.batch.created_ms + SILENT_DAYS * DAY_MS;
        let (earliest_ms, latest_ms) = match self.period {
            Period::Days(days) => {
                let today = business_date(today_ms);
                let lasting = i64::from(days) - 1;
                (day_start_ms(today) - lasting * DAY_MS, today_ms - HOUR_MS)
            }
            Period::Cycles(cycles) => {
                let cycles = i32::try_from(cycles).expect("the demo's plans last a few years");
                let start = |cycles_ago: i32| {
                    Cycle::named(self.cycle.month.plus(-cycles_ago), self.start_day).start_ms
                };
                match (sim_status, operator_status) {
                    (30, _) => (start(cycles + 8), start(cycles + 2)),
                    (_, 4) => (start(cycles + 1), start(cycles - 1)),
                    _ => (start(cycles - 1), forced_ms.min(today_ms - HOUR_MS)),
                }
            }
        };
        let earliest_ms = earliest_ms.max(self.batch.created_ms + DAY_MS);
        Some(self.dice.between(earliest_ms / 1_000, latest_ms / 1_000) * 1_000)
    }

    /// Usage of the running cycle up to today, the figure that belongs to the card's state.
    fn flow_used_bytes(&mut self, operator_status: i8, act_ms: i64, today_ms: i64) -> i64 {
        let pooled = self.batch.pool_id.is_some();
        let total = match self.plan.flow_total_mb {
            0 => BACK_POOL_NOMINAL_MB * BYTES_PER_MEGABYTE,
            megabytes => megabytes * BYTES_PER_MEGABYTE,
        };
        let dice = &mut self.dice;
        let parts = match operator_status {
            1 => dice.between(PARTS, PARTS * 106 / 100),
            2 => dice.between(3_000, 9_000),
            3 => dice.between(PARTS, PARTS * 135 / 100),
            4 => return 0,
            _ => {
                let intensity = match dice.weighted(&[8, 82, 10]) {
                    0 => return 0,
                    1 => dice.between(300, 8_000),
                    _ => dice.between(8_000, 11_500),
                };
                let lasted = today_ms + DAY_MS - act_ms.max(self.cycle.start_ms);
                let parts = intensity * lasted / (self.cycle.end_ms - self.cycle.start_ms);
                if pooled { parts } else { parts.min(IN_USE_PARTS_MAX) }
            }
        };
        // A remainder below a part, so that figures aren't round; it stays below the distance to the bounds above.
        total * parts / PARTS + dice.between(0, total / PARTS)
    }

    fn iccid(&self, serial: u64) -> CompactString {
        if self.plan.sim_type == rules::SIM_TYPE_PHYSICAL && self.plan.carrier_type <= 3
            || matches!(self.plan.carrier_type, 101 | 102)
        {
            numbers::iccid_mainland(self.iccid_prefix, self.year, self.province, serial)
        } else {
            numbers::iccid_abroad(self.iccid_prefix, serial)
        }
    }

    /// All three networks, or now and then the two that a card was ordered with.
    fn multi_sim(&mut self, serial: u64, iccid: &CompactString) -> Option<MultiSimRecord> {
        let version = self.batch.multi_version?;
        let online = self.plan.carrier_type;
        let left_out = if self.dice.chance(100) { online % 3 + 1 } else { 0 };
        let network = |carrier: i32| match carrier {
            carrier if carrier == online => Some(iccid.clone()),
            carrier if carrier == left_out => None,
            carrier => {
                let prefix = numbers::prefixes(carrier).iccid[0];
                Some(numbers::iccid_mainland(prefix, self.year, self.province, serial))
            }
        };
        Some(MultiSimRecord {
            version,
            iccid_mobile: network(1),
            iccid_telcom: network(2),
            iccid_unicom: network(3),
            online_carrier: u8::try_from(online).expect("three-network cards have the carriers 1 to 3"),
        })
    }

    fn tags(&mut self, tag_weights: &[u32]) -> Vec<CompactString> {
        let names: &[&'static str] =
            if self.batch.account == DEMO.domain { &words::TAGS } else { &words::TAGS_RIVAL };
        let count = self.dice.weighted(&TAG_COUNTS);
        let mut tags: Vec<CompactString> = Vec::with_capacity(count);
        for _ in 0..count {
            let tag = CompactString::const_new(names[self.dice.weighted(&tag_weights[..names.len()])]);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    fn attributes(&mut self, serial: u64, active: bool) -> [Option<CompactString>; 6] {
        let dice = &mut self.dice;
        let site = dice.chance(850).then(|| {
            let city = dice.pick(&words::CITIES);
            format_compact!("{city}-{:02}站", 1 + dice.below(words::SITES_PER_CITY))
        });
        let asset = dice.chance(500).then(|| format_compact!("MTR-{serial:08}"));
        let customer = dice.chance(950).then(|| CompactString::const_new(self.batch.customer));
        let firmware =
            (active && dice.chance(800)).then(|| CompactString::const_new(dice.pick(&words::FIRMWARE)));
        [site, asset, customer, firmware, None, None]
    }

    /// What an eSIM or vSIM device reports (chapter 4.1.1); it is silent while it is offline.
    fn give_device(&mut self, card: &mut CardRecord, serial: u64, today_ms: i64) {
        let dice = &mut self.dice;
        let status = [3, 4, 1, 2][dice.weighted(&[60, 30, 5, 5])];
        let earliest_ms = card.act_ms.unwrap_or(today_ms).max(today_ms - 30 * DAY_MS);
        card.device_status = Some(status);
        card.device_status_ms = Some(dice.between(earliest_ms, today_ms));
        card.device_model = Some(CompactString::const_new(dice.pick(&words::DEVICE_MODELS)));
        card.node_id = Some(format_compact!("node-{serial:08x}"));
        card.network_type = Some(CompactString::const_new(dice.pick(&["4G", "4G", "4G", "3G", "2G"])));
        if status != 4 {
            let dbm = -dice.between(55, 115);
            card.dbm = Some(format_compact!("{dbm}"));
            let level = match dbm {
                -79..=0 => "3",
                -95..=-80 => "2",
                _ => "1",
            };
            card.signal_level = Some(CompactString::const_new(level));
        }
    }
}
