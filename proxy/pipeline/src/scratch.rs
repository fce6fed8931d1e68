//! Memory for pages that are read along. Each variant that is rewritten while its page arrives has bytes of its own,
//! which no bound of the cache counts: a bound of theirs keeps many variants of a large page from filling the memory.

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_rewrite::Along;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What all pages that are read along may take together.
const MOST_BYTES: usize = 64 << 20;

/// Memory for pages that are read along, over all sites. A clone is the same memory.
#[derive(Clone)]
pub(crate) struct Scratch(Arc<Semaphore>);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST_BYTES)))
    }

    /// Room to begin one page, if there is any.
    pub(crate) fn share(&self) -> Option<Share> {
        Some(Share { scratch: self.clone(), room: self.take(Along::PARSER_BYTES)? })
    }

    fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }
}

/// What one page takes of it: its parser, and what is held back.
pub(crate) struct Share {
    scratch: Scratch,
    room: OwnedSemaphorePermit,
}

impl Share {
    /// What is certain, for its readers, while so many bytes are held back. `None` if there is no room for both.
    pub(crate) fn hand_out(&mut self, certain: Vec<u8>, held: usize) -> Option<Bytes> {
        let keeps = Along::PARSER_BYTES.saturating_add(held);
        let needed = keeps.saturating_add(certain.len());
        self.room.merge(self.scratch.take(needed.saturating_sub(self.room.num_permits()))?);
        let room = self.room.split(certain.len())?;
        drop(self.room.split(self.room.num_permits().saturating_sub(keeps)));
        Some(Bytes::from_owner(Given { bytes: certain.into_boxed_slice(), _room: room }))
    }
}

/// Bytes that take up room until the last of their readers is done with them.
struct Given {
    bytes: Box<[u8]>,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Given {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_pages_begin_than_there_is_room_for() {
        let scratch = Scratch::new();
        let mut shares: Vec<_> = std::iter::from_fn(|| scratch.share()).collect();
        assert_eq!(shares.len(), MOST_BYTES / Along::PARSER_BYTES);
        shares.pop();
        assert!(scratch.share().is_some());
    }

    #[test]
    fn what_is_given_takes_room_for_as_long_as_somebody_has_it() {
        let scratch = Scratch::new();
        let taken = || MOST_BYTES - scratch.0.available_permits();
        let mut share = scratch.share().unwrap();
        let first = share.hand_out(b"first".to_vec(), 0).unwrap();
        assert_eq!(first, b"first"[..]);
        assert_eq!(taken(), Along::PARSER_BYTES + 5);
        // More is held back, then less.
        for (held, most) in [(1_000, 1_005), (10, 15)] {
            assert!(share.hand_out(Vec::new(), held).unwrap().is_empty());
            assert_eq!(taken(), Along::PARSER_BYTES + most);
        }
        drop(share);
        let also = first.slice(1..);
        drop(first);
        assert_eq!(taken(), 5);
        drop(also);
        assert_eq!(taken(), 0);
    }

    #[test]
    fn a_page_that_outgrows_the_room_is_not_read_further() {
        let scratch = Scratch::new();
        let (mut one, mut other) = (scratch.share().unwrap(), scratch.share().unwrap());
        let rest = MOST_BYTES - 2 * Along::PARSER_BYTES;
        let given = one.hand_out(vec![0; 10], rest - 20).unwrap();
        assert!(other.hand_out(vec![0; 5], 6).is_none());
        assert!(other.hand_out(vec![0; 5], 5).is_some());
        drop((one, given));
        assert!(other.hand_out(vec![0; 5], 1_000).is_some());
    }
}
