//! `POST /v1/attributes`: names the lowest free slot (seed 4.7.2; behaviour, section 4).

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::{CUST_ATTR_NAME, rename, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::limits;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateAttribute",
    method: Method::POST,
    path: "/v1/attributes",
    summary: "Makes a custom attribute in the lowest free slot, enabled.",
    group: "Attributes",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[CUST_ATTR_NAME],
    request: None,
    response: (200, Some(shape::<Created>)),
    handler: |call| Box::pin(create(call)),
};

/// The new attribute.
#[derive(Serialize, ToSchema)]
pub struct Created {
    id: i64,
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let name = rename::name_of(&call)?;
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        let named = store::of_account(tx, account)?;
        if named.iter().any(|attribute| attribute.name == name) {
            return Err(ErrorCode::AttributeNameExists.into());
        }
        let is_free = |slot: &usize| named.iter().all(|attribute| attribute.slot != *slot);
        let Some(slot) = (1..=limits::ATTRIBUTES_PER_ACCOUNT_MAX).find(is_free) else {
            return Err(ErrorCode::TooManyAttributes.into());
        };
        Ok(store::insert(tx, account, slot, &name, &actor, now_ms)?)
    };
    call.app.write_alone(account, call.once(work, |id| Reply::json(&Created { id }))).await
}
