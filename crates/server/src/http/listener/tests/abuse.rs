//! Many connections at once: the caps, and ordinary clients beside hostile ones.

use std::time::{Duration, Instant};

use super::super::Limits;
use super::support::{Client, Running, start};

/// Waits until the server has noticed that connections ended.
async fn until_open(server: &Running, open: u64) {
    let began = Instant::now();
    while server.stats.open.get() != open {
        assert!(began.elapsed().as_secs() < 10, "{} open instead of {open}", server.stats.open.get());
        tokio::task::yield_now().await;
    }
}

/// Over a cap, connections are closed at once; those inside go on; a place that is left can be taken again.
#[tokio::test]
async fn caps() {
    let total = Limits { connections_max: 3, ..Limits::default() };
    let per_address = Limits { connections_per_address_max: 3, ..Limits::default() };
    for limits in [total, per_address] {
        let server = start(limits).await;
        let mut inside = Vec::new();
        for _ in 0..3 {
            let mut client = Client::connect(&server).await;
            assert!(client.get("/").await.ends_with("hello"));
            inside.push(client);
        }
        for refused in 1..=20 {
            let mut client = Client::connect(&server).await;
            assert_eq!(client.until_closed().await, "");
            assert_eq!(server.stats.refused_over_cap.get(), refused);
        }
        for client in &mut inside {
            assert!(client.get("/").await.ends_with("hello"));
        }
        inside.pop();
        until_open(&server, 2).await;
        let mut client = Client::connect(&server).await;
        assert!(client.get("/").await.ends_with("hello"));
        assert_eq!(server.stats.accepted.get(), 4);
    }
}

/// 200 silent connections and 200 with half a header vanish at their limits while a client is answered all along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_connections_vanish() {
    let server = start(Limits { first_byte_ms: 200, header_ms: 200, ..Limits::default() }).await;
    let mut normal = Client::connect(&server).await;
    assert!(normal.get("/").await.ends_with("hello"));
    let mut hostile = Vec::new();
    for index in 0..400 {
        let mut client = Client::connect(&server).await;
        if index % 2 == 0 {
            client.send("GET / HTTP/1.1\r\nhost: te").await;
        }
        hostile.push(client);
    }
    let closing = tokio::spawn(async move {
        for mut client in hostile {
            assert_eq!(client.until_closed().await, "");
        }
    });
    let began = Instant::now();
    while !closing.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(5), "hostile connections stay");
        assert!(normal.get("/").await.ends_with("hello"));
    }
    closing.await.unwrap();
    let timed_out = &server.stats.timed_out;
    assert_eq!((timed_out.first_byte.get(), timed_out.header.get()), (200, 200));
    until_open(&server, 1).await;
}
