//! `POST /v1/tags`: a new tag (seed 4.6.2).

use axum::http::Method;
use simlink_db::Tx;

use crate::error_codes::ErrorCode;
use crate::files::rules;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::tags::list::Tag;
use crate::tags::store;

/// Characters of a tag's name (seed 4.6.2).
const NAME_CHARS_MAX: usize = 100;
const TAG_NAME: Parameter =
    Parameter::text("tag_name", 1, NAME_CHARS_MAX, "Chinese characters, letters, digits, - and _.")
        .in_body()
        .required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateTag",
    method: Method::POST,
    path: "/v1/tags",
    summary: "Makes a tag.",
    group: "Tags",
    errors: ErrorStyle::TagsAndAttributes,
    access: Access::Write,
    allowance: None,
    parameters: &[TAG_NAME],
    request: None,
    response: (200, Some(shape::<Tag>)),
    handler: |call| Box::pin(create(call)),
};

async fn create(call: Call) -> Result<Reply, Refusal> {
    let name = match call.members()?.text(&TAG_NAME) {
        // A name of a wrong length is an illegal name.
        Err(BadParameter { problem: Problem::Length(..), .. }) => {
            return Err(ErrorCode::TagNameIllegal.into());
        }
        name => name?.unwrap_or_default(),
    };
    if !rules::is_name(&name, NAME_CHARS_MAX) {
        return Err(ErrorCode::TagNameIllegal.into());
    }
    let (account, actor, now_ms) =
        (call.caller().account, call.caller().user_id.clone(), call.app.clock.now_ms());
    let tags_max = call.app.config.tags_per_account_max;
    let tag_name = name.clone();
    let work = move |tx: &mut Tx<'_>| {
        let (count, taken) = store::count(tx, account, &name)?;
        if taken {
            return Err(ErrorCode::TagNameExists.into());
        }
        if count >= tags_max {
            return Err(Refusal::Business(ErrorCode::TooManyTags, vec![tags_max.to_string()]));
        }
        Ok(store::insert(tx, account, &name, &actor, now_ms)?)
    };
    let reply = |id| Reply::json(&Tag { id, tag_name, status: 0 });
    call.app.write_alone(account, call.once(work, reply)).await
}
