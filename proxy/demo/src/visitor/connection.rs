//! A visitor's connection: real HTTP/1.1 over a real socket, bounded in size and time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// The largest page that is read.
const MAX_PAGE: usize = 1024 * 1024;
/// The longest wait for a connection, or for a whole answer.
const LONGEST: Duration = Duration::from_secs(10);

/// An answer, read to its end.
pub(crate) struct Fetched {
    pub head: Parts,
    pub body: Bytes,
}

/// An open connection; closed when dropped.
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    local: SocketAddr,
    driver: JoinHandle<()>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = tokio::time::timeout(LONGEST, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?;
        let (sender, connection) = Builder::new()
            // Browsers write names this way in HTTP/1.1; it is for the eyes of people.
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let driver = tokio::spawn(async move {
            if connection.await.is_err() {
                tracing::debug!("a visitor's connection ended early");
            }
        });
        Ok(Self { sender, local, driver })
    }

    /// This end, by which the tap tells connections apart.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sends the request and reads the answer.
    pub(crate) async fn fetch(&mut self, request: Request<Empty<Bytes>>) -> io::Result<Fetched> {
        let fetched = async {
            self.sender.ready().await.map_err(io::Error::other)?;
            let response = self.sender.send_request(request).await.map_err(io::Error::other)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_PAGE).collect().await.map_err(io::Error::other)?;
            Ok(Fetched { head, body: body.to_bytes() })
        };
        tokio::time::timeout(LONGEST, fetched).await?
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
