//! The demo's rooms between real sockets: the shop, the recorders, the tap and the looking glass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod glass;
mod shop;
mod stand_in;
mod wire;

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A port that the system chooses.
pub fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// An answer, as far as these tests care.
pub struct Answer {
    /// Of the status line; 0 if there was none.
    pub status: u16,
    head: String,
    /// All behind the head.
    pub body: String,
}

impl Answer {
    /// All values of a header field.
    pub fn fields(&self, name: &str) -> Vec<String> {
        let named = |line: &str| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        self.head.lines().filter_map(named).collect()
    }

    /// The value of the cookie that is set under that name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.fields("set-cookie");
        let found = set.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        found.split(';').next().map(str::to_owned)
    }
}

/// Sends bytes on a connection of their own and reads all that comes back.
pub async fn send(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A GET with further header lines, each ended by `\r\n`.
pub async fn get(address: SocketAddr, target: &str, more: &str) -> Answer {
    send(address, &format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{more}\r\n"))
        .await
}

/// A POST with a body of that type.
pub async fn post(address: SocketAddr, target: &str, kind: &str, more: &str, body: &str) -> Answer {
    let length = body.len();
    send(
        address,
        &format!(
            "POST {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n{body}"
        ),
    )
    .await
}
