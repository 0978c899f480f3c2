//! The gateway client against servers that misbehave on a raw socket: each costs a bounded time and becomes unknown.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use simlink_carriers::gateway::{ANSWER_BYTES_MAX, CallTimes, HttpGateway};
use simlink_carriers::{Capabilities, Carrier, Inquiry, Operation, Outcome, UnknownCause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::gateway::client;
use crate::support::instruction;

const TIMES: CallTimes = CallTimes { connect_ms: 1_000, total_ms: 400 };

/// What the server does once it has read the request's head.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Sends these bytes and closes.
    Say(&'static str),
    /// Sends these bytes and stays silent.
    SayAndWait(&'static str),
    /// Sends a head, then a byte of body every 10 ms.
    Drip,
    /// Sends what would be a good answer, were it not 100 MB long, as fast as it is taken and without a length.
    Flood,
    /// Sends headers without end.
    Headers,
}

async fn serve(listener: TcpListener, manner: Manner) {
    while let Ok((mut stream, _)) = listener.accept().await {
        // A client that goes away in the middle is what the test wants.
        let _ = behave(&mut stream, manner).await;
    }
}

async fn behave(stream: &mut TcpStream, manner: Manner) -> std::io::Result<()> {
    if stream.read(&mut [0; 4_096]).await? == 0 {
        return Ok(());
    }
    match manner {
        Manner::Say(text) => stream.write_all(text.as_bytes()).await,
        Manner::SayAndWait(text) => {
            stream.write_all(text.as_bytes()).await?;
            stream.read_to_end(&mut Vec::new()).await.map(drop)
        }
        Manner::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Manner::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
            stream.write_all(b"11\r\n{\"status\":\"done\"}\r\n").await?;
            let chunk = [b"10000\r\n".as_slice(), &[b' '; 65_536], b"\r\n"].concat();
            for _ in 0..1_600 {
                stream.write_all(&chunk).await?;
            }
            stream.write_all(b"0\r\n\r\n").await
        }
        Manner::Headers => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"x-more: of the same\r\n").await?;
            }
        }
    }
}

/// Shows what each kind of misbehaviour becomes, that none takes longer than the time allowed, and that an inquiry
/// never mistakes one for an answer.
#[tokio::test]
async fn misbehaviour_is_unknown_in_time() {
    use UnknownCause::{Broken, CarrierFailed, TimedOut, Unreadable};
    let table = [
        (Manner::Say(""), Broken),
        (Manner::Say("SSH-2.0-OpenSSH_9.6\r\n\r\n"), Unreadable),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"status\":\"done\"}"), Broken),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), Unreadable),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n\u{1}\u{2}\u{3}[["), Unreadable),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n"), Unreadable),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"), Unreadable),
        (Manner::Say("HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"), Unreadable),
        (Manner::Say("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"), CarrierFailed),
        (Manner::SayAndWait(""), TimedOut),
        (Manner::SayAndWait("HTTP/1.1 200 OK\r\ncontent-le"), TimedOut),
        (Manner::SayAndWait("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"status\":\"done\"}"), TimedOut),
        (Manner::Drip, TimedOut),
        (Manner::Flood, Unreadable),
        (Manner::Headers, Unreadable),
    ];
    let mut under_test = Vec::new();
    for (manner, expected) in table {
        under_test.push(tokio::spawn(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let server = tokio::spawn(serve(listener, manner));
            let carrier =
                HttpGateway::new(client(&address, TIMES), Capabilities::basic(), "http://127.0.0.1:1/");
            let stop = instruction(1, 1, Operation::Stop);
            let began = Instant::now();
            assert_eq!(carrier.submit(&stop).await, Outcome::Unknown(expected), "{manner:?}");
            let inquiry = carrier.inquire(&stop, None).await;
            assert_eq!(inquiry, Inquiry::Known(Outcome::Unknown(expected)), "{manner:?}");
            assert!(began.elapsed() < Duration::from_secs(5), "{manner:?}: {:?}", began.elapsed());
            server.abort();
        }));
    }
    for test in under_test {
        test.await.unwrap();
    }
}

/// Shows that an answer of the largest size is read and one byte more is not.
#[tokio::test]
async fn the_largest_answer() {
    for (size, expected) in [
        (ANSWER_BYTES_MAX, Outcome::Done),
        (ANSWER_BYTES_MAX + 1, Outcome::Unknown(UnknownCause::Unreadable)),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let body = r#"{"status":"done"}"#.to_owned() + &" ".repeat(size - 17);
        let answer: &'static str =
            Box::leak(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{body}").into_boxed_str());
        tokio::spawn(serve(listener, Manner::Say(answer)));
        let times = CallTimes { total_ms: 10_000, ..TIMES };
        let carrier = HttpGateway::new(client(&address, times), Capabilities::basic(), "http://127.0.0.1:1/");
        assert_eq!(carrier.submit(&instruction(1, 1, Operation::Stop)).await, expected, "{size} bytes");
    }
}

/// Shows that a gateway which cannot be reached is unknown at once.
#[tokio::test]
async fn nobody_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let carrier = HttpGateway::new(client(&address, TIMES), Capabilities::basic(), "http://127.0.0.1:1/");
    let outcome = carrier.submit(&instruction(1, 1, Operation::Stop)).await;
    assert_eq!(outcome, Outcome::Unknown(UnknownCause::Unreachable));
}

/// Shows that connections are kept, and that one which the gateway closed meanwhile is replaced without a failed call,
/// whether the client had the time to notice or finds out when it sends.
#[tokio::test]
async fn connections_are_kept_and_replaced() {
    for notices in [true, false] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // In a thread of its own, for the client's to be held up: three connections, two answers each, then a close.
        let server = std::thread::spawn(move || {
            for _ in 0..3 {
                let (mut stream, _) = listener.accept().unwrap();
                for _ in 0..2 {
                    assert!(stream.read(&mut [0; 4_096]).unwrap() > 0);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"status\":\"done\"}";
                    stream.write_all(answer).unwrap();
                }
                // So that the close does not arrive together with the answer.
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let carrier = HttpGateway::new(client(&address, TIMES), Capabilities::basic(), "http://127.0.0.1:1/");
        let carrier = std::sync::Arc::new(carrier);
        for order in 0..6 {
            let carrier = carrier.clone();
            let write = instruction(order, 1, Operation::Stop);
            let outcome = tokio::spawn(async move { carrier.submit(&write).await }).await.unwrap();
            assert_eq!(outcome, Outcome::Done, "call {order}, notices: {notices}");
            let pause = Duration::from_millis(20);
            if notices {
                tokio::time::sleep(pause).await;
            } else {
                std::thread::sleep(pause);
            }
        }
        server.join().unwrap();
    }
}
