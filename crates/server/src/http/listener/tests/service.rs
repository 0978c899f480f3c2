//! What a well-behaved client sees: answers, in the service's place where it fails.

use super::super::Limits;
use super::support::{Client, start};

/// Requests are answered one after the other, also when they come in one piece; the handler knows the peer.
#[tokio::test]
async fn keep_alive_and_pipelining() {
    let server = start(Limits::default()).await;
    let mut client = Client::connect(&server).await;
    let own_address = client.0.local_addr().unwrap().to_string();
    assert!(client.get("/peer").await.ends_with(&own_address));
    client.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n".repeat(100)).await;
    for _ in 0..100 {
        assert!(client.answer().await.ends_with("hello"));
    }
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\nbody").await;
    assert!(client.answer().await.ends_with("\r\n\r\nbody"));
    client
        .send("POST /echo HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
        .await;
    assert!(client.answer().await.starts_with("HTTP/1.1 100"));
    client.send("late").await;
    assert!(client.answer().await.ends_with("\r\n\r\nlate"));
    client.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await;
    assert!(client.until_closed().await.ends_with("hello"));
    assert_eq!(server.stats.accepted.get(), 1);
}

/// A handler that takes too long is given up and answered for; the connection goes on.
#[tokio::test]
async fn handler_timeout() {
    let server = start(Limits { handler_ms: 40, ..Limits::default() }).await;
    let mut client = Client::connect(&server).await;
    let answer = client.get("/wait").await;
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    assert!(answer.contains(&format!("x-request-id: {}", "ab".repeat(16))), "{answer}");
    let expected = format!(
        r#"{{"error_code":"APIGW.0201","error_msg":"Backend timeout.","request_id":"{}"}}"#,
        "ab".repeat(16)
    );
    assert!(answer.ends_with(&expected), "{answer}");
    assert!(client.get("/").await.ends_with("hello"));
    assert_eq!(server.stats.timed_out.handler.get(), 1);
}

/// A panic costs its own request: 500 without its cause; the connection goes on.
#[tokio::test]
async fn panic_in_a_handler() {
    let server = start(Limits::default()).await;
    let mut client = Client::connect(&server).await;
    for count in 1..=2 {
        let answer = client.get("/panic").await;
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        let expected = r#"{"error_code":"GSL.00010003","error_msg":"系统繁忙，请稍后重试！"}"#;
        assert!(answer.ends_with(expected), "{answer}");
        assert!(!answer.contains("secret"));
        assert!(client.get("/").await.ends_with("hello"));
        assert_eq!(server.stats.panicked.get(), count);
    }
}

/// A large target is 414 and large headers are 431, in the form of the API where hyper can still parse them.
#[tokio::test]
async fn oversized_heads() {
    let server = start(Limits { linger_ms: 200, ..Limits::default() }).await;
    let target = |bytes: usize| format!("GET /{} HTTP/1.1\r\nhost: test\r\n\r\n", "u".repeat(bytes - 1));
    let headers = |count: usize, bytes: usize| {
        let header = format!("x-filler: {}\r\n", "h".repeat(bytes));
        format!("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{}\r\n", header.repeat(count))
    };
    let (uri, header) = ("Request URI too large.", "Request headers too large.");
    for (request, status, message) in [
        (target(32 * 1024), 404, ""),
        (target(32 * 1024 + 1), 414, uri),
        (target(64 * 1024), 414, ""),
        (headers(1, 32_000), 200, "hello"),
        (headers(1, 33_000), 431, header),
        (headers(4, 32_000), 200, "hello"),
        (headers(5, 32_000), 431, header),
        (headers(98, 10), 200, "hello"),
        (headers(99, 10), 431, ""),
        (headers(30, 32_000), 431, ""),
        (headers(2_000, 10), 431, ""),
    ] {
        let mut client = Client::connect(&server).await;
        client.send(&request).await;
        let answer = client.answer().await;
        let what = (request.len(), &answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what:?}");
        assert!(answer.contains(message), "{what:?}");
        assert_eq!(answer.contains("APIGW.0201"), !message.is_empty() && status > 200, "{what:?}");
    }
}

/// A body that nobody reads does not keep the client from its answer, however long the body is.
#[tokio::test]
async fn unread_body() {
    let server = start(Limits::default()).await;
    let mut client = Client::connect(&server).await;
    let length = 20 * 1024 * 1024;
    client.send(format!("POST /ignore HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n")).await;
    client.send(vec![b'x'; length]).await;
    assert!(client.answer().await.ends_with("not read"));
}
