//! The gateway client over TLS.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use simlink_carriers::gateway::{
    AddressError, CallTimes, CertificatesError, GatewayClient, HttpClient, HttpGateway, trust,
};
use simlink_carriers::{Capabilities, Carrier, Operation, Outcome, UnknownCause};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::gateway::{key, nonces};
use crate::support::instruction;

/// A self-signed certificate for `localhost` and its key, as `name.crt` and `name.key`.
fn certificate(directory: &Path, name: &str) -> Vec<u8> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "3650", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
        .current_dir(directory)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(directory.join(format!("{name}.crt"))).unwrap()
}

/// Shows that a gateway with a trusted certificate is called, and that one with another certificate, or by another
/// name, gets nothing at all.
#[tokio::test]
async fn only_a_trusted_gateway_is_called() {
    let directory = tempfile::tempdir().unwrap();
    let (own, other) = (certificate(directory.path(), "own"), certificate(directory.path(), "other"));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(&own).unwrap()],
            PrivateKeyDer::from_pem_file(directory.path().join("own.key")).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut requests = 0;
        for _ in 0..3 {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            requests += usize::from(stream.read(&mut [0; 4_096]).await.is_ok_and(|length| length > 0));
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"status\":\"done\"}";
            // A client that does not trust the server has gone already.
            let _ = stream.write_all(answer).await;
        }
        requests
    });
    let unreachable = Outcome::Unknown(UnknownCause::Unreachable);
    for (host, pem, expected) in [
        ("localhost", &own, Outcome::Done),
        ("localhost", &other, unreachable.clone()),
        ("127.0.0.1", &own, unreachable),
    ] {
        let http = HttpClient::new(
            &format!("https://{host}:{port}"),
            Some(trust(pem).unwrap()),
            CallTimes::default(),
        );
        let client = GatewayClient::new(http.unwrap(), key(), Arc::new(|| 0), nonces());
        let carrier = HttpGateway::new(client, Capabilities::basic(), "http://127.0.0.1:1/");
        assert_eq!(carrier.submit(&instruction(1, 1, Operation::Stop)).await, expected, "{host}");
    }
    assert_eq!(server.await.unwrap(), 1);
}

/// Shows that nothing is trusted by mistake: no certificates make no configuration, and none makes no client.
#[test]
fn nothing_is_trusted_by_mistake() {
    for wrong in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(trust(wrong.as_bytes()).err(), Some(CertificatesError), "{wrong}");
    }
    let client = HttpClient::new("https://localhost", None, CallTimes::default());
    assert_eq!(client.err(), Some(AddressError::NoTls));
}
