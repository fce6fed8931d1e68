//! The door: reads what a client sends first, and answers a plain request for a page at once.
//!
//! A hit through pingora's proxy costs more for its session, its two header maps and its phases
//! than for the answer. So a request that [`head::plain`] can read in one way only is sealed and
//! answered here; all others, and all passthrough routes, go to pingora with every byte that was
//! read. Both ways end in the same pipeline and write the same fields.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use cloakroom_boundary::RawRequest;
use cloakroom_pipeline::{Answer, Live, Step};
use pingora_core::apps::{HttpServerApp, ServerApp};
use pingora_core::protocols::Stream;
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::ShutdownWatch;
use pingora_proxy::HttpProxy;
use pingora_timeout::timeout;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::proxy::Edge;
use crate::stopping::Stopping;
use crate::wire::Wire;
use crate::{head, respond};

/// Read at once; a plain head that is longer goes the longer way.
pub(crate) const READ: usize = 8 * 1024;

/// Overwrites what was read of a request once it has its answer, or its copy for pingora, so that freed
/// memory does not keep it.
/// `rest` is what `read` was split from: the last to hold their buffer, it gets all of it back.
fn wipe(read: Bytes, rest: &mut BytesMut) {
    let length = read.len();
    drop(read);
    rest.reserve(READ);
    rest.put_bytes(0, length);
    rest.clear();
}

/// The application behind the listeners of plain HTTP.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) live: Arc<Live>,
    pub(crate) max_header_bytes: usize,
    pub(crate) max_silence: Duration,
    /// The longer way.
    pub(crate) proxy: Arc<HttpProxy<Edge>>,
    pub(crate) stopping: Stopping,
}

#[async_trait]
impl ServerApp for Door {
    async fn process_new(self: &Arc<Self>, stream: Stream, _shutdown: &ShutdownWatch) -> Option<Stream> {
        self.serve(stream).await;
        None
    }

    async fn cleanup(&self) {
        self.proxy.http_cleanup().await;
    }
}

/// The address of whoever is at the other end; `None` for a client without one (a Unix socket), who is
/// nobody that a crowd could count.
pub(crate) fn peer(stream: &Stream) -> Option<IpAddr> {
    Some(stream.get_socket_digest()?.peer_addr()?.as_inet()?.ip())
}

impl Door {
    /// Serves a connection of HTTP/1.1 to its end.
    pub(crate) async fn serve(&self, stream: Stream) {
        // That it is over says no more than that it is over.
        let _ = self.requests(stream).await;
    }

    /// `None` when the connection has ended.
    async fn requests(&self, mut stream: Stream) -> Option<()> {
        let shutdown = self.stopping.of_connection();
        let mut stopped = pin!(self.stopping.told());
        let peer = peer(&stream);
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        loop {
            input.reserve(READ);
            let read = tokio::select! {
                biased;
                read = timeout(self.max_silence, stream.read_buf(&mut input)) => read,
                () = &mut stopped => return None,
            };
            if !matches!(read, Ok(Ok(1..))) {
                return None;
            }
            let bytes = input.split().freeze();
            match self.answer(&bytes, peer).await {
                Some((answer, keep_alive)) => {
                    wipe(bytes, &mut input);
                    let keep_alive = keep_alive && !*shutdown.borrow();
                    output.clear();
                    self.send(&mut stream, &answer, keep_alive, &mut output).await?;
                    if !keep_alive {
                        // Whoever is gone by now needs no goodbye.
                        let _ = stream.shutdown().await;
                        return None;
                    }
                }
                None => {
                    let begun = BytesMut::from(&bytes[..]);
                    wipe(bytes, &mut input);
                    stream = self.longer_way(stream, begun, &shutdown).await?;
                }
            }
        }
    }

    /// The answer to a plain request, and whether its client keeps the connection; `None` for a
    /// request that has to go the longer way.
    async fn answer(&self, bytes: &Bytes, peer: Option<IpAddr>) -> Option<(Answer, bool)> {
        if bytes.len() > self.max_header_bytes {
            return None;
        }
        let head::Plain { parts, keep_alive } = head::plain(bytes)?;
        let pipeline = self.live.load();
        match pipeline.step(RawRequest::seal(&parts, peer?)) {
            Step::Answer(answer) => Some((answer, keep_alive)),
            Step::Fetch(pending) => {
                let pipeline = Guard::into_inner(pipeline);
                Some((pipeline.fetch(*pending).await, keep_alive))
            }
            Step::Form(_) | Step::Relay(_) => None,
        }
    }

    /// `None` when the client is gone or too slow, or the page has broken off.
    async fn send(
        &self,
        stream: &mut Stream,
        answer: &Answer,
        keep_alive: bool,
        head: &mut BytesMut,
    ) -> Option<()> {
        let body = answer.body();
        let length = body.iter().map(Bytes::len).sum();
        respond::http1_head(answer, length, keep_alive, head);
        let mut wire = Wire { stream, max_silence: self.max_silence };
        let sent = match answer.arriving() {
            Some(arrival) if !answer.is_head_only() => wire.read_along(head, arrival.read()).await?,
            _ if answer.is_head_only() => wire.write(head, &[]).await.map(|()| 0)?,
            _ => wire.write(head, &body).await.map(|()| length)?,
        };
        wire.flush().await?;
        respond::count(self.live.measure(), answer, sent);
        Some(())
    }

    /// Gives the connection to pingora for one request, of which `begun` was read.
    async fn longer_way(&self, stream: Stream, begun: BytesMut, shutdown: &ShutdownWatch) -> Option<Stream> {
        let mut session = ServerSession::new_http1(stream);
        session.set_keepalive((!*shutdown.borrow()).then_some(self.max_silence.as_secs()));
        session.set_read_timeout(Some(self.max_silence));
        session.set_write_timeout(Some(self.max_silence));
        session.set_pipelined_prefix(begun);
        let (stream, _) = self.proxy.process_new_http(session, shutdown).await?.consume();
        Some(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_overwritten_where_it_stood() {
        let mut input = BytesMut::with_capacity(READ);
        for request in ["GET /a HTTP/1.1", "GET /b HTTP/1.1\r\nCookie: sid=canary"] {
            input.reserve(READ);
            input.extend_from_slice(request.as_bytes());
            let read = input.split().freeze();
            let (place, length) = (read.as_ptr(), read.len());
            wipe(read, &mut input);
            assert!(input.is_empty() && input.capacity() >= READ);
            assert_eq!(input.as_ptr(), place, "the same buffer, from its start");
            input.resize(length, 1);
            assert_eq!(input.as_ptr(), place);
            input.clear();
        }
    }
}
