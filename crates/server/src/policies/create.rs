//! `POST /v1/network-switch-policies`: a policy of the account's own (seed 4.11.2; behaviour, section 5).

use axum::http::Method;
use simlink_db::Tx;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::limits;
use crate::policies::rules::{self, Draft};
use crate::policies::store;

const POLICY_NAME: Parameter =
    Parameter::text("policy_name", 0, 32, "The policy's name; one is made where it is left out.").in_body();
const PREFERRED_CARRIER: Parameter = Parameter::integer(
    "preferred_carrier",
    1,
    4,
    "Version 1: 1 Mobile, 2 Telecom, 3 Unicom, 4 the carrier used last.",
)
.in_body()
.or("3");
const LEAST_PREFERRED_CARRIER: Parameter =
    Parameter::integer("least_preferred_carrier", 1, 3, "Version 1: 1 Mobile, 2 Telecom, 3 Unicom.")
        .in_body()
        .or("2");
const OPTIMAL_SIGNAL: Parameter =
    Parameter::boolean("optimal_signal", "Version 1: choose the best signal.").in_body().or("false");
const AUTO_SWITCH: Parameter =
    Parameter::boolean("auto_switch", "Version 1: switch by itself.").in_body().or("false");
const WEAK_SIGNAL_SWITCH: Parameter =
    Parameter::boolean("weak_signal_switch", "Version 1: switch when the signal is weak.").in_body();
const CONNECT_IP: Parameter =
    Parameter::text("connect_ip", 0, 64, "Version 1: switch when this address answers late.").in_body();
const VERSION: Parameter =
    Parameter::integer("version", 1, 2, "1 for cards with the SDK, 2 for cards without.")
        .in_body()
        .required();
const SWITCH_ORDER: Parameter =
    Parameter::text("switch_order", 0, 10, "Version 2: the order of networks, such as 3,1,2.").in_body();
const BLACKLIST: Parameter =
    Parameter::integer("blacklist", 0, 3, "Version 2: the carrier never to use, 0 for none.").in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "AddNetworkSwitchPolicy",
    method: Method::POST,
    path: "/v1/network-switch-policies",
    summary: "Makes a network switch policy.",
    group: "Network switch policies",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[
        POLICY_NAME,
        PREFERRED_CARRIER,
        LEAST_PREFERRED_CARRIER,
        OPTIMAL_SIGNAL,
        AUTO_SWITCH,
        WEAK_SIGNAL_SWITCH,
        CONNECT_IP,
        VERSION,
        SWITCH_ORDER,
        BLACKLIST,
    ],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(create(call)),
};

async fn create(call: Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let name = members.text(&POLICY_NAME)?.filter(|name| !name.is_empty());
    let policy = rules::check(Draft {
        version: members.integer(&VERSION)?.unwrap_or_default(),
        preferred_carrier: members.integer(&PREFERRED_CARRIER)?,
        least_preferred_carrier: members.integer(&LEAST_PREFERRED_CARRIER)?,
        optimal_signal: members.boolean(&OPTIMAL_SIGNAL)?,
        auto_switch: members.boolean(&AUTO_SWITCH)?,
        weak_signal_switch: members.boolean(&WEAK_SIGNAL_SWITCH)?,
        connect_ip: members.text(&CONNECT_IP)?,
        switch_order: members.text(&SWITCH_ORDER)?,
        blacklist: members.integer(&BLACKLIST)?,
    })?;
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        if let Some(name) = &name
            && store::is_taken(tx, account, name)?
        {
            return Err(Refusal::from(ErrorCode::PolicyNameExists));
        }
        if store::count_own(tx, account)? >= limits::POLICIES_PER_ACCOUNT_MAX {
            return Err(ErrorCode::TooManyPolicies.into());
        }
        Ok(store::insert(tx, account, name.as_deref(), &policy, &actor, now_ms)?)
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}
