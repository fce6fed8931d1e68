//! HTTP/2 at the door: the same answers as over HTTP/1.1, from the same pipeline.
//!
//! A request for a page is sealed and, if its answer is there, answered in the task of its connection.
//! Whatever has to wait (a fetch, a body, a passthrough route, a client that takes its time) goes on in
//! a task of its own, so that no stream waits for another. What pingora makes of a stream is bounded by
//! the numbers here; each of them is a limit on what one client can have us do.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use arc_swap::Guard;
use bytes::Bytes;
use cloakroom_boundary::RawRequest;
use cloakroom_pipeline::{Answer, Pending, Pipeline, Step};
use h2::Reason;
use http::Method;
use pingora_core::apps::HttpServerApp;
use pingora_core::protocols::http::ServerSession;
use pingora_core::protocols::http::v2::server::{H2Accept, H2Options, HttpSession, handshake};
use pingora_core::protocols::{Digest, Stream};
use pingora_timeout::timeout;
use tokio::time::MissedTickBehavior;

use crate::door::{self, Door};
use crate::respond;

mod watched;

use watched::Watched;

/// What a client may send of request bodies before they are read: of one stream, and of a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// RFC 9113 §4.2: the least that there may be, and enough for all.
pub(crate) const FRAME: u32 = 16 << 10;
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

type Connection = h2::server::Connection<Stream, Bytes>;

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
    fn options(self) -> H2Options {
        let mut options = H2Options::new();
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
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves a connection of HTTP/2 to its end.
pub(crate) async fn serve(door: &Door, limits: Limits, stream: Stream) {
    let Some(peer) = door::peer(&stream) else { return };
    let digest = Arc::new(Digest {
        ssl_digest: stream.get_ssl_digest(),
        timing_digest: stream.get_timing_digest(),
        proxy_digest: stream.get_proxy_digest(),
        socket_digest: stream.get_socket_digest(),
    });
    // Held to the end, which the program waits for.
    let _open = door.stopping.of_connection();
    let (stream, waiting) = Watched::new(stream);
    let shaken = timeout(door.max_silence, handshake(Box::new(stream), Some(limits.options()))).await;
    let Ok(Ok(mut connection)) = shaken else { return };
    let mut streams = Streams { door, limits, peer, counts: Arc::default(), seen: 0, broken: 0 };
    let mut stopped = pin!(door.stopping.told());
    let mut looks = tokio::time::interval(door.max_silence / LOOKS);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Looks in a row that found nothing going on.
    let mut quiet = 0;
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            accepted = HttpSession::from_h2_conn(&mut connection, Arc::clone(&digest)) => {
                let Ok(Some(accepted)) = accepted else { return };
                quiet = 0;
                if !streams.take(accepted).await {
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

/// The streams of one connection.
struct Streams<'d> {
    door: &'d Door,
    limits: Limits,
    peer: IpAddr,
    counts: Arc<Counts>,
    /// Requests so far.
    seen: u32,
    /// Those among them that broke the protocol.
    broken: usize,
}

impl Streams<'_> {
    fn are_under_way(&self, connection: &Connection) -> bool {
        connection.has_streams() || self.counts.under_way.load(Ordering::Relaxed) > 0
    }

    /// Answers a stream, or begins to. False when this client asks for too much, or for nothing that
    /// it wants.
    async fn take(&mut self, accepted: H2Accept) -> bool {
        self.seen = self.seen.saturating_add(1);
        match accepted {
            H2Accept::Session(http) => self.answer(http).await,
            H2Accept::Rejected => self.broken += 1,
        }
        let unwanted = self.counts.unwanted.load(Ordering::Relaxed);
        let under_way = self.counts.under_way.load(Ordering::Relaxed);
        // A stream that its client has reset counts for HTTP/2 no more; what it began may not be over.
        self.broken < BROKEN_STREAMS
            && unwanted <= FREE_RESETS.max(self.seen / 2)
            && under_way <= self.limits.concurrent_streams.saturating_mul(2)
    }

    async fn answer(&self, mut http: HttpSession) {
        http.set_write_timeout(Some(self.door.max_silence));
        http.set_total_drain_timeout(Some(self.door.max_silence));
        let head = http.req_header();
        if !matches!(head.method, Method::GET | Method::HEAD) || !http.is_body_done() {
            return self.longer_way(http);
        }
        let pipeline = self.door.live.load();
        match pipeline.step(RawRequest::seal(head, self.peer)) {
            Step::Answer(answer) => self.send(http, answer).await,
            Step::Fetch(pending) => self.fetch(http, Guard::into_inner(pipeline), *pending),
            Step::Form(_) | Step::Relay(_) => self.longer_way(http),
        }
    }

    /// Sends an answer at once as far as the client has room for it, and the rest as it gets more.
    async fn send(&self, http: HttpSession, answer: Answer) {
        let mut sending = Box::pin(send(self.door.clone(), http, answer));
        let begun = poll_fn(|cx| Poll::Ready(sending.as_mut().poll(cx))).await;
        if begun.is_pending() {
            let under_way = UnderWay::new(&self.counts);
            tokio::spawn(async move {
                sending.await;
                drop(under_way);
            });
        }
    }

    /// Answers when the page has come, unless its client resets the stream before. The fetch goes on.
    fn fetch(&self, mut http: HttpSession, pipeline: Arc<Pipeline>, pending: Pending) {
        let (door, under_way) = (self.door.clone(), UnderWay::new(&self.counts));
        tokio::spawn(async move {
            let answer = tokio::select! {
                biased;
                answer = pipeline.fetch(pending) => answer,
                _ = http.idle() => {
                    under_way.0.unwanted.fetch_add(1, Ordering::Relaxed);
                    return;
                }
            };
            send(door, http, answer).await;
        });
    }

    /// Gives a stream to pingora.
    fn longer_way(&self, http: HttpSession) {
        let (door, under_way) = (self.door.clone(), UnderWay::new(&self.counts));
        let shutdown = door.stopping.of_connection();
        let counts = Arc::clone(&self.counts);
        tokio::spawn(CONNECTION.scope(counts, async move {
            door.proxy.process_new_http(ServerSession::new_http2(http), &shutdown).await;
            drop(under_way);
        }));
    }
}

async fn send(door: Door, http: HttpSession, answer: Answer) {
    let mut http = ServerSession::new_http2(http);
    // A client that has reset the stream, or takes nothing, gets nothing.
    if let Ok(sent) = respond::answer(&mut http, &answer).await {
        respond::count(door.live.measure(), &answer, sent);
    }
}
