//! A server on a port of its own, and a client that speaks bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Extension;
use axum::response::Response;
use axum::routing::{get, post};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::super::{BodyTooSlow, Ended, Limits, Listener, PeerAddress, Server, Stats, bind, render, serve};

/// Longer than any limit a test sets: a wait that reaches it has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server.
pub struct Running {
    pub address: SocketAddr,
    pub stats: Arc<Stats>,
    /// Lets the handlers of `/wait` answer.
    pub gate: Arc<Notify>,
    /// Told when a handler of `/wait` began.
    pub entered: Arc<Notify>,
    stop: oneshot::Sender<()>,
    pub ended: JoinHandle<Ended>,
}

impl Running {
    /// Begins shutdown; `ended` tells when it is over.
    pub fn stop(self) -> JoinHandle<Ended> {
        self.stop.send(()).unwrap();
        self.ended
    }
}

/// A plain server with `limits`.
pub async fn start(limits: Limits) -> Running {
    start_with(limits, None).await
}

pub async fn start_with(limits: Limits, tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>) -> Running {
    let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let stats = Arc::new(Stats::default());
    let (gate, entered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server {
        service: router(gate.clone(), entered.clone()),
        limits,
        stats: stats.clone(),
        refuse: Box::new(|refusal| render(refusal, &"ab".repeat(16))),
    };
    let listeners = vec![Listener { socket, tls }];
    let ended = tokio::spawn(serve(listeners, server, async { stopped.await.unwrap_or(()) }));
    Running { address, stats, gate, entered, stop, ended }
}

fn router(gate: Arc<Notify>, entered: Arc<Notify>) -> Router {
    Router::new()
        .route("/", get(async || "hello"))
        .route("/peer", get(async |Extension(PeerAddress(peer)): Extension<PeerAddress>| peer.to_string()))
        .route("/echo", post(async |body: Bytes| body))
        .route("/ignore", post(async || "not read"))
        .route("/length", post(async |body: Body| length(body).await))
        .route("/panic", get(async || -> &'static str { panic!("the secret cause") }))
        .route("/big", get(async || vec![b'x'; 64 * 1024 * 1024]))
        .route(
            "/wait",
            get(async move || {
                entered.notify_one();
                gate.notified().await;
                "waited"
            }),
        )
}

/// The length of a body, or 408 for one that came too slowly.
async fn length(body: Body) -> Response {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::new(bytes.len().to_string().into()),
        Err(error) => {
            let mut chain: Option<&dyn std::error::Error> = Some(&error);
            while let Some(cause) = chain.filter(|cause| !cause.is::<BodyTooSlow>()) {
                chain = cause.source();
            }
            let status = if chain.is_some() { 408 } else { 400 };
            Response::builder().status(status).body(Body::empty()).unwrap()
        }
    }
}

/// A client that writes what it is told and reads what it gets.
pub struct Client<I = TcpStream>(pub I);

impl Client {
    pub async fn connect(server: &Running) -> Self {
        Self(TcpStream::connect(server.address).await.unwrap())
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Client<I> {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// All that comes until the server closes; a reset counts as closing.
    pub async fn until_closed_bytes(&mut self) -> Vec<u8> {
        let mut received = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut received)).await;
        assert!(read.is_ok(), "the server did not close: {:?}", String::from_utf8_lossy(&received));
        received
    }

    /// The same as text.
    pub async fn until_closed(&mut self) -> String {
        String::from_utf8(self.until_closed_bytes().await).unwrap()
    }

    /// One answer: its head, and a body of its content-length.
    pub async fn answer(&mut self) -> String {
        let mut received = Vec::new();
        loop {
            let byte = tokio::time::timeout(PATIENCE, self.0.read_u8()).await.expect("no answer came");
            received.push(byte.expect("the server closed"));
            let text = String::from_utf8_lossy(&received);
            let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if received.len() == head.len() + 4 + length {
                return text.into_owned();
            }
        }
    }

    pub async fn get(&mut self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
        self.answer().await
    }
}
