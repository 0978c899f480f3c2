//! `POST /ops/v1/accounts/{account}/users`: another user of an account, with an access key; the secrets are shown once.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::accounts::{self, ACCOUNT, NAME_CHARS, PASSWORD, ROLES, role, taken};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::people::{Person, Secrets, Wanted};

const NAME: Parameter =
    Parameter::text("name", NAME_CHARS.0, NAME_CHARS.1, "The user's name.").in_body().required();
const ROLE: Parameter = Parameter::choice("role", ROLES, "What the user may do.").in_body().required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateUser",
    method: Method::POST,
    path: "/ops/v1/accounts/{account}/users",
    summary: "Makes a user of an account; its secrets are in this answer only.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[ACCOUNT, NAME, ROLE, PASSWORD],
    request: None,
    response: (201, Some(shape::<Secrets>)),
    handler: |call| Box::pin(async move { create(&call).await }),
};

async fn create(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let name = members.text(&NAME)?.ok_or(NAME.bad(Problem::Required))?;
    let role = role(members.text(&ROLE)?.as_deref()).ok_or(ROLE.bad(Problem::Required))?;
    let wanted = Wanted { name, role, password: members.text(&PASSWORD)? };
    let account = accounts::account(call)?.id;
    let (app, actor) = (&call.app, call.caller().user_id.clone());
    let person = Person::new(&app.passwords, &app.vault, &app.randomness, wanted).await?;
    let now_ms = app.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| person.write(tx, account, now_ms, &actor).map_err(taken);
    let secrets = app.write(work).await?;
    Ok(Reply::json(&secrets).with_status(StatusCode::CREATED))
}
