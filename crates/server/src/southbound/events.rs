//! What carriers tell unasked: each event is recorded once and makes the job look now that would have looked later.
//! No event changes an order or a card by itself, so it does not matter in which order or how often they come.

use simlink_carriers::{CarrierEvent, Happening, OperationKind, OrderKey, UsagePeriod};
use simlink_db::{DbError, Tx, params};
use simlink_jobs::JobError;

use super::links::CarrierLink;
use crate::engine::Engine;
use crate::failpoints;
use crate::plans::cycle::{business_date, number_of_day};
use crate::sims::carrier_state;
use crate::{sms, work_orders};

/// Takes the events of a link, in one transaction; gives how many were new.
///
/// # Errors
/// Those of database and queue: then none is taken, and the carrier tells them again.
pub async fn take_events(
    engine: &std::sync::Arc<Engine>,
    link: &std::sync::Arc<CarrierLink>,
    mut events: Vec<CarrierEvent>,
) -> Result<usize, JobError> {
    // Two callbacks at once that wake the same jobs do so in the same order, and never wait for each other crosswise.
    events.sort_by(|one, other| (&one.iccid, &one.id).cmp(&(&other.iccid, &other.id)));
    let (taker, link) = (engine.clone(), link.clone());
    let now_ms = engine.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| {
        let mut taken = 0;
        for event in &events {
            if remember(tx, link.link.name(), &event.id, now_ms)? {
                take(&taker, tx, &link, event, now_ms)?;
                taken += 1;
            }
        }
        failpoints::hit("event_in_take");
        Ok::<_, JobError>(taken)
    };
    let taken = engine.db.write(work).await?;
    failpoints::hit("event_taken");
    engine.queue.wake();
    Ok(taken)
}

fn remember(tx: &mut Tx<'_>, link: &str, event_id: &str, now_ms: i64) -> Result<bool, DbError> {
    let added = tx.execute(
        "INSERT INTO carrier_event (link, event_id, received_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![link, event_id, now_ms],
    )?;
    Ok(added == 1)
}

fn take(
    engine: &Engine,
    tx: &mut Tx<'_>,
    link: &CarrierLink,
    event: &CarrierEvent,
    now_ms: i64,
) -> Result<(), JobError> {
    let leads_here =
        |carrier| engine.links.of_carrier(carrier).is_some_and(|found| found.link.name() == link.link.name());
    match &event.happening {
        Happening::OperationFinished { key, .. } => {
            let OrderKey { order, card, kind } = *key;
            let (Ok(order_id), Ok(sim_card_id)) = (i64::try_from(order), i64::try_from(card)) else {
                return Ok(());
            };
            if kind == OperationKind::SendSms {
                let carrier = sms::carrier_of_open(tx, order_id, sim_card_id)?;
                return match carrier.filter(|carrier| leads_here(*carrier)) {
                    Some(carrier) => engine.links.wake_sms(&engine.queue, tx, order_id, carrier, now_ms),
                    None => Ok(()),
                };
            }
            match work_orders::find_carried(tx, order_id, sim_card_id, kind)? {
                Some(carried) if leads_here(carried.carrier) => {
                    engine.links.wake_carry(&engine.queue, tx, &carried, now_ms)
                }
                _ => Ok(()),
            }
        }
        Happening::StatusChanged { .. }
        | Happening::ImeiChanged { .. }
        | Happening::RealNameChanged { .. } => match carrier_state::by_iccid(tx, event.iccid.as_str())? {
            Some((account, sim_card_id, stored)) if leads_here(stored.carrier) => {
                let card = (account, sim_card_id);
                engine.links.enqueue_read(&engine.queue, tx, card, stored.carrier, now_ms)
            }
            _ => Ok(()),
        },
        Happening::UsageReported { period, figure } => {
            let found = carrier_state::by_iccid(tx, event.iccid.as_str())?;
            let Some((account, sim_card_id, stored)) =
                found.filter(|(_, _, stored)| leads_here(stored.carrier))
            else {
                return Ok(());
            };
            let day = match period {
                UsagePeriod::Day(day) => *day,
                // Of a month it is known at which moment it had grown to this.
                UsagePeriod::Month(_) => business_date(figure.as_of_ms),
            };
            let what = (stored.carrier, number_of_day(day));
            engine.links.enqueue_usage(&engine.queue, tx, (account, sim_card_id), what, now_ms)
        }
    }
}

/// Forgets up to `limit` events from before `before_ms`; gives how many.
///
/// # Errors
/// Those of the database.
pub fn forget_events(tx: &mut Tx<'_>, before_ms: i64, limit: i64) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM carrier_event WHERE (link, event_id) IN \
         (SELECT link, event_id FROM carrier_event WHERE received_ms < $1 ORDER BY received_ms LIMIT $2)",
        params![before_ms, limit],
    )
}
