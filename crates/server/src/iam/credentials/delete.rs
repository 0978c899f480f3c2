//! `DELETE /v3.0/OS-CREDENTIAL/credentials/{access_key}`: deletes an access key.

use axum::http::{Method, StatusCode};

use super::{ACCESS_KEY, key_of_path, no_such_key};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation};
use crate::http::reply::Reply;
use crate::iam::store;

/// The operation. A viewer may do this to its own keys.
pub const OPERATION: Operation = Operation {
    id: "DeletePermanentAccessKey",
    method: Method::DELETE,
    path: "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
    summary: "Deletes an access key.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Read,
    allowance: None,
    parameters: &[ACCESS_KEY],
    request: None,
    response: (204, None),
    handler: |call| Box::pin(delete(call)),
};

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let holder = key_of_path(&call)?;
    let (actor, now_ms) = (call.caller().user_id.clone(), call.app.clock.now_ms());
    let work = move |tx: &mut simlink_db::Tx<'_>| {
        let whose = (&*holder.user.id, &*holder.key().id);
        let deleted = store::delete_access_key(tx, holder.account.id, whose, now_ms, &actor)?;
        if deleted { Ok(()) } else { Err(no_such_key()) }
    };
    call.app.write(call.once(work, |()| Reply::empty(StatusCode::NO_CONTENT))).await
}
