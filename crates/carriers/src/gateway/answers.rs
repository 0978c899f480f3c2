//! The gateway's side of the protocol: how requests are read and answers written; pure. The opposite of
//! [`super::wire`], for gateways written in Rust and for the tests.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{Answer, CARDS_PER_READ_MAX, OperationRequest};
use crate::{
    CardReading, CardRef, Iccid, Inquiry, Instruction, OperationKind, Outcome, ReadError, Reason, Rejection,
    UnknownCause, UsagePeriod, UsageReading,
};

/// An answer without anything but a reason.
pub fn refuse(status: u16, reason: Reason) -> Answer {
    answer(status, &json!({"code": reason.name()}))
}

/// What a gateway for `operations` can do.
pub fn encode_capabilities(operations: &[OperationKind], calls_per_second: u32, concurrency: u32) -> Answer {
    let operations: Vec<_> = operations.iter().map(|kind| kind.name()).collect();
    let batch = json!({"read": CARDS_PER_READ_MAX, "write": 1});
    let rate = json!({"per_second": calls_per_second, "concurrency": concurrency});
    answer(200, &json!({"operations": operations, "batch": batch, "rate": rate, "real_name": true}))
}

/// Reads a write and where its events go; [`None`] if the body is none.
pub fn decode_operation(body: &[u8]) -> Option<(Instruction, String)> {
    let request: OperationRequest = serde_json::from_slice(body).ok()?;
    let instruction = Instruction {
        key: request.operation_id,
        card: request.sim,
        operation: request.operation,
        deadline_ms: request.deadline.as_millisecond(),
    };
    (instruction.key.kind == instruction.operation.kind()).then_some((instruction, request.callback_url))
}

/// The answer to a write; [`None`] is no answer at all, for the connection to be closed.
pub fn encode_outcome(outcome: &Outcome) -> Option<Answer> {
    Some(match outcome {
        Outcome::Done => answer(200, &json!({"status": "done"})),
        Outcome::Accepted { reference, poll_after_ms } => {
            let poll_after_s = poll_after_ms.map(|wait_ms| wait_ms / 1_000);
            answer(
                202,
                &json!({"status": "accepted", "carrier_ref": reference, "poll_after_s": poll_after_s}),
            )
        }
        Outcome::Rejected(rejection) => match rejection.reason {
            Reason::PendingOperation => failed(409, rejection),
            Reason::RateLimited => {
                let retry_after_s = rejection.retry_after_ms.map(|wait_ms| wait_ms.div_ceil(1_000));
                Answer { retry_after_s, ..failed(429, rejection) }
            }
            _ => failed(422, rejection),
        },
        Outcome::Unknown(UnknownCause::CarrierFailed) => refuse(500, Reason::CarrierInternal),
        Outcome::Unknown(UnknownCause::Unreachable) => refuse(503, Reason::Busy),
        Outcome::Unknown(_) => return None,
    })
}

/// The answer to an inquiry.
pub fn encode_inquiry(inquiry: &Inquiry) -> Option<Answer> {
    match inquiry {
        Inquiry::NeverReceived => Some(refuse(404, Reason::NotFound)),
        Inquiry::Known(Outcome::Rejected(rejection)) => Some(failed(200, rejection)),
        Inquiry::Known(outcome) => encode_outcome(outcome),
    }
}

/// Reads which cards a read is about; [`None`] if the body is none or names too many.
pub fn decode_asked_cards(body: &[u8]) -> Option<Vec<CardRef>> {
    #[derive(Deserialize)]
    struct Asked {
        iccids: Vec<Iccid>,
    }
    let asked: Asked = serde_json::from_slice(body).ok()?;
    (asked.iccids.len() <= CARDS_PER_READ_MAX).then(|| asked.iccids.into_iter().map(CardRef::new).collect())
}

/// Reads which period a usage query is about.
pub fn decode_asked_period(body: &[u8]) -> Option<UsagePeriod> {
    #[derive(Deserialize)]
    struct Asked {
        from: Date,
        step: String,
    }
    let asked: Asked = serde_json::from_slice(body).ok()?;
    match asked.step.as_str() {
        "day" => Some(UsagePeriod::Day(asked.from)),
        "month" => Some(UsagePeriod::Month(asked.from)),
        _ => None,
    }
}

/// The answer to a read of cards.
pub fn encode_cards(read: Result<Vec<CardReading>, ReadError>) -> Option<Answer> {
    let one = |reading: CardReading| (reading.iccid, reading.view.map(|view| json!(view)));
    items(read.map(|readings| readings.into_iter().map(one).collect()))
}

/// The answer to a read of usage.
pub fn encode_usage(read: Result<Vec<UsageReading>, ReadError>) -> Option<Answer> {
    let one = |reading: UsageReading| {
        let figure = reading.figure.map(|figure| {
            let as_of = Timestamp::from_millisecond(figure.as_of_ms).unwrap_or_default();
            json!({"bytes": figure.bytes, "as_of": as_of.to_string()})
        });
        (reading.iccid, figure)
    };
    items(read.map(|readings| readings.into_iter().map(one).collect()))
}

type Item = (Iccid, Result<Value, Rejection>);

fn items(read: Result<Vec<Item>, ReadError>) -> Option<Answer> {
    let readings = match read {
        Ok(readings) => readings,
        Err(ReadError::Unknown(cause)) => return encode_outcome(&Outcome::Unknown(cause)),
        Err(ReadError::Refused(rejection)) => return Some(failed(422, &rejection)),
        Err(ReadError::TooMany { .. }) => return Some(refuse(422, Reason::BadParameter)),
        Err(ReadError::NotSent(_)) => return Some(refuse(503, Reason::Busy)),
    };
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for (iccid, reading) in readings {
        match reading {
            Ok(mut item) => {
                item["iccid"] = json!(iccid);
                items.push(item);
            }
            Err(rejection) => {
                errors.push(json!({"iccid": iccid, "code": rejection.code, "message": rejection.text}))
            }
        }
    }
    Some(answer(200, &json!({"items": items, "errors": errors})))
}

fn failed(status: u16, rejection: &Rejection) -> Answer {
    answer(status, &json!({"status": "failed", "code": rejection.code, "message": rejection.text}))
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer { status, retry_after_s: None, body: Bytes::from(body.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::super::wire;
    use super::*;
    use crate::{CardStatus, CardView, Operation, OrderKey, Reference, UsageFigure};

    /// Shows that what a gateway answers arrives as what it meant: every outcome, as answer and as inquiry.
    #[test]
    fn outcomes_arrive() {
        let key: OrderKey = "81-12-stop".parse().unwrap();
        let reference = Reference::new("r7").unwrap();
        let mut outcomes = vec![Outcome::Done, Outcome::Accepted { reference, poll_after_ms: Some(5_000) }];
        outcomes.extend(Reason::ALL.iter().map(|&reason| Outcome::Rejected(reason.into())));
        outcomes.push(Outcome::Rejected(Rejection::from(Reason::RateLimited).after(7_000)));
        outcomes.push(Outcome::Unknown(UnknownCause::CarrierFailed));
        for outcome in outcomes {
            let got = wire::decode_outcome(key, &encode_outcome(&outcome).unwrap());
            match (&outcome, got) {
                (Outcome::Rejected(sent), Outcome::Rejected(got)) => {
                    assert_eq!((sent.reason, sent.retry_after_ms), (got.reason, got.retry_after_ms));
                }
                (_, got) => assert_eq!(got, outcome),
            }
            if !matches!(&outcome, Outcome::Rejected(rejection) if rejection.retry_after_ms.is_some()) {
                let inquiry = Inquiry::Known(outcome);
                assert_eq!(wire::decode_inquiry(key, &encode_inquiry(&inquiry).unwrap()), inquiry);
            }
        }
        let never = encode_inquiry(&Inquiry::NeverReceived).unwrap();
        assert_eq!(wire::decode_inquiry(key, &never), Inquiry::NeverReceived);
        assert_eq!(encode_outcome(&Outcome::Unknown(UnknownCause::TimedOut)), None);
    }

    /// Shows that requests and readings arrive as they were meant.
    #[test]
    fn requests_and_readings_arrive() {
        let cards: Vec<_> = ["8986001", "8986002"].map(|iccid| CardRef::new(iccid.parse().unwrap())).into();
        let instruction = Instruction::new(1, 2, cards[0].clone(), Operation::CutNet, 1_700_000_000_000);
        let body = wire::encode_operation(&instruction, "http://127.0.0.1/");
        assert_eq!(decode_operation(&body), Some((instruction, "http://127.0.0.1/".into())));
        let other_kind = String::from_utf8(body).unwrap().replace("\"cut_net\"", "\"stop\"");
        assert_eq!(decode_operation(other_kind.as_bytes()), None);
        assert_eq!(decode_operation(b"{}"), None);

        assert_eq!(decode_asked_cards(&wire::encode_cards_query(&cards)), Some(cards.clone()));
        assert_eq!(decode_asked_cards(&wire::encode_cards_query(&vec![cards[0].clone(); 101])), None);
        let day = jiff::civil::date(2026, 6, 1);
        for period in [UsagePeriod::Day(day), UsagePeriod::Month(day)] {
            assert_eq!(decode_asked_period(&wire::encode_usage_query(&cards, period)), Some(period));
        }
        let view = CardView { real_named: Some(true), ..CardView::new(CardStatus::Active) };
        let readings = vec![
            CardReading { iccid: cards[0].iccid.clone(), view: Ok(view) },
            CardReading { iccid: cards[1].iccid.clone(), view: Err(Reason::NotOwned.into()) },
        ];
        let answer = encode_cards(Ok(readings.clone())).unwrap();
        assert_eq!(wire::decode_cards(&cards, &answer), Ok(readings));
        let figure = UsageFigure { bytes: 7, as_of_ms: 1_700_000_000_001 };
        let readings = vec![
            UsageReading { iccid: cards[0].iccid.clone(), figure: Ok(figure) },
            UsageReading { iccid: cards[1].iccid.clone(), figure: Err(Reason::DataNotReady.into()) },
        ];
        let answer = encode_usage(Ok(readings.clone())).unwrap();
        assert_eq!(wire::decode_usage(&cards, &answer), Ok(readings));
    }
}
