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
use bytes::{Bytes, BytesMut};
use cloakroom_boundary::RawRequest;
use cloakroom_pipeline::{Answer, Live, Step, Waiting};
use pingora_core::apps::{HttpServerApp, ServerApp};
use pingora_core::protocols::Stream;
use pingora_core::protocols::http::ServerSession;
use pingora_core::server::ShutdownWatch;
use pingora_proxy::HttpProxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::alarm::Alarm;
use crate::proxy::Edge;
use crate::stopping::Stopping;
use crate::wire::Wire;
use crate::{head, respond};

/// Read at once; a plain head that is longer goes the longer way.
pub(crate) const READ: usize = 8 * 1024;

/// Overwrites what was read of a request once it is understood, or copied for pingora, so that the connection's
/// memory does not keep it.
fn wipe(input: &mut BytesMut) {
    input.fill(0);
    input.clear();
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

/// A plain request that was understood.
enum Taken {
    Answer(Answer),
    Waiting(Box<Waiting>),
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
        let mut alarm = Alarm::new(self.max_silence);
        let peer = peer(&stream);
        let (mut input, mut output) = (BytesMut::with_capacity(READ), BytesMut::new());
        loop {
            alarm.wind();
            let read = tokio::select! {
                biased;
                read = stream.read_buf(&mut input) => read,
                () = &mut stopped => return None,
                () = alarm.rings() => return None,
            };
            if !matches!(read, Ok(1..)) {
                return None;
            }
            let taken = self.take(&input, peer);
            let begun = if taken.is_none() { BytesMut::from(&input[..]) } else { BytesMut::new() };
            wipe(&mut input);
            match taken {
                Some((taken, keep_alive)) => {
                    let answer = match taken {
                        Taken::Answer(answer) => answer,
                        Taken::Waiting(waiting) => self.wait(*waiting, &mut stream).await,
                    };
                    let keep_alive = keep_alive && !*shutdown.borrow();
                    output.clear();
                    self.send(&mut stream, &answer, keep_alive, &mut output).await?;
                    if !keep_alive {
                        // Whoever is gone by now needs no goodbye.
                        let _ = stream.shutdown().await;
                        return None;
                    }
                }
                None => stream = self.longer_way(stream, begun, &shutdown).await?,
            }
        }
    }

    /// Takes a plain request as far as it gets without waiting, and says whether its client keeps the connection;
    /// `None` for a request that has to go the longer way.
    fn take(&self, read: &[u8], peer: Option<IpAddr>) -> Option<(Taken, bool)> {
        if read.len() > self.max_header_bytes {
            return None;
        }
        let mut room = head::Room::new();
        let head::Plain { head, keep_alive } = head::plain(read, &mut room)?;
        let pipeline = self.live.load();
        let taken = match pipeline.step(RawRequest::seal_plain(&head, peer?)) {
            Step::Answer(answer) => Taken::Answer(answer),
            Step::Fetch(pending) => Taken::Waiting(Box::new(Guard::into_inner(pipeline).wait(*pending))),
            Step::Form(_) | Step::Relay(_) => return None,
        };
        Some((taken, keep_alive))
    }

    /// The answer to a request whose variant has to be made first; passes on what the origin says before it.
    async fn wait(&self, mut waiting: Waiting, stream: &mut Stream) -> Answer {
        let mut wire = Wire { stream, max_silence: self.max_silence };
        while let Some(interim) = waiting.interim().await {
            // Whoever is gone by now is noticed when the answer is sent.
            let _ = wire.write(interim.http1_head(), &[]).await;
            let _ = wire.flush().await;
        }
        waiting.answer().await
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
        let place = input.as_ptr();
        for request in ["GET /a HTTP/1.1", "GET /b HTTP/1.1\r\nCookie: sid=canary"] {
            input.extend_from_slice(request.as_bytes());
            wipe(&mut input);
            assert!(input.is_empty() && input.capacity() >= READ);
            assert_eq!(input.as_ptr(), place, "the same buffer, from its start");
        }
    }
}
