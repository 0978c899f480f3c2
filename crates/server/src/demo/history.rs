//! What the cards of the demo used until now: days of the cycles at hand, one figure for each of those before, in all
//! as much as the cards say of the running cycle.

use super::dice::Dice;
use crate::files::CardRecord;
use crate::limits;
use crate::plans::cycle::{Cycle, StartDay, business_date, day_start_ms, number_of_day};

const DAY_MS: i64 = 86_400_000;
/// What a card of a plan without flow of its own, in a back pool, uses in a cycle at most.
const NOMINAL_BYTES: i64 = 200 * 1024 * 1024;
/// Closed cycles used so many hundredths of the plan's flow.
const HUNDREDTHS_USED: (i64, i64) = (5, 97);

/// How far back days go, and the chance they are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// The start of the day that is not over yet, epoch milliseconds.
    pub today_ms: i64,
    /// Cycles that lie within so many days, or partly, have days.
    pub days: u32,
    /// Any number.
    pub seed: u64,
}

/// A day such as `20220916` and the bytes used on it.
pub type Day = (i32, i64);

/// The days of a card of which the plan has so many bytes a cycle. Those of the running cycle add up to what the card
/// says it used; the last one is yesterday unless the card was activated or the cycle began today.
pub fn of_card(card: &CardRecord, flow_total: i64, past: Past, serial: u64) -> Vec<Day> {
    let Some(act_ms) = card.act_ms else { return Vec::new() };
    let mut dice = Dice::new(past.seed ^ 0x5AD0, serial);
    let start_day = StartDay::of_carrier(card.carrier);
    let running = Cycle::at(past.today_ms, start_day);
    let reach_ms = past.today_ms - i64::from(past.days) * DAY_MS;
    let ended_ms = card.expire_ms.unwrap_or(i64::MAX).min(past.today_ms);
    let mut days = Vec::new();
    for back in (0..limits::CYCLES_SHOWN).rev() {
        let cycle = Cycle::named(running.month.plus(-back), start_day);
        let start_ms = cycle.start_ms.max(day_start_ms(business_date(act_ms)));
        let end_ms = cycle.end_ms.min(ended_ms).max(start_ms + 1);
        if start_ms >= cycle.end_ms || (back > 0 && start_ms >= ended_ms) {
            continue;
        }
        let total = match back {
            0 => card.flow_used_bytes.unwrap_or(0),
            _ => used_in(&mut dice, flow_total, end_ms - start_ms, cycle),
        };
        let with_days = cycle.end_ms > reach_ms;
        let count = if with_days { (end_ms - start_ms + DAY_MS - 1) / DAY_MS } else { 1 };
        days.extend(spread(&mut dice, start_ms, count, total));
    }
    days
}

/// What a card used in a closed cycle, of which it was active for a part.
fn used_in(dice: &mut Dice, flow_total: i64, active_ms: i64, cycle: Cycle) -> i64 {
    let plan = if flow_total > 0 { flow_total } else { NOMINAL_BYTES };
    let whole = i128::from(plan) * i128::from(dice.between(HUNDREDTHS_USED.0, HUNDREDTHS_USED.1)) / 100;
    let part = whole * i128::from(active_ms) / i128::from(cycle.end_ms - cycle.start_ms);
    i64::try_from(part).unwrap_or(0)
}

/// A total over so many days in uneven parts that add up to it.
fn spread(dice: &mut Dice, start_ms: i64, count: i64, total: i64) -> Vec<Day> {
    if total == 0 {
        return Vec::new();
    }
    let weights: Vec<i64> = (0..count).map(|_| dice.between(40, 160)).collect();
    let whole: i64 = weights.iter().sum();
    let (mut before, mut given) = (0, 0);
    let mut days = Vec::with_capacity(weights.len());
    for (place, weight) in (0..).zip(weights) {
        before += weight;
        let upto = i64::try_from(i128::from(total) * i128::from(before) / i128::from(whole)).unwrap_or(total);
        let day = business_date(start_ms + place * DAY_MS);
        days.push((number_of_day(day), upto - given));
        given = upto;
    }
    days
}
