//! The job that reads a card at its carrier and writes what is new: carriers change cards on their own.

use std::sync::Arc;

use serde_json::json;
use simlink_carriers::{CardView, Lane, Link, ReadError};
use simlink_db::{DbError, Tx};
use simlink_fleet::AccountId;
use simlink_jobs::{self as jobs, Context, HandlerResult, Job, JobError, Outcome};

use crate::changes::{self, Change, Subject};
use crate::engine::Engine;
use crate::failpoints;
use crate::sims::carrier_state::{self, Stored, merge};
use crate::work_orders;

/// Who changes a card that its carrier has changed.
const ACTOR: &str = "carrier";

/// Reads the card that the job names. While an order is under way on the card nothing is read: the order's end asks
/// for it again.
pub async fn read_card(engine: Arc<Engine>, link: &Link, job: Job, _context: Context) -> HandlerResult {
    let sim_card_id: i64 = job.payload.parse()?;
    let account = AccountId(job.account.ok_or("a card's job without an account")?);
    let claim = job.claim;
    let begin = move |tx: &mut Tx<'_>| {
        if work_orders::read_after_order(tx, sim_card_id)? {
            jobs::complete(tx, claim)?;
            return Ok::<_, JobError>(None);
        }
        Ok(carrier_state::find(tx, account, sim_card_id)?.map(|stored| (stored,)))
    };
    let Some((stored,)) = engine.db.write(begin).await? else {
        return Ok(Outcome::Settled);
    };
    let card = stored.card.clone();
    let readings = match link.read_cards(Lane::Bulk, std::slice::from_ref(&card)).await {
        Ok(readings) => readings,
        Err(ReadError::NotSent(not_sent)) => return Ok(Outcome::Again { at_ms: not_sent.retry_at_ms }),
        Err(error) => return Ok(Outcome::Retry { after_ms: None, reason: error.to_string() }),
    };
    let Some(Ok(view)) =
        readings.into_iter().find(|reading| reading.iccid == card.iccid).map(|found| found.view)
    else {
        // The carrier does not know the card or does not say: there is nothing to learn from it.
        return Ok(Outcome::Done);
    };
    let now_ms = engine.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| write(tx, account, sim_card_id, &stored, &view, now_ms, claim);
    failpoints::hit("read_card_read");
    engine.db.write(work).await?;
    failpoints::hit("read_card_written");
    engine.follower.nudge();
    Ok(Outcome::Settled)
}

/// Writes what is new. A card that was changed meanwhile is read once more; one that an order has taken meanwhile is
/// read when that has ended.
fn write(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    stored: &Stored,
    view: &CardView,
    now_ms: i64,
    claim: jobs::Claim,
) -> Result<(), JobError> {
    if work_orders::read_after_order(tx, sim_card_id)? {
        return jobs::complete(tx, claim);
    }
    if let Some(news) = merge(stored, view) {
        let (old, new) = (stored.view.status.number(), news.0.status.number());
        if !carrier_state::put(tx, account, sim_card_id, stored, &news)? {
            return jobs::again(tx, claim, now_ms);
        }
        record(tx, account, sim_card_id, (old, new), now_ms)?;
        failpoints::hit("read_card_in_write");
    }
    jobs::complete(tx, claim)
}

fn record(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    (old, new): (i64, i64),
    now_ms: i64,
) -> Result<(), DbError> {
    let detail = json!({ "old": { "sim_status": old }, "new": { "sim_status": new } }).to_string();
    let change = Change {
        account: Some(account),
        subject: Subject::SimCard,
        ids: &[sim_card_id],
        kind: "changed_by_carrier",
        detail: (old != new).then_some(detail.as_str()),
        actor: ACTOR,
        now_ms,
    };
    changes::record(tx, &change)
}
