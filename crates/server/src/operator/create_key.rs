//! `POST /ops/v1/accounts/{account}/users/{user}/keys`: another access key of a user; its secret is shown once.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::accounts::{self, ACCOUNT, USER};
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::credentials::create::make_pair;
use crate::iam::store::{self, KeyCreation, NewAccessKey};

const DESCRIPTION: Parameter = Parameter::text("description", 0, 255, "Words on the key.").in_body();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateAnyAccessKey",
    method: Method::POST,
    path: "/ops/v1/accounts/{account}/users/{user}/keys",
    summary: "Makes an access key of a user; its secret is in this answer only.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, USER, DESCRIPTION],
    request: None,
    response: (201, Some(shape::<Created>)),
    handler: |call| Box::pin(async move { create(&call).await }),
};

/// A new access key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedAccessKey)]
pub struct Created {
    ak: String,
    sk: String,
}

async fn create(call: &Call) -> Result<Reply, Refusal> {
    let description = call.members()?.text(&DESCRIPTION)?.unwrap_or_default();
    let (account, user) = accounts::user(call)?;
    let (ak, sk) = make_pair(&call.app.randomness);
    let sealed = call.app.vault.seal(&call.app.randomness, &ak, &sk);
    let created = Created { ak: ak.clone(), sk };
    let (now_ms, actor) = (call.app.clock.now_ms(), call.caller().user_id.clone());
    let work = move |tx: &mut Tx<'_>| {
        let new = NewAccessKey {
            account: account.id,
            user_id: &user.id,
            id: &ak,
            secret_sealed: &sealed,
            description: &description,
        };
        Ok(store::create_access_key(tx, &new, now_ms, &actor)?)
    };
    match call.app.write(work).await? {
        KeyCreation::Created => Ok(Reply::json(&created).with_status(StatusCode::CREATED)),
        KeyCreation::UnknownUser => Err(ErrorCode::UserNotFound.into()),
        KeyCreation::TooMany => Err(ErrorCode::TooManyKeys.into()),
    }
}
