//! One flight per key: whoever asks while a page is fetched waits for that fetch, reads it along, and is never
//! left with half of it.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream as Upstream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::client::Visitor;
use crate::origin::{Origin, PAGE, response};
use crate::proxy::{HERO, PATIENCE, Proxy, free_address, site, write_configuration};

/// Clients that ask at once.
const MANY: usize = 1_000;
/// Longer than what is waited for as a whole, so that it is read along.
const LONG: usize = 96 * 1024;
const HALF: usize = LONG / 2;

/// A proxy with an anonymous route `/a/*`, and origins that may take their time.
fn patient(origin: &Origin) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    let site = site(origin, "", "[[route]]\npath = \"/a/*\"\n").replace("epoch = \"1s\"", "epoch = \"1h\"");
    write_configuration(folder.path(), address, metrics, &site, HERO);
    let main = folder.path().join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    let text = text.replace("first_byte = \"2s\"", "first_byte = \"60s\"");
    let text = text.replace("timeout = \"4s\"", "timeout = \"60s\"");
    std::fs::write(&main, text).unwrap();
    Proxy::start_in(folder, address, metrics)
}

/// A door that opens once.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let opened = self.0.1.wait_timeout_while(self.0.0.lock().unwrap(), PATIENCE, |open| !*open).unwrap();
        assert!(!opened.1.timed_out(), "the gate never opens");
    }
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

/// An answer that is being read.
struct Reading {
    stream: BufReader<TcpStream>,
    head: String,
    body: Vec<u8>,
}

impl Reading {
    /// Asks; the answer may take its time.
    async fn ask(address: SocketAddr, visitor: &Visitor) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&visitor.bytes()).await.unwrap();
        BufReader::new(stream)
    }

    /// Reads the head.
    async fn begin(mut stream: BufReader<TcpStream>) -> Self {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = stream.read_line(&mut head).await.unwrap();
            assert!(read > 0, "no answer, but {head:?}");
        }
        Self { stream, head: head.to_ascii_lowercase(), body: Vec::new() }
    }

    /// Reads on; `false` when all was read, and an error when it broke off before.
    async fn more(&mut self) -> io::Result<bool> {
        let length = self.head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let size = match length {
            Some(length) => length.parse::<usize>().unwrap() - self.body.len(),
            None => {
                assert!(self.head.contains("transfer-encoding: chunked\r\n"), "{}", self.head);
                let mut line = String::new();
                self.stream.read_line(&mut line).await?;
                usize::from_str_radix(line.trim_end(), 16).map_err(|_| io::ErrorKind::UnexpectedEof)?
            }
        };
        let start = self.body.len();
        self.body.resize(start + size, 0);
        self.stream.read_exact(&mut self.body[start..]).await?;
        if length.is_none() {
            let mut end = [0; 2];
            self.stream.read_exact(&mut end).await?;
            assert_eq!(&end, b"\r\n");
        }
        Ok(size > 0)
    }

    async fn until(&mut self, length: usize) {
        while self.body.len() < length {
            assert!(self.more().await.unwrap(), "it ended after {} bytes", self.body.len());
        }
    }

    async fn to_end(mut self) -> io::Result<Self> {
        while self.more().await? {}
        Ok(self)
    }
}

/// Many clients that have asked.
async fn crowd(address: SocketAddr, visitor: &Visitor, size: usize) -> Vec<BufReader<TcpStream>> {
    let mut asking = JoinSet::new();
    for _ in 0..size {
        let visitor = visitor.clone();
        asking.spawn(async move { Reading::ask(address, &visitor).await });
    }
    asking.join_all().await
}

/// Waits until all of them have been heard: what was written to a socket may not have been read yet.
async fn until_heard(proxy: &Proxy, origin: &Origin, target: &str) {
    let since = Instant::now();
    while origin.count(target) == 0 {
        assert!(since.elapsed() < PATIENCE, "the origin is never asked: {}", proxy.printed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Reads all to their ends, each in a task of its own.
async fn read_all(crowd: Vec<BufReader<TcpStream>>) -> Vec<io::Result<Reading>> {
    let mut reading = JoinSet::new();
    for stream in crowd {
        reading.spawn(async move { Reading::begin(stream).await.to_end().await });
    }
    reading.join_all().await
}

#[test]
fn a_thousand_misses_are_one_request() {
    let gate = Gate::default();
    let waits = gate.clone();
    let origin = Origin::start(move |_, _| {
        waits.wait();
        response("200 OK", "Cache-Control: max-age=600\r\n", PAGE)
    });
    let proxy = patient(&origin);
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
    let proxy = patient(&origin);
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
        halves.into_iter().for_each(|half| drop(reading.spawn(half.to_end())));
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
    let proxy = patient(&origin);
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
        let proxy = patient(&origin);
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
                assert!(half.to_end().await.is_err(), "{breaks:?}: half of it was sent as the whole");
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
