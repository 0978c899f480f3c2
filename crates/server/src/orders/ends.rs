//! The timer's part: as plans end, those that wait take over and those that renew themselves go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use simlink_db::{Db, DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{Context, HandlerResult, Job, Outcome};

use super::store::{self, NewOrder};
use super::types::{Kind, Status};
use super::{note, note_cards};
use crate::engine::Engine;
use crate::limits;
use crate::plans::{self, instances};
use crate::usage::shares;

/// The kind of its jobs and the name of its schedule.
pub const KIND: &str = "orders.ends";
/// Who the change log names as the actor, and automatic renewals as their buyer.
const ACTOR: &str = "plan ends";

/// The job: first plans that wait take over, then those without a successor are renewed where they renew themselves.
pub async fn end_plans(engine: Arc<Engine>, _job: Job, context: Context) -> HandlerResult {
    for step in STEPS {
        let mut after = Some(0);
        while let Some(from) = after {
            after = run(&engine.db, step, from, context.now_ms()).await?;
            engine.follower.nudge();
            if context.is_stopping() {
                return Ok(Outcome::Again { at_ms: context.now_ms() });
            }
            context.extend().await?;
        }
    }
    Ok(Outcome::Done)
}

/// Works on some cards after one; answers the last of them, `None` where there were none.
type Step = fn(&mut Tx<'_>, i64, i64) -> Result<Option<i64>, DbError>;
const STEPS: [Step; 2] = [succeed_some, renew_some];

/// Does at once what the job does: for those who are to see no plan that has ended and goes on.
///
/// # Errors
/// Those of the database: then some cards have gone on.
pub async fn settle(db: &Db, now_ms: i64) -> Result<(), DbError> {
    for step in STEPS {
        let mut after = Some(0);
        while let Some(from) = after {
            after = run(db, step, from, now_ms).await?;
        }
    }
    Ok(())
}

async fn run(db: &Db, step: Step, after: i64, now_ms: i64) -> Result<Option<i64>, DbError> {
    db.write_bulk(move |tx| {
        // What cards have may not change while it is looked at.
        shares::take_turn(tx)?;
        step(tx, after, now_ms)
    })
    .await
}

fn by_account(cards: Vec<(AccountId, i64)>) -> BTreeMap<AccountId, Vec<i64>> {
    let mut by_account: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
    for (account, id) in cards {
        by_account.entry(account).or_default().push(id);
    }
    by_account
}

fn succeed_some(tx: &mut Tx<'_>, after: i64, now_ms: i64) -> Result<Option<i64>, DbError> {
    let cards = instances::to_succeed(tx, now_ms, after, limits::RENEWAL_CARDS_PER_STEP)?;
    let last = cards.last().map(|(_, id)| *id);
    for (account, ids) in by_account(cards) {
        let mut moved = Vec::with_capacity(ids.len());
        for id in ids {
            moved.extend(plans::succeed(tx, account, id, now_ms)?);
        }
        let running = moved.iter().map(|card| (card.sim_card_id, card.start_day()));
        shares::begin_running(tx, account, running, now_ms)?;
        let ids: Vec<i64> = moved.iter().map(|card| card.sim_card_id).collect();
        note_cards(tx, account, &ids, "plan_succeeded", ACTOR, now_ms)?;
    }
    Ok(last)
}

fn renew_some(tx: &mut Tx<'_>, after: i64, now_ms: i64) -> Result<Option<i64>, DbError> {
    let ends = (now_ms - limits::RENEWAL_LATE_MS_MAX, now_ms + limits::RENEWAL_LEAD_MS);
    let cards = instances::to_renew(tx, ends, after, limits::RENEWAL_CARDS_PER_STEP)?;
    let last = cards.last().map(|(_, id)| *id);
    for (account, ids) in by_account(cards) {
        let cards = instances::buyers(tx, account, &ids)?;
        let renewed = plans::renew(tx, account, cards, 1, now_ms)?;
        let order = NewOrder {
            account,
            kind: Kind::Renewal,
            status: Status::Completed,
            source_order_id: None,
            price_plan_id: None,
            sim_pool_id: None,
            quantity: i64::try_from(renewed.len()).unwrap_or(i64::MAX),
            periods: 1,
            price_cents: renewed.iter().map(|card| card.price_cents).sum(),
            actor: ACTOR,
        };
        if renewed.is_empty() {
            continue;
        }
        let order_id = store::insert(tx, &order, now_ms)?;
        note(tx, account, order_id, "placed", ACTOR, now_ms)?;
        let ids: Vec<i64> = renewed.iter().map(|card| card.sim_card_id).collect();
        note_cards(tx, account, &ids, "renewed", ACTOR, now_ms)?;
    }
    Ok(last)
}
