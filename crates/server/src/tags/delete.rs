//! `DELETE /v1/tags/{tag_id}`: a tag goes, and comes off its cards (seed 4.6.3; behaviour, section 4).

use axum::http::Method;
use simlink_db::Tx;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::tags::store;

const TAG_ID: Parameter = Parameter::integer("tag_id", 0, i64::MAX, "The tag's id.").in_path();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "DeleteTag",
    method: Method::DELETE,
    path: "/v1/tags/{tag_id}",
    summary: "Deletes a tag and takes it off its cards.",
    group: "Tags",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[TAG_ID],
    request: None,
    response: (200, Some(shape::<bool>)),
    handler: |call| Box::pin(delete(call)),
};

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let tag_id = call.path_integer(&TAG_ID)?;
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut Tx<'_>| {
        let deleted = store::delete(tx, account, tag_id, &actor, now_ms)?;
        if deleted { Ok(()) } else { Err(ErrorCode::TagNotFound.into()) }
    };
    call.app.write_alone(account, call.once(work, |()| Reply::json(&true))).await
}
