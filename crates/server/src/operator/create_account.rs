//! `POST /ops/v1/accounts`: a new account with a project, a first user and its access key; the secrets are shown once.

use axum::http::{Method, StatusCode};
use simlink_db::Tx;

use super::accounts::{NAME_CHARS, PASSWORD, ROLES, role, taken};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::iam::Role;
use crate::iam::people::{AccountSecrets, Person, Wanted};

const NAME: Parameter =
    Parameter::text("name", NAME_CHARS.0, NAME_CHARS.1, "The account's domain name.").in_body().required();
const FIRST_USER: Parameter =
    Parameter::text("user", NAME_CHARS.0, NAME_CHARS.1, "The first user's name; the account's without it.")
        .in_body();
const ROLE: Parameter = Parameter::choice("role", ROLES, "What the user may do.").in_body().or("\"admin\"");
const PROJECT: Parameter = Parameter::text(
    "project",
    NAME_CHARS.0,
    NAME_CHARS.1,
    "The project's name, which SDKs look up as their region.",
)
.in_body()
.or("\"cn-north-4\"");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateAccount",
    method: Method::POST,
    path: "/ops/v1/accounts",
    summary: "Makes an account with a first user; its secrets are in this answer only.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[NAME, FIRST_USER, ROLE, PROJECT, PASSWORD],
    request: None,
    response: (201, Some(shape::<AccountSecrets>)),
    handler: |call| Box::pin(async move { create(&call).await }),
};

async fn create(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let name = members.text(&NAME)?.ok_or(NAME.bad(Problem::Required))?;
    let wanted = Wanted {
        name: members.text(&FIRST_USER)?.unwrap_or_else(|| name.clone()),
        role: role(members.text(&ROLE)?.as_deref()).unwrap_or(Role::Admin),
        password: members.text(&PASSWORD)?,
    };
    let project = members.text(&PROJECT)?.unwrap_or_else(|| "cn-north-4".to_owned());
    let (app, actor) = (&call.app, call.caller().user_id.clone());
    let person = Person::new(&app.passwords, &app.vault, &app.randomness, wanted).await?;
    let ids = [app.randomness.hex_id(), app.randomness.hex_id()];
    let now_ms = app.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| {
        person.write_with_account(tx, (name, project), ids, now_ms, &actor).map_err(taken)
    };
    let secrets = app.write(work).await?;
    Ok(Reply::json(&secrets).with_status(StatusCode::CREATED))
}
