//! `POST /ops/v1/work-orders`: the operator places a work order for many cards of an account.

use axum::http::Method;

use super::DRY_RUN;
use super::create::{self, Placed};
use super::request::{FILE_TEMP_ID, FILTER, ICCIDS, OPERATION_NAME, QUOTA, SIM_CARD_IDS, SPEED_VALUE};
use super::types::Source;
use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;

const ACCOUNT: Parameter =
    Parameter::text("account", 1, 64, "The domain name of the account whose cards they are.")
        .in_body()
        .required();

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateAnyWorkOrder",
    method: Method::POST,
    path: "/ops/v1/work-orders",
    summary: "Places a work order for many cards of any account, or says what it would come to.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[
        DRY_RUN,
        ACCOUNT,
        OPERATION_NAME,
        QUOTA,
        SPEED_VALUE,
        SIM_CARD_IDS,
        ICCIDS,
        FILE_TEMP_ID,
        FILTER,
    ],
    request: None,
    response: (200, Some(shape::<Placed>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    let name = call.members()?.text(&ACCOUNT)?.ok_or(ACCOUNT.bad(Problem::Required))?;
    let account = call.app.directory.account_by_name(&name).ok_or(ErrorCode::AccountNotFound)?;
    create::order(call, account.id, Source::Operator).await
}
