//! A client of one server: its connections, and how it judges what comes back.

mod http1;
mod http2;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_benches::HOST;
use memchr::memmem;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Failure;
use crate::questions::{Mark, Questions, Visit};
use crate::servers::Server;

/// Requests at once on one connection of HTTP/2.
const STREAMS: usize = 4;

/// What is spoken.
#[derive(Clone)]
pub(crate) enum Transport {
    Http1,
    Tls(Arc<ClientConfig>),
    /// Over TLS.
    Http2(Arc<ClientConfig>),
}

/// One request after the other goes over it.
pub(crate) enum Connection {
    Http1(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Http2(h2::client::SendRequest<Bytes>),
}

impl Connection {
    async fn open(address: SocketAddr, transport: &Transport) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match transport {
            Transport::Http1 => Ok(Self::Http1(stream)),
            Transport::Tls(config) => Ok(Self::Tls(Box::new(secure(stream, config, b"http/1.1").await?))),
            Transport::Http2(config) => {
                Ok(Self::Http2(http2::begin(secure(stream, config, b"h2").await?).await?))
            }
        }
    }

    /// Asks, and says what was wrong with the answer if something was; an error is a broken connection.
    pub(crate) async fn ask(
        &mut self,
        visit: &Visit,
        marks: Marks,
        read: &mut Vec<u8>,
    ) -> Result<Result<(), String>, Failure> {
        let answer = match self {
            Self::Http1(stream) => http1::ask(stream, visit, read).await?,
            Self::Tls(stream) => http1::ask(stream, visit, read).await?,
            Self::Http2(handle) => {
                let (status, head) = http2::ask(handle, visit, read).await?;
                http1::Answer { status, head, chunks: None }
            }
        };
        let (head, rest) = read.split_at_checked(answer.head).unwrap_or_default();
        let body = answer.chunks.as_deref().unwrap_or(rest);
        let said = || String::from_utf8_lossy(head);
        if answer.status != 200 {
            return Ok(Err(format!("status {}: {}", answer.status, said())));
        }
        let found = |mark: &str| memmem::find(head, mark.as_bytes()).is_some();
        let (wanted, right) = match visit.mark {
            Mark::Hit => ("a hit", found(marks.hit)),
            Mark::Miss => ("a miss", found(marks.miss) && !found(marks.hit)),
            Mark::Relayed => ("relayed", !found(marks.hit)),
        };
        if !right {
            return Ok(Err(format!("not {wanted}: {}", said())));
        }
        if body != &visit.page[..] {
            return Ok(Err(format!(
                "not this visitor's page: {} bytes for {}",
                body.len(),
                visit.page.len()
            )));
        }
        Ok(Ok(()))
    }
}

async fn secure(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    protocol: &[u8],
) -> Result<TlsStream<TcpStream>, Failure> {
    let stream = TlsConnector::from(Arc::clone(config)).connect(ServerName::try_from(HOST)?, stream).await?;
    let (_, session) = stream.get_ref();
    if session.alpn_protocol().is_some_and(|agreed| agreed != protocol)
        || session.alpn_protocol().is_none() && protocol == b"h2"
    {
        return Err("the server speaks another protocol than it was asked for".into());
    }
    Ok(stream)
}

/// What a server writes into the head of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    /// Of a hit, and of nothing else.
    pub(crate) hit: &'static str,
    /// Of a miss.
    pub(crate) miss: &'static str,
}

/// A server with the connections to it, which are kept from round to round while all goes well.
pub(crate) struct Client<'s> {
    server: &'s Server,
    name: String,
    address: SocketAddr,
    transport: Transport,
    /// Requests at once.
    at_once: usize,
    questions: Rc<dyn Questions>,
    kept: Vec<Connection>,
}

impl<'s> Client<'s> {
    /// `None` if the server does not speak that.
    pub(crate) fn new(
        server: &'s Server,
        transport: &Transport,
        at_once: usize,
        questions: &Rc<dyn Questions>,
    ) -> Option<Self> {
        let address = match transport {
            Transport::Http1 => server.http(),
            Transport::Tls(_) | Transport::Http2(_) => server.https()?,
        };
        let (transport, questions) = (transport.clone(), Rc::clone(questions));
        let name = server.kind().name().to_owned();
        Some(Self { server, name, address, transport, at_once, questions, kept: Vec::new() })
    }

    /// Under another name, where a server is compared with its like.
    pub(crate) fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn server(&self) -> &'s Server {
        self.server
    }

    pub(crate) fn questions(&self) -> &Rc<dyn Questions> {
        &self.questions
    }

    /// As many connections, or shares of them, as there are requests at once.
    pub(crate) async fn take(&mut self) -> Result<Vec<Connection>, Failure> {
        let mut open = std::mem::take(&mut self.kept);
        while open.len() < self.at_once {
            let shared = match open.last() {
                Some(Connection::Http2(handle)) if !open.len().is_multiple_of(STREAMS) => {
                    Some(Connection::Http2(handle.clone()))
                }
                _ => None,
            };
            open.push(match shared {
                Some(shared) => shared,
                None => Connection::open(self.address, &self.transport).await?,
            });
        }
        Ok(open)
    }

    /// Keeps connections on which all went well.
    pub(crate) fn keep(&mut self, open: Vec<Connection>) {
        self.kept = open;
    }
}
