//! A complete carrier gateway: the protocol of `docs/adding-a-carrier.md` in front of a simulated network.
//!
//! ```text
//! cargo run -p simlink-carriers --example carrier_gateway -- KEY SECRET JOURNAL_FILE CARDS SEED
//! ```
//!
//! Prints its address as its first line. The cards are `89860000000000000000` and following, all in use. To attach a
//! real operator, replace the calls of `simulator` by calls of the operator. `PUT /control/knobs` turns the
//! simulator's knobs and is no part of the protocol.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use simlink_carriers::gateway::signature::{SharedKey, SignatureHeaders, Signed, verify};
use simlink_carriers::gateway::wire::Answer;
use simlink_carriers::gateway::{CallTimes, GatewayClient, HttpClient, answers, events};
use simlink_carriers::simulator::{Knobs, Network, Pace, Simulator};
use simlink_carriers::{
    Answering, Capabilities, CardStatus, CardView, Carrier, CarrierEvent, Clock, OperationKind, Outcome,
    Reason,
};

/// The largest request body taken, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How often it looks for events to tell, in milliseconds, and how often it tries to tell one.
const TICK_MS: u64 = 5;
const TELL_TRIES: u32 = 3;
const TELL_AGAIN_MS: u64 = 50;

type Anything = Box<dyn std::error::Error + Send + Sync>;
/// [`None`] closes the connection without an answer.
type Reply = Option<Response<Full<Bytes>>>;

struct Gateway {
    key: SharedKey,
    clock: Clock,
    simulator: Simulator,
    teller: Arc<Teller>,
}

#[tokio::main]
async fn main() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, secret, journal, cards, seed] = arguments.as_slice() else {
        return Err("usage: carrier_gateway KEY SECRET JOURNAL_FILE CARDS SEED".into());
    };
    let key = SharedKey { name: name.clone(), secret: secret.clone().into_bytes() };
    let clock: Clock = Arc::new(now_ms);
    let mut network = Network::new(seed.parse()?, Knobs::default());
    for card in 0..cards.parse::<u64>()? {
        network.put_card(format!("898600{card:014}").parse()?, CardView::new(CardStatus::Active));
    }
    let teller = Arc::new(Teller { key: key.clone(), clock: clock.clone(), client: Mutex::new(None) });
    let sink = {
        let teller = Arc::clone(&teller);
        Arc::new(move |events| -> Answering<'static, ()> { Box::pin(Arc::clone(&teller).tell(events)) })
    };
    let capabilities = Capabilities::of_operations(OperationKind::ALL);
    let simulator = Simulator::new(capabilities, network, clock.clone(), Pace::Real, sink);
    let simulator = simulator.with_journal_file(Path::new(journal))?;
    let gateway = Arc::new(Gateway { key, clock, simulator, teller });

    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("http://{}", listener.local_addr()?);
    tokio::spawn(tick(Arc::clone(&gateway)));
    loop {
        let (stream, _) = listener.accept().await?;
        let gateway = Arc::clone(&gateway);
        let service = service_fn(move |request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.answer(request).await.ok_or("no answer") }
        });
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { drop(connection.await) });
    }
}

impl Gateway {
    /// Every request must be signed; then its method and path say what it wants.
    async fn answer(&self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return reply(answers::refuse(413, Reason::BadParameter));
        };
        let body = body.to_bytes();
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let headers = SignatureHeaders {
            key: header("x-gateway-key"),
            timestamp: header("x-timestamp"),
            nonce: header("x-nonce"),
            signature: header("x-signature"),
        };
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let signed = Signed { method: head.method.as_str(), target, body: &body };
        if verify(&self.key, headers, signed, (self.clock)().div_euclid(1_000)).is_err() {
            return reply(answers::refuse(401, Reason::AuthFailed));
        }
        let bad = || Some(answers::refuse(422, Reason::BadParameter));
        let answer = match (head.method.as_str(), head.uri.path()) {
            ("GET", "/v1/capabilities") => Some(answers::encode_capabilities(OperationKind::ALL, 1_000, 16)),
            ("POST", "/v1/operations") => match answers::decode_operation(&body) {
                None => bad(),
                Some((instruction, callback_url)) => {
                    self.teller.is_told(&callback_url);
                    answers::encode_outcome(&self.simulator.submit(&instruction).await)
                }
            },
            ("POST", "/v1/cards/query") => match answers::decode_asked_cards(&body) {
                None => bad(),
                Some(cards) => answers::encode_cards(self.simulator.read_cards(&cards).await),
            },
            ("POST", "/v1/usage/query") => {
                match (answers::decode_asked_cards(&body), answers::decode_asked_period(&body)) {
                    (Some(cards), Some(period)) => {
                        answers::encode_usage(self.simulator.read_usage(&cards, period).await)
                    }
                    _ => bad(),
                }
            }
            ("PUT", "/control/knobs") => match serde_json::from_slice(&body) {
                Ok(knobs) => {
                    self.simulator.network().set_knobs(knobs);
                    answers::encode_outcome(&Outcome::Done)
                }
                Err(_) => bad(),
            },
            ("GET", path) => match path.strip_prefix("/v1/operations/").map(str::parse) {
                Some(Ok(key)) => answers::encode_inquiry(&self.simulator.inquire_key(key).await),
                _ => Some(answers::refuse(404, Reason::NotFound)),
            },
            _ => Some(answers::refuse(404, Reason::NotFound)),
        };
        reply(answer?)
    }
}

/// Tells the platform what happened.
struct Teller {
    key: SharedKey,
    clock: Clock,
    client: Mutex<Option<(String, Arc<GatewayClient>)>>,
}

impl Teller {
    /// Remembers where to tell: the address that came with the last operation.
    fn is_told(&self, callback_url: &str) {
        let mut client = self.client.lock();
        if client.as_ref().is_some_and(|(known, _)| known == callback_url) {
            return;
        }
        let serial = AtomicU64::new(0);
        let started_ms = now_ms();
        let nonces = Arc::new(move || format!("{started_ms}-{}", serial.fetch_add(1, Ordering::Relaxed)));
        if let Ok(http) = HttpClient::new(callback_url, None, CallTimes::default()) {
            let teller = GatewayClient::new(http, self.key.clone(), self.clock.clone(), nonces);
            *client = Some((callback_url.to_owned(), Arc::new(teller)));
        }
    }

    /// Tells up to `TELL_TRIES` times. A real gateway keeps what it could not tell and goes on for a day.
    async fn tell(self: Arc<Self>, all: Vec<CarrierEvent>) {
        let Some(client) = self.client.lock().as_ref().map(|(_, client)| Arc::clone(client)) else { return };
        for some in all.chunks(events::EVENTS_MAX) {
            for _ in 0..TELL_TRIES {
                let answer = client.call("POST", "", events::encode_events(some), None).await;
                if answer.is_ok_and(|answer| (200..300).contains(&answer.status)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(TELL_AGAIN_MS)).await;
            }
        }
    }
}

async fn tick(gateway: Arc<Gateway>) -> Result<Infallible, std::io::Error> {
    loop {
        tokio::time::sleep(Duration::from_millis(TICK_MS)).await;
        gateway.simulator.tick().await?;
    }
}

fn reply(answer: Answer) -> Reply {
    let mut response = Response::builder().status(answer.status);
    if let Some(wait_s) = answer.retry_after_s {
        response = response.header("retry-after", wait_s);
    }
    response.body(Full::new(answer.body)).ok()
}

#[expect(clippy::disallowed_methods, reason = "a process of its own has the wall clock for its clock")]
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
