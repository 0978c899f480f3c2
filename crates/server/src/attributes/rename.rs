//! `PUT /v1/attributes/{attribute_id}`: another name (seed 4.7.3).

use axum::http::Method;
use simlink_db::Tx;

use super::{ATTRIBUTE_ID, CUST_ATTR_NAME, rules, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "UpdateAttribute",
    method: Method::PUT,
    path: "/v1/attributes/{attribute_id}",
    summary: "Renames a custom attribute.",
    group: "Attributes",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[ATTRIBUTE_ID, CUST_ATTR_NAME],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(rename(call)),
};

/// The name in the body, checked.
pub(super) fn name_of(call: &Call) -> Result<String, Refusal> {
    let name = match call.members()?.text(&CUST_ATTR_NAME) {
        // A name of a wrong length is an illegal name.
        Err(BadParameter { problem: Problem::Length(..), .. }) => {
            return Err(ErrorCode::AttributeNameIllegal.into());
        }
        name => name?.unwrap_or_default(),
    };
    rules::check_name(&name)?;
    Ok(name)
}

async fn rename(call: Call) -> Result<Reply, Refusal> {
    let attribute_id = call.path_integer(&ATTRIBUTE_ID)?;
    let name = name_of(&call)?;
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        let named = store::of_account(tx, account)?;
        if named.iter().all(|attribute| attribute.id != attribute_id) {
            return Err(ErrorCode::AttributeNotFound.into());
        }
        if named.iter().any(|attribute| attribute.name == name && attribute.id != attribute_id) {
            return Err(ErrorCode::AttributeNameExists.into());
        }
        Ok(store::rename(tx, account, attribute_id, &name, &actor, now_ms)?)
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}
