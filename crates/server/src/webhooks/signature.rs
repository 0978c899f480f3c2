//! The signature of a delivery, by the rules of Standard Webhooks: HMAC-SHA256 over id, timestamp and body. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::randomness::Randomness;

/// What secrets begin with.
const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A new secret.
pub fn make_secret(randomness: &Randomness) -> String {
    format!("{PREFIX}{}", STANDARD.encode(randomness.bytes::<SECRET_BYTES>()))
}

/// The value of `webhook-signature`.
pub fn sign(secret: &str, id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let key = STANDARD.decode(secret.trim_start_matches(PREFIX)).unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the example of the standard's reference libraries.
    #[test]
    fn the_standards_example() {
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// Shows that secrets are long and differ.
    #[test]
    fn secrets_differ() {
        let randomness = Randomness::seeded(1);
        let (first, second) = (make_secret(&randomness), make_secret(&randomness));
        assert!(first != second && first.len() == PREFIX.len() + 44, "{first}");
    }
}
