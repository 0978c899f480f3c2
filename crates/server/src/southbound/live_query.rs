//! Asking a carrier while a client waits: who is registered for a card.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use simlink_carriers::{Lane, ReadError};
use simlink_db::Tx;
use simlink_fleet::AccountId;

use super::links::CarrierLink;
use crate::app::App;
use crate::changes::{self, Change, Subject};
use crate::error_codes::ErrorCode;
use crate::http::error::Refusal;
use crate::limits;
use crate::sims::carrier_state::{self, merge};

/// The cards that this process is asking about: one query a card at a time.
#[derive(Debug, Default)]
pub struct LiveQueries {
    running: Mutex<HashSet<i64>>,
}

/// A card that is being asked about, until dropped.
#[derive(Debug)]
pub struct Running<'a> {
    queries: &'a LiveQueries,
    sim_card_id: i64,
}

impl LiveQueries {
    /// Takes the card for a query; nothing where one is running.
    pub fn begin(&self, sim_card_id: i64) -> Option<Running<'_>> {
        let is_first = self.running.lock().insert(sim_card_id);
        // Made only for the first: dropping one ends the query.
        is_first.then(|| Running { queries: self, sim_card_id })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.queries.running.lock().remove(&self.sim_card_id);
    }
}

/// Asks the carrier whether a person is registered for the card and stores the answer.
///
/// # Errors
/// `GSL.00011007` while the card is being asked about, `GSL.00010005` where the carrier does not answer.
pub async fn real_named(
    app: &Arc<App>,
    account: AccountId,
    sim_card_id: i64,
    actor: &str,
) -> Result<bool, Refusal> {
    let _running = app.live_queries.begin(sim_card_id).ok_or(ErrorCode::QueryRunning)?;
    let stored = app.db.read(move |tx| carrier_state::find(tx, account, sim_card_id)).await?;
    let stored = stored.ok_or(ErrorCode::SimCardNotFound)?;
    let link = app.engine.links.of_carrier(stored.carrier).ok_or(ErrorCode::OperationFailed)?;
    let limit = Duration::from_millis(limits::LIVE_QUERY_MS_MAX);
    let asked = tokio::time::timeout(limit, ask(link, &stored.card)).await;
    let real_named = match asked {
        Ok(Ok(Some(real_named))) => real_named,
        Ok(Ok(None)) => return Err(ErrorCode::OperationFailed.into()),
        Ok(Err(error)) => {
            tracing::warn!(link = link.link.name(), cause = %error, "a live query failed");
            return Err(ErrorCode::OperationFailed.into());
        }
        Err(_) => return Err(ErrorCode::OperationFailed.into()),
    };
    if stored.view.real_named != Some(real_named) {
        let (actor, now_ms) = (actor.to_owned(), app.clock.now_ms());
        app.write(move |tx| store(tx, account, sim_card_id, real_named, &actor, now_ms)).await?;
    }
    Ok(real_named)
}

async fn ask(link: &CarrierLink, card: &simlink_carriers::CardRef) -> Result<Option<bool>, ReadError> {
    let readings = link.link.read_cards(Lane::Interactive, std::slice::from_ref(card)).await?;
    let found = readings.into_iter().find(|reading| reading.iccid == card.iccid);
    Ok(found.and_then(|reading| reading.view.ok()).and_then(|view| view.real_named))
}

/// Writes the registration alone, over whatever else happened to the card meanwhile.
fn store(
    tx: &mut Tx<'_>,
    account: AccountId,
    sim_card_id: i64,
    real_named: bool,
    actor: &str,
    now_ms: i64,
) -> Result<(), Refusal> {
    let Some(stored) = carrier_state::find(tx, account, sim_card_id)? else { return Ok(()) };
    let mut view = stored.view.clone();
    view.real_named = Some(real_named);
    if let Some(news) = merge(&stored, &view)
        && carrier_state::put(tx, account, sim_card_id, &stored, &news)?
    {
        let change = Change {
            account: Some(account),
            subject: Subject::SimCard,
            ids: &[sim_card_id],
            kind: "real_name_read",
            detail: None,
            actor,
            now_ms,
        };
        changes::record(tx, &change)?;
    }
    Ok(())
}
