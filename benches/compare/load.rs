//! The load: visitors on keep-alive connections, each answer compared with the page that is theirs.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use cloakroom_benches::Visitor;
use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, LocalSet};

use crate::servers::Server;
use crate::{Failure, origin};

/// Connections at once.
const CONNECTIONS: usize = 32;
/// How long everybody may wait for their own page: some epochs.
const PATIENCE: Duration = Duration::from_secs(60);
/// One after the other, visitors have nothing in common: this is prime to their number.
const STRIDE: usize = 389;

/// A request and the page that answers it.
pub(crate) struct Visit {
    request: Vec<u8>,
    page: String,
}

impl Visit {
    pub(crate) fn of(visitor: &Visitor) -> Self {
        let request = format!("GET {} HTTP/1.1\r\n{}\r\n", visitor.target, visitor.fields);
        Self { request: request.into_bytes(), page: origin::page_for(&visitor.traits) }
    }
}

/// Everything that is sent.
pub(crate) struct Load {
    visits: Rc<[Visit]>,
    runtime: Runtime,
}

impl Load {
    pub(crate) fn new(visits: Rc<[Visit]>) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { visits, runtime })
    }

    /// Lets every visitor come until all get their own page from the cache.
    pub(crate) fn settle(&self, client: &mut Client<'_>) -> Result<(), Failure> {
        let since = Instant::now();
        while let Err(failure) = self.round(client, self.visits.len()) {
            if since.elapsed() > PATIENCE {
                return Err(failure);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Sends so many requests and answers how long that took; fails if an answer was wrong, but not
    /// before all are sent: whoever is not sent is missing in the crowd.
    pub(crate) fn round(&self, client: &mut Client<'_>, requests: usize) -> Result<Duration, Failure> {
        let (address, hit) = (client.server.address(), client.server.hit());
        let kept = std::mem::take(&mut client.connections);
        let (sent, wrong) = (Rc::new(Cell::new(0)), Rc::new(OnceCell::new()));
        let connections = async {
            let mut open = kept;
            while open.len() < CONNECTIONS {
                open.push(TcpStream::connect(address).await.map_err(|cause| cause.to_string())?);
            }
            let since = Instant::now();
            let mut asking = JoinSet::new();
            for stream in open {
                let (visits, sent, wrong) = (Rc::clone(&self.visits), Rc::clone(&sent), Rc::clone(&wrong));
                asking.spawn_local(async move {
                    // Why a connection failed crosses no thread, but `JoinSet` does not know that.
                    let asked = Asked { visits: &visits, sent: &sent, wrong: &wrong, requests, hit };
                    asked.on(stream).await.map_err(|cause| cause.to_string())
                });
            }
            let mut open = Vec::with_capacity(CONNECTIONS);
            while let Some(ended) = asking.join_next().await {
                open.push(ended.map_err(|cause| cause.to_string()).flatten()?);
            }
            Ok::<_, String>((open, since.elapsed()))
        };
        let (open, took) = self.runtime.block_on(LocalSet::new().run_until(connections))?;
        client.connections = open;
        wrong.get().map_or(Ok(took), |wrong: &String| Err(wrong.as_str().into()))
    }
}

/// A server with the connections to it, which are kept from round to round while all goes well.
pub(crate) struct Client<'s> {
    server: &'s Server,
    connections: Vec<TcpStream>,
}

impl<'s> Client<'s> {
    pub(crate) fn of(server: &'s Server) -> Self {
        Self { server, connections: Vec::new() }
    }

    pub(crate) fn server(&self) -> &'s Server {
        self.server
    }
}

/// A round as one of its connections sees it.
struct Asked<'r> {
    visits: &'r [Visit],
    sent: &'r Cell<usize>,
    /// The first wrong answer.
    wrong: &'r OnceCell<String>,
    requests: usize,
    hit: &'r str,
}

impl Asked<'_> {
    /// Asks until everything is sent, and gives the connection back.
    async fn on(&self, mut stream: TcpStream) -> Result<TcpStream, Failure> {
        stream.set_nodelay(true)?;
        let mut answer = Vec::with_capacity(64 * 1024);
        loop {
            let number = self.sent.get();
            if number >= self.requests {
                return Ok(stream);
            }
            self.sent.set(number + 1);
            let next = number.wrapping_mul(STRIDE) % self.visits.len();
            let visit = self.visits.get(next).ok_or("nobody comes")?;
            stream.write_all(&visit.request).await?;
            answer.clear();
            let body = loop {
                if stream.read_buf(&mut answer).await? == 0 {
                    return Err("the server closes a connection that is to be kept".into());
                }
                if let Some(body) = whole(&answer)? {
                    break body;
                }
            };
            if let Err(failure) = check(&answer, body, &visit.page, self.hit) {
                // Only the first counts.
                let _ = self.wrong.set(failure.to_string());
            }
        }
    }
}

/// Where the body begins, once all of it is there.
fn whole(answer: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(end) = memmem::find(answer, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default())?;
    let length = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>())
    });
    let body = end + 4;
    Ok((answer.len() >= body + length.ok_or("an answer without a length")??).then_some(body))
}

fn check(answer: &[u8], body: usize, page: &str, hit: &str) -> Result<(), Failure> {
    let (head, body) = answer.split_at_checked(body).unwrap_or_default();
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(format!("not a page: {}", String::from_utf8_lossy(head)).into());
    }
    if memmem::find(head, hit.as_bytes()).is_none() {
        return Err(format!("not a hit: {}", String::from_utf8_lossy(head)).into());
    }
    if body != page.as_bytes() {
        return Err(format!("not this visitor's page: {} bytes for {}", body.len(), page.len()).into());
    }
    Ok(())
}
