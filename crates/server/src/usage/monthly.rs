//! `POST /v1/sim-cards/month-usages`: what cards used in billing cycles (seed 4.1.4; behaviour, section 2).

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::store;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::plans::billing;
use crate::plans::cycle::Month;
use crate::sims::named::{self, Both, ListFault};
use crate::units::Megabytes;

const SIM_CARD_IDS: Parameter =
    Parameter::integers("sim_card_ids", limits::MONTH_USAGE_CARDS_MAX, "The cards by their ids.").in_body();
const ICCIDS: Parameter = Parameter::texts(
    "iccids",
    limits::MONTH_USAGE_CARDS_MAX,
    "The cards by their ICCIDs, read when there are no ids.",
)
.in_body();
const BILLING_CYCLES: Parameter = Parameter::texts(
    "billing_cycles",
    limits::CYCLES_SHOWN as usize,
    "Billing cycles such as 2022-07: this month's and the five before it.",
)
.in_body()
.required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ShowMonthUsages",
    method: Method::POST,
    path: "/v1/sim-cards/month-usages",
    summary: "Shows what cards used in billing cycles.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[SIM_CARD_IDS, ICCIDS, BILLING_CYCLES],
    request: None,
    response: (200, Some(shape::<MonthUsages>)),
    handler: |call| Box::pin(show(call)),
};

/// Usage of cards in cycles, cards and cycles in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthUsages {
    month_usages: Vec<MonthUsage>,
}

/// Usage of a card (`MonthUsageVo`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MonthUsageVo)]
struct MonthUsage {
    sim_card_id: i64,
    iccid: String,
    flow_usages: Vec<FlowUsage>,
}

/// Usage of a cycle (`FlowUsageVo`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowUsageVo)]
struct FlowUsage {
    /// The cycle by the month it ends in, `202207`.
    billing_cycle: String,
    /// In MB.
    flow_used: Megabytes,
}

async fn show(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let names = named::of_body(&members, &SIM_CARD_IDS, &ICCIDS, Both::IdsWin)?;
    let cycles = cycles(&members.texts(&BILLING_CYCLES)?.unwrap_or_default(), call.app.clock.now_ms())?;
    let account = call.caller().account;
    let cards: Vec<(i64, String)> = {
        let reader = call.app.fleet.read(account);
        named::find_each(&reader, &names)
            .map_err(ListFault::of_sims)?
            .iter()
            .map(|card| (card.id(), card.iccid().to_owned()))
            .collect()
    };
    let (ids, asked) = (cards.iter().map(|card| card.0).collect::<Vec<_>>(), cycles.clone());
    let work = move |tx: &mut Tx<'_>| store::cycles(tx, account, &asked, &ids);
    let used = call.app.db.read::<_, DbError, _>(work).await?;
    let of_card = |(sim_card_id, iccid): (i64, String)| {
        let of_cycle = |cycle: &i32| FlowUsage {
            billing_cycle: cycle.to_string(),
            flow_used: Megabytes(used.get(&(*cycle, sim_card_id)).copied().unwrap_or(0)),
        };
        MonthUsage { sim_card_id, iccid, flow_usages: cycles.iter().map(of_cycle).collect() }
    };
    let month_usages: Vec<MonthUsage> = cards.into_iter().map(of_card).collect();
    let bytes = month_usages.len() * (70 + cycles.len() * 50);
    Ok(Reply::json_of_about(&MonthUsages { month_usages }, bytes))
}

/// The cycles asked for as numbers such as 202207, in the order of the request and each once.
fn cycles(texts: &[String], now_ms: i64) -> Result<Vec<i32>, Refusal> {
    let mut cycles = Vec::with_capacity(texts.len());
    for text in texts {
        let cycle = billing::asked(text, now_ms).map(Month::yyyymm)?;
        if !cycles.contains(&cycle) {
            cycles.push(cycle);
        }
    }
    Ok(cycles)
}
