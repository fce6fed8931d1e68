//! HTTP/2 at the door: the same answers as over HTTP/1.1, from the same pipeline.
//!
//! A request for a page is sealed and, if its answer is there, answered in the task of its connection.
//! Whatever has to wait (a fetch, a body, a passthrough route, a client that takes its time) goes on in
//! a task of its own, so that no stream waits for another. The numbers here are limits on what one client
//! can have us do.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::Guard;
use bytes::Bytes;
use cloakroom_boundary::RawRequest;
use cloakroom_pipeline::{Answer, Pending, Pipeline, Step};
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Method, Request};
use pingora_core::apps::HttpServerApp;
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::{Digest, GetProxyDigest, GetSocketDigest, GetTimingDigest, Ssl};
use pingora_http::RequestHeader;
use pingora_timeout::timeout;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::MissedTickBehavior;

use crate::door::Door;

mod downstream;
mod gathered;
mod sending;
mod verdict;
mod watched;

use downstream::Downstream;
use gathered::{Gathered, Gathering};
use sending::{Rest, Sent};
use verdict::{Verdict, verdict};
use watched::Watched;

/// What a client may send of request bodies before they are read: of one stream, and of a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// RFC 9113 §4.2: the least that there may be, and enough for all.
const FRAME: u32 = 16 << 10;
/// Of one stream's answer, what waits to be written.
const SEND_BUFFER: usize = 256 << 10;
/// Streams that a client has reset before they were looked at.
const UNSEEN_RESETS: usize = 20;
/// Streams that break the protocol, on one connection.
const BROKEN_STREAMS: usize = 32;
/// Requests whose client did not wait for the answer, on one connection: so many, or half of all.
const FREE_RESETS: u32 = 100;
/// How many times in `max_silence` a connection is looked at.
const LOOKS: u32 = 4;

/// What is configured of HTTP/2.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Requests at a time on one connection.
    pub(crate) concurrent_streams: u32,
    /// As HTTP/2 counts it: names, values and 32 bytes a field (RFC 9113 §6.5.2).
    pub(crate) header_list_bytes: u32,
}

impl Limits {
    /// All limits of a connection, those too that have a default: they are guards against known attacks
    /// (rapid resets, CVE-2023-44487; endless CONTINUATION, bounded by the size of the header list).
    fn options(self) -> Builder {
        let mut options = Builder::new();
        options
            .max_concurrent_streams(self.concurrent_streams)
            .max_header_list_size(self.header_list_bytes)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .max_send_buffer_size(SEND_BUFFER)
            .max_pending_accept_reset_streams(UNSEEN_RESETS)
            .max_concurrent_reset_streams(BROKEN_STREAMS)
            .max_local_error_reset_streams(Some(BROKEN_STREAMS))
            .reset_stream_duration(Duration::from_secs(1));
        options
    }
}

tokio::task_local! {
    /// The connection that a passthrough belongs to, for [`note_unwanted`].
    static CONNECTION: Arc<Counts>;
}

/// Counts a passthrough whose client did not wait for the answer. Elsewhere than on a stream of
/// HTTP/2 nothing is counted.
pub(crate) fn note_unwanted() {
    // Not in a task of a stream: HTTP/1.1, where a client that goes takes its connection with it.
    let _ = CONNECTION.try_with(|counts| counts.unwanted.fetch_add(1, Ordering::Relaxed));
}

/// What tasks of a connection tell it.
#[derive(Default)]
struct Counts {
    /// Tasks that go on.
    under_way: AtomicU32,
    /// Requests whose client did not wait for the answer.
    unwanted: AtomicU32,
}

/// A task of a connection.
struct UnderWay(Arc<Counts>);

impl UnderWay {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.under_way.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counts))
    }

    fn ends(self, sent: Sent) {
        if sent == Sent::Unwanted {
            self.0.unwanted.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves a connection of HTTP/2 to its end.
pub(crate) async fn serve<S>(door: &Door, limits: Limits, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Ssl + GetSocketDigest + GetTimingDigest + GetProxyDigest,
{
    let digest = Arc::new(Digest {
        ssl_digest: stream.get_ssl_digest(),
        timing_digest: stream.get_timing_digest(),
        proxy_digest: stream.get_proxy_digest(),
        socket_digest: stream.get_socket_digest(),
    });
    let peer = digest.socket_digest.as_ref().and_then(|socket| Some(socket.peer_addr()?.as_inet()?.ip()));
    // A client without an address is nobody that a crowd could count.
    let Some(peer) = peer else { return };
    // Held to the end, which the program waits for.
    let _open = door.stopping.of_connection();
    let (stream, waiting) = Watched::new(stream);
    let (stream, gathering) = Gathered::new(stream);
    let shaken = timeout(door.max_silence, limits.options().handshake::<_, Bytes>(stream)).await;
    let Ok(Ok(mut connection)) = shaken else { return };
    let counts = Arc::default();
    let mut streams = Streams { door, limits, peer, digest, counts, seen: 0, broken: 0 };
    let mut stopped = pin!(door.stopping.told());
    let mut looks = tokio::time::interval(door.max_silence / LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Looks in a row that found nothing going on.
    let mut quiet = 0;
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            accepted = next(&mut connection, &gathering) => {
                let Some(Ok((request, respond))) = accepted else { return };
                quiet = 0;
                if !streams.take(request, respond) {
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                }
            }
            () = &mut stopped, if !leaving => {
                leaving = true;
                connection.graceful_shutdown();
            }
            _ = looks.tick() => {
                if waiting.exceeds(door.max_silence) {
                    return;
                }
                quiet = if streams.are_under_way(&connection) { 0 } else { quiet + 1 };
                if quiet > LOOKS {
                    // Whoever does not answer the first goodbye gets no second one.
                    if leaving {
                        return;
                    }
                    (leaving, quiet) = (true, 0);
                    connection.graceful_shutdown();
                }
            }
        }
    }
}

type Accepted = Option<Result<(Request<RecvStream>, SendResponse<Bytes>), h2::Error>>;

/// The next stream; what was answered before is sent when there is none yet.
async fn next<S>(connection: &mut Connection<S, Bytes>, gathering: &Gathering) -> Accepted
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|cx| gathering.poll(|| pin!(connection.accept()).poll(cx))).await
}

/// The streams of one connection.
struct Streams<'d> {
    door: &'d Door,
    limits: Limits,
    peer: IpAddr,
    digest: Arc<Digest>,
    counts: Arc<Counts>,
    /// Requests so far.
    seen: u32,
    /// Those among them that could be read in two ways.
    broken: usize,
}

impl Streams<'_> {
    fn are_under_way<S: AsyncRead + AsyncWrite + Unpin>(&self, connection: &Connection<S, Bytes>) -> bool {
        connection.has_streams() || self.counts.under_way.load(Ordering::Relaxed) > 0
    }

    /// Answers a stream, or begins to. False when this client asks for too much, or for nothing that
    /// it wants.
    fn take(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) -> bool {
        self.seen = self.seen.saturating_add(1);
        let (parts, body) = request.into_parts();
        let head = RequestHeader::from(parts);
        match verdict(&head) {
            Verdict::Clear => self.answer(head, body, respond),
            refused => {
                self.broken += 1;
                refused.tell(respond);
            }
        }
        let unwanted = self.counts.unwanted.load(Ordering::Relaxed);
        let under_way = self.counts.under_way.load(Ordering::Relaxed);
        // A stream that its client has reset counts for HTTP/2 no more; what it began may not be over.
        self.broken < BROKEN_STREAMS
            && unwanted <= FREE_RESETS.max(self.seen / 2)
            && under_way <= self.limits.concurrent_streams.saturating_mul(2)
    }

    fn answer(&self, head: RequestHeader, body: RecvStream, respond: SendResponse<Bytes>) {
        if !matches!(head.method, Method::GET | Method::HEAD) || !body.is_end_stream() {
            return self.longer_way(head, body, respond);
        }
        let pipeline = self.door.live.load();
        match pipeline.step(RawRequest::seal(&head, self.peer)) {
            Step::Answer(answer) => self.send(respond, answer),
            Step::Fetch(pending) => self.fetch(respond, Guard::into_inner(pipeline), *pending),
            Step::Form(_) | Step::Relay(_) => self.longer_way(head, body, respond),
        }
    }

    /// Sends an answer at once as far as the client has room for it, and the rest as it gets more.
    fn send(&self, respond: SendResponse<Bytes>, answer: Answer) {
        match sending::begin(self.door, respond, &answer) {
            Rest::Nothing => {}
            rest => {
                let (door, under_way) = (self.door.clone(), UnderWay::new(&self.counts));
                tokio::spawn(async move { under_way.ends(sending::finish(&door, &answer, rest).await) });
            }
        }
    }

    /// Answers when the page has come, unless its client resets the stream before. The fetch goes on.
    fn fetch(&self, mut respond: SendResponse<Bytes>, pipeline: Arc<Pipeline>, pending: Pending) {
        let (door, under_way) = (self.door.clone(), UnderWay::new(&self.counts));
        tokio::spawn(async move {
            let answer = tokio::select! {
                biased;
                answer = pipeline.fetch(pending) => answer,
                _ = poll_fn(|cx| respond.poll_reset(cx)) => return under_way.ends(Sent::Unwanted),
            };
            let rest = sending::begin(&door, respond, &answer);
            under_way.ends(sending::finish(&door, &answer, rest).await);
        });
    }

    /// Gives a stream to pingora.
    fn longer_way(&self, head: RequestHeader, body: RecvStream, respond: SendResponse<Bytes>) {
        let (door, under_way) = (self.door.clone(), UnderWay::new(&self.counts));
        let (counts, digest) = (Arc::clone(&self.counts), Arc::clone(&self.digest));
        tokio::spawn(CONNECTION.scope(counts, async move {
            let shutdown = door.stopping.of_connection();
            let session = Downstream::new(head, body, respond, digest, door.max_silence);
            let session = ServerSession::new_custom(Box::new(session));
            door.proxy.process_new_http(session, &shutdown).await;
            drop(under_way);
        }));
    }
}
