//! What the index and an entry know of each other: a flag that the hit path reads, and a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use cloakroom_boundary::SiteId;

use crate::{Edition, Tags};

/// What a purge makes of a stored page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purge {
    /// It is stale from now on: served only where a stale one may be.
    Soft,
    /// It is not served again.
    Hard,
}

const NOT: u8 = 0;
const SOFT: u8 = 1;
const HARD: u8 = 2;

/// Embedded in whatever an [`Index`](crate::Index) holds. 16 bytes; reading the flag is one relaxed load.
#[derive(Default)]
pub struct Mark {
    purged: AtomicU8,
    /// How often the store holds the entry; the index forgets it with the last. Written under the index's lock.
    held: AtomicU32,
    /// Its number in the index, 0 if it stands in none. Written under the lock too.
    id: AtomicU64,
}

/// The number of an entry, never given twice: 48 bits last for years at a million a second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id([u8; 6]);

impl Id {
    /// No entry's, and before all.
    pub(super) const NONE: Self = Self([0; 6]);

    pub(super) fn next(self) -> Self {
        Self::of(self.number() + 1)
    }

    fn of(number: u64) -> Self {
        let [_, _, id @ ..] = number.to_be_bytes();
        Self(id)
    }

    pub(super) fn number(self) -> u64 {
        self.0.into_iter().fold(0, |number, byte| number << 8 | u64::from(byte))
    }
}

impl Mark {
    /// Whether it was purged, and how.
    #[must_use]
    #[inline]
    pub fn purged(&self) -> Option<Purge> {
        match self.purged.load(Ordering::Relaxed) {
            NOT => None,
            SOFT => Some(Purge::Soft),
            _ => Some(Purge::Hard),
        }
    }

    /// Purges it; `false` if it was purged as hard before. Only who holds the index's lock may call this, so that
    /// a load and a store do where a locked instruction would keep the next one waiting for memory.
    pub(super) fn purge(&self, how: Purge) -> bool {
        let (before, now) =
            (self.purged.load(Ordering::Relaxed), if how == Purge::Hard { HARD } else { SOFT });
        let is_news = before < now;
        if is_news {
            self.purged.store(now, Ordering::Release);
        }
        is_news
    }

    /// It has this number now, and is held once.
    pub(super) fn settle(&self, id: Id) {
        self.id.store(id.number(), Ordering::Relaxed);
        self.held.store(1, Ordering::Relaxed);
    }

    /// It has no number any more; the answer is the one that it had.
    pub(super) fn leave(&self) -> Option<Id> {
        let id = self.id.load(Ordering::Relaxed);
        self.id.store(0, Ordering::Relaxed);
        (id != 0).then(|| Id::of(id))
    }

    /// Whether it has a number: the store holds it. A look without the lock, which may be late.
    pub(crate) fn is_settled(&self) -> bool {
        self.id.load(Ordering::Relaxed) != 0
    }

    /// Answers `false` if it has no number.
    pub(super) fn hold(&self) -> bool {
        let is_settled = self.is_settled();
        if is_settled {
            self.held.store(self.held.load(Ordering::Relaxed).saturating_add(1), Ordering::Relaxed);
        }
        is_settled
    }

    /// Answers whether it is no longer held.
    pub(super) fn release(&self) -> bool {
        let left = self.held.load(Ordering::Relaxed).saturating_sub(1);
        self.held.store(left, Ordering::Relaxed);
        left == 0
    }

    /// Takes the flag down again, so that one test can put it up more than once.
    #[cfg(test)]
    pub(super) fn reset(&self) {
        self.purged.store(NOT, Ordering::Relaxed);
    }
}

/// What the index has to know of an entry, which never changes. No `Debug`: it holds the path.
#[derive(Clone, Copy)]
pub struct About<'a> {
    /// Its site.
    pub site: SiteId,
    /// Its canonical target, which the index shares.
    pub target: &'a Arc<str>,
    /// Its tags.
    pub tags: &'a Tags,
    /// The edition of what the origin was told; the default where it was told nothing.
    pub told: Edition,
}

/// What an index can hold.
pub trait Purgeable: Send + Sync {
    /// Its mark.
    fn mark(&self) -> &Mark;

    /// What it can be purged by: always the same.
    fn about(&self) -> About<'_>;

    /// Takes out all variants that were made under these editions, which are sorted, and answers how many. Called
    /// without a lock of the index.
    fn forget(&self, editions: &[Edition]) -> usize;
}
