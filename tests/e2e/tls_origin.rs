//! Origins over TLS: the same bytes as over plain HTTP, and none before the origin has proved itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).unwrap()
}

/// An origin that speaks TLS with a certificate; what it is asked is kept.
struct TlsOrigin {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl TlsOrigin {
    fn start(certified: &CertifiedKey<KeyPair>) -> Self {
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Self { address: listener.local_addr().unwrap(), received: Arc::default() };
        let received = Arc::clone(&origin.received);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (config, received) = (Arc::clone(&config), Arc::clone(&received));
                std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    let mut stream = StreamOwned::new(connection, socket);
                    let mut request = Vec::new();
                    let mut byte = [0];
                    while !request.ends_with(b"\r\n\r\n") {
                        if !matches!(stream.read(&mut byte), Ok(1)) {
                            return;
                        }
                        request.push(byte[0]);
                    }
                    received.lock().unwrap().push(String::from_utf8(request).unwrap());
                    let fields = "Cache-Control: max-age=600\r\nConnection: close\r\n";
                    let _ = stream.write_all(&response("200 OK", fields, PAGE));
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                });
            }
        });
        origin
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

/// A proxy before an origin over TLS at `address` that has to prove itself to `authority`.
fn proxy(address: SocketAddr, authority: &CertifiedKey<KeyPair>) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (http, metrics) = (free_address(), free_address());
    let plain = Origin::page("");
    let site = site(&plain, "", ROUTES).replace(
        &format!("\"http://{}\"", plain.address()),
        &format!("\"https://{address}\"\norigin_ca = \"ca.pem\""),
    );
    write_configuration(folder.path(), http, metrics, &site, HERO);
    std::fs::write(folder.path().join("shop/ca.pem"), authority.cert.pem()).unwrap();
    Proxy::start_in(folder, http, metrics)
}

fn ask_both(proxy: &Proxy) -> [Answer; 2] {
    let page = Visitor::new("/").with("Cookie", "sid=1").ask(proxy.address());
    let account = Visitor::new("/account/a").with("Cookie", "sid=1").ask(proxy.address());
    [page, account]
}

#[test]
fn an_origin_that_proves_itself_is_asked_with_the_same_bytes_as_over_plain_http() {
    let certified = certificate("127.0.0.1");
    let origin = TlsOrigin::start(&certified);
    let proxy = proxy(origin.address, &certified);
    for answer in ask_both(&proxy) {
        assert_eq!(answer.status, 200, "{}", proxy.printed());
        assert!(answer.text().contains("coats"));
    }
    let received = origin.received();
    let expected = "GET / HTTP/1.1\r\nhost: shop.test\r\nuser-agent: Cloakroom\r\naccept: */*\r\n\r\n";
    assert_eq!(received[0], expected);
    assert!(received[1].starts_with("GET /account/a HTTP/1.1\r\n"), "{}", received[1]);
    assert!(received[1].contains("\r\nCookie: sid=1\r\n"), "{}", received[1]);
}

#[test]
fn an_origin_that_does_not_prove_itself_is_not_asked() {
    let (right, other) = (certificate("127.0.0.1"), certificate("127.0.0.1"));
    let elsewhere = certificate("shop.internal");
    // From another authority; and from the right one, but for another host.
    for (shown, authority) in [(&right, &other), (&elsewhere, &elsewhere)] {
        let origin = TlsOrigin::start(shown);
        let proxy = proxy(origin.address, authority);
        for answer in ask_both(&proxy) {
            assert_eq!(answer.status, 502);
            assert!(!answer.text().contains("coats"));
        }
        for route in ["/", "/account/*"] {
            proxy.wait_for_words(&format!("route=\"{route}\" event=\"origin-untrusted\""));
        }
        assert!(proxy.printed().contains("`origin_ca`"));
        assert_eq!(origin.received(), Vec::<String>::new());
    }
}

#[test]
fn an_origin_without_tls_is_not_asked_over_plain_http_instead() {
    let plain = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = proxy(plain.address(), &certificate("127.0.0.1"));
    for answer in ask_both(&proxy) {
        assert!(matches!(answer.status, 502 | 504), "{}", answer.head);
    }
    let requests = plain.received().into_iter().map(|request| String::from_utf8_lossy(&request).into_owned());
    assert!(requests.into_iter().all(|request| !request.contains("HTTP/1.1")));
}

#[test]
fn a_file_without_a_certificate_is_refused_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Origin::page("");
    let site =
        site(&plain, "", "").replace("origin = \"http://", "origin_ca = \"ca.pem\"\norigin = \"https://");
    write_configuration(folder.path(), free_address(), free_address(), &site, HERO);
    std::fs::write(folder.path().join("shop/ca.pem"), "nothing of that kind").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cloakroom"))
        .arg("check")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.contains("`origin_ca`") && err.contains("holds no certificate"), "{err}");
}
