//! `PUT /ops/v1/accounts/{account}/users/{user}`: another role or password, or an end to what a user may do.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::accounts::{self, ACCOUNT, PASSWORD, ROLES, USER, role};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::store;

const ROLE: Parameter = Parameter::choice("role", ROLES, "What the user may do from now on.").in_body();
const ENABLED: Parameter =
    Parameter::boolean("enabled", "Whether the user may sign in and call; without it, its tokens end.")
        .in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "UpdateUser",
    method: Method::PUT,
    path: "/ops/v1/accounts/{account}/users/{user}",
    summary: "Changes a user's role or password, disables or enables it; its tokens end with each but the last.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, USER, ROLE, ENABLED, PASSWORD],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(async move { update(&call).await }),
};

async fn update(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let role = role(members.text(&ROLE)?.as_deref());
    let enabled = members.boolean(&ENABLED)?;
    let password = members.text(&PASSWORD)?;
    let (account, user) = accounts::user(call)?;
    let hash = match password {
        Some(password) => Some(call.app.passwords.hash(&password, &call.app.randomness).await?),
        None => None,
    };
    let (id, now_ms, actor) = (account.id, call.app.clock.now_ms(), call.caller().user_id.clone());
    let work = move |tx: &mut Tx<'_>| {
        if role.is_some() || hash.is_some() {
            store::change_user(tx, id, &user.id, (role, hash.as_deref()), now_ms, &actor)?;
        }
        if let Some(enabled) = enabled {
            store::set_user_enabled(tx, id, &user.id, enabled, now_ms, &actor)?;
        }
        Ok(())
    };
    call.app.write(work).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
