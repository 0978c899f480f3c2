//! The purchase batches of the demo: every card belongs to one, and a batch is of one carrier, type and plan.

use super::catalogue::{self, plan};
use super::credentials::{DEMO, RIVAL};
use super::dice::Dice;
use super::words;
use crate::files::PlanRecord;
use crate::plans::cycle::Period;

const DAY_MS: i64 = 86_400_000;
/// The stream of chance that batches are made with; cards of batch n use stream n + 1.
const BATCH_STREAM: u64 = 0;
/// A segment of the fleet is bought in one batch, and in one more each time it doubles above this size.
const BATCH_CARDS: u64 = 350;
/// Batches younger than this still have inactive cards: the silent period of six months hasn't ended.
const RECENT_DAYS: i64 = 150;
/// Nine of twenty batches are recent.
const RECENT_OF_TWENTY: usize = 9;
/// The oldest batch.
const FLEET_AGE_DAYS: i64 = 3 * 365 - 30;
/// Batches whose one-year plans have run out were bought so long ago.
const EXPIRED_AGE_DAYS: (i64, i64) = (500, FLEET_AGE_DAYS);
const ORDER_ID_FIRST: i64 = 494_000_000_000;

/// What the cards of a batch went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Bought within the silent period: in use, stopped and not yet active ones.
    Recent,
    /// In use for long; some are stopped.
    Settled,
    /// The plan has run out: stopped for it, or disassembled.
    Expired,
    /// Members of a pool that has nothing left: all active ones are stopped for it.
    PoolExhausted,
}

/// A purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The order id its cards carry, rising with time.
    pub order_id: i64,
    /// The account that bought it, by its domain name.
    pub account: &'static str,
    /// The plan of all its cards.
    pub price_plan_id: &'static str,
    /// The pool of all its cards.
    pub pool_id: Option<i64>,
    /// 1 or 2 makes them three-network cards.
    pub multi_version: Option<u8>,
    /// How many cards.
    pub cards: u64,
    /// When it was bought, epoch milliseconds.
    pub created_ms: i64,
    /// Whether an SMS package was bought with it.
    pub sms_enabled: bool,
    /// Whom it was bought for.
    pub customer: &'static str,
    /// What its cards went through.
    pub story: Story,
}

/// A part of a fleet: its weight, plan, pool, version of three-network cards, and whether its plan has run out.
struct Segment {
    weight: u64,
    plan: &'static str,
    pool: Option<i64>,
    multi: Option<u8>,
    expired: bool,
}

const fn part(weight: u64, plan: &'static str) -> Segment {
    Segment { weight, plan, pool: None, multi: None, expired: false }
}

const fn expired(weight: u64, plan: &'static str) -> Segment {
    Segment { expired: true, ..part(weight, plan) }
}

const fn pooled(weight: u64, plan: &'static str, pool: i64) -> Segment {
    Segment { pool: Some(pool), ..part(weight, plan) }
}

const fn multi(weight: u64, plan: &'static str, version: u8) -> Segment {
    Segment { multi: Some(version), ..part(weight, plan) }
}

/// Physical cards are 88 of a hundred, eSIM 8, vSIM 4, three-network cards 2.
const FLEET: [Segment; 39] = [
    part(1_100, "100101"),
    part(700, "100102"),
    part(250, "100103"),
    part(350, "100104"),
    part(350, "100105"),
    expired(250, "100101"),
    pooled(250, "100102", catalogue::POOL_MOBILE_FORWARD),
    pooled(400, "100111", catalogue::POOL_MOBILE_BACK),
    multi(80, "100102", 1),
    part(900, "100201"),
    part(500, "100202"),
    part(350, "100203"),
    part(400, "100204"),
    expired(200, "100201"),
    pooled(120, "100203", catalogue::POOL_TELECOM_EXHAUSTED),
    pooled(250, "100211", catalogue::POOL_TELECOM_BACK),
    multi(70, "100201", 2),
    part(900, "100301"),
    part(450, "100302"),
    part(600, "100303"),
    expired(230, "100301"),
    pooled(300, "100302", catalogue::POOL_UNICOM_FORWARD),
    pooled(180, "100311", catalogue::POOL_UNICOM_BACK),
    multi(70, "100303", 2),
    part(300, "100401"),
    part(300, "200101"),
    part(130, "200102"),
    part(60, "200201"),
    part(100, "200501"),
    part(120, "200502"),
    part(60, "200503"),
    part(70, "200504"),
    part(60, "200505"),
    part(70, "200506"),
    part(66, "200507"),
    part(80, "200508"),
    part(53, "200509"),
    part(80, "200510"),
    part(50, "200511"),
];

const FLEET_RIVAL: [Segment; 4] =
    [pooled(40, "100301", catalogue::POOL_RIVAL), part(25, "100101"), part(25, "100201"), part(10, "200101")];

/// The batches of both accounts, each account's in the order of purchase.
pub fn batches(sims: u64, sims_rival: u64, plans: &[PlanRecord], seed: u64, today_ms: i64) -> Vec<Batch> {
    let mut dice = Dice::new(seed, BATCH_STREAM);
    let mut all = of_account(DEMO.domain, &FLEET, sims, plans, &mut dice, today_ms);
    all.extend(of_account(RIVAL.domain, &FLEET_RIVAL, sims_rival, plans, &mut dice, today_ms));
    let mut order_id = ORDER_ID_FIRST;
    for batch in &mut all {
        order_id += dice.between(1_000, 90_000);
        batch.order_id = order_id;
    }
    all
}

fn of_account(
    account: &'static str,
    fleet: &[Segment],
    sims: u64,
    plans: &[PlanRecord],
    dice: &mut Dice,
    today_ms: i64,
) -> Vec<Batch> {
    let weights: u64 = fleet.iter().map(|segment| segment.weight).sum();
    let mut batches: Vec<Batch> = Vec::new();
    let mut weight_before = 0;
    for segment in fleet {
        let start = sims * weight_before / weights;
        weight_before += segment.weight;
        let cards = sims * weight_before / weights - start;
        for cards in split(cards, dice) {
            let recent = batches.len() * 7 % 20 < RECENT_OF_TWENTY;
            batches.push(batch(account, segment, cards, recent, plans, dice, today_ms));
        }
    }
    batches.sort_by_key(|batch| batch.created_ms);
    batches
}

/// Parts of uneven sizes, none empty.
fn split(cards: u64, dice: &mut Dice) -> Vec<u64> {
    let parts = 1 + u64::from((cards / BATCH_CARDS).checked_ilog2().map_or(0, |doublings| doublings + 1));
    let shares: Vec<u64> = (0..parts).map(|_| 2 + dice.below(8)).collect();
    let whole: u64 = shares.iter().sum();
    let mut before = 0;
    let part = |share: &u64| {
        let start = cards * before / whole;
        before += share;
        cards * before / whole - start
    };
    shares.iter().map(part).filter(|cards| *cards > 0).collect()
}

fn batch(
    account: &'static str,
    segment: &Segment,
    cards: u64,
    recent: bool,
    plans: &[PlanRecord],
    dice: &mut Dice,
    today_ms: i64,
) -> Batch {
    let plan = plan(plans, segment.plan);
    let lasts_days = match Period::new(plan.period, plan.period_type) {
        Some(Period::Days(days)) => i64::from(days),
        Some(Period::Cycles(cycles)) => i64::from(cycles) * 30,
        None => 30,
    };
    // Bought late enough for a card activated soon after to be within its plan today.
    let oldest_days = (lasts_days - 5).min(FLEET_AGE_DAYS);
    let exhausted = segment.pool == Some(catalogue::POOL_TELECOM_EXHAUSTED);
    let (story, age_days) = if segment.expired {
        (Story::Expired, dice.between(EXPIRED_AGE_DAYS.0, EXPIRED_AGE_DAYS.1))
    } else if exhausted {
        (Story::PoolExhausted, dice.between(40, RECENT_DAYS.min(oldest_days)))
    } else if recent || oldest_days <= RECENT_DAYS {
        (Story::Recent, dice.between(4, RECENT_DAYS.min(oldest_days)))
    } else {
        (Story::Settled, dice.between(RECENT_DAYS, oldest_days))
    };
    let has_sms = matches!(plan.carrier_type, 1 | 2) && plan.network_type == 1;
    Batch {
        order_id: ORDER_ID_FIRST,
        account,
        price_plan_id: segment.plan,
        pool_id: segment.pool,
        multi_version: segment.multi,
        cards,
        // An order comes in during working hours, to the second.
        created_ms: today_ms - age_days * DAY_MS + dice.between(9 * 3_600, 18 * 3_600) * 1_000,
        sms_enabled: has_sms && dice.chance(350),
        customer: dice.pick(&words::CUSTOMERS),
        story,
    }
}
