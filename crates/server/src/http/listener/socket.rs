//! The socket under hyper: tells the connection's [`Watch`] what passes, and waits for a refused client to read.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::phase::Watch;

/// Bytes thrown away at a time, and altogether, while a refused client is still sending.
const LINGER_CHUNK_BYTES: usize = 16 * 1024;
const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A socket whose traffic is told to `watch`.
pub(super) struct Socket<I> {
    io: I,
    watch: Arc<Watch>,
    /// The client has said that it sends nothing more.
    ended: bool,
    lingered_bytes: usize,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Socket<I> {
    pub(super) fn new(io: I, watch: Arc<Watch>) -> Self {
        Self { io, watch, ended: false, lingered_bytes: 0 }
    }

    /// Notes whether writing waits for the client.
    fn wrote<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.watch.write_waits(result.is_pending());
        result
    }

    /// Reads and throws away until the client closes: closing with bytes unread would reset the connection, and
    /// the reset would overtake the answer. The timer beside us ends it.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.watch.linger_began();
        let mut chunk = [0; LINGER_CHUNK_BYTES];
        while !self.ended && self.lingered_bytes < LINGER_BYTES_MAX {
            let mut buffer = ReadBuf::new(&mut chunk);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            self.ended = read.is_err() || buffer.filled().is_empty();
            self.lingered_bytes += buffer.filled().len();
        }
        Poll::Ready(())
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Socket<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.watch.bytes_came();
        } else {
            self.ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.wrote(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_shutdown(cx);
        ready!(self.wrote(result))?;
        if self.watch.should_linger() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
