//! Verifying: the signature a request should carry against the one it does.

use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::{
    Authorization, Headers, Request, RequestError,
    canonical::{Canonical, ValueOrder},
};

/// Why a signature is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The request is unfit, whatever the key.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The signature is not the one of this request and key, or not lower-case hex at all.
    #[error("the signature does not match")]
    SignatureMismatch {
        /// What the server signed, for the client to compare with its own; bytes that are no UTF-8 replaced. As long
        /// as the request's head.
        canonical_request: String,
    },
}

/// Checks the signature of a request with the secret of its access key. Does not look at the clock: see
/// [`crate::signed_at`] and [`crate::within_skew`].
///
/// The values of a repeated query key may have been signed sorted as text or in the wire's order: either binds the
/// whole query. Signatures are compared in constant time.
///
/// # Errors
/// See [`VerifyError`].
pub fn verify<H: Headers + ?Sized>(
    request: &Request<'_, H>,
    authorization: &Authorization<'_>,
    secret_key: &[u8],
) -> Result<(), VerifyError> {
    let algorithm = authorization.algorithm;
    let canonical = Canonical::new(request, algorithm, authorization.signed_headers)?;
    let matches = |text: &[u8]| {
        let expected = algorithm.signature(secret_key, canonical.date, &algorithm.digest(text));
        bool::from(expected.as_bytes().ct_eq(authorization.signature.as_bytes()))
    };
    let sorted = canonical.text(ValueOrder::Text)?;
    if matches(&sorted) {
        return Ok(());
    }
    let as_sent = canonical.text(ValueOrder::Wire)?;
    if as_sent != sorted && matches(&as_sent) {
        return Ok(());
    }
    Err(VerifyError::SignatureMismatch { canonical_request: String::from_utf8_lossy(&sorted).into_owned() })
}
