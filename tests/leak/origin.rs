//! An origin that keeps every byte it receives, and writes into each page which request it answers,
//! so that a visitor's page can be traced to the bytes that it was made from.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Failure;

/// Bytes of a request that the origin reads; more is a mistake of the harness.
const MAX_REQUEST: usize = 64 * 1024;

/// A running origin; it ends with the process.
#[derive(Clone)]
pub struct Origin {
    address: SocketAddr,
    record: Arc<Mutex<Record>>,
    down: Arc<AtomicBool>,
}

/// Requests by number, each as the number of its byte string.
#[derive(Default)]
struct Record {
    strings: HashMap<Vec<u8>, usize>,
    served: Vec<usize>,
}

impl Origin {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let origin = Self { address: listener.local_addr()?, record: Arc::default(), down: Arc::default() };
        let shared = origin.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let origin = shared.clone();
                // A connection that breaks has nothing more to record.
                std::thread::spawn(move || drop(origin.serve(stream)));
            }
        });
        Ok(origin)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections are closed without an answer, or answered again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Relaxed);
    }

    /// The byte string of a request, as a number; `None` for a request that never came.
    #[must_use]
    pub fn string_of(&self, served: usize) -> Option<usize> {
        self.with(|record| record.served.get(served).copied())
    }

    /// All distinct byte strings by number, with how many requests were so.
    #[must_use]
    pub fn strings(&self) -> Vec<(Vec<u8>, usize)> {
        self.with(|record| {
            let mut strings: Vec<_> = record.strings.iter().map(|(bytes, id)| (*id, bytes.clone())).collect();
            strings.sort_unstable();
            let count = |id: usize| record.served.iter().filter(|served| **served == id).count();
            strings.into_iter().map(|(id, bytes)| (bytes, count(id))).collect()
        })
    }

    /// How many requests came.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.with(|record| record.served.len())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Record) -> T) -> T {
        look(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(&self, mut stream: TcpStream) -> Result<(), Failure> {
        stream.set_nodelay(true)?;
        let mut read = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            let Some(end) = end_of_request(&read) else {
                let more = stream.read(&mut chunk)?;
                read.extend_from_slice(chunk.get(..more).unwrap_or_default());
                if more == 0 || read.len() > MAX_REQUEST {
                    return Ok(());
                }
                continue;
            };
            let request: Vec<u8> = read.drain(..end).collect();
            if self.down.load(Relaxed) {
                return Ok(());
            }
            let closes = String::from_utf8_lossy(&request).to_ascii_lowercase().contains("connection: close");
            stream.write_all(&self.answer(request))?;
            if closes {
                return Ok(());
            }
        }
    }

    fn answer(&self, request: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let target = text.split(' ').nth(1).unwrap_or_default();
        let caching = match target.split('?').next().unwrap_or_default() {
            "/kept" => "Cache-Control: no-cache\r\nETag: \"kept\"\r\n",
            "/cached" => "Cache-Control: max-age=600\r\n",
            _ => "Cache-Control: max-age=0\r\n",
        };
        let unchanged = target.starts_with("/kept") && text.contains("if-none-match: \"kept\"");
        let number = self.with(|record| {
            let new = record.strings.len();
            let id = *record.strings.entry(request).or_insert(new);
            record.served.push(id);
            record.served.len() - 1
        });
        if unchanged {
            return format!("HTTP/1.1 304 Not Modified\r\n{caching}\r\n").into_bytes();
        }
        let body = format!(
            "<!doctype html><html><head><title>Shop</title></head><body><section id=\"hero\">shown:origin;</section>\
             <div id=\"language\">speaks:origin;</div><p>served:{number};</p></body></html>"
        );
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{caching}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// Where the first request in `read` ends, once all of it is there: head and, by its length, body.
fn end_of_request(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(read.get(..head)?).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let end = head + length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0);
    (read.len() >= end).then_some(end)
}
