//! A valid request changed in every bit and in many shapes: all is refused but the documented equivalences.

use simlink_signing::{
    Algorithm, Authorization, Request, RequestError, SignedHeaders, VerifyError, sha256_hex, sign, verify,
};

const SECRET_KEY: &[u8] = b"SKtestSKtestSKtestSKtestSKtestSKtest0001";
const SIGNED: &str = "content-type;host;user-agent;x-project-id;x-sdk-date";

/// A signed request whose parts can be changed one by one.
#[derive(Clone)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    authorization: String,
}

impl Sent {
    fn new() -> Self {
        let headers = [
            ("Content-Type", "application/json"),
            ("Host", "gsl.example.test:8443"),
            ("User-Agent", "sdk python 新"),
            ("X-Project-Id", "0a1b2c"),
            ("X-Sdk-Date", "20240115T033655Z"),
            ("Accept", "*/*"),
        ];
        let mut sent = Self {
            method: "POST".into(),
            path: "/v1/sim-cards/7/a%20b".into(),
            query: "limit=10&name=x%2By%26&tag_id=9&tag_id=10".into(),
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            body: br#"{"down_up_switch": 1, "iccid": "89860000000000000001"}"#.into(),
            authorization: String::new(),
        };
        sent.sign(Algorithm::HmacSha256, SIGNED);
        sent
    }

    fn request(&self) -> Request<'_, [(String, Vec<u8>)]> {
        Request {
            method: &self.method,
            raw_path: &self.path,
            raw_query: &self.query,
            headers: &self.headers,
            body: &self.body,
        }
    }

    fn sign(&mut self, algorithm: Algorithm, signed: &str) {
        let signed = SignedHeaders::parse(signed).expect("a list of names");
        self.authorization =
            sign(&self.request(), algorithm, "AK", SECRET_KEY, signed).expect("a fit request");
    }

    fn accepted(&self) -> bool {
        Authorization::parse(&self.authorization)
            .is_ok_and(|authorization| verify(&self.request(), &authorization, SECRET_KEY).is_ok())
    }

    fn refusal(&self) -> RequestError {
        let authorization = Authorization::parse(&self.authorization).expect("a well-formed header");
        match verify(&self.request(), &authorization, SECRET_KEY) {
            Err(VerifyError::Request(error)) => error,
            other => panic!("not a request error: {other:?}"),
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(header, _)| header != name);
        self.headers.push((name.into(), value.into()));
    }
}

/// Every text that differs from `text` in one bit; bytes that are no longer ASCII stand for Latin-1 characters.
fn flipped(text: &str) -> impl Iterator<Item = String> {
    assert!(text.is_ascii());
    flipped_bytes(text.as_bytes()).map(|bytes| bytes.into_iter().map(char::from).collect())
}

fn flipped_bytes(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn every_bit_counts() {
    // One flipped bit anywhere in what is signed, or in the Authorization value, is refused.
    let valid = Sent::new();
    assert!(valid.accepted());
    let mut changed: Vec<(String, Sent)> = Vec::new();
    let mut add = |label: &str, change: &dyn Fn(&mut Sent)| {
        let mut sent = valid.clone();
        change(&mut sent);
        changed.push((label.to_owned(), sent));
    };
    flipped(&valid.method).for_each(|text| add(&text, &|sent| sent.method.clone_from(&text)));
    flipped(&valid.path).for_each(|text| add(&text, &|sent| sent.path.clone_from(&text)));
    flipped(&valid.query).for_each(|text| add(&text, &|sent| sent.query.clone_from(&text)));
    flipped(&valid.authorization).for_each(|text| add(&text, &|sent| sent.authorization.clone_from(&text)));
    flipped_bytes(&valid.body).for_each(|bytes| add("body", &|sent| sent.body.clone_from(&bytes)));
    for (index, (name, value)) in valid.headers.iter().enumerate().take(5) {
        flipped_bytes(value).for_each(|bytes| add(name, &|sent| sent.headers[index].1.clone_from(&bytes)));
    }

    let equivalent = [
        // The case of the hex digits of an escape.
        ("limit=10&name=x%2by%26&tag_id=9&tag_id=10", &valid.query),
    ];
    assert!(changed.len() > 2500, "{}", changed.len());
    let mut accepted = 0;
    for (label, sent) in &changed {
        let access_key = Authorization::parse(&sent.authorization).ok().map(|parsed| parsed.access_key);
        if access_key.is_some_and(|access_key| access_key != "AK") {
            // The access key is bound by the secret it names, not by the text that is signed.
            continue;
        }
        let expected = sent.authorization == valid.authorization
            && equivalent.iter().any(|(text, original)| *text == sent.query && sent.query != **original);
        assert_eq!(sent.accepted(), expected, "{label:?}");
        accepted += usize::from(expected);
    }
    assert_eq!(accepted, equivalent.len());
}

#[test]
fn refused_shapes() {
    // Structural changes that mean another request, or that only an attacker would make.
    type Change = fn(&mut Sent);
    let changes: [(&str, Change); 38] = [
        ("values of one key reordered and changed", |s| s.query = s.query.replace("=9&", "=90&")),
        ("pair duplicated", |s| s.query.push_str("&tag_id=10")),
        ("pair dropped", |s| s.query = s.query.replace("limit=10&", "")),
        ("query dropped", |s| s.query.clear()),
        ("pair added without value", |s| s.query.push_str("&force")),
        ("plus for an escaped plus and space", |s| s.query = s.query.replace("%2B", "%20")),
        ("escape encoded twice", |s| s.query = s.query.replace("%2B", "%252B")),
        ("escaped ampersand laid bare", |s| s.query = s.query.replace("%26", "&")),
        ("equals sign escaped", |s| s.query = s.query.replace("limit=", "limit%3D")),
        ("semicolon for ampersand", |s| s.query = s.query.replace('&', ";")),
        ("key in upper case", |s| s.query = s.query.replace("limit", "Limit")),
        ("slash escaped", |s| s.path = s.path.replace("/7/", "/7%2F")),
        ("slash doubled", |s| s.path = s.path.replace("/v1", "//v1")),
        ("two slashes at the end", |s| s.path.push_str("//")),
        ("dot segment", |s| s.path = s.path.replace("/7", "/./7")),
        ("parent segment", |s| s.path = s.path.replace("/7", "/6/../7")),
        ("plus for a space in the path", |s| s.path = s.path.replace("%20", "+")),
        ("path in upper case", |s| s.path = s.path.to_uppercase()),
        ("query moved into the path", |s| s.path = format!("{}%3F{}", s.path, std::mem::take(&mut s.query))),
        ("method in lower case", |s| s.method = s.method.to_lowercase()),
        ("other method", |s| s.method = "PUT".into()),
        ("host dropped from the list", |s| s.authorization = s.authorization.replace("host;", "")),
        ("unsigned header added to the list", |s| {
            s.authorization = s.authorization.replace("Headers=", "Headers=accept;")
        }),
        ("list reordered", |s| {
            s.authorization = s.authorization.replace("content-type;host", "host;content-type")
        }),
        ("list in upper case", |s| s.authorization = s.authorization.replace(";host", ";Host")),
        ("name listed twice", |s| s.authorization = s.authorization.replace(";host", ";host;host")),
        ("inner space of a value doubled", |s| s.set("User-Agent", "sdk  python 新")),
        ("port of the host dropped", |s| s.set("Host", "gsl.example.test")),
        ("other project", |s| s.set("X-Project-Id", "0a1b2d")),
        ("other date", |s| s.set("X-Sdk-Date", "20240115T033656Z")),
        ("body dropped", |s| s.body.clear()),
        ("byte added to the body", |s| s.body.push(b'\n')),
        ("other algorithm", |s| s.authorization = s.authorization.replace("SHA256", "SM3")),
        ("signature cut", |s| s.authorization.truncate(s.authorization.len() - 1)),
        ("signature longer", |s| s.authorization.push('0')),
        ("signature in upper case", |s| {
            let at = s.authorization.len() - 64;
            s.authorization = format!("{}{}", &s.authorization[..at], s.authorization[at..].to_uppercase());
        }),
        ("signature empty", |s| s.authorization.truncate(s.authorization.len() - 64)),
        ("underscore name in the list", |s| {
            s.authorization = s.authorization.replace("x-project-id", "x_project_id")
        }),
    ];
    for (label, change) in changes {
        let mut sent = Sent::new();
        change(&mut sent);
        assert!(!sent.accepted(), "{label}");
    }
    let mut without_secret = Sent::new();
    let signed = SignedHeaders::parse(SIGNED).unwrap();
    without_secret.authorization =
        sign(&without_secret.request(), Algorithm::HmacSha256, "AK", b"", signed).unwrap();
    assert!(!without_secret.accepted());
}

#[test]
fn equivalent_shapes() {
    // The spellings that the protocol does not tell apart.
    type Change = fn(&mut Sent);
    let changes: [(&str, Change); 12] = [
        ("header names in upper case", |s| {
            s.headers.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase())
        }),
        ("white space around a value", |s| s.set("X-Project-Id", "\t 0a1b2c  ")),
        ("headers reordered", |s| s.headers.reverse()),
        ("unsigned header changed", |s| s.set("Accept", "text/csv")),
        ("unsigned header added", |s| s.set("X-Other", "1")),
        ("slash at the end of the path", |s| s.path.push('/')),
        ("plain letter escaped in the path", |s| s.path = s.path.replace("cards", "%63ards")),
        ("plain letter escaped in the query", |s| s.query = s.query.replace("limit", "%6cimit")),
        ("plus laid bare", |s| s.query = s.query.replace("%2B", "+")),
        ("keys reordered", |s| s.query = "tag_id=9&limit=10&tag_id=10&name=x%2By%26".into()),
        ("empty pieces", |s| s.query = format!("&{}&", s.query.replace('&', "&&"))),
        ("spaces after the commas", |s| s.authorization = s.authorization.replace(", ", ",   ")),
    ];
    for (label, change) in changes {
        let mut sent = Sent::new();
        change(&mut sent);
        assert!(sent.accepted(), "{label}");
    }
    let mut sent = Sent::new();
    sent.query = "a=&b".into();
    sent.sign(Algorithm::HmacSm3, "x-sdk-date");
    sent.query = "a&b=".into();
    assert!(sent.accepted());
}

#[test]
fn unfit_requests() {
    // What is refused before any signature is computed, with its reason.
    let name = |name: &str| name.to_owned();
    let mut sent = Sent::new();
    sent.headers.retain(|(header, _)| header != "X-Sdk-Date");
    assert_eq!(sent.refusal(), RequestError::MissingDate);

    sent = Sent::new();
    sent.authorization = sent.authorization.replace(";x-sdk-date", "");
    assert_eq!(sent.refusal(), RequestError::DateNotSigned);

    sent = Sent::new();
    sent.headers.retain(|(header, _)| header != "Host");
    assert_eq!(sent.refusal(), RequestError::MissingSignedHeader { name: name("host") });

    for header in ["Host", "X-Sdk-Date", "x-project-id"] {
        sent = Sent::new();
        sent.headers.push((header.to_owned(), b"other".into()));
        assert_eq!(sent.refusal(), RequestError::RepeatedHeader { name: header.to_ascii_lowercase() });
    }

    sent = Sent::new();
    sent.set("X-Sdk-Content-Sha256", "0000");
    sent.set("x-sdk-content-sha256", "0000");
    assert_eq!(sent.refusal(), RequestError::RepeatedHeader { name: name("x-sdk-content-sha256") });
}

#[test]
fn content_hash_headers() {
    // The announced hash must be the body's own; the body may stay unsigned only where it is neither JSON nor BSON.
    let mut sent = Sent::new();
    sent.set("X-Sdk-Content-Sha256", &sha256_hex(&sent.body));
    assert!(sent.accepted());
    sent.set("X-Sdk-Content-Sha256", &sha256_hex(&sent.body).to_uppercase());
    assert_eq!(sent.refusal(), RequestError::PayloadHashMismatch);
    sent.set("X-Sdk-Content-Sha256", &sha256_hex(b""));
    assert_eq!(sent.refusal(), RequestError::PayloadHashMismatch);
    sent.set("X-Sdk-Content-Sha256", "");
    assert_eq!(sent.refusal(), RequestError::PayloadHashMismatch);

    for content_type in ["application/json", " APPLICATION/JSON;charset=utf8", "application/bson", ""] {
        sent = Sent::new();
        sent.set("Content-Type", content_type);
        sent.set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD");
        assert_eq!(sent.refusal(), RequestError::UnsignedPayloadNotAllowed, "{content_type}");
    }
    sent.headers.retain(|(header, _)| header != "Content-Type");
    assert_eq!(sent.refusal(), RequestError::UnsignedPayloadNotAllowed);

    // With another content type the body is free, and only then.
    sent = Sent::new();
    sent.set("Content-Type", "multipart/form-data; boundary=x");
    sent.sign(Algorithm::HmacSha256, SIGNED);
    sent.set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD");
    assert!(!sent.accepted(), "a signed body does not become an unsigned one");
    sent.sign(Algorithm::HmacSha256, SIGNED);
    sent.body.push(b'x');
    assert!(sent.accepted());
    sent.set("X-Sdk-Content-Sha256", &sha256_hex(&sent.body));
    assert!(!sent.accepted(), "an unsigned body does not become a signed one");

    // The header of the other algorithm says nothing, nor does any with an empty body.
    sent = Sent::new();
    sent.set("X-Sdk-Content-Sm3", "UNSIGNED-PAYLOAD");
    assert!(sent.accepted());
    sent.body.clear();
    sent.sign(Algorithm::HmacSm3, SIGNED);
    assert!(sent.accepted());
    sent.body.push(b'x');
    assert!(!sent.accepted());
}
