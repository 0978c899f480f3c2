//! The job behind a renewal: renews the cards of an order some at a time, each step with its own commit.

use std::sync::Arc;

use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{self as jobs, Claim, Context, HandlerResult, Job, JobError, Outcome};

use super::store::{self, Step};
use super::{note, note_cards};
use crate::engine::Engine;
use crate::limits;
use crate::plans::{self, instances, purchase};

/// The kind of its jobs.
pub const KIND: &str = "orders.renewal";
/// `pool_flag` of members of back pools: these are billed by what they use and not renewed.
const OF_BACK_POOL: [i32; 2] = [11, 12];

/// What a job is given: the account and the order.
pub(super) fn payload(account: AccountId, order_id: i64) -> String {
    format!("{},{order_id}", account.0)
}

fn read_payload(payload: &str) -> Option<(AccountId, i64)> {
    let (account, order_id) = payload.split_once(',')?;
    Some((AccountId(account.parse().ok()?), order_id.parse().ok()?))
}

/// The job: renews some cards, and comes again as long as there are more.
pub async fn carry_renewal(engine: Arc<Engine>, job: Job, context: Context) -> HandlerResult {
    let Some((account, order_id)) = read_payload(&job.payload) else {
        return Ok(Outcome::Park { reason: format!("{} names no order", job.payload) });
    };
    let (now_ms, claim) = (context.now_ms(), job.claim);
    engine.db.write(move |tx: &mut Tx<'_>| step(tx, account, order_id, claim, now_ms)).await?;
    engine.follower.nudge();
    engine.queue.wake();
    Ok(Outcome::Settled)
}

/// Renews the next cards; with the last of them the order is completed and the job done.
fn step(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    claim: Claim,
    now_ms: i64,
) -> Result<(), JobError> {
    let Some(renewal) = store::renewal(tx, account, order_id)? else {
        return jobs::complete(tx, claim);
    };
    let count = limits::RENEWAL_CARDS_PER_STEP;
    let cards = instances::buyers_of_order(tx, account, renewal.source_order_id, renewal.card_done, count)?;
    let card_done = cards.last().map_or(renewal.card_done, |card| card.sim_card_id);
    let finished = i64::try_from(cards.len()).unwrap_or(i64::MAX) < count;
    let cards = cards.into_iter().filter(may_renew).collect();
    let renewed = plans::renew(tx, account, cards, renewal.periods, now_ms)?;
    let ids: Vec<i64> = renewed.iter().map(|card| card.sim_card_id).collect();
    note_cards(tx, account, &ids, "renewed", &renewal.actor, now_ms)?;
    let prices = renewed.iter().map(|card| card.price_cents.saturating_mul(i64::from(renewal.periods)));
    let step = Step {
        card_done,
        renewed: i64::try_from(renewed.len()).unwrap_or(i64::MAX),
        price_cents: prices.sum(),
        finished_ms: finished.then_some(now_ms),
    };
    store::advance(tx, account, order_id, &step)?;
    if !finished {
        return jobs::again(tx, claim, now_ms);
    }
    note(tx, account, order_id, "completed", &renewal.actor, now_ms)?;
    jobs::complete(tx, claim)
}

fn may_renew(card: &purchase::Buyer) -> bool {
    !OF_BACK_POOL.contains(&card.pool_flag)
}

/// Whether any card of an order can be renewed now.
pub(super) fn has_any(
    tx: &mut Tx<'_>,
    account: AccountId,
    order_id: i64,
    now_ms: i64,
) -> Result<bool, DbError> {
    let mut after = 0;
    loop {
        let cards = instances::buyers_of_order(tx, account, order_id, after, limits::RENEWAL_CARDS_PER_STEP)?;
        let Some(last) = cards.last() else { return Ok(false) };
        after = last.sim_card_id;
        if cards.iter().any(|card| may_renew(card) && purchase::renewed_until(card, 1, now_ms).is_ok()) {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that a job finds its order again, and that nonsense names none.
    #[test]
    fn payloads_name_orders() {
        assert_eq!(read_payload(&payload(AccountId(7), 42)), Some((AccountId(7), 42)));
        assert_eq!((read_payload("7"), read_payload("a,1"), read_payload("")), (None, None, None));
    }
}
