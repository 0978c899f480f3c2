//! Every wait on a client ends at its own limit, and is counted.

use std::time::{Duration, Instant};

use super::super::Limits;
use super::support::{Client, start};

const LIMIT_MS: u64 = 40;

/// Checks that `elapsed` is at least `limit_ms`, and far below the limits that were left wide.
fn assert_about(elapsed: Duration, limit_ms: u64) {
    let elapsed_ms = elapsed.as_millis() as u64;
    assert!(
        (limit_ms..limit_ms + 3_000).contains(&elapsed_ms),
        "{elapsed_ms} ms for a limit of {limit_ms} ms"
    );
}

/// A connection that says nothing is closed at the limit of the first byte, without a word.
#[tokio::test]
async fn silent_connection() {
    let server = start(Limits { first_byte_ms: LIMIT_MS, ..Limits::default() }).await;
    let began = Instant::now();
    let mut client = Client::connect(&server).await;
    assert_eq!(client.until_closed().await, "");
    assert_about(began.elapsed(), LIMIT_MS);
    assert_eq!(server.stats.timed_out.first_byte.get(), 1);
}

/// Half a header is closed at the header's limit.
#[tokio::test]
async fn half_a_header() {
    let server = start(Limits { header_ms: LIMIT_MS, ..Limits::default() }).await;
    let mut client = Client::connect(&server).await;
    let began = Instant::now();
    client.send("GET / HTTP/1.1\r\nhost: te").await;
    assert_eq!(client.until_closed().await, "");
    assert_about(began.elapsed(), LIMIT_MS);
    assert_eq!(server.stats.timed_out.header.get(), 1);
}

/// A header that drips in byte by byte gains no time by it; neither does one of empty lines.
#[tokio::test]
async fn dripping_header() {
    for drip in ["x", "\r\n"] {
        let server = start(Limits { header_ms: LIMIT_MS, ..Limits::default() }).await;
        let mut client = Client::connect(&server).await;
        let began = Instant::now();
        if drip == "x" {
            client.send("GET / HTTP/1.1\r\nhost: ").await;
        }
        let mut beat = tokio::time::interval(Duration::from_millis(2));
        use tokio::io::AsyncWriteExt;
        let closed = loop {
            beat.tick().await;
            if client.0.write_all(drip.as_bytes()).await.is_err() {
                break Instant::now();
            }
            assert!(began.elapsed().as_secs() < 10, "a dripping header is kept open");
        };
        assert_about(closed - began, LIMIT_MS);
        assert_eq!(server.stats.timed_out.header.get(), 1);
    }
}

/// A connection kept alive is closed at the idle limit, which is its own and not that of headers.
#[tokio::test]
async fn idle_connection() {
    let limits = Limits { header_ms: 20, first_byte_ms: 20, idle_ms: 120, ..Limits::default() };
    let server = start(limits).await;
    let mut client = Client::connect(&server).await;
    assert!(client.get("/").await.ends_with("hello"));
    let began = Instant::now();
    assert_eq!(client.until_closed().await, "");
    assert_about(began.elapsed(), 110);
    assert_eq!(server.stats.timed_out.idle.get(), 1);
    assert_eq!(server.stats.timed_out.header.get(), 0);
}

/// On a connection kept alive, the next header is limited like the first.
#[tokio::test]
async fn half_a_second_header() {
    let server = start(Limits { header_ms: LIMIT_MS, ..Limits::default() }).await;
    let mut client = Client::connect(&server).await;
    assert!(client.get("/").await.ends_with("hello"));
    client.send("GET /").await;
    assert_eq!(client.until_closed().await, "");
    assert_eq!(server.stats.timed_out.header.get(), 1);
}

/// A body below the rate reaches its handler as an error that says so; the client gets the handler's answer.
#[tokio::test]
async fn slow_body() {
    let limits = Limits { body_grace_ms: LIMIT_MS, linger_ms: LIMIT_MS, ..Limits::default() };
    let server = start(limits).await;
    let mut client = Client::connect(&server).await;
    let began = Instant::now();
    client.send("POST /length HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n0123456789").await;
    let answer = client.until_closed().await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_about(began.elapsed(), LIMIT_MS);
    assert_eq!(server.stats.timed_out.body.get(), 1);
}

/// A body that keeps the rate may take longer than grace and handler are allowed, but not than the ceiling.
#[tokio::test]
async fn steady_body() {
    for (body_ms_max, status) in [(10_000, 200), (60, 408)] {
        let limits = Limits {
            body_grace_ms: 50,
            body_bytes_per_second_min: 1_000,
            body_ms_max,
            handler_ms: 70,
            linger_ms: LIMIT_MS,
            ..Limits::default()
        };
        let server = start(limits).await;
        let mut client = Client::connect(&server).await;
        client.send("POST /length HTTP/1.1\r\nhost: test\r\ncontent-length: 2000\r\n\r\n").await;
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..20 {
            beat.tick().await;
            client.send([b'x'; 100]).await;
        }
        let answer = client.answer().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

/// A client that asks for much and reads nothing is dropped.
#[tokio::test]
async fn reader_that_does_not_read() {
    let server = start(Limits { write_ms: LIMIT_MS, ..Limits::default() }).await;
    let mut client = Client::connect(&server).await;
    client.send("GET /big HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let began = Instant::now();
    while server.stats.timed_out.write.get() == 0 {
        assert!(began.elapsed().as_secs() < 10, "a client that does not read is kept");
        tokio::task::yield_now().await;
    }
    assert_about(began.elapsed(), LIMIT_MS);
    let received = client.until_closed().await;
    assert!(received.len() < 64 * 1024 * 1024, "the answer was not cut");
    assert_eq!(server.stats.open.get(), 0);
}
