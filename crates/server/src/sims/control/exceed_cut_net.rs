//! `POST /v1/sim-cards/{sim_card_id}/exceed-cut-net`: cuts a card off once the month's usage passes a threshold (seed 4.1.9).

use axum::http::Method;
use simlink_carriers::Operation as CarrierOperation;

use super::{Accepted, ICCID_IN_BODY, order};
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::SIM_CARD_ID;
use crate::work_orders::DRY_RUN;

/// `action` that takes the threshold away.
const CANCEL: i64 = 2;
const ACTION: Parameter =
    Parameter::integer("action", 1, CANCEL, "1 sets the threshold, 2 takes it away.").in_body().required();
/// Digits of the largest threshold, 999,999,999 MB.
const QUOTA_DIGITS_MAX: usize = 9;
const QUOTA_MB_MAX: i64 = 999_999_999;
/// The threshold.
pub const QUOTA: Parameter = Parameter::text(
    "quota",
    0,
    QUOTA_DIGITS_MAX,
    "The threshold in MB: a positive number, 0 cuts at the first byte, -1 is unlimited. Needed to set one.",
)
.in_body();

/// The threshold that a text names; unlimited is `None`.
///
/// # Errors
/// A text that is missing or no threshold.
pub fn quota_mb(text: Option<&str>) -> Result<Option<u32>, BadParameter> {
    let text = text.ok_or(QUOTA.bad(Problem::Required))?;
    let number: i64 = text.parse().map_err(|_| QUOTA.bad(Problem::NotInteger))?;
    match u32::try_from(number) {
        Ok(quota_mb) if number <= QUOTA_MB_MAX => Ok(Some(quota_mb)),
        Err(_) if number == -1 => Ok(None),
        _ => Err(QUOTA.bad(Problem::OutOfRange(-1, QUOTA_MB_MAX))),
    }
}

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "SetExceedCutNet",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/exceed-cut-net",
    summary: "Sets the usage at which a card is cut off, or takes it away.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, ACTION, QUOTA, ICCID_IN_BODY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let action = members.integer(&ACTION)?;
    let quota = members.text(&QUOTA)?;
    let operation = if action == Some(CANCEL) {
        CarrierOperation::CancelThreshold
    } else {
        CarrierOperation::SetThreshold { quota_mb: quota_mb(quota.as_deref())? }
    };
    order(call, operation).await
}
