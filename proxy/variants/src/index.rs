//! The index of what is stored: by address, by prefix of it, by tag, by site, and by the edition of a variant.
//!
//! A purge sets a flag in each entry and is done: the hit path reads that flag, and knows nothing of an index.
//! Taking out of the store what is gone comes later, in [`Index::sweep`]. Whoever is fetching meanwhile is told
//! when it arrives ([`Index::insert`]) that it was purged before it came.
//!
//! The lock is held for at most [`CHUNK`] entries at a time: for longer, neither a miss nor an eviction waits.

mod lists;
mod log;
mod mark;
#[cfg(test)]
mod model;
mod state;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod under_way;
mod walk;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_boundary::SiteId;

use crate::{Edition, Tag, Tags};
pub use mark::{About, Mark, Purge, Purgeable};
use state::State;
use walk::Walk;

/// Entries that are purged under one hold of the lock.
const CHUNK: usize = 16_384;
/// Entries that are looked through, or taken out, under one hold of the lock where each costs more.
const SMALL_CHUNK: usize = 1_024;

/// What is to be purged. No `Debug`: it may hold a path.
#[derive(Clone)]
pub enum Scope {
    /// All that is stored of one canonical target: with and without GPC, and each view of the origin.
    Url {
        /// The site.
        site: SiteId,
        /// The canonical target.
        target: Box<str>,
    },
    /// Every canonical target that begins so.
    Prefix {
        /// The site.
        site: SiteId,
        /// How the target begins.
        prefix: Box<str>,
    },
    /// Everything with a tag.
    Tag {
        /// One site, or all.
        site: Option<SiteId>,
        /// The tag.
        tag: Tag,
    },
    /// A whole site.
    Site(SiteId),
    /// What was made under these editions: variants, and pages that the origin was told a variant for. What is left of
    /// a page is made into variants anew, so this purge is always a hard one.
    Editions {
        /// The site.
        site: SiteId,
        /// The editions, sorted.
        editions: Arc<[Edition]>,
    },
}

/// The moment at which a flight began, among the purges and among the flights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Began {
    /// The last purge before it.
    purge: u64,
    /// Its own number.
    flight: u64,
}

impl Began {
    /// Whether it began before the other.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        self.flight < other.flight
    }
}

/// Entries by all that they can be purged by. Shared; every method may be called from everywhere.
pub struct Index<T> {
    state: Mutex<State<T>>,
}

impl<T: Purgeable> Default for Index<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Purgeable> Index<T> {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Mutex::new(State::new()) }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing panics between the changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, for a flight that is about to begin: to be asked before the origin is.
    #[must_use]
    pub fn began(&self) -> Began {
        let mut state = self.state();
        Began { purge: state.log.last(), flight: state.log.next_flight() }
    }

    /// Takes in what a flight brought, held once, and marks it as all purges since `began` have it. The answer is the
    /// hardest of these: after [`Purge::Hard`] the entry is in no index and must not be stored, though those who
    /// wait for it may have it; after [`Purge::Soft`] it is stored, and stale. To be called before the entry can be
    /// found in the store, and once for each entry.
    pub fn insert(&self, entry: &Arc<T>, began: Began) -> Option<Purge> {
        self.take_in(entry, None, began)
    }

    /// The same of an entry that has its content from `known`: what has purged that has purged this. A soft purge before
    /// `began` is over, since it left `known` to be confirmed; a hard one left nothing.
    pub fn insert_confirmed(&self, entry: &Arc<T>, known: &T, began: Began) -> Option<Purge> {
        self.take_in(entry, Some(known), began)
    }

    fn take_in(&self, entry: &Arc<T>, known: Option<&T>, began: Began) -> Option<Purge> {
        let mut state = self.state();
        let since = |entry: &T| state.log.since(&entry.about(), began.purge);
        let of_known = known.and_then(|known| match known.mark().purged() {
            Some(Purge::Hard) => Some(Purge::Hard),
            // The origin may have given it other tags with its confirmation.
            _ => since(known),
        });
        let purged = since(entry).max(of_known);
        if let Some(how) = purged {
            entry.mark().purge(how);
        }
        if purged != Some(Purge::Hard) {
            state.insert(entry);
        }
        purged
    }

    /// Marks as gone what was overtaken on its way by a flight that began later: it is for those who wait for it.
    pub fn refuse(&self, entry: &T) {
        let _state = self.state();
        entry.mark().purge(Purge::Hard);
    }

    /// Whether a variant that is made since `began` must not be kept, since what was made under its edition was purged
    /// meanwhile. A purge of its page needs no such question: it reaches the page that the variant is put to.
    #[must_use]
    pub fn is_forgotten(&self, site: SiteId, edition: Edition, began: Began) -> bool {
        self.state().log.of_edition(site, edition, began.purge)
    }

    /// Whether what is on its way to this site and target, and was asked for under this edition, is hard purged already
    /// although nobody knows its tags yet: it may have any.
    #[must_use]
    pub fn is_outdated(&self, (site, target, told): (SiteId, &Arc<str>, Edition), began: Began) -> bool {
        let about = About { site, target, tags: &Tags::any(), told };
        self.state().log.since(&about, began.purge) == Some(Purge::Hard)
    }

    /// The store holds an entry once more, as when it is weighed again: it takes one more [`Index::remove`]. `false`,
    /// and nothing is done, if it is not here (any more).
    pub fn hold(&self, entry: &T) -> bool {
        let _state = self.state();
        entry.mark().hold()
    }

    /// The store no longer holds an entry, for whatever reason. One that is not here is not missed.
    pub fn remove(&self, entry: &T) {
        let mut state = self.state();
        let gone = if entry.mark().release() { state.remove(entry) } else { None };
        // If this was the last handle, its memory is freed without the lock.
        drop(state);
        drop(gone);
    }

    /// Purges, and answers how many entries were not purged as hard before; with editions, how many variants and such
    /// entries. All that was stored before is purged when this returns, and all that is being fetched will be when
    /// it arrives. What a hard purge leaves behind has yet to be [swept](Index::sweep).
    ///
    /// It is recorded twice: before the walk, so that what arrives behind it arrives purged, and with its last step, since a
    /// flight that began during the walk may have taken what was not marked yet: nobody who comes later may board that.
    pub fn purge(&self, scope: &Scope, how: Purge) -> usize {
        self.state().log.record(scope, how);
        if let Scope::Editions { editions, .. } = scope {
            return self.forget(scope, editions);
        }
        let (mut walk, mut count) = (Walk::new(scope), 0);
        loop {
            let mut state = self.state();
            if !walk.step(&state, CHUNK, |entry| count += usize::from(entry.mark().purge(how))) {
                state.log.record(scope, how);
                return count;
            }
            drop(state);
            std::thread::yield_now();
        }
    }

    fn forget(&self, scope: &Scope, editions: &[Edition]) -> usize {
        let (mut walk, mut count) = (Walk::new(scope), 0);
        loop {
            let mut entries = Vec::new();
            let has_more = walk.step(&self.state(), SMALL_CHUNK, |entry| entries.push(Arc::clone(entry)));
            count += entries.iter().map(|entry| entry.forget(editions)).sum::<usize>();
            let is_theirs =
                |told: Edition| told != Edition::default() && editions.binary_search(&told).is_ok();
            entries.retain(|entry| is_theirs(entry.about().told));
            let mut state = self.state();
            count += entries.iter().filter(|entry| entry.mark().purge(Purge::Hard)).count();
            if !has_more {
                state.log.record(scope, Purge::Hard);
                return count;
            }
        }
    }

    /// Begins to sweep what a hard purge of this scope has left behind.
    #[must_use]
    pub fn sweeping(scope: &Scope) -> Sweeping {
        Sweeping(Some(Walk::new(scope)))
    }

    /// Looks through some entries more, forgets those that are gone, and gives them to be taken out of the store: the
    /// very ones, not what may be stored under their keys by now. `None` when there are no more.
    pub fn sweep(&self, sweeping: &mut Sweeping) -> Option<Vec<Arc<T>>> {
        let walk = sweeping.0.as_mut()?;
        let mut gone = Vec::new();
        let mut state = self.state();
        let has_more = walk.step(&state, SMALL_CHUNK, |entry| {
            if entry.mark().purged() == Some(Purge::Hard) {
                gone.push(Arc::clone(entry));
            }
        });
        gone.iter().for_each(|entry| drop(state.remove(entry)));
        if !has_more {
            sweeping.0 = None;
        }
        Some(gone)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the index takes, the entries themselves and their targets not counted: these are the store's.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.state().weight()
    }

    /// Bytes that one entry with these tags adds: what the store may weigh it by.
    #[must_use]
    pub fn entry_weight(tags: &Tags) -> usize {
        State::<T>::entry_weight(tags)
    }
}

/// How far what is gone has been swept.
pub struct Sweeping(Option<Walk>);
