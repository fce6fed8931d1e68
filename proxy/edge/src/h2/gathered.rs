//! Answers that are made one after the other are written together.
//!
//! The h2 crate flushes whenever it is asked for the next stream. Where several are there already, that is a
//! system call for each answer; so flushing is put off until no stream is left to be answered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether flushing is put off.
#[derive(Clone, Default)]
pub(crate) struct Gathering(Arc<AtomicBool>);

impl Gathering {
    /// Polls what may flush: first without flushing, and once more with it if there is nothing to be had.
    pub(crate) fn poll<T>(&self, mut next: impl FnMut() -> Poll<T>) -> Poll<T> {
        self.0.store(true, Ordering::Relaxed);
        let found = next();
        self.0.store(false, Ordering::Relaxed);
        if found.is_ready() { found } else { next() }
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream whose flushing can be put off; what it has room for waits in it, what is more is written.
pub(crate) struct Gathered<S> {
    stream: S,
    gathering: Gathering,
}

impl<S> Gathered<S> {
    pub(crate) fn new(stream: S) -> (Self, Gathering) {
        let gathering = Gathering::default();
        (Self { stream, gathering: gathering.clone() }, gathering)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.gathering.is_on() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// What was put off is written first: whoever closes may have flushed in vain.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};

    use super::super::watched::Watched;
    use super::*;

    /// Flushes, and answers what was asked of it.
    async fn ask<S: AsyncWrite + Unpin>(
        stream: &mut Gathered<S>,
        gathering: &Gathering,
        mut answers: Vec<Poll<u8>>,
    ) -> (Poll<u8>, Vec<Poll<u8>>) {
        let found = poll_fn(|cx| {
            Poll::Ready(gathering.poll(|| {
                assert!(Pin::new(&mut *stream).poll_flush(cx).is_ready());
                answers.remove(0)
            }))
        });
        (found.await, answers)
    }

    #[tokio::test]
    async fn flushing_is_put_off_while_there_is_more_to_answer() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let (mut stream, gathering) = Gathered::new(BufWriter::new(ours));
        let mut read = [0; 64];
        let mut sent = |read: &mut [u8]| {
            let mut buf = ReadBuf::new(read);
            let mut cx = Context::from_waker(std::task::Waker::noop());
            let _ = Pin::new(&mut theirs).poll_read(&mut cx, &mut buf);
            buf.filled().to_vec()
        };
        stream.write_all(b"one").await.unwrap();
        let (found, left) = ask(&mut stream, &gathering, vec![Poll::Ready(1)]).await;
        assert!(found == Poll::Ready(1) && left.is_empty() && sent(&mut read).is_empty());
        stream.write_all(b"two").await.unwrap();
        let (found, left) = ask(&mut stream, &gathering, vec![Poll::Pending, Poll::Pending]).await;
        assert!(found.is_pending() && left.is_empty());
        assert_eq!(sent(&mut read), b"onetwo");
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_noticed_although_flushing_is_put_off_again_and_again() {
        let (ours, _theirs) = tokio::io::duplex(1);
        let (stream, waiting) = Watched::new(BufWriter::new(ours));
        let (mut stream, gathering) = Gathered::new(stream);
        stream.write_all(b"one").await.unwrap();
        for _ in 0..3 {
            let flushed = poll_fn(|cx| {
                Poll::Ready(gathering.poll(|| {
                    let _ = Pin::new(&mut stream).poll_flush(cx);
                    Poll::<()>::Pending
                }))
            });
            assert!(flushed.await.is_pending());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(waiting.exceeds(Duration::from_millis(50)), "since the first");
    }

    #[tokio::test]
    async fn nothing_that_was_put_off_is_lost_when_the_stream_is_closed() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let (mut stream, gathering) = Gathered::new(BufWriter::new(ours));
        stream.write_all(b"one").await.unwrap();
        assert!(ask(&mut stream, &gathering, vec![Poll::Ready(1)]).await.0.is_ready());
        stream.shutdown().await.unwrap();
        let mut all = Vec::new();
        theirs.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, b"one");
    }
}
