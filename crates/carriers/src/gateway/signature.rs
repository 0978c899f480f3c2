//! The signature of the gateway protocol, the same in both directions; pure.
//!
//! ```text
//! X-Gateway-Key: <key>   X-Timestamp: <unix seconds>   X-Nonce: <1..64 letters, digits, - or _>
//! X-Signature: v1=<hex HMAC-SHA256(secret, timestamp LF nonce LF METHOD LF path?query LF hex(sha256(body)))>
//! ```

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How far the two clocks may be apart, in seconds.
pub const SKEW_S_MAX: i64 = 300;

/// The header with the key's name.
pub const KEY_HEADER: &str = "x-gateway-key";
/// The header with the time of signing, in unix seconds.
pub const TIMESTAMP_HEADER: &str = "x-timestamp";
/// The header with a text that is used once.
pub const NONCE_HEADER: &str = "x-nonce";
/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-signature";

const NONCE_LENGTH_MAX: usize = 64;

/// The key that both sides share. `Debug` shows no secret.
#[derive(Clone)]
pub struct SharedKey {
    /// Its public name.
    pub name: String,
    /// The secret; any bytes, 32 random ones are good.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SharedKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// Path and query as they stand in the request line.
    pub target: &'a str,
    /// The body's bytes as they travel.
    pub body: &'a [u8],
}

/// The four headers as they arrived.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignatureHeaders<'a> {
    /// `X-Gateway-Key`
    pub key: Option<&'a str>,
    /// `X-Timestamp`
    pub timestamp: Option<&'a str>,
    /// `X-Nonce`
    pub nonce: Option<&'a str>,
    /// `X-Signature`
    pub signature: Option<&'a str>,
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or malformed.
    #[error("a signature header is missing or malformed")]
    Malformed,
    /// The time of signing is too far from now.
    #[error("the time of signing is more than {SKEW_S_MAX} s from now")]
    Skewed,
    /// Another key's name, or the signature does not fit.
    #[error("the signature does not fit")]
    Mismatch,
}

/// The value of `X-Signature`.
pub fn sign(secret: &[u8], timestamp_s: i64, nonce: &str, signed: Signed<'_>) -> String {
    format!("v1={}", hex::encode(mac(secret, &timestamp_s.to_string(), nonce, signed)))
}

/// Checks the four headers of a request that arrived at `now_s` (unix seconds).
pub fn verify(
    key: &SharedKey,
    headers: SignatureHeaders<'_>,
    signed: Signed<'_>,
    now_s: i64,
) -> Result<(), SignatureError> {
    let malformed = SignatureError::Malformed;
    let name = headers.key.ok_or(malformed)?;
    let timestamp = headers.timestamp.ok_or(malformed)?;
    let nonce = headers.nonce.filter(|nonce| is_nonce(nonce)).ok_or(malformed)?;
    let signature = headers.signature.and_then(|signature| signature.strip_prefix("v1=")).ok_or(malformed)?;
    let signature = hex::decode(signature).map_err(|_| malformed)?;
    let timestamp_s: i64 = timestamp.parse().map_err(|_| malformed)?;
    if now_s.abs_diff(timestamp_s) > SKEW_S_MAX.unsigned_abs() {
        return Err(SignatureError::Skewed);
    }
    let expected = mac(&key.secret, timestamp, nonce, signed);
    let fits = expected[..].ct_eq(&signature) & name.as_bytes().ct_eq(key.name.as_bytes());
    if bool::from(fits) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

fn is_nonce(nonce: &str) -> bool {
    let plain = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    plain && (1..=NONCE_LENGTH_MAX).contains(&nonce.len())
}

fn mac(secret: &[u8], timestamp: &str, nonce: &str, signed: Signed<'_>) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    let body = hex::encode(Sha256::digest(signed.body));
    for (index, part) in [timestamp, nonce, signed.method, signed.target, &body].into_iter().enumerate() {
        if index > 0 {
            mac.update(b"\n");
        }
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_700_000_000;
    const SIGNED: Signed<'static> =
        Signed { method: "POST", target: "/v1/operations?dry=1", body: br#"{"operation_id":"81-12-stop"}"# };

    fn key() -> SharedKey {
        SharedKey { name: "link-1".into(), secret: b"an invented secret".to_vec() }
    }

    /// Shows the one signature of a fixed request; recomputed with Python's `hmac` and `hashlib`.
    #[test]
    fn a_vector() {
        let signature = sign(&key().secret, NOW_S, "n-1", SIGNED);
        assert_eq!(signature, "v1=ab39d5c6660c5b15ba6cce74b7af6a238c3de494b800a30524c9031257a6fe1e");
    }

    /// Shows that the untouched request passes, within the allowed skew and at its very ends only.
    #[test]
    fn time() {
        let signature = sign(&key().secret, NOW_S, "n-1", SIGNED);
        let timestamp = NOW_S.to_string();
        let headers = SignatureHeaders {
            key: Some("link-1"),
            timestamp: Some(&timestamp),
            nonce: Some("n-1"),
            signature: Some(&signature),
        };
        for (off_s, expected) in [
            (0, Ok(())),
            (300, Ok(())),
            (-300, Ok(())),
            (301, Err(SignatureError::Skewed)),
            (-301, Err(SignatureError::Skewed)),
            (1_200, Err(SignatureError::Skewed)),
            (i64::MAX - NOW_S, Err(SignatureError::Skewed)),
            (i64::MIN, Err(SignatureError::Skewed)),
        ] {
            assert_eq!(verify(&key(), headers, SIGNED, NOW_S + off_s), expected, "{off_s} s");
        }
    }

    /// Shows that every single changed bit of signature, body, target, method, nonce and time is refused, and every
    /// missing header.
    #[test]
    fn tampering() {
        let signature = sign(&key().secret, NOW_S, "n-1", SIGNED);
        let original = [
            NOW_S.to_string(),
            "n-1".into(),
            signature,
            "POST".into(),
            SIGNED.target.into(),
            String::from_utf8(SIGNED.body.to_vec()).unwrap(),
        ];
        let check = |parts: &[String; 6]| {
            let [timestamp, nonce, signature, method, target, body] = parts;
            let headers = SignatureHeaders {
                key: Some("link-1"),
                timestamp: Some(timestamp),
                nonce: Some(nonce),
                signature: Some(signature),
            };
            verify(&key(), headers, Signed { method, target, body: body.as_bytes() }, NOW_S)
        };
        assert_eq!(check(&original), Ok(()));
        let mut flips = 0;
        for part in 0..original.len() {
            for bit in 0..original[part].len() * 8 {
                let mut bytes = original[part].clone().into_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let Ok(text) = String::from_utf8(bytes) else { continue };
                // The case of a hexadecimal digit carries nothing.
                if part == 2 && text[3..].eq_ignore_ascii_case(&original[2][3..]) && text.starts_with("v1=") {
                    continue;
                }
                let mut parts = original.clone();
                parts[part] = text;
                assert!(check(&parts).is_err(), "part {part}, bit {bit}");
                flips += 1;
            }
        }
        assert!(flips > 800, "{flips}");
        let headers = SignatureHeaders::default();
        assert_eq!(verify(&key(), headers, SIGNED, NOW_S), Err(SignatureError::Malformed));
        let other = SharedKey { name: "link-2".into(), ..key() };
        let timestamp = NOW_S.to_string();
        let headers = SignatureHeaders {
            key: Some("link-1"),
            timestamp: Some(&timestamp),
            nonce: Some("n-1"),
            signature: Some(&original[2]),
        };
        assert_eq!(verify(&other, headers, SIGNED, NOW_S), Err(SignatureError::Mismatch));
    }

    /// Shows that a moved boundary between two signed parts changes the signature.
    #[test]
    fn parts_do_not_run_into_each_other() {
        let one = Signed { method: "GET", target: "/a", body: b"" };
        let secret = key().secret;
        assert_ne!(
            sign(&secret, NOW_S, "1", one),
            sign(&secret, NOW_S, "1\nGET", Signed { method: "/a", ..one })
        );
        assert_ne!(sign(&secret, NOW_S, "1", one), sign(&secret, NOW_S / 10, "01", one));
    }
}
