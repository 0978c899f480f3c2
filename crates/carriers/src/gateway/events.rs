//! The body of a callback, and its verification; pure.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::signature::{SharedKey, SignatureError, SignatureHeaders, Signed, verify};
use super::wire::rejection;
use crate::{CardStatus, CarrierEvent, Happening, Iccid, Reference, StopCause, UsageFigure, UsagePeriod};

/// The most events in one callback.
pub const EVENTS_MAX: usize = 500;

/// The largest callback body, in bytes.
pub const CALLBACK_BYTES_MAX: usize = 1024 * 1024;

/// Why a callback is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Answer 401.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Answer 413.
    #[error("at most {EVENTS_MAX} events and {CALLBACK_BYTES_MAX} bytes")]
    TooLarge,
    /// Answer 400.
    #[error("the body is no event and no list of events")]
    Malformed,
}

/// What a callback brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Callback {
    /// The events that we know, in the order they came.
    pub events: Vec<CarrierEvent>,
    /// How many others there were: of a type we don't know, or without what their type needs. They are answered with
    /// success as well, for repeating them would change nothing.
    pub skipped: usize,
}

/// Verifies and reads a callback that arrived at `now_ms` (epoch milliseconds).
pub fn read_callback(
    key: &SharedKey,
    headers: SignatureHeaders<'_>,
    signed: Signed<'_>,
    now_ms: i64,
) -> Result<Callback, CallbackError> {
    if signed.body.len() > CALLBACK_BYTES_MAX {
        return Err(CallbackError::TooLarge);
    }
    verify(key, headers, signed, now_ms.div_euclid(1_000))?;
    decode_events(signed.body)
}

/// Reads the body of a callback, which is an event or a list of events.
pub fn decode_events(body: &[u8]) -> Result<Callback, CallbackError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| CallbackError::Malformed)?;
    let list = match body {
        Value::Array(list) => list,
        one @ Value::Object(_) => vec![one],
        _ => return Err(CallbackError::Malformed),
    };
    if list.len() > EVENTS_MAX {
        return Err(CallbackError::TooLarge);
    }
    let mut callback = Callback::default();
    for value in list {
        let Value::Object(event) = value else { return Err(CallbackError::Malformed) };
        match decode_event(&event) {
            Some(event) => callback.events.push(event),
            None => callback.skipped += 1,
        }
    }
    Ok(callback)
}

fn decode_event(event: &Map<String, Value>) -> Option<CarrierEvent> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    // Ids have the same bounds as references.
    let id = Reference::new(text("event_id")?)?.as_str().to_owned();
    let occurred_at_ms = text("occurred_at")?.parse::<Timestamp>().ok()?.as_millisecond();
    let iccid: Iccid = text("iccid")?.parse().ok()?;
    let happening = decode_happening(text("type")?, event.get("data")?)?;
    Some(CarrierEvent { id, occurred_at_ms, iccid, happening })
}

fn decode_happening(kind: &str, data: &Value) -> Option<Happening> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    Some(match kind {
        "operation.finished" => {
            let result = match text("status")? {
                "done" => Ok(()),
                "failed" => Err(rejection(text("code"), text("message"))),
                _ => return None,
            };
            Happening::OperationFinished { key: text("operation_id")?.parse().ok()?, result }
        }
        "card.status_changed" => {
            let to = serde_json::from_value::<CardStatus>(data.get("to")?.clone()).ok()?;
            let cause = data
                .get("reason")
                .and_then(|reason| serde_json::from_value::<StopCause>(reason.clone()).ok());
            Happening::StatusChanged { to, cause }
        }
        "card.imei_changed" => {
            let imei = text("imei")
                .filter(|imei| imei.len() == 15 && imei.bytes().all(|byte| byte.is_ascii_digit()))?;
            Happening::ImeiChanged { imei: imei.to_owned() }
        }
        "card.real_name_changed" => {
            Happening::RealNameChanged { real_named: data.get("real_named")?.as_bool()? }
        }
        "usage.reported" => {
            let bytes = data.get("bytes")?.as_u64()?;
            let as_of_ms = text("as_of")?.parse::<Timestamp>().ok()?.as_millisecond();
            let period = decode_period(text("period")?)?;
            Happening::UsageReported { period, figure: UsageFigure { bytes, as_of_ms } }
        }
        _ => return None,
    })
}

/// `2026-06-01` is a day, `2026-06` a month.
fn decode_period(text: &str) -> Option<UsagePeriod> {
    match text.len() {
        10 => text.parse::<Date>().ok().map(UsagePeriod::Day),
        7 => format!("{text}-01").parse::<Date>().ok().map(UsagePeriod::Month),
        _ => None,
    }
}

/// The body of a callback with these events: what a gateway sends.
pub fn encode_events(events: &[CarrierEvent]) -> Vec<u8> {
    let list: Vec<_> = events.iter().map(encode_event).collect();
    serde_json::to_vec(&list).expect("the body has string keys only")
}

fn encode_event(event: &CarrierEvent) -> Value {
    let moment = |at_ms: i64| Timestamp::from_millisecond(at_ms).unwrap_or_default().to_string();
    let (kind, data) = match &event.happening {
        Happening::OperationFinished { key, result: Ok(()) } => {
            ("operation.finished", json!({"operation_id": key, "status": "done"}))
        }
        Happening::OperationFinished { key, result: Err(rejection) } => (
            "operation.finished",
            json!({"operation_id": key, "status": "failed", "code": rejection.code, "message": rejection.text}),
        ),
        Happening::StatusChanged { to, cause } => ("card.status_changed", json!({"to": to, "reason": cause})),
        Happening::ImeiChanged { imei } => ("card.imei_changed", json!({"imei": imei})),
        Happening::RealNameChanged { real_named } => {
            ("card.real_name_changed", json!({"real_named": real_named}))
        }
        Happening::UsageReported { period, figure } => {
            let period = match period {
                UsagePeriod::Day(day) => day.to_string(),
                UsagePeriod::Month(day) => day.strftime("%Y-%m").to_string(),
            };
            let as_of = moment(figure.as_of_ms);
            ("usage.reported", json!({"period": period, "bytes": figure.bytes, "as_of": as_of}))
        }
    };
    let occurred_at = moment(event.occurred_at_ms);
    json!({"event_id": event.id, "type": kind, "occurred_at": occurred_at, "iccid": event.iccid, "data": data})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrderKey, Reason, Rejection};
    use jiff::civil::date;
    use proptest::prelude::*;

    fn samples() -> Vec<CarrierEvent> {
        let key: OrderKey = "81-12-limit_speed".parse().unwrap();
        let figure = UsageFigure { bytes: u64::MAX, as_of_ms: 1_700_000_000_001 };
        let failed = Rejection::new(Reason::BadState, "bad_state", "已停机");
        [
            Happening::OperationFinished { key, result: Ok(()) },
            Happening::OperationFinished { key, result: Err(failed) },
            Happening::StatusChanged { to: CardStatus::Suspended, cause: Some(StopCause::Violation) },
            Happening::StatusChanged { to: CardStatus::Active, cause: None },
            Happening::ImeiChanged { imei: "490154203237518".into() },
            Happening::RealNameChanged { real_named: true },
            Happening::UsageReported { period: UsagePeriod::Day(date(2026, 6, 30)), figure },
            Happening::UsageReported { period: UsagePeriod::Month(date(2026, 6, 1)), figure },
        ]
        .into_iter()
        .enumerate()
        .map(|(index, happening)| CarrierEvent {
            id: format!("e-{index}"),
            occurred_at_ms: 1_700_000_000_123,
            iccid: "89860012345678901234".parse().unwrap(),
            happening,
        })
        .collect()
    }

    /// Shows that every event comes back from its JSON, alone and in a list.
    #[test]
    fn events_come_back() {
        let events = samples();
        let body = encode_events(&events);
        assert_eq!(decode_events(&body), Ok(Callback { events: events.clone(), skipped: 0 }));
        let one = serde_json::to_vec(&encode_event(&events[0])).unwrap();
        assert_eq!(decode_events(&one), Ok(Callback { events: events[..1].to_vec(), skipped: 0 }));
    }

    /// Shows what is refused as a whole and what is merely skipped.
    #[test]
    fn refused_and_skipped() {
        for body in ["", "null", "7", "\"text\"", "[1]", "[{}", "{", "[[]]"] {
            assert_eq!(decode_events(body.as_bytes()), Err(CallbackError::Malformed), "{body}");
        }
        assert_eq!(
            decode_events(format!("[{}]", vec!["{}"; 501].join(",")).as_bytes()),
            Err(CallbackError::TooLarge)
        );
        assert_eq!(decode_events(b"[]"), Ok(Callback::default()));
        let sample: Value = encode_event(&samples()[0]);
        for (pointer, value) in [
            ("/type", json!("session.started")),
            ("/event_id", json!("")),
            ("/event_id", json!(7)),
            ("/occurred_at", json!("yesterday")),
            ("/iccid", json!("8986 0")),
            ("/data", json!(null)),
            ("/data/status", json!("processing")),
            ("/data/operation_id", json!("81-12-halt")),
        ] {
            let mut event = sample.clone();
            *event.pointer_mut(pointer).unwrap() = value;
            let callback = decode_events(&serde_json::to_vec(&event).unwrap()).unwrap();
            assert_eq!(callback, Callback { events: Vec::new(), skipped: 1 }, "{pointer}");
        }
    }

    /// Shows that a callback counts only with a signature that fits and a body within bounds.
    #[test]
    fn callbacks_are_verified() {
        let key = SharedKey { name: "link-1".into(), secret: b"an invented secret".to_vec() };
        let body = encode_events(&samples());
        let target = "/southbound/v1/link-1/events";
        let signed = Signed { method: "POST", target, body: &body };
        let signature = super::super::signature::sign(&key.secret, 1_700_000_000, "n", signed);
        let headers = SignatureHeaders {
            key: Some("link-1"),
            timestamp: Some("1700000000"),
            nonce: Some("n"),
            signature: Some(&signature),
        };
        let now_ms = 1_700_000_000_999;
        assert_eq!(read_callback(&key, headers, signed, now_ms).unwrap().events, samples());
        let other = Signed { target: "/southbound/v1/link-2/events", ..signed };
        assert_eq!(read_callback(&key, headers, other, now_ms), Err(SignatureError::Mismatch.into()));
        let late = read_callback(&key, headers, signed, now_ms + 20 * 60 * 1_000);
        assert_eq!(late, Err(SignatureError::Skewed.into()));
        let huge = vec![b' '; CALLBACK_BYTES_MAX + 1];
        let signed = Signed { body: &huge, ..signed };
        assert_eq!(read_callback(&key, headers, signed, now_ms), Err(CallbackError::TooLarge));
    }

    proptest! {
        /// Shows that no bytes and no damaged event make the decoder panic, and that its bounds hold.
        #[test]
        fn decoding_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..2_000, byte: u8) {
            let _ = decode_events(&noise);
            let mut body = encode_events(&samples());
            let at = at % body.len();
            body[at] = byte;
            if let Ok(callback) = decode_events(&body) {
                prop_assert!(callback.events.len() + callback.skipped <= EVENTS_MAX);
            }
            body.truncate(at);
            prop_assert!(decode_events(&body).is_err());
        }
    }
}
