//! A small HTTP/1.1 client for one origin, every size and time of which is bounded: a peer that answers too much, too
//! slowly or nonsense costs a bounded amount of memory and time and becomes an [`UnknownCause`].

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::wire::Answer;
use crate::UnknownCause;

/// The largest answer read, in bytes.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The largest head of an answer, in bytes, and the most headers in it.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;

/// Connections kept open, and for how long, in milliseconds.
const IDLE_CONNECTIONS_MAX: usize = 8;
const IDLE_MS_MAX: u64 = 15_000;

/// A base address that no client can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `http://host[:port][/path]` or `https://…`, or with a query.
    #[error("the address must be http(s)://host[:port][/path]")]
    Malformed,
    /// Card numbers must not travel in the clear.
    #[error("plain http is for loopback addresses only")]
    PlainHttp,
    /// `https` without the certificates to trust.
    #[error("https needs a TLS configuration")]
    NoTls,
}

/// How long the parts of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallTimes {
    /// Connecting, TLS included, in milliseconds.
    pub connect_ms: u64,
    /// The whole call, in milliseconds.
    pub total_ms: u64,
}

impl Default for CallTimes {
    fn default() -> Self {
        Self { connect_ms: 2_000, total_ms: 12_000 }
    }
}

/// The addresses at which a host and port are to be reached; an error where they are not.
pub type Resolver = Arc<
    dyn Fn(String, u16) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>
        + Send
        + Sync,
>;

/// A client of one origin.
pub struct HttpClient {
    /// Says where the host is; without one the system does.
    resolver: Option<Resolver>,
    host: String,
    port: u16,
    authority: String,
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    times: CallTimes,
    idle: Mutex<Vec<Connection>>,
}

/// An open connection; its driver ends with it.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    idle_since: Instant,
}

struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HttpClient {
    /// A client for the origin of `address`, whose path goes before every target. `https` needs `tls`
    /// ([`super::trust`]).
    pub fn new(
        address: &str,
        tls: Option<Arc<ClientConfig>>,
        times: CallTimes,
    ) -> Result<Self, AddressError> {
        Self::build(address, tls, times, None)
    }

    /// A client as [`HttpClient::new`] makes it, that connects to the addresses that `resolver` gives and to no others,
    /// plain http included. Each connection asks anew, and goes to an address of that very answer.
    pub fn with_resolver(
        address: &str,
        tls: Option<Arc<ClientConfig>>,
        times: CallTimes,
        resolver: Resolver,
    ) -> Result<Self, AddressError> {
        Self::build(address, tls, times, Some(resolver))
    }

    fn build(
        address: &str,
        tls: Option<Arc<ClientConfig>>,
        times: CallTimes,
        resolver: Option<Resolver>,
    ) -> Result<Self, AddressError> {
        let uri: Uri = address.parse().map_err(|_| AddressError::Malformed)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(AddressError::Malformed)?.to_owned();
        if uri.query().is_some() || uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(AddressError::Malformed);
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (default_port, tls) = match uri.scheme_str() {
            Some("http") if resolver.is_some() || is_loopback(&bare) => (80, None),
            Some("http") => return Err(AddressError::PlainHttp),
            Some("https") => {
                let name = ServerName::try_from(bare.clone()).map_err(|_| AddressError::Malformed)?;
                (443, Some((TlsConnector::from(tls.ok_or(AddressError::NoTls)?), name)))
            }
            _ => return Err(AddressError::Malformed),
        };
        Ok(Self {
            resolver,
            port: uri.port_u16().unwrap_or(default_port),
            authority: uri.authority().map(ToString::to_string).unwrap_or_default(),
            host: bare,
            path: uri.path().trim_end_matches('/').to_owned(),
            tls,
            times,
            idle: Mutex::new(Vec::new()),
        })
    }

    /// Path and query as they will stand in the request line for `target`, which begins with `/` or is empty.
    pub fn full_target(&self, target: &str) -> String {
        let full = format!("{}{target}", self.path);
        if full.is_empty() { "/".to_owned() } else { full }
    }

    /// Sends a request to `full_target`, whatever it comes to, within the times allowed. Redirects are not followed.
    pub async fn send(
        &self,
        method: &str,
        full_target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, UnknownCause> {
        let mut request = Request::builder()
            .method(method)
            .uri(full_target)
            .header("host", &self.authority)
            .header("accept", "application/json");
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // A request that cannot be written is never sent; the caller hears what it hears of every failure.
        let request = request.body(Full::new(body)).map_err(|_| UnknownCause::Unreadable)?;
        let total = Duration::from_millis(self.times.total_ms);
        timeout(total, self.exchange(request)).await.map_err(|_| UnknownCause::TimedOut)?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, UnknownCause> {
        // Lets the drivers of idle connections hear that their peer has closed them, before one is taken.
        tokio::task::yield_now().await;
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let response = connection.sender.send_request(request).await.map_err(|error| {
            if error.is_parse() { UnknownCause::Unreadable } else { UnknownCause::Broken }
        })?;
        let answer = read_answer(response).await?;
        if !connection.sender.is_closed() {
            connection.idle_since = Instant::now();
            let mut idle = self.idle.lock();
            if idle.len() < IDLE_CONNECTIONS_MAX {
                idle.push(connection);
            }
        }
        Ok(answer)
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        idle.retain(|connection| {
            let old = connection.idle_since.elapsed() > Duration::from_millis(IDLE_MS_MAX);
            !old && connection.sender.is_ready() && !connection.driver.0.is_finished()
        });
        idle.pop()
    }

    async fn connect(&self) -> Result<Connection, UnknownCause> {
        let connect = async {
            let stream = match &self.resolver {
                None => TcpStream::connect((self.host.as_str(), self.port)).await,
                Some(resolver) => match resolver(self.host.clone(), self.port).await {
                    Ok(addresses) => TcpStream::connect(addresses.as_slice()).await,
                    Err(error) => Err(error),
                },
            };
            let stream = stream.map_err(|_| UnknownCause::Unreachable)?;
            // Small requests must not wait for each other's acknowledgement; failing to say so costs time only.
            let _ = stream.set_nodelay(true);
            match &self.tls {
                None => handshake(stream).await,
                Some((connector, name)) => {
                    let stream = connector.connect(name.clone(), stream).await;
                    handshake(stream.map_err(|_| UnknownCause::Unreachable)?).await
                }
            }
        };
        let limit = Duration::from_millis(self.times.connect_ms);
        timeout(limit, connect).await.map_err(|_| UnknownCause::Unreachable)?
    }
}

async fn handshake(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Connection, UnknownCause> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX).max_headers(HEADERS_MAX);
    let (sender, driver) =
        builder.handshake(TokioIo::new(stream)).await.map_err(|_| UnknownCause::Unreachable)?;
    // How the connection ends is heard through the request on it.
    let driver = Driver(tokio::spawn(async move { drop(driver.await) }));
    Ok(Connection { sender, driver, idle_since: Instant::now() })
}

async fn read_answer(response: Response<hyper::body::Incoming>) -> Result<Answer, UnknownCause> {
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after_s = retry_after.and_then(|value| value.trim().parse().ok());
    let mut incoming = response.into_body();
    if incoming.size_hint().lower() > ANSWER_BYTES_MAX as u64 {
        return Err(UnknownCause::Unreadable);
    }
    let mut body = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|_| UnknownCause::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        if body.len() + data.len() > ANSWER_BYTES_MAX {
            return Err(UnknownCause::Unreadable);
        }
        body.extend_from_slice(data);
    }
    Ok(Answer { status, retry_after_s, body: body.freeze() })
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which addresses make a client.
    #[test]
    fn addresses() {
        let client = |address| {
            HttpClient::new(address, None, CallTimes::default()).map(|client| client.full_target("/v1"))
        };
        assert_eq!(client("http://127.0.0.1:8080"), Ok("/v1".into()));
        assert_eq!(client("http://[::1]/a/b/"), Ok("/a/b/v1".into()));
        assert_eq!(client("http://localhost"), Ok("/v1".into()));
        assert_eq!(client("http://10.0.0.1"), Err(AddressError::PlainHttp));
        assert_eq!(client("http://127.0.0.1.example.com"), Err(AddressError::PlainHttp));
        assert_eq!(client("https://gateway.example"), Err(AddressError::NoTls));
        for wrong in
            ["", "gateway.example", "/v1", "ftp://127.0.0.1", "http://a@127.0.0.1", "http://127.0.0.1/?a=b"]
        {
            assert_eq!(client(wrong), Err(AddressError::Malformed), "{wrong}");
        }
    }
}
