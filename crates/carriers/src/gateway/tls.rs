//! Which certificates a gateway's are checked against.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The most certificates taken.
const CERTIFICATES_MAX: usize = 1_000;

/// A text that holds no usable certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no usable certificates: PEM with 1 to {CERTIFICATES_MAX} certificates is needed")]
pub struct CertificatesError;

/// A TLS configuration that trusts exactly the certificates of `pem`: a gateway's own, its authority's, or the
/// system's whole bundle.
pub fn trust(pem: &[u8]) -> Result<Arc<ClientConfig>, CertificatesError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| CertificatesError)?).map_err(|_| CertificatesError)?;
        if roots.len() > CERTIFICATES_MAX {
            return Err(CertificatesError);
        }
    }
    if roots.is_empty() {
        return Err(CertificatesError);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| CertificatesError)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
