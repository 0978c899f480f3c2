//! `POST /v1/session`: signs a person in to the console. An extension.

use axum::http::{Method, StatusCode};

use super::{SessionView, expect_console, with_cookie};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::records::{Token, TokenKind};
use crate::iam::{sign_in, store, tokens};
use crate::limits;

const DOMAIN: Parameter = Parameter::text("domain", 1, 64, "The account's name.").in_body().required();
const USER: Parameter = Parameter::text("user", 1, 64, "The user's name.").in_body().required();
const PASSWORD: Parameter = Parameter::text("password", 1, 128, "The user's password.").in_body().required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateSession",
    method: Method::POST,
    path: "/v1/session",
    summary: "Signs in: sets the cookie of a session, which counts beside the header X-Simlink-Console only.",
    group: "Console",
    errors: ErrorStyle::Iam,
    access: Access::Public,
    allowance: None,
    parameters: &[DOMAIN, USER, PASSWORD],
    request: None,
    response: (201, Some(shape::<SessionView>)),
    handler: |call| Box::pin(create(call)),
};

async fn create(call: Call) -> Result<Reply, Refusal> {
    // Otherwise another site could sign its visitors in, as somebody else.
    expect_console(&call.headers)?;
    let members = call.members()?;
    let text = |parameter| members.text(parameter).map(Option::unwrap_or_default);
    let names = (text(&DOMAIN)?, text(&USER)?, text(&PASSWORD)?);
    let (account, user) = sign_in::by_names(&call.app, names, call.peer).await?;
    let text = tokens::make(&call.app.randomness);
    let issued_ms = call.app.clock.world_ms();
    let token = Token {
        hash: tokens::hash(&text),
        project_id: account.projects.first().map(|project| project.id.clone()),
        domain_scope: false,
        kind: TokenKind::Session,
        issued_ms,
        expires_ms: issued_ms + limits::SESSION_LIFE_MS,
    };
    let view = SessionView::new(&call.app, &account, &user, token.expires_ms);
    let (account, user_id, keep) = (account.id, user.id.clone(), limits::SESSIONS_PER_USER_MAX - 1);
    call.app.write(move |tx| Ok(store::issue_token(tx, account, &user_id, &token, keep)?)).await?;
    Ok(with_cookie(&call.app, Reply::json(&view).with_status(StatusCode::CREATED), &text))
}
