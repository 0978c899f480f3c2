//! The gateway client against the example gateway running as its own process, with its journal as the oracle.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use simlink_carriers::gateway::signature::{SharedKey, SignatureHeaders, Signed};
use simlink_carriers::gateway::{
    CallTimes, GatewayClient, HttpClient, HttpGateway, NonceSource, read_callback,
};
use simlink_carriers::simulator::{Knobs, Tally};
use simlink_carriers::{
    Capabilities, CardRef, CardStatus, Carrier, CarrierEvent, Happening, Inquiry, LinkLimits, Operation,
    OperationKind, Outcome, ReadError, Reason, UnknownCause, UsagePeriod,
};
use tokio::sync::mpsc;

use crate::support::{iccid, instruction};

const CARDS: u64 = 50;

pub fn key() -> SharedKey {
    SharedKey { name: "link-1".into(), secret: b"an invented secret".to_vec() }
}

pub fn nonces() -> NonceSource {
    let serial = AtomicU64::new(0);
    Arc::new(move || format!("n{}", serial.fetch_add(1, Ordering::Relaxed)))
}

#[expect(clippy::disallowed_methods, reason = "the gateway is another process and has the wall clock")]
fn wall_clock_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub fn client(address: &str, times: CallTimes) -> GatewayClient {
    client_with(address, key(), times)
}

fn client_with(address: &str, key: SharedKey, times: CallTimes) -> GatewayClient {
    let http = HttpClient::new(address, None, times).unwrap();
    GatewayClient::new(http, key, Arc::new(wall_clock_ms), nonces())
}

/// The example gateway, ended with the test.
struct Process {
    child: Child,
    address: String,
    journal: PathBuf,
    _directory: tempfile::TempDir,
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that has ended by itself needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start() -> Self {
        let test = std::env::current_exe().unwrap();
        let example = test.ancestors().nth(2).unwrap().join("examples/carrier_gateway");
        assert!(example.exists(), "run `cargo build -p simlink-carriers --example carrier_gateway` first");
        let directory = tempfile::tempdir().unwrap();
        let journal = directory.path().join("journal");
        let secret = String::from_utf8(key().secret).unwrap();
        let mut child = Command::new(example)
            .args([key().name.as_str(), &secret, journal.to_str().unwrap(), &CARDS.to_string(), "7"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim().to_owned(), journal, _directory: directory }
    }

    fn carrier(&self, callback_url: &str) -> HttpGateway {
        let client = client(&self.address, CallTimes::default());
        HttpGateway::new(client, Capabilities::of_operations(OperationKind::ALL), callback_url)
    }

    async fn turn(&self, knobs: Knobs) {
        let body = serde_json::to_vec(&knobs).unwrap();
        let answer =
            client(&self.address, CallTimes::default()).call("PUT", "/control/knobs", body, None).await;
        assert_eq!(answer.unwrap().status, 200);
    }

    fn tally(&self) -> Tally {
        Tally::read(BufReader::new(std::fs::File::open(&self.journal).unwrap())).unwrap()
    }
}

/// The platform's side of the callbacks: verifies them and passes their events on.
async fn listen() -> (String, mpsc::UnboundedReceiver<CarrierEvent>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/southbound/v1/link-1/events", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sender = sender.clone();
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let sender = sender.clone();
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
                    let headers = SignatureHeaders {
                        key: header("x-gateway-key"),
                        timestamp: header("x-timestamp"),
                        nonce: header("x-nonce"),
                        signature: header("x-signature"),
                    };
                    let signed =
                        Signed { method: head.method.as_str(), target: head.uri.path(), body: &body };
                    let callback = read_callback(&key(), headers, signed, wall_clock_ms()).unwrap();
                    callback.events.into_iter().for_each(|event| sender.send(event).unwrap());
                    Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::new())))
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (address, receiver)
}

const NOWHERE: &str = "http://127.0.0.1:1/southbound/v1/link-1/events";

/// Shows the protocol from end to end: capabilities, a write, its repetition, refusals, inquiries, reads.
#[tokio::test]
async fn from_end_to_end() {
    let process = Process::start();
    let asked = client(&process.address, CallTimes::default()).capabilities(&LinkLimits::default()).await;
    let (capabilities, limits) = asked.unwrap();
    assert_eq!(capabilities.grants.len(), OperationKind::ALL.len());
    assert_eq!((limits.calls_per_second, limits.concurrency), (1_000, 16));

    let carrier = process.carrier(NOWHERE);
    let stop = instruction(1, 3, Operation::Stop);
    assert_eq!(carrier.inquire(&stop, None).await, Inquiry::NeverReceived);
    assert_eq!(carrier.submit(&stop).await, Outcome::Done);
    assert_eq!(carrier.submit(&stop).await, Outcome::Done);
    assert_eq!(carrier.inquire(&stop, None).await, Inquiry::Known(Outcome::Done));
    let missing = carrier.submit(&instruction(2, CARDS, Operation::Stop)).await;
    assert!(
        matches!(&missing, Outcome::Rejected(rejection) if rejection.reason == Reason::NotFound),
        "{missing:?}"
    );

    let cards = [3, 4, CARDS].map(|card| CardRef::new(iccid(card)));
    let readings = carrier.read_cards(&cards).await.unwrap();
    let states: Vec<_> =
        readings.iter().map(|reading| reading.view.as_ref().ok().map(|view| view.status)).collect();
    assert_eq!(states, [Some(CardStatus::Suspended), Some(CardStatus::Active), None]);
    let day = UsagePeriod::Day(jiff::civil::date(2026, 6, 1));
    let usage = carrier.read_usage(&cards, day).await.unwrap();
    assert!(usage[0].figure.as_ref().unwrap().bytes > 0 && usage[2].figure.is_err());

    let tally = process.tally();
    assert_eq!((tally.keys[&stop.key].received, tally.keys[&stop.key].executed), (2, 1));
}

/// Shows that a wrong secret, a wrong key name and a request altered on its way are refused and execute nothing.
#[tokio::test]
async fn unsigned_calls_are_refused() {
    let process = Process::start();
    for key in [
        SharedKey { secret: b"another secret".to_vec(), ..key() },
        SharedKey { name: "link-2".into(), ..key() },
    ] {
        let client = client_with(&process.address, key, CallTimes::default());
        let carrier = HttpGateway::new(client, Capabilities::basic(), NOWHERE);
        let outcome = carrier.submit(&instruction(1, 1, Operation::Stop)).await;
        assert!(
            matches!(&outcome, Outcome::Rejected(rejection) if rejection.reason == Reason::AuthFailed),
            "{outcome:?}"
        );
        let read = carrier.read_cards(&[CardRef::new(iccid(1))]).await;
        assert!(
            matches!(&read, Err(ReadError::Refused(rejection)) if rejection.reason == Reason::AuthFailed)
        );
        let inquiry = carrier.inquire(&instruction(1, 1, Operation::Stop), None).await;
        assert_eq!(inquiry, Inquiry::Known(Outcome::Unknown(UnknownCause::Unreadable)));
    }
    assert!(process.tally().keys.is_empty());
}

/// Shows, with half the answers lost, some requests lost and some answered by 500, that asking and sending again under
/// the same key brings every write to its end, and that the gateway's journal counts each exactly once.
#[tokio::test]
async fn lost_answers_are_inquired_about() {
    let process = Process::start();
    process
        .turn(Knobs {
            lose_answer_rate: 0.4,
            lose_request_rate: 0.2,
            carrier_error_rate: 0.2,
            ..Knobs::default()
        })
        .await;
    let carrier = process.carrier(NOWHERE);
    let (mut unknown, mut never) = (0, 0);
    for card in 0..CARDS {
        let stop = instruction(card, card, Operation::Stop);
        let mut outcome = carrier.submit(&stop).await;
        for _ in 0..100 {
            if outcome == Outcome::Done {
                break;
            }
            assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
            unknown += 1;
            outcome = match carrier.inquire(&stop, None).await {
                Inquiry::Known(known) => known,
                Inquiry::NeverReceived => {
                    never += 1;
                    carrier.submit(&stop).await
                }
            };
        }
        assert_eq!(outcome, Outcome::Done, "card {card}");
    }
    assert!(unknown > 20 && never > 5, "{unknown} unknown, {never} never received");
    let tally = process.tally();
    assert_eq!(tally.keys.len() as u64, CARDS);
    assert!(tally.keys.values().all(|key| key.executed == 1), "{tally:?}");
}

/// Shows accepted writes and their callbacks over the wire: signed, told more than once, and before the answer.
#[tokio::test]
async fn callbacks_arrive() {
    let process = Process::start();
    let (callback_url, mut events) = listen().await;
    let carrier = process.carrier(&callback_url);
    let accept = Knobs { accept_rate: 1.0, push_delay_ms: 5, ..Knobs::default() };
    process.turn(Knobs { duplicate_rate: 1.0, ..accept }).await;
    let stop = instruction(1, 1, Operation::Stop);
    let outcome = carrier.submit(&stop).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let mut next =
        async || tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap();
    let (first, again) = (next().await, next().await);
    assert_eq!(first, again);
    assert_eq!(first.happening, Happening::OperationFinished { key: stop.key, result: Ok(()) });
    assert_eq!(first.iccid, iccid(1));
    assert_eq!(carrier.inquire(&stop, None).await, Inquiry::Known(Outcome::Done));

    process.turn(Knobs { early_push_rate: 1.0, ..accept }).await;
    let resume = instruction(2, 1, Operation::Resume);
    let outcome = carrier.submit(&resume).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let mut early = Vec::new();
    while let Ok(event) = events.try_recv() {
        early.push(event.happening);
    }
    assert!(early.contains(&Happening::OperationFinished { key: resume.key, result: Ok(()) }), "{early:?}");
    assert!(process.tally().executed_twice().is_empty());
}

/// Shows a gateway that rate-limits, refuses and is down, as the client reads it.
#[tokio::test]
async fn refusals_over_the_wire() {
    let process = Process::start();
    let carrier = process.carrier(NOWHERE);
    process.turn(Knobs { down: true, ..Knobs::default() }).await;
    let stop = instruction(1, 1, Operation::Stop);
    assert_eq!(carrier.submit(&stop).await, Outcome::Unknown(UnknownCause::CarrierFailed));
    process.turn(Knobs { lock_ms: 600_000, ..Knobs::default() }).await;
    assert_eq!(carrier.submit(&stop).await, Outcome::Done);
    let resume = carrier.submit(&instruction(2, 1, Operation::Resume)).await;
    assert!(
        matches!(&resume, Outcome::Rejected(rejection) if rejection.reason == Reason::PendingOperation),
        "{resume:?}"
    );
    process.turn(Knobs { calls_per_second: 1, ..Knobs::default() }).await;
    let mut limited = None;
    for order in 10..20 {
        if let Outcome::Rejected(rejection) =
            carrier.submit(&instruction(order, order, Operation::Stop)).await
        {
            limited = Some(rejection);
        }
    }
    let limited = limited.unwrap();
    assert_eq!((limited.reason, limited.retry_after_ms), (Reason::RateLimited, Some(1_000)));
}
