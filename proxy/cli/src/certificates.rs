//! The certificates of `[[listen.certificate]]`, judged by the room that shows them; what is wrong is told
//! at the place that names the file.

use std::time::SystemTime;

use cloakroom_edge::{Certificate, CertificateError, Validity};
use cloakroom_settings::{self as settings, Problem, Settings};

/// Reads all certificates, in order, and says which of them no client will trust at `now`.
///
/// # Errors
/// All that cannot be used.
pub(crate) fn read(
    settings: &Settings,
    now: SystemTime,
) -> Result<(Vec<Certificate>, Vec<Problem>), Vec<Problem>> {
    let (mut certificates, mut warnings, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for named in &settings.listen.certificates {
        match Certificate::new(named.cert.bytes(), named.key.bytes()) {
            Ok(certificate) => {
                warnings.extend(untimely(named, certificate.validity(now)));
                certificates.push(certificate);
            }
            Err(error) => problems.push(wrong(named, &error)),
        }
    }
    if problems.is_empty() { Ok((certificates, warnings)) } else { Err(problems) }
}

fn wrong(named: &settings::Certificate, error: &CertificateError) -> Problem {
    let file = if error.is_about_key() { &named.key } else { &named.cert };
    let help = match error {
        CertificateError::NoCertificate | CertificateError::Malformed(_) => {
            "name a file of certificates that begin with `-----BEGIN CERTIFICATE-----`, the site's own first"
        }
        CertificateError::Nameless => {
            "browsers look for the site's name among the subject alternative names: have it issued for them"
        }
        CertificateError::NoKey => {
            "name the file that begins with `-----BEGIN PRIVATE KEY-----`; if a password protects the key, \
             take it off with `openssl pkey`"
        }
        CertificateError::Key(_) => {
            "keys are ECDSA on P-256 or P-384, Ed25519, or RSA of at least 2,048 bits"
        }
        CertificateError::Mismatch => "name the key that this certificate was issued for",
    };
    file.problem(format!("`{}` cannot be used: {error}", file.name())).help(help)
}

fn untimely(named: &settings::Certificate, validity: Validity) -> Option<Problem> {
    let name = named.cert.name();
    let (message, help) = match validity {
        Validity::Valid => return None,
        Validity::NotYet(from) => (
            format!("the certificate in `{name}` does not count before {from}"),
            "no client trusts it until then: look at the clock of this machine, or take an earlier one",
        ),
        Validity::Expired(until) => (
            format!("the certificate in `{name}` expired on {until}"),
            "no client trusts it any more: renew it",
        ),
    };
    Some(named.cert.problem(message).help(help).warning())
}
