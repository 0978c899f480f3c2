//! Request signatures `SDK-HMAC-SHA256` and `SDK-HMAC-SM3`: what a client signs and how the server checks it.
//!
//! ```text
//! Authorization: SDK-HMAC-SHA256 Access=<AK>, SignedHeaders=<h1;h2;…>, Signature=<lower hex>
//!
//! CanonicalRequest = METHOD LF CanonicalURI LF CanonicalQuery LF CanonicalHeaders LF SignedHeaders LF PayloadHash
//! StringToSign     = algorithm LF X-Sdk-Date LF hex(hash(CanonicalRequest))
//! Signature        = hex(HMAC(SK, StringToSign))
//! ```
//!
//! Pure functions over the raw bytes of a request: no I/O, no clock, no HTTP types. The server's order of work is
//! [`Authorization::parse`], [`signed_at`] with [`within_skew`], then [`verify`] with the key's secret.
//!
//! # What a signature does not tell apart
//!
//! The protocol normalises before it signs, so these requests carry the same signature. All else is bound.
//!
//! - path: with or without one `/` at the end; an octet as itself or percent-encoded, except `/`, which is never `%2F`;
//! - query: the order of different keys; `k` and `k=`; empty pieces (`a&&b`); an octet as itself or percent-encoded
//!   (`+` is a plus, never a space); the order of one key's values if the client signed them sorted as text;
//! - headers: the case of names, white space around values, whatever is not in `SignedHeaders`;
//! - a malformed escape such as `%zz`, which stands for its own characters (`%25zz`);
//! - the body, if the client declared it `UNSIGNED-PAYLOAD` (never for JSON or BSON).
//!
//! Sizes are the caller's to bound (the gateway takes 32 KB of URI, 128 KB of headers, 12 MB of body): the work here
//! grows with them linearly, or as `n log n` in the number of query pairs.

mod authorization;
mod canonical;
mod date;
mod hash;
mod request;
mod sign;
mod verify;

pub use authorization::{
    AUTHORIZATION_LENGTH_MAX, Authorization, AuthorizationError, SIGNED_HEADERS_MAX, SignedHeaders,
};
pub use date::{SKEW_MS_MAX, signed_at, within_skew};
pub use hash::{Algorithm, sha256_hex};
pub use request::{HeaderValue, Headers, Request, RequestError};
pub use sign::sign;
pub use verify::{VerifyError, verify};
