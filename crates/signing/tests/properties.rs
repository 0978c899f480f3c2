//! Properties over arbitrary input: nothing panics, and what is signed verifies until it is changed.

use proptest::prelude::*;
use simlink_signing::{Algorithm, Authorization, Headers, Request, SignedHeaders, sign, signed_at, verify};

const LIST: &str = "host;x-sdk-date";

/// Text rich in the characters that mean something in targets and in the `Authorization` header.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[%/&=+?;,.~_ a-fA-F0-9\\n新]{0,60}", any::<String>()]
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::HmacSha256), Just(Algorithm::HmacSm3)]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..80)
}

proptest! {
    #[test]
    fn parsing_never_panics(header in text(), tail in text(), algorithm in algorithm()) {
        // Any header gives its parts or an error; parts that come out are those that stand in the header.
        let near = format!("{} Access={header}, SignedHeaders=a;b, Signature={tail}", algorithm.name());
        for header in [header.as_str(), &near] {
            if let Ok(parsed) = Authorization::parse(header) {
                prop_assert!(header.contains(parsed.access_key) && header.contains(parsed.signature));
            }
        }
    }

    #[test]
    fn signed_requests_verify(
        algorithm in algorithm(), method in "[A-Z]{3,7}", path in text(), query in text(),
        host in bytes(), date in bytes(), body in bytes(), secret_key in bytes(), other_key in bytes(),
    ) {
        // Signing and verifying agree on any bytes; neither panics; another secret is refused.
        let headers: &[(&str, &[u8])] = &[("Host", &host), ("X-Sdk-Date", &date)];
        let request = Request { method: &method, raw_path: &path, raw_query: &query, headers, body: &body };
        let header = sign(&request, algorithm, "AK", &secret_key, SignedHeaders::parse(LIST).unwrap()).unwrap();
        let authorization = Authorization::parse(&header).unwrap();
        prop_assert_eq!(verify(&request, &authorization, &secret_key), Ok(()));
        // HMAC pads keys with zeros, so keys that differ only there are one key.
        let unpadded = |key: &[u8]| key.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        if secret_key[..unpadded(&secret_key)] != other_key[..unpadded(&other_key)] {
            prop_assert!(verify(&request, &authorization, &other_key).is_err());
        }
        let _ = signed_at(&request);
    }

    #[test]
    fn another_body_is_refused(algorithm in algorithm(), body in bytes(), other in bytes()) {
        // A signature holds for one body only.
        let headers: &[(&str, &str)] = &[("host", "h"), ("x-sdk-date", "20240115T033655Z")];
        let request = Request { method: "PUT", raw_path: "/", raw_query: "", headers, body: &body };
        let header = sign(&request, algorithm, "AK", b"secret", SignedHeaders::parse(LIST).unwrap()).unwrap();
        let changed = Request { body: &other, ..request };
        let verified = verify(&changed, &Authorization::parse(&header).unwrap(), b"secret");
        prop_assert_eq!(verified.is_ok(), body == other);
    }

    #[test]
    fn verifying_never_panics(
        algorithm in algorithm(), list in "[a-zA-Z;_-]{0,20}", names in prop::collection::vec("[a-z-]{1,3}", 0..6),
        content_type in bytes(), announced in bytes(), path in text(), query in text(), body in bytes(),
    ) {
        // Any mixture of headers gives an answer, and a made-up signature is never accepted.
        let mut headers: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &announced[..])).collect();
        headers.push(("content-type", &content_type));
        headers.push((algorithm.content_hash_header(), &announced));
        headers.push(("x-sdk-date", b"20240115T033655Z"));
        let headers: &[(&str, &[u8])] = &headers;
        prop_assert!(headers.value("x-absent-header") == simlink_signing::HeaderValue::Absent);
        let request = Request { method: "GET", raw_path: &path, raw_query: &query, headers, body: &body };
        let header = format!(
            "{} Access=AK, SignedHeaders=x-sdk-date;{list}, Signature={}", algorithm.name(), "0".repeat(64)
        );
        if let Ok(authorization) = Authorization::parse(&header) {
            prop_assert!(verify(&request, &authorization, b"secret").is_err());
        }
    }
}
