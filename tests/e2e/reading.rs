//! Clients that read an answer while it comes, and what origins wait for meanwhile.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::Visitor;
use crate::origin::Origin;
use crate::proxy::{PATIENCE, Proxy, free_address, write_configuration};

/// A proxy whose origins may take their time, and in which no epoch ends.
pub fn patient(site: &str, plugin: &str) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let (address, metrics) = (free_address(), free_address());
    let site = site.replace("epoch = \"1s\"", "epoch = \"1h\"");
    write_configuration(folder.path(), address, metrics, &site, plugin);
    be_patient(folder.path());
    Proxy::start_in(folder, address, metrics)
}

/// Lets the origins of a configuration that is written already take their time.
pub fn be_patient(folder: &Path) {
    let main = folder.join("cloakroom.toml");
    let text = std::fs::read_to_string(&main).unwrap();
    let text = text.replace("first_byte = \"2s\"", "first_byte = \"60s\"");
    let text = text.replace("timeout = \"4s\"", "timeout = \"60s\"");
    std::fs::write(&main, text).unwrap();
}

/// A door that opens once.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub fn wait(&self) {
        let opened = self.0.1.wait_timeout_while(self.0.0.lock().unwrap(), PATIENCE, |open| !*open).unwrap();
        assert!(!opened.1.timed_out(), "the gate never opens");
    }
}

/// An answer that is being read.
pub struct Reading {
    stream: BufReader<TcpStream>,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reading {
    /// Asks; the answer may take its time.
    pub async fn ask(address: SocketAddr, visitor: &Visitor) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&visitor.bytes()).await.unwrap();
        BufReader::new(stream)
    }

    /// Reads the head.
    pub async fn begin(mut stream: BufReader<TcpStream>) -> Self {
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

    /// Reads on until so much has come.
    pub async fn until(&mut self, length: usize) {
        while self.body.len() < length {
            assert!(self.more().await.unwrap(), "it ended after {} bytes", self.body.len());
        }
    }

    /// Reads on until these words have come.
    pub async fn until_words(&mut self, words: &str) {
        while !String::from_utf8_lossy(&self.body).contains(words) {
            assert!(self.more().await.unwrap(), "it ended without `{words}`");
        }
    }

    /// Reads the rest.
    pub async fn ended(mut self) -> io::Result<Self> {
        while self.more().await? {}
        Ok(self)
    }
}

/// Many clients that have asked.
pub async fn crowd(address: SocketAddr, visitor: &Visitor, size: usize) -> Vec<BufReader<TcpStream>> {
    let mut asking = JoinSet::new();
    for _ in 0..size {
        let visitor = visitor.clone();
        asking.spawn(async move { Reading::ask(address, &visitor).await });
    }
    asking.join_all().await
}

/// Waits until all of them have been heard: what was written to a socket may not have been read yet.
pub async fn until_heard(proxy: &Proxy, origin: &Origin, target: &str) {
    let since = Instant::now();
    while origin.count(target) == 0 {
        assert!(since.elapsed() < PATIENCE, "the origin is never asked: {}", proxy.printed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Reads all to their ends, each in a task of its own.
pub async fn read_all(crowd: Vec<BufReader<TcpStream>>) -> Vec<io::Result<Reading>> {
    let mut reading = JoinSet::new();
    for stream in crowd {
        reading.spawn(async move { Reading::begin(stream).await.ended().await });
    }
    reading.join_all().await
}
