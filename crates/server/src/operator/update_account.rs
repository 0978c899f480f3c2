//! `PUT /ops/v1/accounts/{account}`: freezes an account or thaws it, and sets its limits.

use axum::http::Method;
use simlink_db::Tx;

use super::accounts::{self, ACCOUNT, AccountView};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::flow_control::Allowances;
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::store;

const RATE_MAX: i64 = 100_000;
const TYPES_MAX: usize = 25;
const FROZEN: Parameter =
    Parameter::boolean("frozen", "Whether every call of the account is refused.").in_body();
const EVERYTHING: Parameter =
    Parameter::integer("requests_per_second", 1, RATE_MAX, "Of each user, over the whole API.").in_body();
const LIST_SIM_CARDS: Parameter =
    Parameter::integer("list_sim_cards_per_second", 1, RATE_MAX, "Of each user, to the list of cards.")
        .in_body();
const LIST_SIM_PRICE_PLANS: Parameter = Parameter::integer(
    "list_sim_price_plans_per_second",
    1,
    RATE_MAX,
    "Of each user, to the list of the cards' plans.",
)
.in_body();
const REVIEWED_TYPES: Parameter =
    Parameter::integers("reviewed_types", TYPES_MAX, "Types of orders that an operator must approve.")
        .in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "UpdateAccount",
    method: Method::PUT,
    path: "/ops/v1/accounts/{account}",
    summary: "Freezes an account or thaws it, and sets its limits; what is not named stays.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, FROZEN, EVERYTHING, LIST_SIM_CARDS, LIST_SIM_PRICE_PLANS, REVIEWED_TYPES],
    request: None,
    response: (200, Some(shape::<AccountView>)),
    handler: |call| Box::pin(async move { update(&call).await }),
};

async fn update(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let frozen = members.boolean(&FROZEN)?;
    let rate = |parameter: &Parameter| -> Result<Option<u32>, Refusal> {
        Ok(members.integer(parameter)?.and_then(|rate| u32::try_from(rate).ok()))
    };
    let rates = [rate(&EVERYTHING)?, rate(&LIST_SIM_CARDS)?, rate(&LIST_SIM_PRICE_PLANS)?];
    let types = members.integers(&REVIEWED_TYPES)?;
    if types.iter().flatten().any(|number| !(1..=25).contains(number)) {
        return Err(REVIEWED_TYPES.bad(Problem::OutOfRange(1, 25)).into());
    }
    let account = accounts::account(call)?;
    let allowances = rates.iter().any(Option::is_some).then(|| {
        let held = account.allowances.unwrap_or_default();
        Allowances {
            everything: rates[0].unwrap_or(held.everything),
            list_sim_cards: rates[1].unwrap_or(held.list_sim_cards),
            list_sim_price_plans: rates[2].unwrap_or(held.list_sim_price_plans),
        }
    });
    let allowances = allowances
        .map(|allowances| serde_json::to_string(&allowances))
        .transpose()
        .map_err(anyhow::Error::from)?;
    let types = types.map(|types| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    let (id, now_ms, actor) = (account.id, call.app.clock.now_ms(), call.caller().user_id.clone());
    let work = move |tx: &mut Tx<'_>| {
        if let Some(frozen) = frozen {
            store::freeze_account(tx, id, frozen, now_ms, &actor)?;
        }
        if allowances.is_some() || types.is_some() {
            store::set_limits(tx, id, (allowances.as_deref(), types.as_deref()), now_ms, &actor)?;
        }
        Ok(())
    };
    call.app.write(work).await?;
    Ok(Reply::json(&accounts::view(&call.app, &*accounts::account(call)?)))
}
