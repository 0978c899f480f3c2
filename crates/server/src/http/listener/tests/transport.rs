//! How connections begin with TLS, and how they end with the server.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::{Ended, Limits, tls};
use super::support::{Client, start, start_with};

/// A request that runs when shutdown begins is finished, idle connections end, and nobody is accepted any more.
#[tokio::test]
async fn shutdown_finishes_running_requests() {
    let server = start(Limits::default()).await;
    let (address, gate) = (server.address, server.gate.clone());
    let mut idle = Client::connect(&server).await;
    assert!(idle.get("/").await.ends_with("hello"));
    let mut silent = Client::connect(&server).await;
    let mut busy = Client::connect(&server).await;
    busy.send("GET /wait HTTP/1.1\r\nhost: test\r\n\r\n").await;
    server.entered.notified().await;
    let ended = server.stop();
    assert_eq!(idle.until_closed().await, "");
    assert_eq!(silent.until_closed().await, "");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "still accepting");
    gate.notify_one();
    assert!(busy.until_closed().await.ends_with("waited"));
    assert_eq!(ended.await.unwrap(), Ended { open: 3, dropped: 0 });
}

/// What has not finished at the limit of shutdown is dropped and counted.
#[tokio::test]
async fn shutdown_drops_what_does_not_end() {
    let server = start(Limits { shutdown_ms: 40, ..Limits::default() }).await;
    let mut busy = Client::connect(&server).await;
    busy.send("GET /wait HTTP/1.1\r\nhost: test\r\n\r\n").await;
    server.entered.notified().await;
    let stats = server.stats.clone();
    let ended = server.stop();
    assert_eq!(busy.until_closed().await, "");
    assert_eq!(ended.await.unwrap(), Ended { open: 1, dropped: 1 });
    assert_eq!(stats.open.get(), 0);
}

/// Dropping the server's future drops its connections at once.
#[tokio::test]
async fn dropping_the_server_drops_everything() {
    let server = start(Limits::default()).await;
    let mut busy = Client::connect(&server).await;
    busy.send("GET /wait HTTP/1.1\r\nhost: test\r\n\r\n").await;
    server.entered.notified().await;
    server.ended.abort();
    assert_eq!(busy.until_closed().await, "");
}

/// A self-signed certificate for `localhost` and its key, as `name.crt` and `name.key`.
fn certificate(directory: &Path, name: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
        .current_dir(directory)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// A TLS client gets its answer; a silent one and one that speaks plain HTTP are closed and counted.
#[tokio::test]
async fn tls_round_trip() {
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path(), "server");
    let (chain, key) = (directory.path().join("server.crt"), directory.path().join("server.key"));
    let limits = Limits { first_byte_ms: 500, ..Limits::default() };
    let server = start_with(limits, Some(tls::load(&chain, &key).unwrap())).await;

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let plain = Client::connect(&server).await.0;
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = Client(TlsConnector::from(Arc::new(config)).connect(name, plain).await.unwrap());
    assert!(client.get("/").await.ends_with("hello"));
    assert!(client.get("/panic").await.starts_with("HTTP/1.1 500"));

    let mut plain = Client::connect(&server).await;
    plain.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert!(!plain.until_closed_bytes().await.starts_with(b"HTTP"));
    assert_eq!(server.stats.tls_failed.get(), 1);
    let mut silent = Client::connect(&server).await;
    assert_eq!(silent.until_closed().await, "");
    assert_eq!(server.stats.timed_out.first_byte.get(), 1);
    assert!(client.get("/").await.ends_with("hello"));
}

/// What is wrong with a certificate is said with the file's name.
#[test]
fn unusable_certificates() {
    let directory = tempfile::tempdir().unwrap();
    certificate(directory.path(), "one");
    certificate(directory.path(), "two");
    std::fs::write(directory.path().join("empty"), "").unwrap();
    let load = |chain: &str, key: &str| {
        tls::load(&directory.path().join(chain), &directory.path().join(key)).unwrap_err().to_string()
    };
    for (chain, key, words) in [
        ("missing", "one.key", ["missing cannot be read", "No such file"]),
        ("empty", "one.key", ["empty holds no certificate", "BEGIN CERTIFICATE"]),
        ("one.key", "one.key", ["one.key holds no certificate", "BEGIN CERTIFICATE"]),
        ("one.crt", "missing", ["missing cannot be read", "No such file"]),
        ("one.crt", "one.crt", ["private key", "one.crt cannot be read"]),
        ("one.crt", "two.key", ["two.key cannot be used", "one.crt"]),
    ] {
        let error = load(chain, key);
        assert!(words.iter().all(|word| error.contains(word)), "{chain} {key}: {error}");
    }
}
