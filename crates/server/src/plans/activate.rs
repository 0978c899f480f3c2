//! A card's plan begins with the card's activation.

use simlink_db::{DbError, Tx, params};
use simlink_fleet::AccountId;

use super::cycle::{Period, StartDay};

/// `effect_type` of a plan that begins at the first of the next cycle (seed 4.2.1).
const NEXT_CYCLE: i64 = 3;
/// Statuses of an instance: activatable in two spellings, and in use (behaviour, section 3).
const ACTIVATABLE: [i64; 2] = [1, 4];
const IN_USE: i64 = 2;

struct Instance {
    id: i64,
    status: i64,
    period: Option<Period>,
    effect_type: i64,
    carrier: i32,
    stop_ms: Option<i64>,
}

/// Puts the card's plan in use from `now_ms` on: it ends with its last cycle, the one of activation being the first.
/// A plan in use already is left as it is. Gives when the plan ends, in epoch milliseconds; `None` for a card without a
/// plan, and for a plan without an end.
///
/// # Errors
/// Those of the database.
pub fn activate(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    now_ms: i64,
) -> Result<Option<i64>, DbError> {
    let found = tx.find(
        "SELECT instance.sim_price_plan_id, instance.status, plan.period, plan.period_type, \
         plan.effect_type, plan.carrier_type, instance.stop_ms \
         FROM sim_card AS card \
         JOIN sim_price_plan AS instance ON instance.sim_price_plan_id = card.sim_price_plan_id \
         JOIN price_plan AS plan ON plan.price_plan_id = instance.price_plan_id \
         WHERE card.account_id = $1 AND card.sim_card_id = $2",
        params![account.0, sim_card_id],
        |row| {
            Ok(Instance {
                id: row.get(0)?,
                status: row.get(1)?,
                period: Period::new(row.get(2)?, row.get(3)?),
                effect_type: row.get(4)?,
                carrier: row.get(5)?,
                stop_ms: row.get(6)?,
            })
        },
    )?;
    let Some(instance) = found else { return Ok(None) };
    if !ACTIVATABLE.contains(&instance.status) {
        return Ok(instance.stop_ms);
    }
    let begins_ms = begins_ms(instance.effect_type, instance.carrier, now_ms);
    let start_day = StartDay::of_carrier(instance.carrier);
    let expire_ms = instance.period.map(|period| period.expire_ms(begins_ms, start_day));
    tx.execute(
        "UPDATE sim_price_plan SET status = $3, active_ms = $4, stop_ms = $5 \
         WHERE account_id = $1 AND sim_price_plan_id = $2",
        params![account.0, instance.id, IN_USE, begins_ms, expire_ms],
    )?;
    Ok(expire_ms)
}

/// When a plan begins whose card is activated now.
fn begins_ms(effect_type: i64, carrier: i32, now_ms: i64) -> i64 {
    if effect_type == NEXT_CYCLE {
        super::cycle::Cycle::at(now_ms, StartDay::of_carrier(carrier)).end_ms
    } else {
        now_ms
    }
}
