//! The requests signed by the official SDK with fixed keys and date, for both algorithms.

use serde_json::Value;
use simlink_signing::{Authorization, Request, VerifyError, sign, signed_at, verify};

const VECTORS: &str = include_str!("../../../contract/sign_vectors.json");
const ALGORITHMS: [&str; 2] = ["SDK-HMAC-SHA256", "SDK-HMAC-SM3"];

/// One request of the file as it went over the wire.
struct Sent {
    name: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    secret_key: String,
    authorization: String,
}

impl Sent {
    fn new(vector: &Value, algorithm: &str) -> Self {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let target = text(&vector[algorithm]["request_target"]);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let headers = vector[algorithm]["headers"].as_object().expect("headers");
        Self {
            name: format!("{} {algorithm}", text(&vector["name"])),
            method: text(&vector["method"]),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: vector["body"].as_str().unwrap_or_default().to_owned(),
            secret_key: text(&vector["sk"]),
            authorization: text(&headers["Authorization"]),
        }
    }

    fn request(&self) -> Request<'_, [(String, String)]> {
        Request {
            method: &self.method,
            raw_path: &self.path,
            raw_query: &self.query,
            headers: &self.headers,
            body: self.body.as_bytes(),
        }
    }

    fn verify(&self) -> Result<(), VerifyError> {
        let authorization = Authorization::parse(&self.authorization).expect("an SDK header");
        verify(&self.request(), &authorization, self.secret_key.as_bytes())
    }
}

fn all_sent() -> Vec<Sent> {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).expect("a JSON list");
    vectors.iter().flat_map(|vector| ALGORITHMS.map(|algorithm| Sent::new(vector, algorithm))).collect()
}

fn named(name: &str) -> Sent {
    all_sent().into_iter().find(|sent| sent.name == name).expect("a vector of this name")
}

#[test]
fn every_vector_verifies() {
    // What the official SDK signed is accepted, dated rightly, and refused under another secret.
    let all = all_sent();
    assert_eq!(all.len(), 14);
    for mut sent in all {
        assert_eq!(sent.verify(), Ok(()), "{}", sent.name);
        assert_eq!(signed_at(&sent.request()), Ok(1_705_289_815_000), "{}", sent.name);
        sent.secret_key.push('x');
        assert!(matches!(sent.verify(), Err(VerifyError::SignatureMismatch { .. })), "{}", sent.name);
    }
}

#[test]
fn signing_gives_the_sdks_header() {
    // Signing the same request gives the SDK's header to the letter, except where the SDK keeps its own value order.
    for sent in all_sent().iter().filter(|sent| !sent.name.starts_with("get_query_list_int")) {
        let theirs = Authorization::parse(&sent.authorization).unwrap();
        let secret_key = sent.secret_key.as_bytes();
        let ours =
            sign(&sent.request(), theirs.algorithm, theirs.access_key, secret_key, theirs.signed_headers);
        assert_eq!(ours.as_deref(), Ok(sent.authorization.as_str()), "{}", sent.name);
    }
}

#[test]
fn both_orders_of_values() {
    // A list signed in the wire's order is bound to that order; one signed as text may be sent in any order.
    for algorithm in ALGORITHMS {
        let mut sent = named(&format!("get_query_list_int {algorithm}"));
        assert!(sent.query.ends_with("tag_id=9&tag_id=10"));
        let other_order = sent.query.replace("tag_id=9&tag_id=10", "tag_id=10&tag_id=9");
        let wire_order = std::mem::replace(&mut sent.query, other_order);
        assert!(matches!(sent.verify(), Err(VerifyError::SignatureMismatch { .. })));

        let parsed = Authorization::parse(&sent.authorization).unwrap();
        let secret_key = sent.secret_key.as_bytes();
        let as_text =
            sign(&sent.request(), parsed.algorithm, "AK", secret_key, parsed.signed_headers).unwrap();
        sent.authorization = as_text;
        assert_eq!(sent.verify(), Ok(()));
        sent.query = wire_order;
        assert_eq!(sent.verify(), Ok(()));
    }
}

#[test]
fn mismatch_tells_the_canonical_request() {
    // A refused client is shown the text the server signed.
    let mut sent = named("post_json SDK-HMAC-SHA256");
    sent.body.push(' ');
    let hash = simlink_signing::sha256_hex(sent.body.as_bytes());
    let canonical_request = format!(
        "POST\n/v1/sim-cards/0/stop/\n\ncontent-type:application/json\nhost:gsl.example.test:8443\nx-project-id:p1\n\
         x-sdk-date:20240115T033655Z\nx-security-token:tok\n\n\
         content-type;host;x-project-id;x-sdk-date;x-security-token\n{hash}"
    );
    assert_eq!(sent.verify(), Err(VerifyError::SignatureMismatch { canonical_request }));
}
