//! An origin that answers as a test tells it to and records every byte that it receives.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Respond = dyn Fn(&str, &[u8], &mut TcpStream) -> io::Result<()> + Send + Sync;

/// A running origin; it ends with the test's process.
#[derive(Clone)]
pub struct Origin {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    down: Arc<AtomicBool>,
}

impl Origin {
    /// `respond` gets the request target and all bytes of the request, and gives those of the answer.
    pub fn start(respond: impl Fn(&str, &[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start_writing(move |target, request, stream| stream.write_all(&respond(target, request)))
    }

    /// `respond` gets the connection too, and writes the answer at its own pace; the connection ends with an error.
    pub fn start_writing(
        respond: impl Fn(&str, &[u8], &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin =
            Self { address: listener.local_addr().unwrap(), received: Arc::default(), down: Arc::default() };
        let respond: Arc<Respond> = Arc::new(respond);
        let shared = origin.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (origin, respond) = (shared.clone(), Arc::clone(&respond));
                std::thread::spawn(move || origin.serve(stream, &*respond));
            }
        });
        origin
    }

    /// One page for every path, with these fields.
    pub fn page(fields: &'static str) -> Self {
        Self::start(move |_, _| response("200 OK", fields, PAGE))
    }

    fn serve(&self, mut stream: TcpStream, respond: &Respond) {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut buffer = Vec::new();
        loop {
            let Some(request) = read_request(&mut stream, &mut buffer) else { return };
            if self.down.load(SeqCst) {
                return;
            }
            let target = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
            self.received.lock().unwrap().push(request.clone());
            if respond(&target, &request, &mut stream).is_err() {
                return;
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections are closed without an answer, or answered again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, SeqCst);
    }

    /// Every request so far, as bytes.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }

    /// Requests for a target so far.
    pub fn count(&self, target: &str) -> usize {
        let start = format!(" {target} HTTP/1.1\r\n");
        self.received.lock().unwrap().iter().filter(|r| String::from_utf8_lossy(r).contains(&start)).count()
    }
}

/// The page that `Origin::page` serves: places for edits, and content of the origin's own.
pub const PAGE: &str = "<!doctype html><html><head><title>Shop</title></head><body>\
                        <section id=\"hero\"><h1>origin hero</h1></section>\
                        <div id=\"banner\">origin banner</div><main>coats</main></body></html>";

/// A response with a length.
pub fn response(status: &str, fields: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n{fields}\r\n{body}", body.len())
        .into_bytes()
}

fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut chunk = [0; 16_384];
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |value| value.trim().parse().unwrap());
            if buffer.len() >= end + 4 + length {
                return Some(buffer.drain(..end + 4 + length).collect());
            }
        }
        match stream.read(&mut chunk) {
            Ok(read) if read > 0 => buffer.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}
