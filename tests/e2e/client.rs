//! A visitor: one request on one connection, read to its end, byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use cloakroom_demo::DemoGeo;

/// An answer as it came over the wire.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The values of a field, in order.
    pub fn fields(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields(name).first().copied()
    }
}

/// A visitor's request; every part can be set.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub method: String,
    pub target: String,
    pub host: String,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Visitor {
    pub fn new(target: &str) -> Self {
        Self {
            method: "GET".into(),
            target: target.into(),
            host: "shop.test".into(),
            fields: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Said yes, and comes from the `number`th network of France, on a phone that speaks French.
    pub fn consenting(target: &str, number: u32) -> Self {
        Self::new(target)
            .with("Cookie", "cloakroom_consent=all")
            .with("X-Forwarded-For", french(number))
            .with("User-Agent", PHONE)
            .with("Accept-Language", "fr-FR,fr;q=0.9")
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method, self.target, self.host);
        for (name, value) in &self.fields {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("Connection: close\r\n\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub fn ask(&self, proxy: SocketAddr) -> Answer {
        send(proxy, &self.bytes()).expect("an answer")
    }
}

pub const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 \
                         (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
pub const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/124.0.0.0 Safari/537.36";

/// An address of the `number`th visitor from France, in a network of its own.
pub fn french(number: u32) -> String {
    DemoGeo::address_for("FR", number).expect("the demo knows France").to_string()
}

/// Sends bytes as they are and reads the answer to its end; `None` if there is none.
pub fn send(proxy: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(proxy).expect("the proxy listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // The proxy may refuse, and close, before everything is written.
    let _ = stream.write_all(bytes);
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    parse(&read)
}

pub fn parse(read: &[u8]) -> Option<Answer> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = read[end + 4..].to_vec();
    let answer = Answer { status, head, body };
    if answer.field("transfer-encoding") == Some("chunked") {
        let body = unchunk(&answer.body);
        return Some(Answer { body, ..answer });
    }
    Some(answer)
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}
