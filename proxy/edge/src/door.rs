//! The door: reads what a client sends first, and answers a plain request for a page at once.
//!
//! A hit through pingora's proxy costs more for its session, its two header maps and its phases
//! than for the answer. So a request that [`head::plain`] can read in one way only is sealed and
//! answered here; all others, and all passthrough routes, go to pingora with every byte that was
//! read. Both ways end in the same pipeline and write the same fields.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
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
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};

use crate::alarm::Alarm;
use crate::proxy::Edge;
use crate::stopping::Stopping;
use crate::wire::Wire;
use crate::{head, respond};

/// Read at once; a plain head that is longer goes the longer way.
pub(crate) const READ: usize = 8 * 1024;

/// Room for the head of most answers.
const HEAD: usize = 1024;

thread_local! {
    /// What is read of a request until it is understood: one for all connections of a thread, since those that wait
    /// have no use for it, and a thousand of them would not fit into a CPU's cache.
    static INPUT: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into_boxed_slice());
}

/// Reads, and hands what was read to `then`; it is overwritten before anything else happens. `None` at the end of the
/// stream.
fn poll_input<S, T>(
    stream: &mut S,
    cx: &mut Context<'_>,
    then: impl FnOnce(&[u8]) -> T,
) -> Poll<io::Result<Option<T>>>
where
    S: AsyncRead + Unpin,
{
    INPUT.with_borrow_mut(|input| {
        let mut read = ReadBuf::new(input);
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        let found = (!read.filled().is_empty()).then(|| then(read.filled()));
        read.filled_mut().fill(0);
        Poll::Ready(Ok(found))
    })
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
        loop {
            alarm.wind();
            let asked = poll_fn(|cx| {
                let taken = |read: &[u8]| self.take(read, peer).ok_or_else(|| BytesMut::from(read));
                if let Poll::Ready(read) = poll_input(&mut stream, cx, taken) {
                    return Poll::Ready(read.ok().flatten());
                }
                // Asked each time: what woke this task while it answered has been forgotten since.
                let is_over = stopped.as_mut().poll(cx).is_ready() || pin!(alarm.rings()).poll(cx).is_ready();
                if is_over { Poll::Ready(None) } else { Poll::Pending }
            });
            match asked.await? {
                Ok((taken, keep_alive)) => {
                    let answer = match taken {
                        Taken::Answer(answer) => answer,
                        Taken::Waiting(waiting) => self.wait(*waiting, &mut stream).await,
                    };
                    let keep_alive = keep_alive && !*shutdown.borrow();
                    self.send(&mut stream, &answer, keep_alive).await?;
                    if !keep_alive {
                        // Whoever is gone by now needs no goodbye.
                        let _ = stream.shutdown().await;
                        return None;
                    }
                }
                Err(begun) => stream = self.longer_way(stream, begun, &shutdown).await?,
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
    async fn send(&self, stream: &mut Stream, answer: &Answer, keep_alive: bool) -> Option<()> {
        let body = answer.body();
        let length = body.iter().map(Bytes::len).sum();
        let mut head = BytesMut::with_capacity(HEAD);
        respond::http1_head(answer, length, keep_alive, &mut head);
        let mut wire = Wire { stream, max_silence: self.max_silence };
        let sent = match answer.arriving() {
            Some(arrival) if !answer.is_head_only() => wire.read_along(&head, arrival.read()).await?,
            _ if answer.is_head_only() => wire.write(&head, &[]).await.map(|()| 0)?,
            _ => wire.write(&head, &body).await.map(|()| length)?,
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

    #[tokio::test]
    async fn what_was_read_is_overwritten_where_it_stood() {
        let (mut ours, mut theirs) = tokio::io::duplex(READ);
        for request in ["GET /a HTTP/1.1", "GET /b HTTP/1.1\r\nCookie: sid=canary"] {
            theirs.write_all(request.as_bytes()).await.unwrap();
            let read = poll_fn(|cx| poll_input(&mut ours, cx, |read| (read.to_vec(), read.as_ptr()))).await;
            let (text, place) = read.unwrap().unwrap();
            assert_eq!(text, request.as_bytes());
            INPUT.with_borrow(|input| {
                assert_eq!(input.as_ptr(), place, "the same buffer, from its start");
                assert!(input.iter().all(|byte| *byte == 0));
            });
        }
        drop(theirs);
        let end = poll_fn(|cx| poll_input(&mut ours, cx, |_| ())).await;
        assert!(end.unwrap().is_none());
    }
}
