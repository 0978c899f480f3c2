//! `POST /v1/sim-cards/{sim_card_id}/bind-device`: binds a card to a device (seed 4.1.10).

use axum::http::Method;
use simlink_carriers::Operation as CarrierOperation;

use super::{Accepted, ICCID_IN_BODY, order};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::sims::SIM_CARD_ID;
use crate::work_orders::DRY_RUN;

/// `bind_type` that names the device.
const TO_NAMED_DEVICE: i64 = 2;
const BIND_TYPE: Parameter =
    Parameter::integer("bind_type", 1, TO_NAMED_DEVICE, "1 binds to the device in use, 2 to the one named.")
        .in_body()
        .required();
const IMEI: Parameter =
    Parameter::text("imei", 0, 32, "The device's IMEI, needed for bind_type 2.").in_body();

/// Whether a text is an IMEI: 15 digits, the last of which checks the others (Luhn).
fn is_imei(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let weighed = digits.iter().enumerate().map(|(index, digit)| match (index % 2, digit * 2) {
        (0, _) => *digit,
        (_, doubled) => doubled / 10 + doubled % 10,
    });
    text.len() == 15 && digits.len() == 15 && weighed.sum::<u32>().is_multiple_of(10)
}

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "RegisterImei",
    method: Method::POST,
    path: "/v1/sim-cards/{sim_card_id}/bind-device",
    summary: "Binds a card to the device it is in, or to one named by its IMEI.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[SIM_CARD_ID, DRY_RUN, BIND_TYPE, IMEI, ICCID_IN_BODY],
    request: None,
    response: (200, Some(shape::<Accepted>)),
    handler: |call| Box::pin(async move { handle(&call).await }),
};

async fn handle(call: &Call) -> Result<Reply, Refusal> {
    let members = call.members()?;
    let bind_type = members.integer(&BIND_TYPE)?;
    let imei = members.text(&IMEI)?;
    let imei = match (bind_type, imei) {
        (Some(TO_NAMED_DEVICE), None) => return Err(IMEI.bad(Problem::Required).into()),
        (Some(TO_NAMED_DEVICE), Some(imei)) if !is_imei(&imei) => {
            return Err(IMEI.bad(Problem::Malformed).into());
        }
        (Some(TO_NAMED_DEVICE), imei) => imei,
        _ => None,
    };
    order(call, CarrierOperation::BindDevice { imei }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that an IMEI has 15 digits with the right check digit.
    #[test]
    fn imeis_are_checked() {
        assert!(is_imei("490154203237518") && is_imei("356938035643809") && is_imei("000000000000000"));
        for wrong in [
            "490154203237517",
            "49015420323751",
            "4901542032375180",
            "49015420323751x",
            "",
            "４90154203237518",
        ] {
            assert!(!is_imei(wrong), "{wrong}");
        }
    }
}
