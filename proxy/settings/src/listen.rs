//! Where the proxy answers: addresses for plain HTTP and for HTTPS, and what it proves itself with.
//!
//! Files of certificates are read here and not understood: whoever speaks TLS judges them, and points
//! back at the place that named them.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;

use crate::checker::Checker;
use crate::names::{Refused, refuse};
use crate::problem::{Problem, Source, Span};
use crate::raw::{self, OneOrMany, Text, Texts};
use crate::{bounds, files};

/// Where the proxy answers: at least one address, and none of them twice.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// Addresses for plain HTTP.
    pub http: Vec<SocketAddr>,
    /// Addresses for HTTPS; only with certificates.
    pub https: Vec<SocketAddr>,
    /// What is shown on `https`, the default first; none without it.
    pub certificates: Vec<Certificate>,
}

/// A certificate chain and its private key, as they were read.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The file of the chain.
    pub cert: PemFile,
    /// The file of the key.
    pub key: PemFile,
}

/// A file that should hold something in PEM, and where it is named. What it holds is not printed: it
/// may be a private key.
#[derive(Clone)]
pub struct PemFile {
    bytes: Arc<[u8]>,
    source: Source,
    span: Span,
    name: String,
}

impl PemFile {
    /// What the file holds, looked into by nobody yet.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The path as it is written in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A problem with the file, told at the place that names it.
    #[must_use]
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        self.source.problem(self.span.clone(), "named here", message)
    }
}

impl fmt::Debug for PemFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads `[listen]`; what is wrong with it is reported.
pub(crate) fn read(checker: &mut Checker<'_>, folder: &Path, written: &Spanned<raw::Listen>) -> Listen {
    let raw = written.get_ref();
    let http = addresses(checker, "http", 8080, raw.http.as_ref());
    let https = addresses(checker, "https", 8443, raw.https.as_ref());
    if raw.http.is_none() && raw.https.is_none() {
        let message = "`[listen]` names no address";
        let help = "add `http = \"0.0.0.0:8080\"`, or `https = \"0.0.0.0:8443\"` with a certificate";
        checker.report(written.span(), "here", message, help);
    }
    if let Some(entry) = raw.https.as_ref() {
        let twice = https.iter().find(|address| http.contains(address));
        if let Some(address) = twice {
            let message = format!("`{address}` is taken by `http` already");
            checker.report(entry.span(), "again here", message, "give `https` a port of its own");
        }
        if raw.certificate.is_empty() {
            let help = "add `[[listen.certificate]]` with the files `cert` and `key`, both in PEM";
            checker.report(entry.span(), "here", "`https` needs a certificate", help);
        }
    }
    if let (None, Some(first)) = (&raw.https, raw.certificate.first()) {
        let help = "add `https = \"0.0.0.0:8443\"` to `[listen]`, or remove the certificate";
        checker.report(first.cert.span(), "here", "a certificate means nothing without `https`", help);
    }
    if let Some(over) = raw.certificate.get(bounds::MAX_CERTIFICATES) {
        let message = format!("`[[listen.certificate]]` stands {} times", raw.certificate.len());
        let help = format!("at most {} are allowed", bounds::MAX_CERTIFICATES);
        checker.report(over.cert.span(), "one too many", message, help);
    }
    let listed = raw.certificate.iter().take(bounds::MAX_CERTIFICATES);
    let certificates = listed.filter_map(|entry| {
        let (cert, key) = (pem(checker, folder, &entry.cert), pem(checker, folder, &entry.key));
        Some(Certificate { cert: cert?, key: key? })
    });
    let certificates = certificates.collect();
    Listen { http, https, certificates }
}

fn pem(checker: &mut Checker<'_>, folder: &Path, written: &Text) -> Option<PemFile> {
    let named = Some((checker.source, written.span()));
    let read = files::bytes(&folder.join(written.get_ref()), bounds::MAX_PEM_FILE, named);
    let bytes = read.map_err(|problem| checker.problems.add(problem)).ok()?;
    let (source, name) = (checker.source.clone(), written.get_ref().clone());
    Some(PemFile { bytes: bytes.into(), source, span: written.span(), name })
}

fn addresses(
    checker: &mut Checker<'_>,
    key: &str,
    port: u16,
    written: Option<&Spanned<OneOrMany>>,
) -> Vec<SocketAddr> {
    let Some(written) = written else { return Vec::new() };
    let list: Texts = OneOrMany::list(written);
    let entries = checker.list(key, bounds::MAX_LISTENERS, true, Some(&list));
    checker.each(entries, |text| socket(text, port))
}

/// Reads an address; `port` is the one to suggest where it has none.
pub(crate) fn socket(text: &str, port: u16) -> Result<SocketAddr, Refused> {
    text.parse().map_err(|_| {
        let bare = text.rsplit_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
        let local = bare.strip_prefix("localhost").map(|port| format!("127.0.0.1{port}"));
        let local = local.or_else(|| bare.starts_with(':').then(|| format!("0.0.0.0{bare}")));
        let candidates =
            [local, Some(bare.to_owned()), Some(format!("{bare}:{port}")), Some(format!("0.0.0.0:{bare}"))];
        let fitting = candidates.into_iter().flatten().find(|text| text.parse::<SocketAddr>().is_ok());
        let suggestion = fitting.unwrap_or_else(|| format!("0.0.0.0:{port}"));
        refuse(
            format!("`{text}` is not an address with a port"),
            format!("write one such as `\"{suggestion}\"`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_without_a_port_suggest_one() {
        let help = |text| socket(text, 8080).unwrap_err().help;
        assert!(socket("[::]:8080", 8080).is_ok());
        assert!(help("127.0.0.1").contains("127.0.0.1:8080"));
        assert!(help("8080").contains("0.0.0.0:8080"));
        assert!(help("localhost:90").contains("127.0.0.1:90"));
        assert!(help("http://10.0.0.1:90/").contains("10.0.0.1:90"));
        assert!(socket("10.0.0.1", 8443).unwrap_err().help.contains("10.0.0.1:8443"));
    }

    #[test]
    fn a_key_is_never_printed() {
        let (bytes, source) = (Arc::from(&b"secret"[..]), Source::new("cloakroom.toml", "key"));
        let file = PemFile { bytes, source, span: 0..3, name: "key.pem".to_owned() };
        assert_eq!(format!("{file:?}"), "PemFile { name: \"key.pem\", .. }");
    }
}
