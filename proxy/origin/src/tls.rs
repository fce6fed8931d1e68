//! Whom an origin that is asked over TLS has to prove itself to. There is no setting that skips the
//! proof: the pages of an unproved origin would be anybody's.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// What an origin's certificate is checked against: the roots of the system, or of the site's own
/// authority. TLS 1.2 and 1.3, without a certificate of the proxy's.
#[derive(Clone)]
pub struct Tls {
    config: ClientConfig,
    own_roots: Arc<[Vec<u8>]>,
}

/// The roots cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not one certificate.
    #[error("it holds no certificate in PEM")]
    Empty,
    /// A certificate that is none.
    #[error("a certificate in it cannot be read: {0}")]
    Malformed(String),
    /// The system's roots.
    #[error("the certificates of this system cannot be read: {0}")]
    System(String),
}

impl Tls {
    /// Trusts the authorities in `own`, one or more certificates in PEM; without it, those of the
    /// system (where `SSL_CERT_FILE` and `SSL_CERT_DIR` say where they are, if they are set).
    ///
    /// # Errors
    /// [`TlsError`] if there is no root, or one that cannot be read.
    pub fn new(own: Option<&[u8]>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let mut own_roots = Vec::new();
        match own {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|cause| TlsError::Malformed(cause.to_string()))?;
                    own_roots.push(certificate.as_ref().to_vec());
                    roots.add(certificate).map_err(|cause| TlsError::Malformed(cause.to_string()))?;
                }
            }
            None => {
                let system = rustls_native_certs::load_native_certs();
                for certificate in system.map_err(|cause| TlsError::System(cause.to_string()))? {
                    roots.add(certificate).map_err(|cause| TlsError::System(cause.to_string()))?;
                }
            }
        }
        if roots.is_empty() {
            return Err(match own {
                Some(_) => TlsError::Empty,
                None => TlsError::System("there are none".to_owned()),
            });
        }
        Ok(Self { config: trusting(roots)?, own_roots: own_roots.into() })
    }

    /// The certificates of the site's own authorities, in DER; empty where the system's count.
    #[must_use]
    pub fn own_roots(&self) -> &[Vec<u8>] {
        &self.own_roots
    }

    pub(crate) fn config(&self) -> ClientConfig {
        self.config.clone()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("own_roots", &self.own_roots.len()).finish_non_exhaustive()
    }
}

/// For origins that are asked over plain HTTP: nobody is trusted, since nobody is asked.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, TlsError> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| TlsError::System(cause.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Whether an error comes of a certificate that does not prove who the origin is.
pub(crate) fn is_untrusted(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        // An error of the system's passes over what it was made of when it is asked for its source.
        let made_of = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match made_of {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(matches!(Tls::new(Some(b"")), Err(TlsError::Empty)));
        assert!(matches!(Tls::new(Some(b"nothing of that kind")), Err(TlsError::Empty)));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Tls::new(Some(broken)), Err(TlsError::Malformed(_))));
    }

    #[test]
    fn an_untrusted_certificate_is_found_behind_other_errors() {
        let cause = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(is_untrusted(&cause));
        let wrapped = std::io::Error::other(cause);
        assert!(is_untrusted(&wrapped));
        assert!(is_untrusted(&std::io::Error::other(wrapped)));
        assert!(!is_untrusted(&std::io::Error::other(rustls::Error::DecryptError)));
        assert!(!is_untrusted(&std::io::Error::other("closed")));
    }
}
