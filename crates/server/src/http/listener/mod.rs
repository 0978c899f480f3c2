//! The accept loop of the HTTP server: who may connect, how long each step of a connection may last, how it ends.
//!
//! `axum::serve` installs no timers: a client that sends half a header keeps its connection for ever. Here every
//! wait on a client has a limit ([`Limits`]), every end has a counter ([`Stats`]), and the price is one timer a
//! connection, which is re-armed about twice a minute instead of once a request.

mod body;
mod catch_panic;
mod connection;
mod deadlines;
mod limits;
mod open_files;
mod phase;
mod refusal;
mod seats;
mod socket;
mod stats;
#[cfg(test)]
mod tests;
pub mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::server::conn::http1;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub use body::BodyTooSlow;
pub use catch_panic::catch_panic;
pub use limits::Limits;
pub use refusal::{Refusal, Refuse, render};
use seats::Seats;
use stats::Open;
pub use stats::{Count, Stats, TimedOut};

/// Connections the kernel may hold ready for us to accept.
const BACKLOG: i32 = 1_024;
/// The first and the longest pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(10);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long connections told to drop may take to notice; they only need to be scheduled.
const DROP_WAIT: Duration = Duration::from_secs(1);

/// The address of the client at the other end of the connection, in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// A socket to accept from, and the certificate to show there, if any.
#[derive(Debug)]
pub struct Listener {
    /// The bound socket.
    pub socket: TcpListener,
    /// TLS is spoken on this socket with this configuration ([`tls::load`]); plain HTTP without it.
    pub tls: Option<Arc<ServerConfig>>,
}

/// Opens a listening socket at `address` with a backlog of 1,024. Must be called inside a tokio runtime.
///
/// # Errors
/// What the system says: the address is taken, not ours, or not allowed.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// What is served, and within which limits.
pub struct Server<S> {
    /// The router, or any tower service that never fails; cloned for each request.
    pub service: S,
    /// The limits of a connection.
    pub limits: Limits,
    /// Where the listener counts.
    pub stats: Arc<Stats>,
    /// Renders the answers that the listener gives in the service's place; see [`render`].
    pub refuse: Refuse,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were open when shutdown began.
    pub open: u64,
    /// Those of them that were dropped because they had not ended within `shutdown_ms`.
    pub dropped: u64,
}

/// What connections and accept loops are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Orders {
    Serve,
    Finish,
    Drop,
}

/// A server at work, shared by its connections.
struct Working<S> {
    server: Server<S>,
    http: http1::Builder,
    seats: Arc<Seats>,
}

/// Serves `listeners` until `shutdown` completes; then stops accepting, lets running requests finish for
/// `shutdown_ms`, and drops what is left. Dropping the future itself drops every connection at once: that is how
/// a caller obeys a second signal.
pub async fn serve<S>(
    listeners: Vec<Listener>,
    server: Server<S>,
    shutdown: impl Future<Output = ()>,
) -> Ended
where
    S: tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let limits = server.limits;
    let stats = server.stats.clone();
    let (orders, heard) = watch::channel(Orders::Serve);
    let connections_max = open_files::connections_allowed(limits.connections_max);
    let mut http = http1::Builder::new();
    // hyper's own header timer runs from the end of one request to the header of the next, so it cannot tell a
    // quiet client from half a header, and it allocates for each request.
    http.header_read_timeout(None).max_buf_size(limits.head_buffer_bytes());
    let working = Arc::new(Working {
        server,
        http,
        seats: Arc::new(Seats::new(connections_max, limits.connections_per_address_max)),
    });
    for listener in listeners {
        tokio::spawn(accept(listener, working.clone(), heard.clone()));
    }
    drop(heard);

    shutdown.await;
    let open = stats.open.get();
    orders.send_replace(Orders::Finish);
    if tokio::time::timeout(Duration::from_millis(limits.shutdown_ms), orders.closed()).await.is_ok() {
        return Ended { open, dropped: 0 };
    }
    let dropped = stats.open.get();
    orders.send_replace(Orders::Drop);
    if tokio::time::timeout(DROP_WAIT, orders.closed()).await.is_err() {
        tracing::warn!("connections are still held by handlers that do not yield");
    }
    Ended { open, dropped }
}

/// Accepts from one socket until told to finish.
async fn accept<S>(listener: Listener, working: Arc<Working<S>>, mut orders: watch::Receiver<Orders>)
where
    S: tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let tls = listener.tls.map(TlsAcceptor::from);
    let stats = working.server.stats.clone();
    let mut pause = Duration::ZERO;
    loop {
        let accepted = tokio::select! {
            biased;
            _ = orders.changed() => return,
            accepted = listener.socket.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                stats.accept_failed.increment();
                let next = pause_after(&error, pause);
                if pause.is_zero() && !next.is_zero() {
                    tracing::error!(%error, "cannot accept connections; trying again");
                }
                pause = next;
                tokio::time::sleep(pause).await;
                continue;
            }
        };
        pause = Duration::ZERO;
        let Some(seat) = working.seats.take(peer.ip()) else {
            stats.refused_over_cap.increment();
            continue;
        };
        let open = Open::new(stats.clone(), seat);
        tokio::spawn(attend(stream, peer, open, tls.clone(), working.clone(), orders.clone()));
    }
}

/// How long to wait before accepting again: not at all when only this one client failed, ever longer while the
/// process lacks descriptors or memory, because those errors come back at once and would spin.
fn pause_after(error: &io::Error, previous: Duration) -> Duration {
    match error.kind() {
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::Interrupted => Duration::ZERO,
        _ => (previous * 2).clamp(ACCEPT_PAUSE_MIN, ACCEPT_PAUSE_MAX),
    }
}

/// Serves one connection from its handshake to its end, and gives its seat back.
async fn attend<S>(
    stream: TcpStream,
    peer: SocketAddr,
    _open: Open,
    tls: Option<TlsAcceptor>,
    working: Arc<Working<S>>,
    orders: watch::Receiver<Orders>,
) where
    S: tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    // Answers are written whole; waiting for the client's acknowledgement would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let Some(tls) = tls else {
        return connection::serve(stream, peer, working, orders).await;
    };
    let stats = working.server.stats.clone();
    match handshake(tls, stream, &working.server.limits, orders.clone()).await {
        Handshake::Done(stream) => connection::serve(*stream, peer, working, orders).await,
        Handshake::Failed(error) => {
            stats.tls_failed.increment();
            tracing::debug!(%error, "a TLS handshake failed");
        }
        Handshake::TooSlow => stats.timed_out.first_byte.increment(),
        Handshake::Stopped => {}
    }
}

/// How a TLS handshake ended.
enum Handshake {
    Done(Box<tokio_rustls::server::TlsStream<TcpStream>>),
    Failed(io::Error),
    TooSlow,
    Stopped,
}

/// Shakes hands within the time allowed for the first byte, unless the server stops meanwhile.
async fn handshake(
    tls: TlsAcceptor,
    stream: TcpStream,
    limits: &Limits,
    mut orders: watch::Receiver<Orders>,
) -> Handshake {
    let allowed = Duration::from_millis(limits.first_byte_ms);
    let shaking = pin!(tokio::time::timeout(allowed, tls.accept(stream)));
    tokio::select! {
        biased;
        shaken = shaking => match shaken {
            Ok(Ok(stream)) => Handshake::Done(Box::new(stream)),
            Ok(Err(error)) => Handshake::Failed(error),
            Err(_) => Handshake::TooSlow,
        },
        _ = orders.changed() => Handshake::Stopped,
    }
}

#[cfg(test)]
mod accept_tests {
    use std::io::{Error, ErrorKind};
    use std::time::Duration;

    use super::pause_after;

    /// One client's failure costs no pause; lack of descriptors (EMFILE, 24) an ever longer one, up to a second.
    #[test]
    fn pauses() {
        for (error, previous_ms, pause_ms) in [
            (Error::from(ErrorKind::ConnectionAborted), 0, 0),
            (Error::from(ErrorKind::ConnectionReset), 640, 0),
            (Error::from_raw_os_error(24), 0, 10),
            (Error::from_raw_os_error(24), 10, 20),
            (Error::from_raw_os_error(24), 640, 1_000),
            (Error::from_raw_os_error(24), 1_000, 1_000),
        ] {
            let pause = pause_after(&error, Duration::from_millis(previous_ms));
            assert_eq!(pause.as_millis(), pause_ms, "{error} after {previous_ms} ms");
        }
    }
}
