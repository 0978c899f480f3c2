//! Bodies that take part in the timing of their connection: what a client uploads, and what we answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Limits;
use super::phase::Watch;
use super::stats::Stats;

/// A client sent its body slower than the limits allow. In the error chain of a body that failed to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request body was sent too slowly")]
pub struct BodyTooSlow;

/// The body of a request, which must keep its rate.
pub(super) struct Upload {
    incoming: Incoming,
    limits: Limits,
    stats: Arc<Stats>,
    watch: Arc<Watch>,
    received_bytes: u64,
    ended: bool,
    /// When the body was first waited for, and the timer; most bodies are there already and need none.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Upload {
    /// `incoming` as a body for the service.
    pub(super) fn body(incoming: Incoming, limits: &Limits, stats: &Arc<Stats>, watch: &Arc<Watch>) -> Body {
        if hyper::body::Body::is_end_stream(&incoming) {
            return Body::empty();
        }
        Body::new(Self {
            incoming,
            limits: *limits,
            stats: stats.clone(),
            watch: watch.clone(),
            received_bytes: 0,
            ended: false,
            waiting: None,
        })
    }

    /// Ready when the client has been too slow.
    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let allowed = self.limits.body_time(self.received_bytes);
        let (since, timer) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + allowed)))
        });
        let deadline = *since + allowed;
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx)
    }
}

impl hyper::body::Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            self.watch.body_came();
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
            self.received_bytes += data.map_or(0, |data| data.len() as u64);
            self.ended = frame.is_none();
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        self.watch.body_awaited();
        ready!(self.poll_too_slow(cx));
        self.stats.timed_out.body.increment();
        self.watch.body_came();
        self.watch.body_left_unread();
        self.ended = true;
        Poll::Ready(Some(Err(BodyTooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !hyper::body::Body::is_end_stream(self) {
            self.watch.body_left_unread();
        }
    }
}

/// The body of an answer; its end begins the wait for the next request.
pub(super) struct Answer {
    body: Body,
    watch: Arc<Watch>,
}

impl Answer {
    pub(super) fn new(body: Body, watch: Arc<Watch>) -> Self {
        Self { body, watch }
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.watch.answer_ended();
    }
}
