//! What a visitor gets, byte for byte, and when.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::client::Visitor;

/// An answer, whole or not.
pub struct Reply {
    pub status: u16,
    fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// All of the body has come.
    pub complete: bool,
    /// Before the first byte of the request was sent.
    pub from: Instant,
    /// After the last byte of the answer had come.
    pub to: Instant,
}

impl Reply {
    /// Asks, and reads until the connection ends.
    pub fn to(visitor: &Visitor, proxy: SocketAddr) -> Result<Self, String> {
        let from = Instant::now();
        let mut read = Vec::new();
        let mut ask = || {
            let mut stream = TcpStream::connect(proxy)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.write_all(&visitor.bytes())?;
            stream.read_to_end(&mut read)
        };
        let ended = ask();
        let reply = Self::read(&read, visitor.method == "HEAD", (from, Instant::now()));
        reply.map_err(|wrong| format!("{wrong}, but {ended:?} after {} bytes", read.len()))
    }

    /// What was read of a connection, from before it was opened until after its end.
    pub fn read(read: &[u8], to_head: bool, (from, to): (Instant, Instant)) -> Result<Self, String> {
        let end = read.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no answer")?;
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or("no status")?;
        let fields = lines.filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        let mut reply = Self { status, fields, body: Vec::new(), complete: true, from, to };
        let sent = &read[end + 4..];
        if to_head || status == 304 {
            reply.complete = sent.is_empty();
            reply.body = sent.to_vec();
        } else if reply.field("transfer-encoding").is_some() {
            reply.unchunk(sent);
        } else {
            let length = reply.field("content-length").ok_or("neither a length nor chunks")?;
            reply.complete = length.parse() == Ok(sent.len());
            reply.body = sent.to_vec();
        }
        Ok(reply)
    }

    fn unchunk(&mut self, mut rest: &[u8]) {
        self.complete = false;
        while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
            let Ok(size) = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16) else { return };
            if size == 0 {
                self.complete = rest[end..] == *b"\r\n\r\n";
                return;
            }
            rest = &rest[end + 2..];
            self.body.extend_from_slice(&rest[..size.min(rest.len())]);
            rest = rest.get(size + 2..).unwrap_or_default();
        }
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Its body as the origin would have sent it.
    pub fn decoded(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self.field("content-encoding") {
            None => body.clone_from(&self.body),
            // To HEAD.
            Some(_) if self.body.is_empty() => {}
            Some("br") => {
                brotlic::DecompressorReader::new(&*self.body).read_to_end(&mut body).unwrap();
            }
            Some("zstd") => {
                let mut decoder = ruzstd::decoding::StreamingDecoder::new(&*self.body).unwrap();
                decoder.read_to_end(&mut body).unwrap();
            }
            Some("gzip") => body = zune_inflate::DeflateDecoder::new(&self.body).decode_gzip().unwrap(),
            Some(other) => panic!("`{other}` was not asked for"),
        }
        body
    }
}
