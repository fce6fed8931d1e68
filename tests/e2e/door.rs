//! The two ways through the edge: plain requests are answered at the door, all others by pingora.
//! Nobody may be able to tell them apart, and a connection may change between them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{Answer, Visitor};
use crate::origin::{Origin, response};
use crate::proxy::{HERO, Proxy, free_address, site, write_configuration};

/// A field that makes a request too odd for the door, and changes nothing else about it.
const ODD: &str = "Content-Length: 0\r\n";

const ROUTES: &str = "[[route]]\npath = \"/account/*\"\nmode = \"passthrough\"\n";

fn shop() -> (Origin, Proxy) {
    let origin = Origin::start(|target, _| {
        response(
            "200 OK",
            "Cache-Control: max-age=600\r\nX-Frame-Options: DENY\r\n",
            &format!("page {target}"),
        )
    });
    let proxy = Proxy::start(&site(&origin, "", ROUTES));
    (origin, proxy)
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// One request on a connection that stays open, and its answer.
fn exchange(stream: &mut TcpStream, start: &str, fields: &str, body: &str) -> Answer {
    let text = format!("{start} HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: Vec::new() };
    if !start.starts_with("HEAD") {
        let length = answer.field("content-length").unwrap().parse().unwrap();
        answer.body = vec![0; length];
        stream.read_exact(&mut answer.body).unwrap();
    }
    answer
}

/// Status, fields and body without what may change from one second to the next.
fn lasting(answer: &Answer) -> (u16, Vec<String>, Vec<u8>) {
    let mut fields: Vec<_> = answer
        .head
        .lines()
        .skip(1)
        .map(str::to_ascii_lowercase)
        .filter(|line| !line.is_empty() && !line.starts_with("date:") && !line.starts_with("age:"))
        .map(|line| line.split("ttl=").next().unwrap_or_default().to_owned())
        .collect();
    fields.sort_unstable();
    (answer.status, fields, answer.body.clone())
}

#[test]
fn both_ways_write_the_same_answer() {
    let (_origin, proxy) = shop();
    let mut stream = connect(&proxy);
    exchange(&mut stream, "GET /", "", "");
    for start in ["GET /", "HEAD /", "GET /undeclared", "GET /%zz", "HEAD /%zz", "GET /\u{e9}"] {
        exchange(&mut stream, start, "", "");
        let plain = exchange(&mut stream, start, "", "");
        let odd = exchange(&mut stream, start, ODD, "");
        assert_eq!(lasting(&plain), lasting(&odd), "{start}");
        assert!(plain.field("date").unwrap().ends_with(" GMT"));
    }
    let elsewhere = "Host: other.test\r\n";
    for fields in ["", "Host: shop.test\r\n", elsewhere] {
        let first = Visitor::new("/").with("X-A", fields.trim()).ask(proxy.address());
        assert_eq!((first.status, first.field("connection")), (200, Some("close")));
    }
    let mut unknown = Visitor::new("/");
    unknown.host = "other.test".into();
    let plain = unknown.ask(proxy.address());
    let odd = unknown.with("Content-Length", "0").ask(proxy.address());
    assert_eq!(plain.status, 421);
    assert_eq!(lasting(&plain), lasting(&odd));
}

#[test]
fn a_connection_changes_between_the_ways_and_keeps_every_byte() {
    let (origin, proxy) = shop();
    let mut stream = connect(&proxy);
    for round in 0..3 {
        assert_eq!(exchange(&mut stream, "GET /", "", "").text(), "page /");
        let posted = exchange(&mut stream, "POST /account/a", "Content-Length: 5\r\n", "12345");
        assert_eq!(posted.text(), "page /account/a", "round {round}");
        assert!(origin.received().last().unwrap().ends_with(b"\r\n\r\n12345"));
        assert_eq!(
            exchange(&mut stream, "GET /account/b", "Cookie: sid=1\r\n", "").text(),
            "page /account/b"
        );
        assert_eq!(exchange(&mut stream, "GET /", ODD, "").text(), "page /");
        assert_eq!(exchange(&mut stream, "HEAD /", "", "").status, 200);
    }
}

#[test]
fn a_request_that_arrives_in_pieces_is_one_request() {
    let (origin, proxy) = shop();
    let text = b"GET /account/slow HTTP/1.1\r\nHost: shop.test\r\nX-A: 1\r\nConnection: close\r\n\r\n";
    for target in [&text[..], b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"] {
        let mut stream = connect(&proxy);
        stream.set_nodelay(true).unwrap();
        for piece in target.chunks(11) {
            stream.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(15));
        }
        let mut read = String::new();
        stream.read_to_string(&mut read).unwrap();
        assert!(read.starts_with("HTTP/1.1 200 OK\r\n") && read.contains("\r\n\r\npage /"), "{read}");
    }
    assert_eq!(origin.received().len(), 2);
}

#[test]
fn two_requests_at_once_never_become_one_upstream() {
    let (origin, proxy) = shop();
    let mut stream = connect(&proxy);
    stream
        .write_all(
            b"GET /account/one HTTP/1.1\r\nHost: shop.test\r\n\r\nGET /account/two HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        )
        .unwrap();
    let mut read = String::new();
    let _ = stream.read_to_string(&mut read);
    assert!(read.contains("page /account/one"), "{read}");
    for request in origin.received() {
        let text = String::from_utf8(request).unwrap();
        assert_eq!(text.matches("GET ").count(), 1, "{text}");
    }
}

#[test]
fn an_idle_connection_does_not_keep_the_program_from_stopping() {
    let (_origin, mut proxy) = shop();
    let mut fresh = connect(&proxy);
    let mut used = connect(&proxy);
    let mut relayed = connect(&proxy);
    exchange(&mut used, "GET /", "", "");
    exchange(&mut relayed, "GET /account/a", "", "");
    proxy.terminate();
    for stream in [&mut fresh, &mut used, &mut relayed] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(rest, b"", "closed without a word");
    }
    assert!(proxy.wait_for_exit().success());
}

/// A proxy that waits a second for its clients.
fn impatient(origin: &Origin) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    write_configuration(folder.path(), address, metrics, &site(origin, "", ROUTES), HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    std::fs::write(&main, text.replace("[limits]\n", "[limits]\nclient_silence = \"1s\"\n")).unwrap();
    Proxy::start_in(folder, address, metrics)
}

#[test]
fn a_client_that_falls_silent_after_it_waited_longer_is_let_go_too() {
    let origin = Origin::start(|_, _| {
        std::thread::sleep(Duration::from_millis(1_500));
        response("200 OK", "Cache-Control: max-age=600\r\n", "slow")
    });
    let proxy = impatient(&origin);
    let mut stream = connect(&proxy);
    assert_eq!(exchange(&mut stream, "GET /", "", "").status, 200);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "its time was over while it was being answered");
}

#[test]
fn a_client_that_falls_silent_is_let_go() {
    let origin = Origin::page("Cache-Control: max-age=600\r\n");
    let proxy = impatient(&origin);
    let beginnings = [
        "",
        "GET / HTTP/1.1\r\nHost: sh",
        "POST /account/a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 9\r\n\r\n1",
    ];
    for beginning in beginnings {
        let mut stream = connect(&proxy);
        stream.write_all(beginning.as_bytes()).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(!rest.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&rest));
    }
    let mut used = connect(&proxy);
    for start in ["GET /", "GET /account/a", "GET /"] {
        assert_eq!(exchange(&mut used, start, "", "").status, 200);
    }
    assert_eq!(used.read(&mut [0]).unwrap(), 0);
}
