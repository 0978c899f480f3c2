//! The bodies of the gateway protocol: what is written and how answers are read; pure, and never a panic.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Capabilities, CardReading, CardRef, CardView, Iccid, Inquiry, Instruction, LinkLimits, Operation,
    OperationKind, OrderKey, Outcome, ReadError, Reason, Reference, Rejection, UnknownCause, UsageFigure,
    UsagePeriod, UsageReading,
};

/// The most cards in one read of this protocol.
pub const CARDS_PER_READ_MAX: usize = 100;

/// The code of a refusal that means that the card is already as wished.
pub const ALREADY_SO: &str = "already_in_state";

/// An answer as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, if it is a number of seconds.
    pub retry_after_s: Option<u64>,
    /// The body.
    pub body: bytes::Bytes,
}

/// The body of `POST /v1/operations`.
#[derive(Debug, Serialize, Deserialize)]
pub struct OperationRequest {
    /// The key; the same as the header `Idempotency-Key`.
    pub operation_id: OrderKey,
    /// The operation with its parameters.
    #[serde(flatten)]
    pub operation: Operation,
    /// The card.
    pub sim: CardRef,
    /// When the platform gives up.
    pub deadline: Timestamp,
    /// Where events are sent.
    pub callback_url: String,
}

/// The body of every answer about an operation; a gateway may leave out what does not apply.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OperationStatus {
    /// `done`, `accepted` or `failed`.
    pub status: String,
    /// The key, repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// The carrier's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_ref: Option<String>,
    /// When to ask, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_after_s: Option<u64>,
    /// Why it failed: the name of a [`Reason`], or the carrier's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl OperationStatus {
    /// The rejection of a failed operation.
    pub(super) fn rejection(&self) -> Rejection {
        rejection(self.code.as_deref(), self.message.as_deref())
    }
}

pub(super) fn rejection(code: Option<&str>, message: Option<&str>) -> Rejection {
    let code = code.unwrap_or("other");
    Rejection::new(Reason::from_name(code), code, message.unwrap_or_default())
}

/// The body of `POST /v1/operations`.
pub fn encode_operation(instruction: &Instruction, callback_url: &str) -> Vec<u8> {
    let request = OperationRequest {
        operation_id: instruction.key,
        operation: instruction.operation.clone(),
        sim: instruction.card.clone(),
        deadline: Timestamp::from_millisecond(instruction.deadline_ms).unwrap_or(Timestamp::MAX),
        callback_url: callback_url.to_owned(),
    };
    serde_json::to_vec(&request).expect("the body has string keys only")
}

/// Reads the answer to a write. Whatever is not a plain answer of the protocol is unknown.
pub fn decode_outcome(key: OrderKey, answer: &Answer) -> Outcome {
    let Ok(body) = serde_json::from_slice::<OperationStatus>(&answer.body) else {
        return without_body(answer);
    };
    if body.operation_id.as_ref().is_some_and(|named| *named != key.to_string()) {
        return Outcome::Unknown(UnknownCause::Unreadable);
    }
    match (answer.status, body.status.as_str()) {
        (200, "done") => Outcome::Done,
        // A gateway without names of its own calls the operation by ours.
        (200 | 202, "accepted") => {
            match Reference::new(body.carrier_ref.unwrap_or_else(|| key.to_string())) {
                Some(reference) => {
                    let poll_after_ms = body.poll_after_s.map(|seconds| seconds.saturating_mul(1_000));
                    Outcome::Accepted { reference, poll_after_ms }
                }
                None => Outcome::Unknown(UnknownCause::Unreadable),
            }
        }
        (200, "failed") | (422, _) if body.code.as_deref() == Some(ALREADY_SO) => Outcome::Done,
        (200, "failed") | (422, _) => Outcome::Rejected(body.rejection()),
        (409, _) => Outcome::Rejected(Rejection {
            reason: Reason::PendingOperation,
            ..rejection(Some("pending_operation"), body.message.as_deref())
        }),
        _ => without_body(answer),
    }
}

/// What the status alone says.
fn without_body(answer: &Answer) -> Outcome {
    let refused = |reason| Outcome::Rejected(Rejection::new(reason, &answer.status.to_string(), ""));
    match answer.status {
        401 | 403 => refused(Reason::AuthFailed),
        429 => {
            let rejection = Rejection::new(Reason::RateLimited, "429", "");
            Outcome::Rejected(match answer.retry_after_s {
                Some(seconds) => rejection.after(seconds.saturating_mul(1_000)),
                None => rejection,
            })
        }
        500..=599 => Outcome::Unknown(UnknownCause::CarrierFailed),
        _ => Outcome::Unknown(UnknownCause::Unreadable),
    }
}

/// Reads the answer to an inquiry: 404 says that the operation never arrived. A refused inquiry says nothing about
/// the write it asks about.
pub fn decode_inquiry(key: OrderKey, answer: &Answer) -> Inquiry {
    match answer.status {
        200 | 202 => Inquiry::Known(decode_outcome(key, answer)),
        404 => Inquiry::NeverReceived,
        500..=599 => Inquiry::Known(Outcome::Unknown(UnknownCause::CarrierFailed)),
        _ => Inquiry::Known(Outcome::Unknown(UnknownCause::Unreadable)),
    }
}

#[derive(Serialize)]
struct CardsRequest<'a> {
    iccids: Vec<&'a Iccid>,
    fields: [&'static str; 2],
}

#[derive(Serialize)]
struct UsageRequest<'a> {
    iccids: Vec<&'a Iccid>,
    from: Date,
    to: Date,
    step: &'static str,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
    #[serde(default)]
    errors: Vec<ItemError>,
}

#[derive(Deserialize)]
struct ItemError {
    iccid: Iccid,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct CardItem {
    iccid: Iccid,
    #[serde(flatten)]
    view: CardView,
}

#[derive(Deserialize)]
struct UsageItem {
    iccid: Iccid,
    bytes: u64,
    as_of: Timestamp,
}

/// The body of `POST /v1/cards/query`.
pub fn encode_cards_query(cards: &[CardRef]) -> Vec<u8> {
    let iccids = cards.iter().map(|card| &card.iccid).collect();
    serde_json::to_vec(&CardsRequest { iccids, fields: ["status", "real_name"] })
        .expect("the body has string keys only")
}

/// The body of `POST /v1/usage/query`.
pub fn encode_usage_query(cards: &[CardRef], period: UsagePeriod) -> Vec<u8> {
    let iccids = cards.iter().map(|card| &card.iccid).collect();
    let (from, to, step) = match period {
        UsagePeriod::Day(day) => (day, day, "day"),
        UsagePeriod::Month(day) => (day.first_of_month(), day.last_of_month(), "month"),
    };
    serde_json::to_vec(&UsageRequest { iccids, from, to, step }).expect("the body has string keys only")
}

/// Reads the answer to `POST /v1/cards/query`: one reading for each card asked about, in the order asked.
pub fn decode_cards(cards: &[CardRef], answer: &Answer) -> Result<Vec<CardReading>, ReadError> {
    let items: Items<CardItem> = read_items(answer)?;
    let found = items.items.into_iter().map(|item| (item.iccid, item.view)).collect();
    let readings = in_order(cards, found, items.errors);
    Ok(readings.map(|(iccid, view)| CardReading { iccid, view }).collect())
}

/// Reads the answer to `POST /v1/usage/query` likewise.
pub fn decode_usage(cards: &[CardRef], answer: &Answer) -> Result<Vec<UsageReading>, ReadError> {
    let items: Items<UsageItem> = read_items(answer)?;
    let figure = |item: UsageItem| {
        (item.iccid, UsageFigure { bytes: item.bytes, as_of_ms: item.as_of.as_millisecond() })
    };
    let readings = in_order(cards, items.items.into_iter().map(figure).collect(), items.errors);
    Ok(readings.map(|(iccid, figure)| UsageReading { iccid, figure }).collect())
}

/// Cards that were not asked about are ignored, cards that are not answered are not found.
fn in_order<T>(
    cards: &[CardRef],
    found: Vec<(Iccid, T)>,
    errors: Vec<ItemError>,
) -> impl Iterator<Item = (Iccid, Result<T, Rejection>)> {
    let mut found: std::collections::HashMap<_, _> = found.into_iter().collect();
    cards.iter().map(move |card| {
        let error = errors.iter().find(|error| error.iccid == card.iccid);
        let refused = error.map_or_else(
            || Reason::NotFound.into(),
            |error| rejection(error.code.as_deref(), error.message.as_deref()),
        );
        (card.iccid.clone(), found.remove(&card.iccid).ok_or(refused))
    })
}

fn read_items<T: for<'de> Deserialize<'de>>(answer: &Answer) -> Result<Items<T>, ReadError> {
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| ReadError::Unknown(UnknownCause::Unreadable));
    }
    match without_body(answer) {
        Outcome::Rejected(rejection) => Err(ReadError::Refused(rejection)),
        Outcome::Unknown(cause) => Err(ReadError::Unknown(cause)),
        Outcome::Done | Outcome::Accepted { .. } => Err(ReadError::Unknown(UnknownCause::Unreadable)),
    }
}

#[derive(Deserialize)]
struct CapabilitiesBody {
    operations: Vec<Value>,
    #[serde(default)]
    batch: BatchBody,
    #[serde(default)]
    rate: RateBody,
    #[serde(default)]
    speed_kbps: Vec<u32>,
    #[serde(default)]
    real_name: bool,
    #[serde(default)]
    binds_by_imei: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct BatchBody {
    read: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RateBody {
    per_second: Option<u32>,
    concurrency: Option<u32>,
}

/// Reads the answer to `GET /v1/capabilities`: what the gateway can do, and `limits` with the rate it asks for.
/// Operations of names that we don't know are left out.
pub fn decode_capabilities(
    answer: &Answer,
    limits: &LinkLimits,
) -> Result<(Capabilities, LinkLimits), ReadError> {
    let unreadable = |_| ReadError::Unknown(UnknownCause::Unreadable);
    if answer.status != 200 {
        let Err(error) = read_items::<Value>(answer) else {
            return Err(ReadError::Unknown(UnknownCause::Unreadable));
        };
        return Err(error);
    }
    let body: CapabilitiesBody = serde_json::from_slice(&answer.body).map_err(unreadable)?;
    let mut operations: Vec<_> =
        body.operations.iter().filter_map(Value::as_str).filter_map(OperationKind::from_name).collect();
    operations.sort();
    operations.dedup();
    let mut speeds_kbps = body.speed_kbps;
    speeds_kbps.sort_unstable();
    let capabilities = Capabilities {
        speeds_kbps,
        binds_by_imei: body.binds_by_imei,
        reads_real_name: body.real_name,
        cards_per_read: body.batch.read.unwrap_or(CARDS_PER_READ_MAX).clamp(1, CARDS_PER_READ_MAX),
        ..Capabilities::of_operations(&operations)
    };
    let limits = LinkLimits {
        calls_per_second: body.rate.per_second.unwrap_or(limits.calls_per_second),
        concurrency: body.rate.concurrency.unwrap_or(limits.concurrency).max(1),
        ..limits.clone()
    };
    Ok((capabilities, limits))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
