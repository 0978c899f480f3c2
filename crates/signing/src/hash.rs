//! The two algorithms and their digests, always as lower-case hex, which is how the protocol writes them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sm3::Sm3;

/// A signature algorithm, named as in the `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `SDK-HMAC-SHA256`
    HmacSha256,
    /// `SDK-HMAC-SM3`: the same scheme with SM3 (GB/T 32905) for hash and HMAC.
    HmacSm3,
}

impl Algorithm {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "SDK-HMAC-SHA256",
            Self::HmacSm3 => "SDK-HMAC-SM3",
        }
    }

    /// The algorithm of a wire name, which is case-sensitive.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::HmacSha256, Self::HmacSm3].into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The header in which a client announces the hash of its body, in lower case.
    #[must_use]
    pub const fn content_hash_header(self) -> &'static str {
        match self {
            Self::HmacSha256 => "x-sdk-content-sha256",
            Self::HmacSm3 => "x-sdk-content-sm3",
        }
    }

    pub(crate) fn digest(self, data: &[u8]) -> HexDigest {
        match self {
            Self::HmacSha256 => HexDigest::new(&Sha256::digest(data)),
            Self::HmacSm3 => HexDigest::new(&Sm3::digest(data)),
        }
    }

    /// The signature over the hash of a canonical request. The secret is the HMAC key as it stands: the protocol
    /// derives nothing from it.
    pub(crate) fn signature(self, secret_key: &[u8], date: &[u8], canonical_hash: &HexDigest) -> HexDigest {
        let string_to_sign = [self.name().as_bytes(), b"\n", date, b"\n", canonical_hash.as_bytes()];
        match self {
            Self::HmacSha256 => mac::<Hmac<Sha256>>(secret_key, &string_to_sign),
            Self::HmacSm3 => mac::<Hmac<Sm3>>(secret_key, &string_to_sign),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> HexDigest {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    parts.iter().for_each(|part| mac.update(part));
    HexDigest::new(&mac.finalize().into_bytes())
}

/// A digest of 32 bytes as 64 lower-case hex digits; both algorithms give this length.
pub(crate) struct HexDigest([u8; 64]);

impl HexDigest {
    fn new(digest: &[u8]) -> Self {
        let mut digits = [0; 64];
        hex::encode_to_slice(digest, &mut digits).expect("both algorithms give 32 bytes");
        Self(digits)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

/// SHA-256 of `data` in lower-case hex.
#[must_use]
pub fn sha256_hex(data: &[u8]) -> String {
    Algorithm::HmacSha256.digest(data).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_vector() {
        // The vector of the public documentation: from the hash of a canonical request to its signature.
        let mut digits = [0; 64];
        digits.copy_from_slice(b"b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a");
        let signature = Algorithm::HmacSha256.signature(
            b"MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
            b"20191115T033655Z",
            &HexDigest(digits),
        );
        assert_eq!(signature.as_str(), "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe");
    }

    #[test]
    fn hashes_of_an_empty_body() {
        // The empty hashes named by the protocol.
        let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let sm3 = "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b";
        assert_eq!(sha256_hex(b""), sha256);
        assert_eq!(Algorithm::HmacSha256.digest(b"").as_str(), sha256);
        assert_eq!(Algorithm::HmacSm3.digest(b"").as_str(), sm3);
    }

    #[test]
    fn names_round_trip() {
        // Each name finds its algorithm; other prefixes and other cases find none.
        for algorithm in [Algorithm::HmacSha256, Algorithm::HmacSm3] {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        for name in ["", "sdk-hmac-sha256", "V11-HMAC-SHA256", "SDK-ECDSA-P256-SHA256", "SDK-HMAC-SHA256 "] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
    }
}
