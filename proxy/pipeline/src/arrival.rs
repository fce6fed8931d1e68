//! A page that is still arriving: those who wait for it read along, each at a pace of their own.
//!
//! What is read along has no length, entity tag or ranges yet; the stored copy has them. A reader holds nothing
//! up: the page is kept whole anyway, so it waits for the slow, and its bound is that of a page.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cloakroom_variants::{Answered, Freshness, Page};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::watch;

/// A page of which the head is here, and more of the body with every look.
pub struct Arrival {
    /// The page without its body.
    head: Arc<Page>,
    chunks: Mutex<Vec<Bytes>>,
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// So many chunks are here.
    Arriving(usize),
    /// So many were all.
    Whole(usize),
    /// No more will come, and it was not all.
    Broken,
}

impl Progress {
    fn has_ended(&self) -> bool {
        !matches!(self, Self::Arriving(_))
    }
}

/// The rest of the page will not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the origin broke off")]
pub struct Broken;

impl Arrival {
    /// A page whose body is yet to come.
    pub(crate) fn new(mut answered: Answered, freshness: Freshness) -> Arc<Self> {
        answered.body = Bytes::new();
        Self::of(Arc::new(Page::new(answered, freshness)))
    }

    fn of(head: Arc<Page>) -> Arc<Self> {
        let (progress, _) = watch::channel(Progress::Arriving(0));
        Arc::new(Self { head, chunks: Mutex::default(), progress })
    }

    /// Another body for the same page, yet to come: that of a variant.
    pub(crate) fn beside(&self) -> Arc<Self> {
        Self::of(Arc::clone(&self.head))
    }

    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status()
    }

    /// Its fields, whole but for those of one request.
    #[must_use]
    pub fn fields(&self) -> &[(HeaderName, HeaderValue)] {
        self.head.fields()
    }

    /// Status line and those fields as HTTP/1.1 sends them.
    #[must_use]
    pub fn http1_head(&self) -> &Bytes {
        self.head.http1_head()
    }

    /// The page without its body.
    pub(crate) fn head(&self) -> &Page {
        &self.head
    }

    pub(crate) fn push(&self, chunk: Bytes) {
        let count = {
            let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
            chunks.push(chunk);
            chunks.len()
        };
        self.progress.send_replace(Progress::Arriving(count));
    }

    /// What is here of the body.
    pub(crate) fn so_far(&self) -> Vec<Bytes> {
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until all of it is here, or no more will come.
    pub(crate) async fn ended(&self) {
        // The sender is held here.
        let _ = self.progress.subscribe().wait_for(Progress::has_ended).await;
    }

    /// Whether all of it is here, or no more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.progress.borrow().has_ended()
    }

    /// Whether no more will come, and it was not all.
    pub(crate) fn is_broken(&self) -> bool {
        *self.progress.borrow() == Progress::Broken
    }

    /// Says that all of it is here.
    pub(crate) fn finish(&self) {
        let count = self.chunks.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.progress.send_replace(Progress::Whole(count));
    }

    /// Says that the rest will not come; says nothing if all is here.
    pub(crate) fn give_up(&self) {
        self.progress.send_if_modified(|progress| {
            let arriving = matches!(progress, Progress::Arriving(_));
            if arriving {
                *progress = Progress::Broken;
            }
            arriving
        });
    }

    /// Reads it from the start.
    #[must_use]
    pub fn read(self: &Arc<Self>) -> Reader {
        Reader { arrival: Arc::clone(self), progress: self.progress.subscribe(), at: 0 }
    }
}

/// An arrival that is given up unless it comes to its end.
pub(crate) struct Arriving(pub(crate) Arc<Arrival>);

impl Drop for Arriving {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// Reads a page that is arriving.
pub struct Reader {
    arrival: Arc<Arrival>,
    progress: watch::Receiver<Progress>,
    at: usize,
}

impl Reader {
    /// The next bytes; `None` when all were read.
    ///
    /// # Errors
    /// [`Broken`] when the origin has broken off: what was read is not the page.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let at = self.at;
        let further = |progress: &Progress| !matches!(progress, Progress::Arriving(count) if *count <= at);
        // The arrival that is held here holds the sender.
        let progress = *self.progress.wait_for(further).await.map_err(|_| Broken)?;
        match progress {
            Progress::Broken => Err(Broken),
            Progress::Whole(count) if count <= at => Ok(None),
            Progress::Arriving(_) | Progress::Whole(_) => {
                let chunks = self.arrival.chunks.lock().unwrap_or_else(PoisonError::into_inner);
                self.at += 1;
                Ok(chunks.get(at).cloned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cloakroom_variants::{OwnTag, Validators};
    use http::HeaderMap;

    use super::*;

    fn arrival() -> Arc<Arrival> {
        let answered = Answered {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            sent: HeaderMap::new(),
            own_tag: OwnTag::Ours,
            dated: false,
            compresses: false,
            body: Bytes::new(),
            validators: Validators::default(),
            origin: HeaderMap::new(),
        };
        Arrival::new(answered, Freshness::once())
    }

    async fn read(mut reader: Reader) -> Result<Vec<u8>, Broken> {
        let mut read = Vec::new();
        while let Some(chunk) = reader.next().await? {
            read.extend_from_slice(&chunk);
        }
        Ok(read)
    }

    #[tokio::test]
    async fn everybody_reads_all_of_it_whenever_they_come() {
        let arrival = arrival();
        let early = tokio::spawn(read(arrival.read()));
        arrival.push(Bytes::from_static(b"one "));
        tokio::time::sleep(Duration::from_millis(5)).await;
        let later = tokio::spawn(read(arrival.read()));
        arrival.push(Bytes::from_static(b"two"));
        arrival.finish();
        arrival.give_up();
        let last = read(arrival.read()).await;
        for read in [early.await.unwrap(), later.await.unwrap(), last] {
            assert_eq!(read.unwrap(), b"one two");
        }
    }

    #[tokio::test]
    async fn what_broke_off_is_never_taken_for_the_whole() {
        let arrival = arrival();
        arrival.push(Bytes::from_static(b"half"));
        let waiting = tokio::spawn(read(arrival.read()));
        tokio::time::sleep(Duration::from_millis(5)).await;
        arrival.give_up();
        assert_eq!(waiting.await.unwrap(), Err(Broken));
        assert_eq!(read(arrival.read()).await, Err(Broken));
    }
}
