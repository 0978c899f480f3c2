//! Load that writes: posts each of a list of requests once, over connections that are kept alive.
//!
//! `post ADDRESS TOKEN CLIENTS` reads lines of `PATH<TAB>BODY` from standard input, has the clients post them, each its
//! next one as soon as its last one is answered, and prints how long that took. A refusal ends it.

use std::error::Error;
use std::io::Read;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Answers are small; a longer one is a mistake.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, token, clients] = arguments.as_slice() else {
        return Err("usage: post ADDRESS TOKEN CLIENTS".into());
    };
    let mut lines = String::new();
    std::io::stdin().read_to_string(&mut lines)?;
    let clients: usize = clients.parse()?;
    let mut shares: Vec<Vec<Vec<u8>>> = vec![Vec::new(); clients.max(1)];
    for (index, line) in lines.lines().enumerate() {
        let (path, body) = line.split_once('\t').ok_or("PATH and BODY are wanted in each line")?;
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Auth-Token: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        shares[index % clients.max(1)].push(request.into_bytes());
    }
    let begun = Instant::now();
    let running: Vec<_> =
        shares.into_iter().map(|share| tokio::spawn(post_all(address.clone(), share))).collect();
    let mut times = Vec::new();
    for client in running {
        times.extend(client.await??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let quantile = |percent: usize| times.get(times.len() * percent / 100).map_or(0.0, Duration::as_secs_f64);
    let (p50_ms, p99_ms) = (quantile(50) * 1e3, quantile(99) * 1e3);
    let figures = serde_json::json!({
        "requests": times.len(), "seconds": seconds, "p50_ms": p50_ms, "p99_ms": p99_ms,
    });
    println!("{figures}");
    Ok(())
}

/// Posts the requests one after the other; gives how long each took.
async fn post_all(address: String, requests: Vec<Vec<u8>>) -> Result<Vec<Duration>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(&address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut times = Vec::with_capacity(requests.len());
    for request in requests {
        let begun = Instant::now();
        stream.write_all(&request).await.map_err(failed)?;
        let answer = answer(&mut stream).await.map_err(failed)?;
        times.push(begun.elapsed());
        if !answer.starts_with("HTTP/1.1 200 ") {
            return Err(answer);
        }
    }
    Ok(times)
}

/// Reads one answer: its head, then as many bytes as that says.
async fn answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 || bytes.len() > ANSWER_BYTES_MAX {
            return Err(std::io::Error::other("the answer was cut short or too long"));
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
            });
            if body.len() >= length.unwrap_or(0_usize) {
                return Ok(text.into_owned());
            }
        }
    }
}
