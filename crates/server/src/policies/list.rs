//! `GET /v1/network-switch-policies`: the system's policies and the account's own (seed 4.11.1).

use axum::http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::policies::store;
use crate::units::Moment;

const POLICY_NAME: Parameter = Parameter::text("policy_name", 0, 32, "Part of the policy's name.");
const VERSION: Parameter =
    Parameter::integer("version", 1, 2, "1 for cards with the SDK, 2 for cards without.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListNetworkSwitchPolicies",
    method: Method::GET,
    path: "/v1/network-switch-policies",
    summary: "Lists network switch policies.",
    group: "Network switch policies",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[POLICY_NAME, VERSION, LIMIT, OFFSET],
    request: None,
    response: (200, Some(shape::<Policies>)),
    handler: |call| Box::pin(list(call)),
};

/// A page of policies.
#[derive(Debug, Serialize, ToSchema)]
pub struct Policies {
    limit: i64,
    offset: i64,
    count: i64,
    network_switch_policy_list: Vec<Policy>,
}

/// A network switch policy (`NetworkSwitchPolicyVO`). Carriers: 1 Mobile, 2 Telecom, 3 Unicom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NetworkSwitchPolicyVO)]
pub struct Policy {
    pub(super) id: i64,
    pub(super) policy_name: String,
    /// Version 1 only; 4 is the carrier used last.
    pub(super) preferred_carrier: Option<i32>,
    pub(super) least_preferred_carrier: Option<i32>,
    pub(super) optimal_signal: bool,
    pub(super) auto_switch: bool,
    pub(super) weak_signal_switch: Option<bool>,
    pub(super) connect_ip: Option<String>,
    pub(super) create_time: Moment,
    pub(super) modify_time: Moment,
    /// 1 enabled, 0 disabled.
    pub(super) status: i32,
    /// 0 of the system, 1 the account's own.
    #[serde(rename = "type")]
    pub(super) kind: i32,
    pub(super) used: bool,
    pub(super) version: i32,
    /// Version 2 only: the order in which networks are tried.
    pub(super) switch_order: Option<String>,
    /// Version 2 only: the carrier never to use, 0 for none.
    pub(super) blacklist: i32,
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let name = call.query.filter_text(&POLICY_NAME)?.map(str::to_owned);
    let version = call.query.integer(&VERSION)?;
    let account = call.caller().account;
    let work = move |tx: &mut simlink_db::Tx<'_>| store::page(tx, account, name.as_deref(), version, page);
    let (count, network_switch_policy_list) = call.app.db.read(work).await?;
    Ok(Reply::json(&Policies { limit: page.limit, offset: page.number, count, network_switch_policy_list }))
}
