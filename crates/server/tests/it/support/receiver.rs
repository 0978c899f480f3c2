//! A receiver of webhooks: an HTTP server of its own that notes what it gets and behaves as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// What the receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// Takes it.
    Well,
    /// Answers this status.
    Answers(u16),
    /// Answers this status to events about this subject, and takes the others.
    Refuses(String, u16),
    /// Takes it, but so late that nobody waits any more.
    Late,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Received {
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub body: Value,
    /// Whether the sender was told that it was taken.
    pub taken: bool,
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// What the event is about.
    pub fn subject(&self) -> &str {
        self.body["subject"].as_str().unwrap_or_default()
    }
}

#[derive(Default)]
struct Shared {
    mood: Mutex<Option<Mood>>,
    received: Mutex<Vec<Received>>,
    never: Notify,
}

/// A receiver.
pub struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    serving: Option<AbortHandle>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut receiver = Self { shared: Arc::default(), address, serving: None };
        receiver.serve(listener);
        receiver
    }

    fn serve(&mut self, listener: TcpListener) {
        let router = Router::new().fallback(take).with_state(self.shared.clone());
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        self.serving = Some(serving.abort_handle());
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?from=simlink", self.address)
    }

    pub fn is(&self, mood: Mood) {
        *self.shared.mood.lock() = Some(mood);
    }

    /// Nobody listens any more.
    pub async fn goes_down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
        // The port is free when the task is gone.
        while let Ok(stream) = tokio::net::TcpStream::connect(self.address).await {
            drop(stream);
            tokio::task::yield_now().await;
        }
    }

    /// Listens again at the same port.
    pub async fn comes_back(&mut self) {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("the option");
        socket.bind(self.address).expect("the port is free");
        let listener = socket.listen(64).expect("it listens");
        self.serve(listener);
    }

    /// What came so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().clone()
    }

    /// What came since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.shared.received.lock())
    }
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().expect("a text").to_owned()));
    let mut received = Received {
        target: uri.to_string(),
        headers: headers.collect(),
        body: serde_json::from_str(&text).expect("JSON"),
        text,
        taken: false,
    };
    let mood = shared.mood.lock().clone().unwrap_or(Mood::Well);
    let status = match &mood {
        Mood::Well | Mood::Late => 200,
        Mood::Answers(status) => *status,
        Mood::Refuses(subject, status) if received.subject() == subject => *status,
        Mood::Refuses(..) => 200,
    };
    received.taken = status == 200 && mood != Mood::Late;
    shared.received.lock().push(received);
    if mood == Mood::Late {
        shared.never.notified().await;
    }
    StatusCode::from_u16(status).expect("a status")
}
