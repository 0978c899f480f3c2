//! `POST /v1/webhooks`: a new endpoint; its secret is shown here and never again.

use axum::http::Method;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::endpoint::{DESCRIPTION, EVENT_TYPES, Endpoint, EndpointView, FORM, Terms, URL};
use super::{signature, store};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::limits;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateWebhook",
    method: Method::POST,
    path: "/v1/webhooks",
    summary: "Makes an endpoint that is told of changes; its secret is in this answer only.",
    group: "Webhooks",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[URL.required(), EVENT_TYPES.required(), FORM.or("\"cloudevents\""), DESCRIPTION],
    request: None,
    response: (200, Some(shape::<Created>)),
    handler: |call| Box::pin(create(call)),
};

/// The new endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
pub struct Created {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// What deliveries are signed with.
    secret: String,
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let terms = Terms::read(&call.members()?, &call.app.reach, None)?;
    let (account, actor) = (call.caller().account, call.caller().user_id.clone());
    let now_ms = call.app.clock.now_ms();
    let position = call.app.engine.feed.now(&call.app.db, &call.app.follower).await?;
    let secret = signature::make_secret(&call.app.randomness);
    let (app, plain) = (call.app.clone(), secret.clone());
    let work = move |tx: &mut Tx<'_>| {
        if store::count(tx, account)? >= limits::WEBHOOKS_PER_ACCOUNT_MAX {
            let most = limits::WEBHOOKS_PER_ACCOUNT_MAX.to_string();
            return Err(Refusal::Business(ErrorCode::TooManyWebhooks, vec![most]));
        }
        let id = tx.reserve_ids(1)?;
        let sealed = app.vault.seal(&app.randomness, &Endpoint::vault_name(id), &plain);
        store::insert(tx, account, (id, &terms, &sealed), position, (&actor, now_ms))?;
        store::find(tx, account, id)?.ok_or_else(|| simlink_db::DbError::NotFound.into())
    };
    let reply = |endpoint: Endpoint| Reply::json(&Created { endpoint: endpoint.into(), secret });
    call.app.write_alone(account, call.once(work, reply)).await
}
