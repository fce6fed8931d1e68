//! What the proxy proves itself with: a certificate chain and the key that fits it. A private key that
//! was read is handed to the TLS library and is in nothing that can be printed.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// A certificate with its key, ready to be shown.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) key: Arc<CertifiedKey>,
    /// DNS names, lower case; a leading `*.` stands for one label (RFC 9525 §6.3).
    pub(crate) names: Vec<String>,
    not_before: Moment,
    not_after: Moment,
}

/// A moment of a certificate: seconds since 1970, and how it is written.
#[derive(Clone)]
struct Moment {
    seconds: i64,
    written: String,
}

/// Whether a certificate counts at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It does.
    Valid,
    /// It will, from the time that is written here.
    NotYet(String),
    /// It did, until the time that is written here.
    Expired(String),
}

/// A chain or a key that cannot be used. The first three are about the file of the chain.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Not one certificate.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// A certificate that is none.
    #[error("a certificate in it cannot be read: {0}")]
    Malformed(String),
    /// A certificate without DNS names: no browser takes it.
    #[error("the certificate in it is for no DNS name")]
    Nameless,
    /// Not one private key.
    #[error("it holds no private key in PEM that can be read without a password")]
    NoKey,
    /// A key of a kind that is not known.
    #[error("the private key in it cannot be used: {0}")]
    Key(String),
    /// The key of another certificate.
    #[error("the private key in it belongs to another certificate")]
    Mismatch,
}

impl CertificateError {
    /// It is the file of the key that has to change.
    #[must_use]
    pub fn is_about_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::Key(_) | Self::Mismatch)
    }
}

impl Certificate {
    /// Reads a chain, its own certificate first, and the key of that certificate, both in PEM.
    ///
    /// # Errors
    /// [`CertificateError`] if one of the two cannot be used, or they do not belong together.
    pub fn new(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let malformed = |cause: String| CertificateError::Malformed(cause);
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|cause| malformed(cause.to_string()))?;
        let own = chain.first().ok_or(CertificateError::NoCertificate)?;
        let (names, not_before, not_after) = read(own)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|cause| match cause {
            pem::Error::NoItemsFound => CertificateError::NoKey,
            cause => CertificateError::Key(cause.to_string()),
        })?;
        let provider = rustls::crypto::ring::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(|cause| match cause {
            rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch,
            cause @ rustls::Error::InvalidCertificate(_) => malformed(cause.to_string()),
            cause => CertificateError::Key(cause.to_string()),
        })?;
        Ok(Self { key: Arc::new(key), names, not_before, not_after })
    }

    /// Whether it counts at a moment.
    #[must_use]
    pub fn validity(&self, now: SystemTime) -> Validity {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(since).unwrap_or(i64::MAX);
        if now < self.not_before.seconds {
            Validity::NotYet(self.not_before.written.clone())
        } else if now > self.not_after.seconds {
            Validity::Expired(self.not_after.written.clone())
        } else {
            Validity::Valid
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Names and times of a certificate.
fn read(der: &CertificateDer<'_>) -> Result<(Vec<String>, Moment, Moment), CertificateError> {
    let malformed = |cause: String| CertificateError::Malformed(cause);
    let (_, certificate) = X509Certificate::from_der(der).map_err(|cause| malformed(cause.to_string()))?;
    let alternative = certificate.subject_alternative_name().map_err(|cause| malformed(cause.to_string()))?;
    let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
    let names: Vec<_> = names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        return Err(CertificateError::Nameless);
    }
    let validity = certificate.validity();
    let moment = |time: x509_parser::time::ASN1Time| Moment {
        seconds: time.timestamp(),
        written: time.to_rfc2822().unwrap_or_else(|cause| cause),
    };
    Ok((names, moment(validity.not_before), moment(validity.not_after)))
}
