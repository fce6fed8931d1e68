//! The bounded memory of requests as they stood on the wire.
//!
//! [`Recorded`] holds raw bytes: it can be read on purpose, never printed or serialized by accident.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framer::Framer;

/// How many requests are remembered.
const MAX_REQUESTS: usize = 512;
/// How many bytes of one request are remembered.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// One request as it arrived.
pub struct Recorded {
    id: u64,
    peer: SocketAddr,
    bytes: Vec<u8>,
}

impl Recorded {
    /// Its number: 0 for the first that the recorder ever kept.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The other end of the connection.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Its bytes, head and body, at most 64 KiB.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The target in the request line (`/c/tents?page=2`); empty if there is none.
    #[must_use]
    pub fn target(&self) -> &str {
        let line = self.bytes.split(|b| *b == b'\r').next().unwrap_or_default();
        std::str::from_utf8(line).ok().and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
    }
}

#[derive(Default)]
struct Memory {
    total: AtomicU64,
    ring: Mutex<VecDeque<Arc<Recorded>>>,
}

/// Remembers the last 512 requests. Copies of the handle share the memory.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Memory>);

impl Recorder {
    /// An empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many requests were ever kept; also the cursor that asks [`Recorder::since`] for those
    /// that are still to come.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Acquire)
    }

    /// The remembered requests whose number is at least `cursor`, oldest first.
    #[must_use]
    pub fn since(&self, cursor: u64) -> Vec<Arc<Recorded>> {
        self.ring().iter().filter(|kept| kept.id >= cursor).cloned().collect()
    }

    /// The newest remembered request that `fits`.
    #[must_use]
    pub fn newest(&self, fits: impl Fn(&Recorded) -> bool) -> Option<Arc<Recorded>> {
        self.ring().iter().rev().find(|kept| fits(kept)).cloned()
    }

    /// A stream that writes down what is read from `stream`.
    pub fn record<S>(&self, stream: S, peer: SocketAddr) -> RecordingStream<S> {
        let recorder = self.clone();
        let keep: Keep = Box::new(move |bytes| recorder.keep(peer, bytes));
        RecordingStream { stream, framer: Framer::new(MAX_REQUEST_BYTES, keep) }
    }

    fn keep(&self, peer: SocketAddr, bytes: Vec<u8>) {
        let mut ring = self.ring();
        // Counted under the lock, so that numbers and places in the ring agree.
        let id = self.0.total.fetch_add(1, Ordering::Release);
        if ring.len() >= MAX_REQUESTS {
            ring.pop_front();
        }
        ring.push_back(Arc::new(Recorded { id, peer, bytes }));
    }

    fn ring(&self) -> MutexGuard<'_, VecDeque<Arc<Recorded>>> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Keep = Box<dyn FnMut(Vec<u8>) + Send>;

/// A stream whose incoming bytes are written down, request by request.
pub struct RecordingStream<S> {
    stream: S,
    framer: Framer<Keep>,
}

impl<S: AsyncRead + Unpin> AsyncRead for RecordingStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        // Written down before the reader sees it: an answer never comes before its record.
        this.framer.feed(buf.filled().get(before..).unwrap_or_default());
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RecordingStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_requests_are_remembered_and_all_are_counted() {
        let recorder = Recorder::new();
        let peer = SocketAddr::from(([127, 0, 0, 1], 9));
        for number in 0..600 {
            recorder.keep(peer, format!("GET /{number} HTTP/1.1\r\n\r\n").into_bytes());
        }
        assert_eq!(recorder.total(), 600);
        let kept = recorder.since(0);
        assert_eq!(kept.len(), MAX_REQUESTS);
        assert_eq!(kept[0].target(), "/88");
        assert_eq!(recorder.since(598).len(), 2);
        assert_eq!(recorder.newest(|r| r.target() == "/590").unwrap().id(), 590);
    }
}
