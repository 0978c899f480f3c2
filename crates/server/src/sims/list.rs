//! `GET /v1/sim-cards`: the fleet, filtered, sorted and counted (seed 4.1.1; behaviour, section 2).

use axum::http::Method;
use serde::Serialize;
use simlink_fleet::{Cost, Query as FleetQuery, Reader, Sort, SortKey};
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Allowance, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET, Page, Query};
use crate::http::reply::Reply;
use crate::iam::Caller;
use crate::limits;
use crate::sims::view::SimDevice;
use crate::units::MEGABYTE_BYTES;

const MAIN_SEARCH_TYPE: Parameter = Parameter::integer(
    "main_search_type",
    0,
    99,
    "What main_search_key is: 1 cid or ICCID, 2 order id, 3 IMEI.",
);
const MAIN_SEARCH_KEY: Parameter = Parameter::text("main_search_key", 0, 128, "Matched exactly.");
const SIM_STATUS: Parameter = Parameter::integer(
    "sim_status",
    0,
    99,
    "10 testable, 11 inactive, 13 activatable, 14 stopped, 20 in use, 30 disassembled.",
);
const DEVICE_STATUS: Parameter =
    Parameter::integer("device_status", 0, 99, "1 registered, 2 restarted, 3 online, 4 offline.");
const TAG_ID: Parameter = Parameter::integers("tag_id", limits::TAG_IDS_MAX, "Cards with any of these tags.");
const SIM_TYPE: Parameter = Parameter::integer("sim_type", 0, 99, "1 vSIM, 2 eSIM, 3 physical.");
const ORDER: Parameter = Parameter::choice("order", &["asc", "desc"], "The direction of sort.").or("asc");
const SORT: Parameter = Parameter::choice(
    "sort",
    &["cid", "flow_used", "flow_left", "act_date", "expire_time"],
    "What to sort by; without it the newest cards come first.",
);
const MSISDN: Parameter = Parameter::text("msisdn", 0, 32, "Matched exactly.");
const ATTRIBUTES: [Parameter; 6] = [
    Parameter::text("customer_attribute1", 0, 100, "Matched exactly."),
    Parameter::text("customer_attribute2", 0, 100, "Matched exactly."),
    Parameter::text("customer_attribute3", 0, 100, "Matched exactly."),
    Parameter::text("customer_attribute4", 0, 100, "Matched exactly."),
    Parameter::text("customer_attribute5", 0, 100, "Matched exactly."),
    Parameter::text("customer_attribute6", 0, 100, "Matched exactly."),
];
const FLOW_MB_MAX: i64 = 2_147_483_647;
const MIN_USED_FLOW: Parameter = Parameter::integer("min_used_flow", 0, FLOW_MB_MAX, "MB used, at least.");
const MAX_USED_FLOW: Parameter = Parameter::integer("max_used_flow", 0, FLOW_MB_MAX, "MB used, at most.");
const MIN_LEFT_FLOW: Parameter = Parameter::integer("min_left_flow", 0, FLOW_MB_MAX, "MB left, at least.");
const MAX_LEFT_FLOW: Parameter = Parameter::integer("max_left_flow", 0, FLOW_MB_MAX, "MB left, at most.");
const REAL_NAMED: Parameter = Parameter::boolean("real_named", "Whether the holder's name is verified.");
const ORDER_ID: Parameter =
    Parameter::integer("order_id", 0, 9_223_372_036_854_774_784, "The batch a card was bought in.");
const FILTER_DOWNTIME_PERIOD: Parameter =
    Parameter::boolean("filter_downtime_period", "Leaves out cards stopped by their owner.").or("false");
const ORDER_IDS: Parameter = Parameter::integers("order_ids", limits::ORDER_IDS_MAX, "Any of these batches.");
const PRICE_PLAN_ID: Parameter =
    Parameter::texts("price_plan_id", limits::PRICE_PLAN_IDS_MAX, "Cards with any of these plans.");
const POOL_FLAG: Parameter = Parameter::integer(
    "pool_flag",
    i32::MIN as i64,
    i32::MAX as i64,
    "0 no pool, 1 or 11 opened a forward or back pool, 2 or 12 joined one.",
);

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSimCards",
    method: Method::GET,
    path: "/v1/sim-cards",
    summary: "Lists SIM cards.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: Some(Allowance::ListSimCards),
    parameters: &[
        MAIN_SEARCH_TYPE,
        MAIN_SEARCH_KEY,
        LIMIT,
        OFFSET,
        SIM_STATUS,
        DEVICE_STATUS,
        TAG_ID,
        SIM_TYPE,
        ORDER,
        SORT,
        MSISDN,
        ATTRIBUTES[0],
        ATTRIBUTES[1],
        ATTRIBUTES[2],
        ATTRIBUTES[3],
        ATTRIBUTES[4],
        ATTRIBUTES[5],
        MIN_USED_FLOW,
        MAX_USED_FLOW,
        MIN_LEFT_FLOW,
        MAX_LEFT_FLOW,
        REAL_NAMED,
        ORDER_ID,
        FILTER_DOWNTIME_PERIOD,
        ORDER_IDS,
        PRICE_PLAN_ID,
        POOL_FLAG,
    ],
    request: None,
    response: (200, Some(shape::<SimCards<'static>>)),
    handler: |call| Box::pin(list(call)),
};

/// What a card takes on the wire, about.
const CARD_BYTES: usize = 1_152;

/// A page of cards.
#[derive(Serialize, ToSchema)]
pub struct SimCards<'a> {
    limit: i64,
    offset: i64,
    count: u64,
    sim_cards: Vec<SimDevice<'a>>,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    {
        let query = fleet_query(&call.query, page)?;
        let reader = call.app.fleet.read(call.caller().account);
        if reader.cost(&query) != Cost::Scan {
            return Ok(answer(&reader, &query, call.caller(), page));
        }
    }
    let app = call.app.clone();
    let scan = move || {
        let query = fleet_query(&call.query, page)?;
        let reader = call.app.fleet.read(call.caller().account);
        Ok(answer(&reader, &query, call.caller(), page))
    };
    app.scans.run(scan).await?
}

/// Selects and serialises under the account's read lock, so that nothing is copied on the way.
fn answer(reader: &Reader, query: &FleetQuery<'_>, caller: &Caller, page: Page) -> Reply {
    let selection = reader.select(query);
    let sim_cards: Vec<_> =
        selection.cards.into_iter().map(|card| SimDevice::of(card, &caller.domain_id)).collect();
    let bytes = 128 + sim_cards.len() * CARD_BYTES;
    let body = SimCards { limit: page.limit, offset: page.number, count: selection.count, sim_cards };
    Reply::json_of_about(&body, bytes)
}

fn fleet_query(query: &Query, page: Page) -> Result<FleetQuery<'_>, Refusal> {
    let small = |parameter: &Parameter| -> Result<Option<i32>, Refusal> {
        // The bounds of these parameters lie within an i32.
        Ok(query.integer(parameter)?.and_then(|value| i32::try_from(value).ok()))
    };
    let megabytes = |parameter: &Parameter| -> Result<Option<i64>, Refusal> {
        Ok(query.integer(parameter)?.map(|value| value * MEGABYTE_BYTES))
    };
    let mut filter = FleetQuery {
        sim_status: small(&SIM_STATUS)?,
        device_status: small(&DEVICE_STATUS)?,
        sim_type: small(&SIM_TYPE)?,
        tag_ids: some_of(query.integers(&TAG_ID)?),
        msisdn: query.filter_text(&MSISDN)?,
        used_min: megabytes(&MIN_USED_FLOW)?,
        used_max: megabytes(&MAX_USED_FLOW)?,
        left_min: megabytes(&MIN_LEFT_FLOW)?,
        left_max: megabytes(&MAX_LEFT_FLOW)?,
        real_named: query.boolean(&REAL_NAMED)?,
        filter_downtime_period: query.boolean(&FILTER_DOWNTIME_PERIOD)?.unwrap_or(false),
        price_plan_ids: some_of(query.texts(&PRICE_PLAN_ID)?),
        pool_flag: small(&POOL_FLAG)?,
        sort: sort(query)?,
        offset_rows: u64::try_from(page.rows_before()).unwrap_or(0),
        limit: u32::try_from(page.limit).unwrap_or(0),
        ..FleetQuery::default()
    };
    for (slot, parameter) in ATTRIBUTES.iter().enumerate() {
        filter.attributes[slot] = query.filter_text(parameter)?;
    }
    let order_ids = some_of(query.integers(&ORDER_IDS)?);
    filter.order_ids = narrow(order_ids, query.integer(&ORDER_ID)?);
    main_search(query, &mut filter)?;
    Ok(filter)
}

/// The list's filters alone, for whatever else names cards by them: `parameter` is where they stand. All cards that pass,
/// newest first.
///
/// # Errors
/// Values out of bounds, and names that the list does not know or that do not filter: a filter with a slip of the pen
/// must not mean every card.
pub fn filter_of<'a>(query: &'a Query, parameter: &Parameter) -> Result<FleetQuery<'a>, Refusal> {
    const NO_FILTERS: [Parameter; 4] = [LIMIT, OFFSET, SORT, ORDER];
    let filters = |name: &str| {
        let named = |parameter: &Parameter| parameter.name == name;
        OPERATION.parameters.iter().any(named) && !NO_FILTERS.iter().any(named)
    };
    if query.is_empty() || !query.names().all(filters) {
        return Err(parameter.bad(Problem::Malformed).into());
    }
    let everything = Page { limit: i64::from(u32::MAX), number: 1 };
    fleet_query(query, everything)
}

fn sort(query: &Query) -> Result<Sort, Refusal> {
    let descending = query.text(&ORDER)? == Some("desc");
    let key = match query.text(&SORT)? {
        Some("cid") => SortKey::Cid,
        Some("flow_used") => SortKey::FlowUsed,
        Some("flow_left") => SortKey::FlowLeft,
        Some("act_date") => SortKey::ActDate,
        Some(_) => SortKey::ExpireTime,
        None => return Ok(Sort::Newest),
    };
    Ok(Sort::By { key, descending })
}

/// The search by one exact key. A type that is none of the three finds nothing; a key without a type is an error,
/// since ignoring it would list cards that nobody asked for.
fn main_search<'a>(query: &'a Query, filter: &mut FleetQuery<'a>) -> Result<(), Refusal> {
    let kind = query.integer(&MAIN_SEARCH_TYPE)?;
    let Some(key) = query.filter_text(&MAIN_SEARCH_KEY)? else { return Ok(()) };
    match kind {
        None => return Err(MAIN_SEARCH_TYPE.bad(Problem::Required).into()),
        Some(1) => filter.number = Some(key),
        Some(2) => {
            let order_id = key.parse().map_err(|_| MAIN_SEARCH_KEY.bad(Problem::NotInteger))?;
            filter.order_ids = narrow(filter.order_ids.take(), Some(order_id));
        }
        Some(3) => filter.imei = Some(key),
        Some(_) => filter.order_ids = Some(Vec::new()),
    }
    Ok(())
}

/// An empty list filters nothing.
fn some_of<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

/// Both filters together: one batch, and any of several.
fn narrow(any_of: Option<Vec<i64>>, one: Option<i64>) -> Option<Vec<i64>> {
    match (any_of, one) {
        (any_of, None) => any_of,
        (None, Some(one)) => Some(vec![one]),
        (Some(any_of), Some(one)) => Some(any_of.into_iter().filter(|id| *id == one).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows how one batch and any of several combine: both must hold.
    #[test]
    fn batches_narrow() {
        assert_eq!(narrow(None, None), None);
        assert_eq!(narrow(None, Some(1)), Some(vec![1]));
        assert_eq!(narrow(Some(vec![1, 2]), None), Some(vec![1, 2]));
        assert_eq!(narrow(Some(vec![1, 2]), Some(2)), Some(vec![2]));
        assert_eq!(narrow(Some(vec![1, 2]), Some(3)), Some(vec![]));
    }
}
