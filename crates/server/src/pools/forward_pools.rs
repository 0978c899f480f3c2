//! `GET /v1/sim-pools`: the account's forward pools (seed 4.4.1; behaviour, section 3).

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::records::{self, ALL_BILLING_CYCLE, Asked, BILLING_CYCLE, POOL_NAME, PoolInCycle};
use super::store;
use crate::files::PoolKind;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::limits;
use crate::units::{Megabytes, Moment};

const STATUS: Parameter =
    Parameter::integers("status", limits::POOL_STATUSES_MAX, "Statuses: 0 abandoned, 1 in use.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSimPools",
    method: Method::GET,
    path: "/v1/sim-pools",
    summary: "Lists the account's forward pools with their flow in a billing cycle.",
    group: "Pools",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[POOL_NAME, LIMIT, OFFSET, BILLING_CYCLE, ALL_BILLING_CYCLE, STATUS],
    request: None,
    response: (200, Some(shape::<SimPools>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of forward pools.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimPools {
    limit: i64,
    offset: i64,
    count: i64,
    pools: Vec<SimPool>,
}

/// A forward pool in a billing cycle (`SimPoolVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimPoolVO)]
struct SimPool {
    id: i64,
    pool_name: String,
    price_plan_name: String,
    price_plan_id: String,
    /// The first moment of the billing cycle.
    effective_time: Moment,
    /// The last second of the billing cycle.
    expired_time: Moment,
    /// The billing cycle by the month it ends in, `2022-09`.
    billing_cycle: String,
    /// What the plans of the activated members have, in MB, as the two below.
    flow_total: Megabytes,
    flow_used: Megabytes,
    /// Negative when more was used.
    flow_left: Megabytes,
    quantity: i64,
    modify_time: Moment,
    order_id: Option<i64>,
    activated_sim_quantity: i64,
    inactive_sim_quantity: i64,
    disassembled_sim_quantity: i64,
    order_ids: String,
    /// 0 abandoned, 1 in use.
    status: i32,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let statuses = call.query.integers(&STATUS)?;
    let wanted = |status| statuses.is_empty() || statuses.contains(&status);
    let asked = Asked::read(&call, (wanted(1), wanted(0)))?;
    let (account, page, now_ms) = (call.caller().account, asked.page, call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| records::page(tx, account, PoolKind::Forward, &asked, now_ms);
    let (count, found) = call.app.db.read::<_, DbError, _>(work).await?;
    let pools = found.into_iter().map(shown).collect();
    Ok(Reply::json(&SimPools { limit: page.limit, offset: page.number, count, pools }))
}

fn shown(record: PoolInCycle) -> SimPool {
    let PoolInCycle { pool, cycle, flow_total, flow_used, membership } = record;
    SimPool {
        id: pool.id,
        pool_name: pool.name,
        price_plan_name: pool.price_plan_name,
        price_plan_id: pool.price_plan_id,
        effective_time: Moment(cycle.start_ms),
        expired_time: Moment(cycle.last_second_ms()),
        billing_cycle: cycle.month.to_string(),
        flow_total: Megabytes(flow_total),
        flow_used: Megabytes(flow_used),
        flow_left: Megabytes(flow_total - flow_used),
        quantity: membership.quantity,
        modify_time: Moment(pool.modified_ms),
        order_id: pool.order_id,
        activated_sim_quantity: membership.activated,
        inactive_sim_quantity: membership.inactive(),
        disassembled_sim_quantity: membership.disassembled,
        order_ids: membership.order_ids(),
        status: i32::from(pool.pool_status != store::ABANDONED),
    }
}
