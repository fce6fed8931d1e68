//! TLS towards visitors: who is shown which certificate, what is agreed on, and what is refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, ProtocolVersion, SignatureScheme,
};

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, response};
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};
use crate::secure::{Certified, Secure, add_https, lasting};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

fn shop() -> (Origin, Secure) {
    let origin = Origin::start(|target, _| {
        response("200 OK", "Cache-Control: max-age=600\r\n", &format!("page {target}"))
    });
    let proxy = Secure::start(&site(&origin, "", ROUTES));
    (origin, proxy)
}

#[test]
fn http_1_1_over_tls_gets_the_answers_of_plain_http() {
    let (origin, proxy) = shop();
    Visitor::new("/").ask(proxy.proxy.address());
    let mut post = Visitor::new("/account/a");
    (post.method, post.body) = ("POST".into(), b"12345".to_vec());
    let visitors = [
        Visitor::new("/"),
        Visitor::new("/undeclared"),
        Visitor::new("/%zz"),
        Visitor::new("/account/a").with("Cookie", "sid=1"),
        post,
    ];
    for visitor in visitors {
        visitor.ask(proxy.proxy.address());
        let plain = visitor.ask(proxy.proxy.address());
        let secure = proxy.ask(&visitor);
        assert_eq!(lasting(&plain), lasting(&secure), "{}", visitor.target);
    }
    assert!(origin.received().last().unwrap().ends_with(b"\r\n\r\n12345"));
}

#[test]
fn a_connection_over_tls_is_kept() {
    let (_origin, proxy) = shop();
    let mut stream = proxy.connect(proxy.client(&["http/1.1"]));
    for target in ["/", "/account/a", "/", "/undeclared"] {
        let text = format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
        let mut read = Vec::new();
        while !read.ends_with(format!("page {target}").as_bytes()) {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        assert!(read.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
}

#[test]
fn https_needs_no_plain_http() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let folder = tempfile::tempdir().unwrap();
    let (http, https, metrics) = (free_address(), free_address(), free_address());
    write_configuration(folder.path(), http, metrics, &site(&origin, "", ""), HERO);
    let certified = Certified::of(&["shop.test"]);
    add_https(folder.path(), https, std::slice::from_ref(&certified), "");
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, text.replace(&format!("http = \"{http}\"\n"), "")).unwrap();
    let proxy = Proxy::start_in(folder, https, metrics);
    let secure = Secure { proxy, https, roots: vec![certified.der] };
    assert!(secure.ask(&Visitor::new("/")).text().contains("coats"));
    assert!(TcpStream::connect(http).is_err());
}

/// Takes every certificate, and remembers the last.
#[derive(Debug)]
struct Curious(Mutex<Option<CertificateDer<'static>>>);

impl ServerCertVerifier for Curious {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.0.lock().unwrap() = Some(shown.clone().into_owned());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What a client that asks for `name` is shown.
fn shown(proxy: &Secure, name: &str) -> CertificateDer<'static> {
    let curious = Arc::new(Curious(Mutex::new(None)));
    let mut config = proxy.client(&[]);
    config.dangerous().set_certificate_verifier(curious.clone());
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(proxy.https).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).unwrap();
    }
    curious.0.lock().unwrap().take().unwrap()
}

#[test]
fn the_name_that_is_asked_for_picks_the_certificate() {
    let origin = Origin::page("");
    let certificates = [
        Certified::of(&["shop.test", "www.shop.test"]),
        Certified::of(&["other.test"]),
        Certified::of(&["*.shop.test"]),
    ];
    let proxy = Secure::start_with(&site(&origin, "", ""), &certificates, "");
    let expected = [
        ("shop.test", 0),
        ("SHOP.test", 0),
        ("www.shop.test", 0),
        ("other.test", 1),
        ("cart.shop.test", 2),
        // One label, no more; and unknown names, and none at all, get the first.
        ("a.cart.shop.test", 0),
        ("unknown.test", 0),
        ("127.0.0.1", 0),
    ];
    for (name, at) in expected {
        assert_eq!(shown(&proxy, name), certificates[at].der, "{name}");
    }
}

/// Connects, asks for the page, and gives what was agreed on.
fn agreed(proxy: &Secure, config: ClientConfig) -> std::io::Result<(ClientConnection, Vec<u8>)> {
    let mut stream = proxy.connect(config);
    stream.write_all(&Visitor::new("/").bytes())?;
    let mut read = Vec::new();
    stream.read_to_end(&mut read)?;
    Ok((stream.conn, read))
}

#[test]
fn versions_and_protocols_are_agreed_on() {
    let (_origin, proxy) = shop();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut config = proxy.client(&["http/1.1"]);
        let provider = Arc::clone(config.crypto_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(proxy.roots[0].clone()).unwrap();
        config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (connection, read) = agreed(&proxy, config).unwrap();
        assert!(read.starts_with(b"HTTP/1.1 200"));
        let known = [ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3];
        assert!(known.contains(&connection.protocol_version().unwrap()));
        assert_eq!(connection.alpn_protocol(), None);
    }
    let (connection, _) = agreed(&proxy, proxy.client(&["http/1.1"])).unwrap();
    assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut both = proxy.connect(proxy.client(&["http/1.1", "h2"]));
    both.conn.complete_io(&mut both.sock).unwrap();
    assert_eq!(both.conn.alpn_protocol(), Some(&b"h2"[..]));
    assert!(agreed(&proxy, proxy.client(&["spdy/3"])).is_err());
    assert!(proxy.ask(&Visitor::new("/")).text().contains("page /"));
}

#[test]
fn a_client_that_comes_again_needs_no_whole_handshake() {
    let (_origin, proxy) = shop();
    // The tickets are with the configuration.
    let config = proxy.client(&["http/1.1"]);
    let (first, _) = agreed(&proxy, config.clone()).unwrap();
    assert_eq!(first.handshake_kind(), Some(HandshakeKind::Full));
    let (second, read) = agreed(&proxy, config).unwrap();
    assert_eq!(second.handshake_kind(), Some(HandshakeKind::Resumed));
    assert!(read.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn who_never_finishes_a_handshake_is_let_go() {
    let origin = Origin::page("");
    let certified = [Certified::of(&["shop.test"])];
    let proxy = Secure::start_with(&site(&origin, "", ""), &certified, "client_silence = \"1s\"\n");
    let since = Instant::now();
    // Nothing; the head of a record of 512 bytes; and plain HTTP.
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"] {
        let mut stream = TcpStream::connect(proxy.https).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(beginning).unwrap();
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read);
        assert!(!read.starts_with(b"HTTP"), "no word in the clear");
    }
    assert!(since.elapsed() < Duration::from_secs(10));
    assert_eq!(proxy.ask(&Visitor::new("/")).status, 200);
}

/// What `check` says of a configuration with this certificate and this key; code and words.
fn checked(cert: &str, key: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let origin = Origin::page("");
    write_configuration(folder.path(), free_address(), free_address(), &site(&origin, "", ""), HERO);
    let certified = Certified { cert: cert.to_owned(), ..Certified::of(&["shop.test"]) };
    add_https(folder.path(), free_address(), &[Certified { key: key.to_owned(), ..certified }], "");
    let output = Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .arg("check")
        .current_dir(folder.path())
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_with_its_place_and_what_to_do() {
    let (one, other) = (Certified::of(&["shop.test"]), Certified::of(&["shop.test"]));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let nameless = Certified::of(&[]);
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cert = "cert = \"cert0.pem\"";
    let key = "key = \"key0.pem\"";
    let cases = [
        (one.key.as_str(), one.key.as_str(), "holds no certificate in PEM", "BEGIN CERTIFICATE", cert),
        (broken, &one.key, "cannot be read", "BEGIN CERTIFICATE", cert),
        (&nameless.cert, &nameless.key, "is for no DNS name", "subject alternative names", cert),
        (&one.cert, &one.cert, "holds no private key", "BEGIN PRIVATE KEY", key),
        (&one.cert, locked, "without a password", "openssl pkey", key),
        (&one.cert, &other.key, "belongs to another certificate", "issued for", key),
    ];
    for (chain, private, message, help, line) in cases {
        let (code, err) = checked(chain, private);
        assert_eq!(code, 3, "{err}");
        assert!(err.contains(message) && err.contains(help), "{err}");
        assert!(err.contains("cloakroom.toml:") && err.contains(line), "{err}");
        assert!(!err.contains("PRIVATE KEY-----\nM"), "no key is printed: {err}");
    }
    assert_eq!(checked(&one.cert, &one.key), (0, String::new()));
}

#[test]
fn a_certificate_out_of_its_time_is_a_warning() {
    for (from, to, message) in [(2001, 2002, "expired on"), (3000, 3001, "does not count before")] {
        let certified = Certified::between(&["shop.test"], from, to);
        let (code, err) = checked(&certified.cert, &certified.key);
        assert_eq!(code, 0, "{err}");
        assert!(err.contains(message) && err.contains("cloakroom.toml:"), "{err}");
        assert!(err.contains(&format!("{}", from.max(2002).min(to.max(2002)))), "{err}");
    }
}

#[test]
fn no_name_that_a_client_asks_for_is_logged() {
    let (_origin, proxy) = shop();
    let config = proxy.client(&["http/1.1"]);
    let name = ServerName::try_from("canary-name.test").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(proxy.https).unwrap();
    // The certificate is for another name, so the client leaves with an alert.
    while let Ok(_) = connection.complete_io(&mut socket)
        && connection.is_handshaking()
    {}
    drop(socket);
    let answer: Answer = proxy.ask(&Visitor::new("/"));
    assert_eq!(answer.status, 200);
    proxy.proxy.wait_for_words("\"outcome\"");
    assert!(!proxy.proxy.printed().contains("canary-name"));
}
