//! Writes to a client that may be slow: many pieces with one system call, and an end to waiting.

use std::io::IoSlice;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_pipeline::Reader;
use pingora_core::protocols::Stream;
use pingora_timeout::timeout;
use tokio::io::AsyncWriteExt;

/// Pieces that are written with one call; a variant has a few for each of its edits.
const AT_ONCE: usize = 64;

/// A connection to write to.
pub(crate) struct Wire<'s> {
    pub(crate) stream: &'s mut Stream,
    /// The longest time in which the client takes nothing.
    pub(crate) max_silence: Duration,
}

impl Wire<'_> {
    /// Writes a head and a body. `None` when the client is gone or too slow, here and below.
    pub(crate) async fn write(&mut self, head: &[u8], body: &[Bytes]) -> Option<()> {
        let (first, rest) = body.split_at(body.len().min(AT_ONCE - 1));
        let mut slices = [IoSlice::new(&[]); AT_ONCE];
        let pieces = std::iter::once(head).chain(first.iter().map(|piece| &piece[..]));
        self.write_pieces(gather(&mut slices, pieces)).await?;
        for part in rest.chunks(AT_ONCE) {
            let mut slices = [IoSlice::new(&[]); AT_ONCE];
            self.write_pieces(gather(&mut slices, part.iter().map(|piece| &piece[..]))).await?;
        }
        Some(())
    }

    async fn write_pieces(&mut self, mut slices: &mut [IoSlice<'_>]) -> Option<()> {
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            let written = timeout(self.max_silence, self.stream.write_vectored(slices)).await.ok()?.ok()?;
            if written == 0 {
                return None;
            }
            IoSlice::advance_slices(&mut slices, written);
        }
        Some(())
    }

    /// Writes a head and then a page while it arrives, in chunks (RFC 9112 §7.1); answers its length. `None`
    /// also when the page breaks off: without a last chunk no client takes it for whole.
    pub(crate) async fn read_along(&mut self, head: &[u8], mut page: Reader) -> Option<usize> {
        self.write(head, &[]).await?;
        let mut length = 0;
        loop {
            self.flush().await?;
            let Some(part) = page.next().await.ok()? else { break };
            if part.is_empty() {
                continue;
            }
            length += part.len();
            let size = format!("{:x}\r\n", part.len());
            self.write(size.as_bytes(), &[part, Bytes::from_static(b"\r\n")]).await?;
        }
        self.write(b"0\r\n\r\n", &[]).await.map(|()| length)
    }

    /// Sends what was written.
    pub(crate) async fn flush(&mut self) -> Option<()> {
        timeout(self.max_silence, self.stream.flush()).await.ok()?.ok()
    }
}

fn gather<'a, 's>(
    places: &'s mut [IoSlice<'a>; AT_ONCE],
    pieces: impl Iterator<Item = &'a [u8]>,
) -> &'s mut [IoSlice<'a>] {
    let mut used = 0;
    for (place, piece) in places.iter_mut().zip(pieces) {
        *place = IoSlice::new(piece);
        used += 1;
    }
    places.get_mut(..used).unwrap_or_default()
}
