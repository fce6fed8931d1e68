//! One flight per key: whoever asks while a page is fetched waits for that fetch, reads it along, and is never
//! left with half of it.

use std::io::{self, Write};
use std::net::TcpStream as Upstream;
use std::sync::{Arc, Mutex};

use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::client::Visitor;
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{HERO, Proxy, site};
use crate::reading::{Gate, Reading, crowd, patient, read_all, until_heard};

/// Clients that ask at once.
const MANY: usize = 1_000;
/// Longer than what is waited for as a whole, so that it is read along.
const LONG: usize = 96 * 1024;
const HALF: usize = LONG / 2;

/// A proxy with an anonymous route `/a/*`, and origins that may take their time.
fn proxy_of(origin: &Origin) -> Proxy {
    patient(&site(origin, "", "[[route]]\npath = \"/a/*\"\n"), HERO)
}

/// A body that tells each of its bytes' places.
fn long_body() -> Vec<u8> {
    (0..LONG / 16).flat_map(|line| format!("line {line:>10}\n").into_bytes()).collect()
}

/// The head of an answer with that body.
fn long_head(framing: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=600\r\n{framing}\r\n\r\n")
}

fn length() -> String {
    format!("Content-Length: {LONG}")
}

#[test]
fn a_thousand_misses_are_one_request() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start(move |_, _| {
        waits.wait();
        response("200 OK", "Cache-Control: max-age=600\r\n", PAGE)
    });
    let proxy = proxy_of(&origin);
    Runtime::new().unwrap().block_on(async {
        let crowd = crowd(proxy.address(), &Visitor::new("/"), MANY).await;
        until_heard(&proxy, &origin, "/").await;
        gate.open();
        let answers = read_all(crowd).await;
        let mut collapsed = 0;
        for answer in answers {
            let answer = answer.unwrap();
            assert!(answer.head.starts_with("http/1.1 200"), "{}", answer.head);
            assert!(answer.head.contains("\r\netag: \""), "{}", answer.head);
            assert_eq!(String::from_utf8_lossy(&answer.body), PAGE);
            collapsed += usize::from(answer.head.contains("; collapsed"));
        }
        assert!((MANY * 9 / 10..MANY).contains(&collapsed), "{collapsed} have waited for another's fetch");
    });
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn a_long_page_is_read_along_by_all_and_then_stored() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start_writing(move |_, _, stream| {
        let body = long_body();
        stream.write_all(long_head(&length()).as_bytes())?;
        stream.write_all(&body[..HALF])?;
        // The other half comes only when everybody has this one.
        waits.wait();
        stream.write_all(&body[HALF..])
    });
    let proxy = proxy_of(&origin);
    Runtime::new().unwrap().block_on(async {
        let mut reading = JoinSet::new();
        for stream in crowd(proxy.address(), &Visitor::new("/a/long"), MANY).await {
            reading.spawn(async move {
                let mut reading = Reading::begin(stream).await;
                reading.until(HALF).await;
                reading
            });
        }
        let halves = reading.join_all().await;
        assert_eq!(halves.len(), MANY);
        for half in &halves {
            assert!(half.head.starts_with("http/1.1 200"), "{}", half.head);
            for unknown in ["etag:", "content-length:", "accept-ranges:"] {
                assert!(!half.head.contains(unknown), "{}", half.head);
            }
        }
        gate.open();
        let mut reading = JoinSet::new();
        halves.into_iter().for_each(|half| drop(reading.spawn(half.ended())));
        for whole in reading.join_all().await {
            assert!(whole.unwrap().body == long_body());
        }
    });
    assert_eq!(origin.received().len(), 1);
    let stored = Visitor::new("/a/long").ask(proxy.address());
    assert!(stored.body == long_body());
    assert_eq!(stored.field("content-length"), Some(LONG.to_string().as_str()));
    assert!(stored.field("cache-status").unwrap().starts_with("cloakroom; hit"), "{}", stored.head);
    let tag = stored.field("etag").unwrap();
    let part =
        Visitor::new("/a/long").with("Range", "bytes=16-31").with("If-Range", tag).ask(proxy.address());
    assert_eq!((part.status, part.text().as_str()), (206, "line          1\n"));
    assert_eq!(Visitor::new("/a/long").with("If-None-Match", tag).ask(proxy.address()).status, 304);
    assert_eq!(origin.received().len(), 1);
}

#[test]
fn who_asked_first_may_leave() {
    let (head, rest) = (Gate::default(), Gate::default());
    let waits = (head.clone(), rest.clone());
    let origin = Origin::start_writing(move |_, _, stream| {
        let body = long_body();
        waits.0.wait();
        stream.write_all(long_head(&length()).as_bytes())?;
        stream.write_all(&body[..HALF])?;
        waits.1.wait();
        stream.write_all(&body[HALF..])
    });
    let proxy = proxy_of(&origin);
    Runtime::new().unwrap().block_on(async {
        let visitor = Visitor::new("/a/long");
        // One leaves before there is anything, one in the middle of it.
        let first = Reading::ask(proxy.address(), &visitor).await;
        until_heard(&proxy, &origin, "/a/long").await;
        let second = Reading::ask(proxy.address(), &visitor).await;
        drop(first);
        let others = crowd(proxy.address(), &visitor, 20).await;
        head.open();
        let mut second = Reading::begin(second).await;
        second.until(HALF).await;
        drop(second);
        rest.open();
        for answer in read_all(others).await {
            assert!(answer.unwrap().body == long_body());
        }
    });
    assert_eq!(origin.received().len(), 1);
    let stored = Visitor::new("/a/long").ask(proxy.address());
    assert!(stored.field("cache-status").unwrap().starts_with("cloakroom; hit"), "{}", stored.head);
}

/// The ways in which an origin breaks off in the middle of a body.
#[derive(Clone, Copy, Debug)]
enum Breaks {
    /// Before as many bytes as it has announced.
    Length,
    /// Without a last chunk.
    Chunks,
    /// In the middle of a chunk, with a reset.
    Reset,
}

fn half(breaks: Breaks, stream: &mut Upstream) -> io::Result<()> {
    let body = &long_body()[..HALF];
    let chunked = "Transfer-Encoding: chunked";
    match breaks {
        Breaks::Length => {
            stream.write_all(long_head(&length()).as_bytes())?;
            stream.write_all(body)?;
        }
        Breaks::Chunks => {
            stream.write_all(long_head(chunked).as_bytes())?;
            write!(stream, "{HALF:x}\r\n")?;
            stream.write_all(body)?;
            stream.write_all(b"\r\n")?;
        }
        Breaks::Reset => {
            stream.write_all(long_head(chunked).as_bytes())?;
            write!(stream, "{LONG:x}\r\n")?;
            stream.write_all(body)?;
        }
    }
    Ok(())
}

#[test]
fn half_a_page_is_never_taken_for_the_whole() {
    for breaks in [Breaks::Length, Breaks::Chunks, Breaks::Reset] {
        let (gate, broken) = (Gate::default(), Arc::new(Mutex::new(true)));
        let (waits, breaking) = (gate.clone(), Arc::clone(&broken));
        let origin = Origin::start_writing(move |_, _, stream| {
            if !*breaking.lock().unwrap() {
                stream.write_all(long_head(&length()).as_bytes())?;
                return stream.write_all(&long_body());
            }
            half(breaks, stream)?;
            waits.wait();
            if matches!(breaks, Breaks::Reset) {
                TcpSocket::from_std_stream(stream.try_clone()?).set_zero_linger()?;
            }
            Err(io::ErrorKind::ConnectionAborted.into())
        });
        let proxy = proxy_of(&origin);
        Runtime::new().unwrap().block_on(async {
            // `Content-Length: 0` takes the longer way, through pingora.
            let visitor = Visitor::new("/a/long");
            let mut asking = crowd(proxy.address(), &visitor, 20).await;
            asking.extend(crowd(proxy.address(), &visitor.clone().with("Content-Length", "0"), 5).await);
            let mut reading = JoinSet::new();
            for stream in asking {
                reading.spawn(async move {
                    let mut reading = Reading::begin(stream).await;
                    reading.until(HALF).await;
                    reading
                });
            }
            let halves = reading.join_all().await;
            gate.open();
            for half in halves {
                assert!(half.ended().await.is_err(), "{breaks:?}: half of it was sent as the whole");
            }
        });
        assert_eq!(origin.received().len(), 1);
        *broken.lock().unwrap() = false;
        let cached = Visitor::new("/a/long").with("Cache-Control", "only-if-cached").ask(proxy.address());
        assert_eq!(cached.status, 504, "{breaks:?}: something was stored: {}", cached.head);
        // That the origin has failed is remembered for a few seconds.
        let whole = proxy.ask_until(&Visitor::new("/a/long"), "line          1\n");
        assert!(whole.status == 200 && whole.body == long_body(), "{breaks:?}");
        assert_eq!(origin.received().len(), 2);
    }
}
