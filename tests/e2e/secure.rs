//! Visitors who come over TLS, in HTTP/1.1 and HTTP/2, and proxies that let them.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderName, HeaderValue, Request, Response, Version};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::client::{Answer, Visitor, parse};
use crate::proxy::{HERO, PATIENCE, Proxy, free_address, write_configuration};

/// A certificate that is its own authority, and its key.
pub struct Certified {
    pub cert: String,
    pub key: String,
    pub der: CertificateDer<'static>,
}

impl Certified {
    pub fn of(names: &[&str]) -> Self {
        Self::between(names, 2020, 4000)
    }

    /// Counts from the beginning of one year to that of another.
    pub fn between(names: &[&str], from: i32, to: i32) -> Self {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        let key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&key).unwrap();
        Self { cert: cert.pem(), key: key.serialize_pem(), der: cert.der().clone() }
    }
}

/// A proxy that answers over TLS, and over plain HTTP too.
pub struct Secure {
    pub proxy: Proxy,
    pub https: SocketAddr,
    pub roots: Vec<CertificateDer<'static>>,
}

impl Secure {
    pub fn start(site: &str) -> Self {
        Self::start_with(site, &[Certified::of(&["shop.test"])], "")
    }

    /// `limits` are lines of `[limits]`.
    pub fn start_with(site: &str, certificates: &[Certified], limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (http, https, metrics) = (free_address(), free_address(), free_address());
        write_configuration(folder.path(), http, metrics, site, HERO);
        add_https(folder.path(), https, certificates, limits);
        // Whoever listens on one address may not yet listen on the other.
        let proxy = Proxy::start_in(folder, http, metrics);
        let since = Instant::now();
        while TcpStream::connect(https).is_err() {
            assert!(since.elapsed() < PATIENCE, "the proxy does not listen: {}", proxy.printed());
            std::thread::sleep(Duration::from_millis(20));
        }
        let roots = certificates.iter().map(|certified| certified.der.clone()).collect();
        Self { proxy, https, roots }
    }

    /// What a client of these protocols would use; it trusts the certificates of this proxy.
    pub fn client(&self, protocols: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        self.roots.iter().for_each(|root| roots.add(root.clone()).unwrap());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// A connection over TLS that nothing was said on yet.
    pub fn connect(&self, config: ClientConfig) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from("shop.test").unwrap();
        let socket = TcpStream::connect(self.https).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
    }

    /// Asks in HTTP/1.1.
    pub fn ask(&self, visitor: &Visitor) -> Answer {
        let mut stream = self.connect(self.client(&["http/1.1"]));
        stream.write_all(&visitor.bytes()).unwrap();
        let mut read = Vec::new();
        stream.read_to_end(&mut read).unwrap();
        parse(&read).expect("an answer")
    }

    pub fn http2(&self) -> Http2 {
        Http2::connect(self, h2::client::Builder::new())
    }
}

/// Adds HTTPS to a configuration that is written already.
pub fn add_https(folder: &std::path::Path, https: SocketAddr, certificates: &[Certified], limits: &str) {
    let main = folder.join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    let mut text = text.replace("[listen]\n", &format!("[listen]\nhttps = \"{https}\"\n"));
    text = text.replace("[limits]\n", &format!("[limits]\n{limits}"));
    // What libraries trace holds what clients sent: none of it may come out at any level.
    text.push_str("[log]\nlevel = \"trace\"\n");
    for (at, certified) in certificates.iter().enumerate() {
        std::fs::write(folder.join(format!("cert{at}.pem")), &certified.cert).unwrap();
        std::fs::write(folder.join(format!("key{at}.pem")), &certified.key).unwrap();
        write!(text, "[[listen.certificate]]\ncert = \"cert{at}.pem\"\nkey = \"key{at}.pem\"\n").unwrap();
    }
    std::fs::write(&main, text).unwrap();
}

/// One connection of HTTP/2.
pub struct Http2 {
    pub runtime: Runtime,
    pub requests: SendRequest<Bytes>,
    /// Ends with the connection.
    pub connection: JoinHandle<Result<(), h2::Error>>,
}

impl Http2 {
    pub fn connect(proxy: &Secure, builder: h2::client::Builder) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = Arc::new(proxy.client(&["h2"]));
        let (requests, connection) = runtime.block_on(async {
            let socket = tokio::net::TcpStream::connect(proxy.https).await.unwrap();
            let name = ServerName::try_from("shop.test").unwrap();
            let stream = tokio_rustls::TlsConnector::from(config).connect(name, socket).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
            let (requests, connection) = builder.handshake::<_, Bytes>(stream).await.unwrap();
            (requests, tokio::spawn(connection))
        });
        Self { runtime, requests, connection }
    }

    /// Sends a request and does not wait for its answer.
    pub fn send(&self, visitor: &Visitor) -> ResponseFuture {
        self.send_request(request(visitor), &visitor.body)
    }

    pub fn send_request(&self, request: Request<()>, body: &[u8]) -> ResponseFuture {
        let requests = self.requests.clone();
        self.runtime.block_on(async {
            let mut requests = requests.ready().await.unwrap();
            let (response, mut sending) = requests.send_request(request, body.is_empty()).unwrap();
            if !body.is_empty() {
                sending.send_data(Bytes::copy_from_slice(body), true).unwrap();
            }
            response
        })
    }

    pub fn ask(&self, visitor: &Visitor) -> Answer {
        self.wait(self.send(visitor)).expect("an answer")
    }

    pub fn wait(&self, response: ResponseFuture) -> Result<Answer, h2::Error> {
        self.runtime.block_on(async {
            let reading = async { whole(response.await?).await };
            tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time")
        })
    }
}

/// A visitor's request as HTTP/2 has it: the host is `:authority`, cookies stand in fields of their own.
pub fn request(visitor: &Visitor) -> Request<()> {
    let uri = format!("https://{}{}", visitor.host, visitor.target);
    let mut request = Request::builder().method(visitor.method.as_str()).uri(uri).version(Version::HTTP_2);
    for (name, value) in &visitor.fields {
        if name.eq_ignore_ascii_case("cookie") {
            for crumb in value.split("; ") {
                request = request.header("cookie", crumb);
            }
        } else {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_str(value).unwrap());
        }
    }
    if !visitor.body.is_empty() {
        request = request.header("content-length", visitor.body.len());
    }
    request.body(()).unwrap()
}

/// An answer with its whole body, written down as one of HTTP/1.1 would be.
pub async fn whole(response: Response<h2::RecvStream>) -> Result<Answer, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut head = format!("HTTP/2 {}\r\n", parts.status);
    for (name, value) in &parts.headers {
        write!(head, "{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())).unwrap();
    }
    let mut body = Vec::new();
    while let Some(part) = stream.data().await {
        let part = part?;
        stream.flow_control().release_capacity(part.len())?;
        body.extend_from_slice(&part);
    }
    Ok(Answer { status: parts.status.as_u16(), head, body })
}

/// Status, fields and body without what may change from one second to the next, or from one version of
/// HTTP to the other.
pub fn lasting(answer: &Answer) -> (u16, Vec<String>, Vec<u8>) {
    let changing = ["date:", "age:", "connection:"];
    let mut fields: Vec<_> = answer
        .head
        .lines()
        .skip(1)
        .map(str::to_ascii_lowercase)
        .filter(|line| !line.is_empty() && !changing.iter().any(|name| line.starts_with(name)))
        .map(|line| line.split("ttl=").next().unwrap_or_default().to_owned())
        .collect();
    fields.sort_unstable();
    (answer.status, fields, answer.body.clone())
}
