//! `POST /v3/auth/tokens`: signs in with a password, or with a token for another scope (seed 3.2).

use axum::http::{Method, StatusCode};

use super::sign_in::{self, SignIn};
use super::tokens::{self, SUBJECT_TOKEN, TokenBody};
use super::{store, wire};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::records::{Token, TokenKind};

/// Longest value of `nocatalog` that is let pass; any text switches the catalogue off.
const NO_CATALOG: Parameter = Parameter::text("nocatalog", 0, 256, "Any text leaves the catalogue out.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "KeystoneCreateUserTokenByPassword",
    method: Method::POST,
    path: "/v3/auth/tokens",
    summary: "Signs in: the answer's X-Subject-Token header is the token.",
    group: "IAM",
    errors: ErrorStyle::Iam,
    access: Access::Public,
    allowance: None,
    parameters: &[NO_CATALOG],
    request: Some(shape::<SignIn>),
    response: (201, Some(shape::<TokenBody>)),
    handler: |call| Box::pin(create(call)),
};

async fn create(call: Call) -> Result<Reply, Refusal> {
    let catalog = call.query.filter_text(&NO_CATALOG)?.is_none();
    let signed_in = sign_in::sign_in(&call.app, wire::body(&call)?, call.peer).await?;
    let text = tokens::make(&call.app.randomness);
    let token = Token {
        hash: tokens::hash(&text),
        project_id: signed_in.project_id,
        domain_scope: signed_in.domain_scope,
        kind: TokenKind::Api,
        issued_ms: call.app.clock.now_ms(),
        expires_ms: signed_in.expires_ms,
    };
    let base = catalog.then(|| wire::base(&call));
    let body = TokenBody::new(&signed_in.account, &signed_in.user, &token, base.as_deref());
    let (account, user_id) = (signed_in.account.id, signed_in.user.id.clone());
    let keep = if call.app.config.single_token { 0 } else { store::TOKENS_PER_USER_MAX - 1 };
    call.app.write(move |tx| Ok(store::issue_token(tx, account, &user_id, &token, keep)?)).await?;
    Ok(Reply::json(&body).with_status(StatusCode::CREATED).with_header(SUBJECT_TOKEN, &text))
}
