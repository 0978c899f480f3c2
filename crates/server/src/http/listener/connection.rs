//! One connection: hyper beside its timer, and the steps of a request between the two.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use super::body::{Answer, Upload};
use super::deadlines::{Deadlines, Expired};
use super::limits::Limits;
use super::phase::{Phase, Watch};
use super::refusal::Refusal;
use super::socket::Socket;
use super::{Orders, PeerAddress, Server, Stats, Working, catch_panic};

/// Serves `io` until the client goes, a limit is reached, or the server ends.
pub(super) async fn serve<I, S>(
    io: I,
    peer: SocketAddr,
    working: Arc<Working<S>>,
    mut orders: Receiver<Orders>,
) where
    I: AsyncRead + AsyncWrite + Unpin,
    S: tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let watch = Arc::new(Watch::default());
    let Server { limits, stats, .. } = &working.server;
    let service = service_fn(|request| {
        watch.request_began();
        answer(request, peer, &working.server, &watch)
    });
    let socket = TokioIo::new(Socket::new(io, watch.clone()));
    let mut connection = pin!(working.http.serve_connection(socket, service));
    let timer = pin!(sleep(Duration::from_millis(limits.first_byte_ms)));
    let mut deadlines = Deadlines::new(limits, Instant::now(), timer);
    loop {
        tokio::select! {
            biased;
            expired = attend(connection.as_mut(), &mut deadlines, &watch) => {
                if let Some(expired) = expired {
                    count(expired, stats);
                }
                return;
            }
            told = orders.changed() => {
                if told.is_err() || *orders.borrow_and_update() == Orders::Drop {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                deadlines.server_ends();
            }
        }
    }
}

/// Lets hyper work until the connection ends by itself (`None`) or a wait reaches its limit.
async fn attend<C>(
    mut connection: Pin<&mut C>,
    deadlines: &mut Deadlines<'_>,
    watch: &Watch,
) -> Option<Expired>
where
    C: Future<Output = hyper::Result<()>>,
{
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended badly");
                }
                return Poll::Ready(None);
            }
            let expired = ready!(deadlines.poll(cx, watch));
            // The handler is told first, so that its client gets an answer at the next poll.
            if expired == Expired::Phase(Phase::Handler) && watch.set_overdue() {
                continue;
            }
            return Poll::Ready(Some(expired));
        }
    })
    .await
}

fn count(expired: Expired, stats: &Stats) {
    let counter = match expired {
        Expired::Write => &stats.timed_out.write,
        Expired::Phase(Phase::FirstByte) => &stats.timed_out.first_byte,
        Expired::Phase(Phase::Header) => &stats.timed_out.header,
        Expired::Phase(Phase::Idle) => &stats.timed_out.idle,
        Expired::Phase(Phase::Handler) => &stats.timed_out.handler,
        // The body counts for itself, an answer is timed by its writes, and a refused client was counted before.
        Expired::Phase(Phase::Body | Phase::Answer | Phase::Linger) => return,
    };
    counter.increment();
}

/// Answers one request: by the service, or in its place when the request is too large, the service takes too long
/// or panics.
async fn answer<S>(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    server: &Server<S>,
    watch: &Arc<Watch>,
) -> Result<Response<Answer>, Infallible>
where
    S: tower::Service<Request, Response = Response<Body>, Error = Infallible> + Clone,
{
    let Server { service, limits, stats, refuse } = server;
    let response =
        match too_large(&request, limits) {
            Some(refusal) => {
                if !request.body().is_end_stream() {
                    watch.body_left_unread();
                }
                refuse(refusal)
            }
            None => {
                let mut request = request.map(|incoming| Upload::body(incoming, limits, stats, watch));
                request.extensions_mut().insert(PeerAddress(peer));
                let mut handling = pin!(catch_panic(service.clone().oneshot(request), |cause| {
                    stats.panicked.increment();
                    tracing::error!(cause, "a handler panicked");
                    Ok(refuse(Refusal::Panicked))
                }));
                let handled = poll_fn(|cx| {
                    if watch.is_overdue() { None.into() } else { handling.as_mut().poll(cx).map(Some) }
                });
                match handled.await {
                    Some(Ok(response)) => response,
                    Some(Err(never)) => match never {},
                    None => {
                        stats.timed_out.handler.increment();
                        refuse(Refusal::HandlerTimedOut)
                    }
                }
            }
        };
    watch.answer_began();
    Ok(response.map(|body| Answer::new(body, watch.clone())))
}

/// Why a request's head is not served, if it is too large.
fn too_large<B>(request: &hyper::Request<B>, limits: &Limits) -> Option<Refusal> {
    let uri_bytes = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if uri_bytes > limits.uri_bytes_max {
        return Some(Refusal::UriTooLarge);
    }
    let mut headers_bytes = 0;
    for (name, value) in request.headers() {
        let header_bytes = name.as_str().len() + value.len();
        headers_bytes += header_bytes;
        if header_bytes > limits.header_bytes_max || headers_bytes > limits.headers_bytes_max {
            return Some(Refusal::HeadersTooLarge);
        }
    }
    None
}
