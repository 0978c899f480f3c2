//! `GET /v1/back-pools`: the account's back pools (seed 4.5.1; behaviour, section 3).

use axum::http::Method;
use serde::Serialize;
use simlink_db::{DbError, Tx};
use utoipa::ToSchema;

use super::records::{self, ALL_BILLING_CYCLE, Asked, BILLING_CYCLE, POOL_NAME, PoolInCycle};
use crate::files::PoolKind;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::{Megabytes, Moment};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListBackPools",
    method: Method::GET,
    path: "/v1/back-pools",
    summary: "Lists the account's back pools with what they used in a billing cycle.",
    group: "Pools",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[POOL_NAME, LIMIT, OFFSET, BILLING_CYCLE, ALL_BILLING_CYCLE],
    request: None,
    response: (200, Some(shape::<BackPools>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of back pools.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackPools {
    limit: i64,
    offset: i64,
    count: i64,
    pools: Vec<BackPool>,
}

/// A back pool in a billing cycle (`BackPoolVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BackPoolVO)]
struct BackPool {
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
    /// 2 in use, -1 stopped, -2 abandoned.
    pool_status: i32,
    /// In MB.
    flow_used: Megabytes,
    status_time: Option<Moment>,
    quantity: i64,
    modify_time: Moment,
    order_id: Option<i64>,
    activated_sim_quantity: i64,
    inactive_sim_quantity: i64,
    disassembled_sim_quantity: i64,
    order_ids: String,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let asked = Asked::read(&call, (true, true))?;
    let (account, page, now_ms) = (call.caller().account, asked.page, call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| records::page(tx, account, PoolKind::Back, &asked, now_ms);
    let (count, found) = call.app.db.read::<_, DbError, _>(work).await?;
    let pools = found.into_iter().map(shown).collect();
    Ok(Reply::json(&BackPools { limit: page.limit, offset: page.number, count, pools }))
}

fn shown(record: PoolInCycle) -> BackPool {
    let PoolInCycle { pool, cycle, flow_used, membership, .. } = record;
    BackPool {
        id: pool.id,
        pool_name: pool.name,
        price_plan_name: pool.price_plan_name,
        price_plan_id: pool.price_plan_id,
        effective_time: Moment(cycle.start_ms),
        expired_time: Moment(cycle.last_second_ms()),
        billing_cycle: cycle.month.to_string(),
        pool_status: pool.pool_status,
        flow_used: Megabytes(flow_used),
        status_time: pool.status_ms.map(Moment),
        quantity: membership.quantity,
        modify_time: Moment(pool.modified_ms),
        order_id: pool.order_id,
        activated_sim_quantity: membership.activated,
        inactive_sim_quantity: membership.inactive(),
        disassembled_sim_quantity: membership.disassembled,
        order_ids: membership.order_ids(),
    }
}
