//! The `Authorization` header of a signed request, taken apart and bounded.

use thiserror::Error;

use crate::Algorithm;

/// Longest `Authorization` value looked at, bytes.
pub const AUTHORIZATION_LENGTH_MAX: usize = 4096;

/// Most names in `SignedHeaders`.
pub const SIGNED_HEADERS_MAX: usize = 64;

/// Why an `Authorization` value cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AuthorizationError {
    /// The value does not begin with an algorithm known here: perhaps no signature at all.
    #[error("unknown signature algorithm")]
    UnknownAlgorithm,
    /// More than [`AUTHORIZATION_LENGTH_MAX`] bytes.
    #[error("the Authorization header is too long")]
    TooLong,
    /// `Access`, `SignedHeaders` or `Signature` is absent, empty, or given twice, or something else stands beside them.
    #[error("the Authorization header must hold Access, SignedHeaders and Signature, each once")]
    Malformed,
    /// The list of signed headers breaks the rules of [`SignedHeaders`].
    #[error("SignedHeaders is not a list of header names")]
    InvalidSignedHeaders,
}

/// The list of signed headers as it stands in the header, checked: 1 to [`SIGNED_HEADERS_MAX`] names between `;`,
/// each of letters, digits and hyphens.
///
/// Names with `_` are refused: the SDKs never sign them, since gateways drop or rewrite such headers. Case and order
/// are kept, because the text itself is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedHeaders<'a>(&'a str);

impl<'a> SignedHeaders<'a> {
    /// Checks a list such as `content-type;host;x-sdk-date`.
    ///
    /// # Errors
    /// [`AuthorizationError::InvalidSignedHeaders`]
    pub fn parse(list: &'a str) -> Result<Self, AuthorizationError> {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if list.split(';').take(SIGNED_HEADERS_MAX + 1).count() <= SIGNED_HEADERS_MAX
            && list.split(';').all(is_name)
        {
            Ok(Self(list))
        } else {
            Err(AuthorizationError::InvalidSignedHeaders)
        }
    }

    /// The list as written.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The names in the list's order.
    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.split(';')
    }

    /// Whether `name` is in the list, in any case.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        self.names().any(|signed| signed.eq_ignore_ascii_case(name))
    }
}

/// The parts of `SDK-HMAC-… Access=…, SignedHeaders=…, Signature=…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
    /// The access key (AK) that names the secret. Not checked here beyond being present.
    pub access_key: &'a str,
    /// The names of the signed headers, in the list's order.
    pub signed_headers: SignedHeaders<'a>,
    /// The signature as sent; whether it is well formed is for [`crate::verify`] to say.
    pub signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Takes an `Authorization` value apart. White space around commas is free, the three parts may come in any order.
    ///
    /// # Errors
    /// See [`AuthorizationError`]; `UnknownAlgorithm` comes before all others.
    pub fn parse(header: &'a str) -> Result<Self, AuthorizationError> {
        let header = header.trim_ascii();
        let (prefix, rest) = header.split_once(' ').unwrap_or((header, ""));
        let algorithm = Algorithm::from_name(prefix).ok_or(AuthorizationError::UnknownAlgorithm)?;
        if header.len() > AUTHORIZATION_LENGTH_MAX {
            return Err(AuthorizationError::TooLong);
        }
        let (mut access_key, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, value) = part.trim_ascii().split_once('=').ok_or(AuthorizationError::Malformed)?;
            let slot = match name {
                "Access" => &mut access_key,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(AuthorizationError::Malformed),
            };
            if value.is_empty() || slot.replace(value).is_some() {
                return Err(AuthorizationError::Malformed);
            }
        }
        let (Some(access_key), Some(signed_headers), Some(signature)) =
            (access_key, signed_headers, signature)
        else {
            return Err(AuthorizationError::Malformed);
        };
        Ok(Self { algorithm, access_key, signed_headers: SignedHeaders::parse(signed_headers)?, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_header() {
        // Spaces after commas are free and the list keeps its order.
        for header in [
            "SDK-HMAC-SM3 Access=AK, SignedHeaders=x-sdk-date;host, Signature=00ff",
            "SDK-HMAC-SM3 Access=AK,SignedHeaders=x-sdk-date;host,Signature=00ff",
            " SDK-HMAC-SM3   Access=AK ,   SignedHeaders=x-sdk-date;host,\tSignature=00ff ",
            "SDK-HMAC-SM3 Signature=00ff, Access=AK, SignedHeaders=x-sdk-date;host",
        ] {
            let parsed = Authorization::parse(header).unwrap();
            assert_eq!((parsed.algorithm, parsed.access_key), (Algorithm::HmacSm3, "AK"), "{header}");
            assert_eq!(parsed.signed_headers.names().collect::<Vec<_>>(), ["x-sdk-date", "host"], "{header}");
            assert_eq!(parsed.signature, "00ff", "{header}");
        }
    }

    #[test]
    fn refused_headers() {
        // Each way in which a header can be wrong has its own error.
        use AuthorizationError::{InvalidSignedHeaders, Malformed, TooLong, UnknownAlgorithm};
        let long = format!("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature={}", "0".repeat(4096));
        let crowded = format!("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a{}, Signature=0", ";a".repeat(64));
        for (header, error) in [
            ("", UnknownAlgorithm),
            (" ", UnknownAlgorithm),
            ("Bearer abc", UnknownAlgorithm),
            ("sdk-hmac-sha256 Access=AK, SignedHeaders=a, Signature=0", UnknownAlgorithm),
            ("V11-HMAC-SHA256 Credential=AK/20240115/r/s, SignedHeaders=a, Signature=0", UnknownAlgorithm),
            ("SDK-HMAC-SHA256", Malformed),
            ("SDK-HMAC-SHA256 ", Malformed),
            ("SDK-HMAC-SHA256 Access=AK", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a", Malformed),
            ("SDK-HMAC-SHA256 Access=, SignedHeaders=a, Signature=0", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=, Signature=0", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, Access=AK, SignedHeaders=a, Signature=0", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=0, Signature=1", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=0, Nonce=1", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=0,", Malformed),
            ("SDK-HMAC-SHA256 Access=AK; SignedHeaders=a; Signature=0", Malformed),
            ("SDK-HMAC-SHA256 access=AK, SignedHeaders=a, Signature=0", Malformed),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;;b, Signature=0", InvalidSignedHeaders),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=;a, Signature=0", InvalidSignedHeaders),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;, Signature=0", InvalidSignedHeaders),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=a; b, Signature=0", InvalidSignedHeaders),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=my_header, Signature=0", InvalidSignedHeaders),
            ("SDK-HMAC-SHA256 Access=AK, SignedHeaders=é, Signature=0", InvalidSignedHeaders),
            (&crowded, InvalidSignedHeaders),
            (&long, TooLong),
        ] {
            assert_eq!(Authorization::parse(header), Err(error), "{header}");
        }
    }
}
