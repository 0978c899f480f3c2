//! `GET /v1/back-pools/{back_pool_id}/members`: the members of a back pool (seed 4.5.2; behaviour, section 3).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use super::members::{self, CID, Member};
use super::records::BILLING_CYCLE;
use crate::files::PoolKind;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Megabytes;

const POOL_ID: Parameter = Parameter::integer("back_pool_id", 0, i64::MAX, "The pool's id.").in_path();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListBackPoolMembers",
    method: Method::GET,
    path: "/v1/back-pools/{back_pool_id}/members",
    summary: "Lists the members of a back pool with what they used in a billing cycle.",
    group: "Pools",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[POOL_ID, CID, LIMIT, OFFSET, BILLING_CYCLE],
    request: None,
    response: (200, Some(shape::<BackPoolMembers>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackPoolMembers {
    limit: i64,
    offset: i64,
    count: i64,
    pool_members: Vec<BackPoolMember>,
}

/// A member of a back pool (`BackPoolMemVO`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BackPoolMemVO)]
struct BackPoolMember {
    /// The pool's id.
    id: i64,
    cid: String,
    sim_price_plan_id: Option<i64>,
    /// In MB.
    flow_used: Megabytes,
    /// 10 testable, 11 inactive, 13 activatable, 14 stopped, 20 in use, 30 disassembled.
    sim_status: i32,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let id = call.path_integer(&POOL_ID)?;
    let found = members::page(&call, PoolKind::Back, id).await?;
    let shown = |member: Member| BackPoolMember {
        id,
        cid: member.cid,
        sim_price_plan_id: member.sim_price_plan_id,
        flow_used: Megabytes(member.flow_used),
        sim_status: member.sim_status,
    };
    let pool_members = found.members.into_iter().map(shown).collect();
    let (limit, offset) = (found.page.limit, found.page.number);
    Ok(Reply::json(&BackPoolMembers { limit, offset, count: found.count, pool_members }))
}
