//! The limits of a connection: times in milliseconds, sizes in bytes, and counts.

use std::time::Duration;

/// Room in the read buffer beyond the limits, so that most oversized heads are still parsed and answered with a
/// body that says why, instead of hyper's bare 431.
const HEAD_SLACK_BYTES: usize = 64 * 1024;

/// What a client may take of the server. The defaults suit a public server. More than 100 headers are refused by
/// hyper itself (431 without a body): raising that limit would cost an allocation a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// From the opening of a connection to its first byte; with TLS also from opening to the end of the handshake.
    pub first_byte_ms: u64,
    /// From the first byte of a request's head to its last.
    pub header_ms: u64,
    /// From the end of an answer to the first byte of the next request.
    pub idle_ms: u64,
    /// From a complete head to the head of the answer, not counting waits for the request's body.
    pub handler_ms: u64,
    /// A request's body may be arbitrarily slow for this long …
    pub body_grace_ms: u64,
    /// … and must then have kept this rate, in bytes a second, since its start.
    pub body_bytes_per_second_min: u64,
    /// However fast it is, a request's body ends within this time.
    pub body_ms_max: u64,
    /// How long a client may read nothing while an answer waits for it.
    pub write_ms: u64,
    /// How long what a refused client still sends is read and thrown away, so that it gets to see the refusal.
    pub linger_ms: u64,
    /// How long connections may take to finish after shutdown began.
    pub shutdown_ms: u64,
    /// Longest request target, in bytes; hyper's own limit is 65,534.
    pub uri_bytes_max: usize,
    /// Longest single header, name and value, in bytes.
    pub header_bytes_max: usize,
    /// All headers together, in bytes.
    pub headers_bytes_max: usize,
    /// Connections open at a time; fewer if the process may not open that many files.
    pub connections_max: usize,
    /// Connections open at a time from one IPv4 address or one IPv6 /64 network.
    pub connections_per_address_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_byte_ms: 9_500,
            header_ms: 9_500,
            idle_ms: 75_000,
            handler_ms: 30_000,
            body_grace_ms: 10_000,
            body_bytes_per_second_min: 1_000,
            body_ms_max: 300_000,
            write_ms: 30_000,
            linger_ms: 2_000,
            shutdown_ms: 9_500,
            uri_bytes_max: 32 * 1024,
            header_bytes_max: 32 * 1024,
            headers_bytes_max: 128 * 1024,
            connections_max: 10_000,
            connections_per_address_max: 1_000,
        }
    }
}

impl Limits {
    /// How long a body may take of which `received` bytes have come: the grace, and a second for each second's
    /// worth of bytes, so that whoever keeps the rate is never late.
    pub(super) fn body_time(&self, received: u64) -> Duration {
        let earned_ms = received.saturating_mul(1_000) / self.body_bytes_per_second_min.max(1);
        Duration::from_millis(self.body_grace_ms.saturating_add(earned_ms).min(self.body_ms_max))
    }

    /// The size of the buffer a head is read into; hyper demands 8,192 bytes at least.
    pub(super) fn head_buffer_bytes(&self) -> usize {
        self.uri_bytes_max + self.headers_bytes_max + HEAD_SLACK_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    /// A body earns a second with each second's worth of bytes, up to the ceiling.
    #[test]
    fn body_time() {
        let limits = Limits {
            body_grace_ms: 10_000,
            body_bytes_per_second_min: 1_000,
            body_ms_max: 60_000,
            ..Limits::default()
        };
        for (received, allowed_ms) in [
            (0, 10_000),
            (1, 10_001),
            (999, 10_999),
            (10_000, 20_000),
            (50_000, 60_000),
            (50_001, 60_000),
            (u64::MAX, 60_000),
        ] {
            assert_eq!(limits.body_time(received).as_millis(), allowed_ms, "{received} bytes");
        }
        let no_rate = Limits { body_bytes_per_second_min: 0, ..limits };
        assert_eq!(no_rate.body_time(1).as_millis(), 11_000);
    }
}
