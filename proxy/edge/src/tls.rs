//! TLS towards visitors: which certificate is shown, what is agreed on, and how long that may take.
//!
//! What a client says in its handshake decides the certificate and the protocol, and is kept nowhere:
//! there is no store of sessions, and tickets are sealed with keys that live in memory for hours.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora_core::apps::ServerApp;
use pingora_core::listeners::tls::Acceptor;
use pingora_core::protocols::l4::stream::Stream as Socket;
use pingora_core::protocols::{ALPN, Ssl, Stream};
use pingora_core::server::ShutdownWatch;
use pingora_timeout::timeout;
use rustls::ServerConfig;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

use crate::certificate::Certificate;
use crate::door::Door;
use crate::h2;

/// How long a handshake may take, all its messages together; no longer than `max_silence`.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Protocols over TLS, the preferred one first (RFC 7301, RFC 9113 §3.2).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The application behind the listeners of HTTPS.
pub(crate) struct TlsDoor {
    pub(crate) door: Door,
    pub(crate) acceptor: Acceptor,
    pub(crate) http2: h2::Limits,
}

#[async_trait]
impl ServerApp for TlsDoor {
    async fn process_new(self: &Arc<Self>, stream: Stream, _shutdown: &ShutdownWatch) -> Option<Stream> {
        let socket = stream.into_any().downcast::<Socket>().ok()?;
        let stopping = self.door.stopping.told();
        let shaken = tokio::select! {
            biased;
            shaken = timeout(HANDSHAKE.min(self.door.max_silence), self.acceptor.tls_handshake(*socket)) => shaken.ok()?.ok()?,
            () = stopping => return None,
        };
        match shaken.selected_alpn_proto() {
            Some(ALPN::H2) => h2::serve(&self.door, self.http2, shaken).await,
            _ => self.door.serve(Box::new(shaken)).await,
        }
        None
    }

    async fn cleanup(&self) {
        self.door.cleanup().await;
    }
}

/// What every connection is accepted with. The first of `certificates` is shown where no name fits.
///
/// # Errors
/// The system gives no randomness.
pub(crate) fn acceptor(certificates: &[Certificate]) -> Result<Acceptor, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ByName::new(certificates)));
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    // Its keys change every six hours, and the one before counts as long again.
    config.ticketer = rustls::crypto::ring::Ticketer::new()?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    // What comes before the handshake is over could be sent again by anybody (RFC 8470).
    config.max_early_data_size = 0;
    Ok(Acceptor::from_server_config(Arc::new(config)))
}

/// Certificates by the names in them.
struct ByName {
    default: Option<Arc<CertifiedKey>>,
    exact: HashMap<String, Vec<Arc<CertifiedKey>>>,
    /// By what follows `*.`.
    wildcard: HashMap<String, Vec<Arc<CertifiedKey>>>,
}

impl ByName {
    fn new(certificates: &[Certificate]) -> Self {
        let default = certificates.first().map(|certificate| Arc::clone(&certificate.key));
        let (mut exact, mut wildcard) = (HashMap::new(), HashMap::new());
        for Certificate { key, names, .. } in certificates {
            for name in names {
                let (names, name) = match name.strip_prefix("*.") {
                    Some(rest) => (&mut wildcard, rest),
                    None => (&mut exact, name.as_str()),
                };
                names.entry(name.to_owned()).or_insert_with(Vec::new).push(Arc::clone(key));
            }
        }
        Self { default, exact, wildcard }
    }

    /// The certificates for a name, in the order of the configuration.
    fn named(&self, name: &str) -> Option<&[Arc<CertifiedKey>]> {
        let name = name.to_ascii_lowercase();
        let exact = self.exact.get(&name);
        let fitting = exact.or_else(|| self.wildcard.get(name.split_once('.')?.1));
        fitting.map(Vec::as_slice)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.named(name)).unwrap_or_default();
        // A name may have certificates of several kinds: the client says which it can check.
        let checkable = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(hello.signature_schemes()).is_some();
        named.iter().find(checkable).or_else(|| named.first()).or(self.default.as_ref()).cloned()
    }
}

impl fmt::Debug for ByName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByName").field("names", &(self.exact.len() + self.wildcard.len())).finish()
    }
}
