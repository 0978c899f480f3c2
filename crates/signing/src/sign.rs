//! Signing, for clients, tests and the bench.

use crate::{
    Algorithm, Headers, Request, RequestError, SignedHeaders,
    canonical::{Canonical, ValueOrder},
};

/// The `Authorization` value for a request that carries `X-Sdk-Date` and all the signed headers.
///
/// # Errors
/// [`RequestError`]: what [`crate::verify`] would refuse whatever the key.
pub fn sign<H: Headers + ?Sized>(
    request: &Request<'_, H>,
    algorithm: Algorithm,
    access_key: &str,
    secret_key: &[u8],
    signed_headers: SignedHeaders<'_>,
) -> Result<String, RequestError> {
    let canonical = Canonical::new(request, algorithm, signed_headers)?;
    let hash = algorithm.digest(&canonical.text(ValueOrder::Text)?);
    let signature = algorithm.signature(secret_key, canonical.date, &hash);
    let (name, list, signature) = (algorithm.name(), signed_headers.as_str(), signature.as_str());
    Ok(format!("{name} Access={access_key}, SignedHeaders={list}, Signature={signature}"))
}
