//! Asking and answering: requests as users send them, answers as they see them, and the watch over both.
//!
//! Every text of a tenant contains `CANARY-<tenant>`. No answer to anybody else may show it, whatever the test is
//! about: [`TestApp::send`] panics when one does.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use simlink::iam::PeerAddress;
use simlink_signing::{Algorithm, SignedHeaders, sign};
use tower::ServiceExt;

use super::{PEOPLE, Person, TestApp};

/// The host that requests name.
pub const HOST: &str = "gsl.example.test:8443";

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: Method,
    /// Path and query, as on the wire.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub peer: Option<SocketAddr>,
    /// Whose texts the answer may show.
    tenant: Option<&'static str>,
}

impl Ask {
    /// Without a credential.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        let headers = vec![("host".to_owned(), HOST.to_owned())];
        Self { method, target: target.into(), headers, body: Vec::new(), peer: None, tenant: None }
    }

    pub fn get(target: impl Into<String>) -> Self {
        Self::new(Method::GET, target)
    }

    pub fn post(target: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, target).with_json(body)
    }

    /// An upload of a file, as browsers and SDKs send one.
    pub fn upload(file: &[u8]) -> Self {
        const BOUNDARY: &str = "----a-boundary-of-the-tests";
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"cards\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
        Self::new(Method::POST, "/v1/temp-files")
            .with_header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"))
            .with_body(body)
    }

    pub fn with_json(self, body: &Value) -> Self {
        self.with_header("content-type", "application/json").with_body(body.to_string())
    }

    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn from(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().expect("an address with a port"));
        self
    }

    /// Says whose texts the answer may show, where no credential does.
    pub fn showing(mut self, tenant: &'static str) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// With the person's token.
    pub fn token_of(self, person: &'static Person) -> Self {
        self.with_header("x-auth-token", person.token).showing(person.tenant)
    }

    /// Signed by the person's key at `now_ms`. Headers added later are not signed.
    pub fn signed_by(self, person: &'static Person, now_ms: i64) -> Self {
        self.signed_with(Algorithm::HmacSha256, person.ak, person.sk, now_ms).showing(person.tenant)
    }

    /// Signed with these.
    pub fn signed_with(self, algorithm: Algorithm, ak: &str, sk: &str, now_ms: i64) -> Self {
        let moment = jiff::Timestamp::from_millisecond(now_ms).expect("a moment");
        let ask = self.with_header("x-sdk-date", &moment.strftime("%Y%m%dT%H%M%SZ").to_string());
        let (path, query) = ask.target.split_once('?').unwrap_or((&ask.target, ""));
        let request = simlink_signing::Request {
            method: ask.method.as_str(),
            raw_path: path,
            raw_query: query,
            headers: &ask.headers[..],
            body: &ask.body,
        };
        let names = SignedHeaders::parse("host;x-sdk-date").expect("a list");
        let value = sign(&request, algorithm, ak, sk.as_bytes(), names).expect("a request fit to be signed");
        ask.with_header("authorization", &value)
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}: no JSON: {}", self.status, self.body))
    }

    /// The body of a success.
    #[track_caller]
    pub fn success(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.json()
    }

    /// Status and error code; of the Keystone form, its code as text.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        let body = self.json();
        let code = body["error_code"].as_str().map(str::to_owned);
        (self.status.as_u16(), code.unwrap_or_else(|| body["error"]["code"].to_string()))
    }

    /// As [`Answer::refusal`], with no code for a success.
    #[track_caller]
    pub fn refusal_or_success(&self) -> (u16, String) {
        if self.status.is_success() { (self.status.as_u16(), String::new()) } else { self.refusal() }
    }

    /// The text of an error of either form.
    #[track_caller]
    pub fn error_message(&self) -> String {
        let body = self.json();
        let text = body["error_msg"].as_str().or(body["error"]["message"].as_str());
        text.unwrap_or_else(|| panic!("no error: {body}")).to_owned()
    }

    /// Everything that a client can tell one answer from another by, with the request id masked.
    pub fn masked(&self) -> String {
        let id = self.header("x-request-id");
        let headers: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        format!("{}\n{}\n\n{}", self.status, headers.join("\n"), self.body).replace(id, "<request id>")
    }
}

impl TestApp {
    /// Sends a request through the router; panics on an answer that shows another tenant's texts, lacks its request
    /// id or redirects.
    #[track_caller]
    pub fn send(&self, ask: Ask) -> impl Future<Output = Answer> {
        let router = self.router.clone();
        async move {
            let asked = format!("{} {}", ask.method, ask.target.chars().take(200).collect::<String>());
            let mut request = Request::builder().method(ask.method.clone()).uri(&ask.target);
            for (name, value) in &ask.headers {
                request = request.header(name, value);
            }
            let mentioned =
                format!("{} {:?} {}", ask.target, ask.headers, String::from_utf8_lossy(&ask.body));
            let mut request = request.body(Body::from(ask.body)).expect("a request");
            if let Some(peer) = ask.peer {
                request.extensions_mut().insert(PeerAddress(peer));
            }
            let response = router.oneshot(request).await.expect("the router does not fail");
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let body = String::from_utf8(body.to_vec()).expect("answers are UTF-8");
            let answer = Answer { status: parts.status, headers: parts.headers, body };
            answer.watch(&asked, ask.tenant, &mentioned);
            answer
        }
    }

    /// `GET` with the person's token.
    pub async fn get(&self, person: &'static Person, target: &str) -> Answer {
        self.send(Ask::get(target).token_of(person)).await
    }

    /// `POST` of JSON with the person's token.
    pub async fn post_json(&self, person: &'static Person, target: &str, body: &Value) -> Answer {
        self.send(Ask::post(target, body).token_of(person)).await
    }

    /// Uploads a list of cards and answers its id.
    pub async fn upload(&self, person: &'static Person, file: &str) -> i64 {
        let answer = self.send(Ask::upload(file.as_bytes()).token_of(person)).await;
        answer.success()["file_temp_id"].as_i64().expect("an id")
    }

    /// The body of a successful `GET` by acme's admin.
    pub async fn acme(&self, target: &str) -> Value {
        self.get(&ACME, target).await.success()
    }
}

use super::ACME_ADMIN as ACME;

impl Answer {
    fn watch(&self, asked: &str, tenant: Option<&str>, mentioned: &str) {
        assert!(!self.status.is_redirection(), "{asked}: SDKs follow no redirects");
        let shown = format!("{:?}\n{}", self.headers, self.body);
        // The operator sees whose everything is.
        let others = PEOPLE.iter().filter(|person| tenant != Some("house") && Some(person.tenant) != tenant);
        for person in others {
            let canary = format!("CANARY-{}", person.tenant);
            // What the client said itself is no secret to it.
            let leaks = shown.contains(&canary) && !mentioned.contains(&canary);
            assert!(!leaks, "{asked}: the answer to {tenant:?} shows {canary}: {shown}");
        }
        for person in PEOPLE {
            assert!(!shown.contains(person.sk), "{asked}: the answer shows a secret key");
        }
        let id = self.header("x-request-id");
        let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_id, "{asked}: no request id: {shown}");
    }
}
