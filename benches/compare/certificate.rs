//! The certificate that all servers show, and a client that trusts it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloakroom_benches::HOST;
use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::{ClientConfig, RootCertStore};

use crate::Failure;
use crate::client::Transport;

/// Where the files are that servers read.
pub(crate) struct Certificate {
    /// The certificate alone, in PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, in PEM.
    pub(crate) key: PathBuf,
    /// Both in one file, as HAProxy wants them.
    pub(crate) both: PathBuf,
    roots: RootCertStore,
}

impl Certificate {
    /// Makes one for the host, of the kind that certificate authorities give out today (ECDSA, P-256).
    pub(crate) fn make(folder: &Path) -> Result<Self, Failure> {
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()])?;
        let file = |name: &str, text: &str| -> Result<PathBuf, Failure> {
            let path = folder.join(name);
            std::fs::write(&path, text)?;
            Ok(path)
        };
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        Ok(Self {
            certificate: file("certificate.pem", &certificate)?,
            key: file("key.pem", &key)?,
            both: file("both.pem", &format!("{certificate}{key}"))?,
            roots,
        })
    }

    /// HTTP/1.1 over TLS.
    pub(crate) fn http1(&self) -> Result<Transport, Failure> {
        self.client(b"http/1.1").map(Transport::Tls)
    }

    /// HTTP/2 over TLS.
    pub(crate) fn http2(&self) -> Result<Transport, Failure> {
        self.client(b"h2").map(Transport::Http2)
    }

    /// A client of one protocol and one cipher, the one that browsers name first, so that no server is
    /// measured with a cheaper one than another.
    fn client(&self, protocol: &[u8]) -> Result<Arc<ClientConfig>, Failure> {
        let mut provider = default_provider();
        provider.cipher_suites = vec![cipher_suite::TLS13_AES_128_GCM_SHA256];
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(Arc::new(config))
    }
}
