//! `GET /v1/sms-send-infos/details`: the account's text messages, newest first (seed 4.8.2).

use axum::http::Method;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::store;
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::{LIMIT, OFFSET};
use crate::http::reply::Reply;
use crate::units::Moment;

const CID: Parameter = Parameter::text("cid", 0, 256, "The card's container id.");
const START_TIME: Parameter = Parameter::text(
    "start_time",
    0,
    40,
    "Sent at this time or later: ISO 8601 or `yyyy-MM-dd HH:mm:ss`, in UTC where no offset is given.",
);
const END_TIME: Parameter = Parameter::text("end_time", 0, 40, "Sent at this time or earlier.");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ListSmsDetails",
    method: Method::GET,
    path: "/v1/sms-send-infos/details",
    summary: "Lists text messages.",
    group: "Text messages",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[LIMIT, OFFSET, CID, START_TIME, END_TIME],
    request: None,
    response: (200, Some(shape::<SmsDetails>)),
    handler: |call| Box::pin(async move { list(&call).await }),
};

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct SmsDetails {
    limit: i64,
    offset: i64,
    count: i64,
    sms_details: Vec<SmsDetail>,
}

/// A message to one card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SmsSendDetailQueryVo)]
pub struct SmsDetail {
    pub(super) cid: String,
    pub(super) msisdn: Option<String>,
    pub(super) sent_time: Moment,
    pub(super) received_time: Option<Moment>,
    pub(super) sms_status: i32,
    pub(super) sms_content: String,
}

/// What is listed.
#[derive(Debug)]
pub(super) struct Filter {
    pub cid: Option<String>,
    pub start_ms: Option<i64>,
    pub end_ms: Option<i64>,
}

async fn list(call: &Call) -> Result<Reply, Refusal> {
    let page = call.query.page()?;
    let time = |parameter: &Parameter| -> Result<Option<i64>, BadParameter> {
        let text = call.query.filter_text(parameter)?;
        text.map(|text| read_time(text).ok_or(parameter.bad(Problem::Malformed))).transpose()
    };
    let filter = Filter {
        cid: call.query.filter_text(&CID)?.map(str::to_owned),
        start_ms: time(&START_TIME)?,
        end_ms: time(&END_TIME)?,
    };
    let account = call.caller().account;
    let work = move |tx: &mut Tx<'_>| store::page(tx, account, &filter, page);
    let (count, sms_details) = call.app.db.read(work).await?;
    Ok(Reply::json(&SmsDetails { limit: page.limit, offset: page.number, count, sms_details }))
}

/// Reads a time with an offset, or without one as UTC; in epoch milliseconds.
fn read_time(text: &str) -> Option<i64> {
    let with_offset = text.parse::<Timestamp>().ok();
    let moment = with_offset.or_else(|| {
        let time: DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    moment.map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the forms that a time may have, and what is none.
    #[test]
    fn times_have_several_forms() {
        for text in [
            "2022-03-22T01:02:03",
            "2022-03-22 01:02:03",
            "2022-03-22T01:02:03Z",
            "2022-03-22T09:02:03+08:00",
            "2022-03-22T01:02:03.000+00:00",
        ] {
            assert_eq!(read_time(text), Some(1_647_910_923_000), "{text}");
        }
        for text in ["", "yesterday", "2022-13-01 00:00:00", "1647910923000", "2022-03-22T25:00:00Z"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }
}
