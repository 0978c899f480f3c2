//! Every answer of the protocol and what it is read as.

use super::*;
use proptest::prelude::*;

fn key() -> OrderKey {
    "81-12-stop".parse().unwrap()
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, retry_after_s: None, body: bytes::Bytes::copy_from_slice(body.as_bytes()) }
}

fn accepted(reference: &str, poll_after_ms: Option<u64>) -> Outcome {
    Outcome::Accepted { reference: Reference::new(reference).unwrap(), poll_after_ms }
}

const UNREADABLE: Outcome = Outcome::Unknown(UnknownCause::Unreadable);

/// Shows what each answer to a write is read as.
#[test]
fn outcomes() {
    let failed = |reason, code: &str, text: &str| Outcome::Rejected(Rejection::new(reason, code, text));
    let table = [
        (200, r#"{"status":"done"}"#, Outcome::Done),
        (200, r#"{"status":"done","operation_id":"81-12-stop","more":[1]}"#, Outcome::Done),
        (200, r#"{"status":"done","operation_id":"81-13-stop"}"#, UNREADABLE),
        (202, r#"{"status":"accepted","carrier_ref":"r7","poll_after_s":5}"#, accepted("r7", Some(5_000))),
        (202, r#"{"status":"accepted"}"#, accepted("81-12-stop", None)),
        (202, r#"{"status":"accepted","carrier_ref":"a b"}"#, UNREADABLE),
        (202, r#"{"status":"done"}"#, UNREADABLE),
        (200, r#"{"status":"failed","code":"bad_state"}"#, failed(Reason::BadState, "bad_state", "")),
        (422, r#"{"code":"7301","message":"停机"}"#, failed(Reason::Other, "7301", "停机")),
        (
            422,
            r#"{"code":"not_found","message":"no card"}"#,
            failed(Reason::NotFound, "not_found", "no card"),
        ),
        (422, r#"{"code":"already_in_state"}"#, Outcome::Done),
        (422, "{}", failed(Reason::Other, "other", "")),
        (409, r#"{"code":"x"}"#, failed(Reason::PendingOperation, "pending_operation", "")),
        (401, "", failed(Reason::AuthFailed, "401", "")),
        (403, "{}", failed(Reason::AuthFailed, "403", "")),
        (429, "<html>", failed(Reason::RateLimited, "429", "")),
        (500, r#"{"status":"done"}"#, Outcome::Unknown(UnknownCause::CarrierFailed)),
        (503, "", Outcome::Unknown(UnknownCause::CarrierFailed)),
        (200, "", UNREADABLE),
        (200, "{}", UNREADABLE),
        (200, r#"{"status":7}"#, UNREADABLE),
        (201, r#"{"status":"done"}"#, UNREADABLE),
        (302, "", UNREADABLE),
        (400, r#"{"code":"bad_parameter"}"#, UNREADABLE),
        (404, "", UNREADABLE),
        (422, "not JSON", UNREADABLE),
    ];
    for (status, body, expected) in table {
        assert_eq!(decode_outcome(key(), &answer(status, body)), expected, "{status} {body}");
    }
    let limited = Answer { retry_after_s: Some(7), ..answer(429, "") };
    let expected = Rejection::new(Reason::RateLimited, "429", "").after(7_000);
    assert_eq!(decode_outcome(key(), &limited), Outcome::Rejected(expected));
}

/// Shows what each answer to an inquiry is read as: above all that a refused or failed inquiry leaves the write
/// unknown and never makes it refused.
#[test]
fn inquiries() {
    let known = Inquiry::Known;
    let table = [
        (200, r#"{"status":"done"}"#, known(Outcome::Done)),
        (200, r#"{"status":"accepted","carrier_ref":"r7"}"#, known(accepted("r7", None))),
        (404, "", Inquiry::NeverReceived),
        (401, "", known(UNREADABLE)),
        (422, r#"{"code":"bad_state"}"#, known(UNREADABLE)),
        (429, "", known(UNREADABLE)),
        (502, "", known(Outcome::Unknown(UnknownCause::CarrierFailed))),
    ];
    for (status, body, expected) in table {
        assert_eq!(decode_inquiry(key(), &answer(status, body)), expected, "{status} {body}");
    }
}

fn cards(count: usize) -> Vec<CardRef> {
    (0..count).map(|card| CardRef::new(format!("898600{card:014}").parse().unwrap())).collect()
}

/// Shows the bodies that are sent.
#[test]
fn requests() {
    let card = CardRef { msisdn: Some("1064900000001".into()), ..cards(1).remove(0) };
    let instruction = Instruction::new(81, 12, card, Operation::LimitSpeed { kbps: None }, 1_700_000_000_000);
    assert_eq!(
        serde_json::from_slice::<Value>(&encode_operation(&instruction, "https://a.example/events")).unwrap(),
        serde_json::json!({
            "operation_id": "81-12-limit_speed", "op": "limit_speed", "params": {"kbps": null},
            "sim": {"iccid": "89860000000000000000", "msisdn": "1064900000001", "imsi": null},
            "deadline": "2023-11-14T22:13:20Z", "callback_url": "https://a.example/events",
        })
    );
    let february = jiff::civil::date(2024, 2, 10);
    assert_eq!(
        serde_json::from_slice::<Value>(&encode_usage_query(&cards(1), UsagePeriod::Month(february)))
            .unwrap(),
        serde_json::json!({
            "iccids": ["89860000000000000000"], "from": "2024-02-01", "to": "2024-02-29", "step": "month",
        })
    );
}

/// Shows that each card asked about gets its reading, in order: found, refused, not answered; and that a card nobody
/// asked about gets none.
#[test]
fn readings() {
    let asked = cards(3);
    let body = r#"{"items":[{"iccid":"89860000000000000002","status":"suspended","stop_cause":"violation","imei":null},
        {"iccid":"89860000000000000009","status":"active"}],
        "errors":[{"iccid":"89860000000000000000","code":"not_owned"}]}"#;
    let readings = decode_cards(&asked, &answer(200, body)).unwrap();
    assert_eq!(
        readings.iter().map(|reading| &reading.iccid).collect::<Vec<_>>(),
        [&asked[0].iccid, &asked[1].iccid, &asked[2].iccid]
    );
    assert_eq!(readings[0].view.as_ref().unwrap_err().reason, Reason::NotOwned);
    assert_eq!(readings[1].view.as_ref().unwrap_err().reason, Reason::NotFound);
    let view = readings[2].view.as_ref().unwrap();
    assert_eq!((view.status.number(), view.stop_cause.unwrap().number()), (14, 6));

    let body = r#"{"items":[{"iccid":"89860000000000000001","bytes":7,"as_of":"2023-11-14T22:13:20Z"}]}"#;
    let readings = decode_usage(&asked, &answer(200, body)).unwrap();
    assert_eq!(readings[1].figure, Ok(UsageFigure { bytes: 7, as_of_ms: 1_700_000_000_000 }));
    for (status, body) in
        [(200, "{}"), (200, r#"{"items":[{"iccid":"1","bytes":-1,"as_of":""}]}"#), (404, "")]
    {
        let unreadable = Err(ReadError::Unknown(UnknownCause::Unreadable));
        assert_eq!(decode_usage(&asked, &answer(status, body)), unreadable, "{status} {body}");
    }
    assert!(matches!(decode_cards(&asked, &answer(403, "")), Err(ReadError::Refused(_))));
}

/// Shows that capabilities are read within bounds, and that unknown operations are left out.
#[test]
fn capabilities() {
    let limits = LinkLimits::default();
    let body = r#"{"operations":["stop","fly","limit_speed","stop",7],"batch":{"read":5000,"write":1},
        "rate":{"per_second":50,"concurrency":0},"speed_kbps":[1024,64]}"#;
    let (capabilities, asked) = decode_capabilities(&answer(200, body), &limits).unwrap();
    assert_eq!(capabilities.grants.len(), 2);
    assert_eq!((capabilities.cards_per_read, &capabilities.speeds_kbps[..]), (100, &[64, 1_024][..]));
    assert_eq!(asked, LinkLimits { calls_per_second: 50, concurrency: 1, ..limits.clone() });
    for (status, body) in [(200, ""), (200, "[]"), (200, "{}"), (302, ""), (404, "")] {
        let unreadable = Err(ReadError::Unknown(UnknownCause::Unreadable));
        assert_eq!(decode_capabilities(&answer(status, body), &limits), unreadable, "{status} {body}");
    }
}

proptest! {
    /// Shows that no answer makes a decoder panic, and that nothing but an answer that says so is done.
    #[test]
    fn decoding_never_panics(status in 100_u16..600, noise in proptest::collection::vec(any::<u8>(), 0..200), at: usize, byte: u8) {
        let noise = Answer { status, retry_after_s: Some(u64::MAX), body: noise.into() };
        prop_assert_ne!(decode_outcome(key(), &noise), Outcome::Done);
        let mut body = br#"{"status":"accepted","operation_id":"81-12-stop","carrier_ref":"r7","poll_after_s":9,"items":[{"iccid":"1","status":"active","bytes":1,"as_of":"2023-11-14T22:13:20Z"}],"operations":["stop"]}"#.to_vec();
        let at = at % body.len();
        body[at] = byte;
        let damaged = Answer { status, retry_after_s: None, body: body.into() };
        for answer in [&noise, &damaged] {
            let _ = decode_outcome(key(), answer);
            let _ = decode_inquiry(key(), answer);
            let _ = decode_cards(&cards(2), answer);
            let _ = decode_usage(&cards(2), answer);
            let _ = decode_capabilities(answer, &LinkLimits::default());
        }
    }
}
