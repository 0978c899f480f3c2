//! Where events may be sent: public addresses, unless the configuration says otherwise. A name is looked up for each
//! connection, every address of the answer must be permitted, and the connection goes to an address of that answer: a
//! name that points elsewhere a moment later gains nothing.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::http::Uri;
use serde::Deserialize;
use simlink_carriers::gateway::{CallTimes, HttpClient, Resolver, trust};
use tokio_rustls::rustls::ClientConfig;

use crate::limits;

/// The system's certificates, where they usually are.
const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What the configuration says of webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether events may be sent to loopback, private and other addresses that are not public.
    pub private_addresses: bool,
    /// Whether events may be sent over plain http.
    pub plain_http: bool,
    /// The certificates to trust, in PEM; the system's by default.
    pub trust: Option<PathBuf>,
    /// How long a receiver may take for its answer, in milliseconds; at most [`limits::WEBHOOK_TIMEOUT_MS_MAX`].
    pub timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            private_addresses: false,
            plain_http: false,
            trust: None,
            timeout_ms: limits::WEBHOOK_TIMEOUT_MS_MAX,
        }
    }
}

/// What may be reached, and how.
#[derive(Clone)]
pub struct Reach {
    private_addresses: bool,
    plain_http: bool,
    times: CallTimes,
    tls: Option<Arc<ClientConfig>>,
    lookup: Resolver,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No `https://host[:port][/path][?query]`.
    Malformed,
    /// Plain http, which is not permitted.
    PlainHttp,
    /// An address that is not public.
    NotPublic,
}

impl Reach {
    /// By the configuration, with the system's way to look up names.
    ///
    /// # Errors
    /// Certificates that are named and cannot be read.
    pub fn new(settings: &Settings) -> Result<Self> {
        let read = |path: &Path| {
            let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok::<_, anyhow::Error>(trust(&pem)?)
        };
        let tls = match &settings.trust {
            Some(path) => Some(read(path)?),
            None => read(Path::new(SYSTEM_CERTIFICATES)).ok(),
        };
        let lookup: Resolver = Arc::new(|host, port| {
            Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
        });
        let Settings { private_addresses, plain_http, timeout_ms, .. } = *settings;
        let total_ms = timeout_ms.min(limits::WEBHOOK_TIMEOUT_MS_MAX);
        let times = CallTimes { connect_ms: total_ms.min(limits::WEBHOOK_CONNECT_MS_MAX), total_ms };
        Ok(Self { private_addresses, plain_http, times, tls, lookup })
    }

    /// Checks an address as far as that can be done without looking it up.
    ///
    /// # Errors
    /// Its fault.
    pub fn check(&self, address: &str) -> Result<(), Fault> {
        let uri: Uri = address.parse().map_err(|_| Fault::Malformed)?;
        let authority = uri.authority().ok_or(Fault::Malformed)?;
        if authority.as_str().contains('@') || authority.host().is_empty() || address.contains('#') {
            return Err(Fault::Malformed);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if self.plain_http => {}
            Some("http") => return Err(Fault::PlainHttp),
            _ => return Err(Fault::Malformed),
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(ip) if !self.permits(ip) => Err(Fault::NotPublic),
            _ => Ok(()),
        }
    }

    /// A client of an address that reaches permitted addresses only, and the target that goes into the request line;
    /// `None` where the address is not to be reached at all.
    pub fn client(&self, address: &str) -> Option<(HttpClient, String)> {
        self.check(address).ok()?;
        let uri: Uri = address.parse().ok()?;
        let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let client =
            HttpClient::with_resolver(&origin, self.tls.clone(), self.times, self.resolver()).ok()?;
        Some((client, target))
    }

    fn resolver(&self) -> Resolver {
        let reach = self.clone();
        Arc::new(move |host, port| {
            let reach = reach.clone();
            Box::pin(async move {
                let addresses = (reach.lookup)(host, port).await?;
                if addresses.iter().any(|address| !reach.permits(address.ip())) {
                    return Err(Error::new(ErrorKind::PermissionDenied, "the address is not public"));
                }
                Ok(addresses)
            })
        })
    }

    /// How long a call may take, in milliseconds.
    pub fn timeout_ms(&self) -> u64 {
        self.times.total_ms
    }

    fn permits(&self, ip: IpAddr) -> bool {
        self.private_addresses || is_public(ip)
    }
}

/// Whether an address is one of the public internet, by the registries of special addresses (RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        // Those that carry an IPv4 address are as public as that is: mapped, translated (NAT64), 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, benchmarks, ORCHID and the rest of 2001::/23; documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // The rest of what is handed out is 2000::/3; 3fff::/20 is documentation.
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use tokio::net::TcpListener;

    use super::*;

    fn reach(lookup: Resolver) -> Reach {
        let times = CallTimes { connect_ms: 50, total_ms: 1_000 };
        Reach { private_addresses: false, plain_http: true, times, tls: None, lookup }
    }

    fn nowhere() -> Resolver {
        Arc::new(|_, _| Box::pin(async { Ok(Vec::new()) }))
    }

    /// Shows which addresses are public.
    #[test]
    fn public_addresses() {
        for public in [
            "1.1.1.1",
            "93.184.215.14",
            "100.63.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    /// Shows which addresses an endpoint may have.
    #[test]
    fn addresses_of_endpoints() {
        let open = reach(nowhere());
        let strict = Reach { plain_http: false, ..reach(nowhere()) };
        for good in ["https://a.example/x?y=1", "https://a.example:8443", "https://1.1.1.1/"] {
            assert_eq!(strict.check(good), Ok(()), "{good}");
        }
        assert_eq!(strict.check("http://a.example"), Err(Fault::PlainHttp));
        assert_eq!(open.check("http://a.example"), Ok(()));
        for private in ["https://127.0.0.1", "https://[::1]:1/x", "https://169.254.169.254/latest"] {
            assert_eq!(strict.check(private), Err(Fault::NotPublic), "{private}");
        }
        for bad in [
            "",
            "a.example",
            "/x",
            "ftp://a.example",
            "https://u@a.example",
            "https://a.example/#x",
            "https://",
        ] {
            assert_eq!(strict.check(bad), Err(Fault::Malformed), "{bad}");
        }
    }

    /// Shows that a name which leads to a private address only later, or to one beside public ones, is not followed:
    /// each connection asks anew and goes nowhere else.
    #[tokio::test]
    async fn a_name_that_turns_private_is_not_followed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inside = listener.local_addr().unwrap();
        let lookups = Arc::new(AtomicUsize::new(0));
        let (counted, public) = (lookups.clone(), SocketAddr::from(([93, 184, 215, 14], 80)));
        let turning: Resolver = Arc::new(move |_, _| {
            let answer = match counted.fetch_add(1, Ordering::SeqCst) {
                0 => Vec::new(),
                1 => vec![inside],
                _ => vec![public, inside],
            };
            Box::pin(async move { Ok(answer) })
        });
        let (client, target) = reach(turning).client("http://rebinding.example/x").unwrap();
        for _ in 0..3 {
            assert!(client.send("POST", &target, &[], Bytes::new()).await.is_err());
        }
        assert_eq!(lookups.load(Ordering::SeqCst), 3, "each connection asks anew");
        let waited = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(waited.is_err(), "nobody came");
    }
}
