//! The entries of each tag, one behind the other in memory, so that a purge reads them as fast as memory gives.
//!
//! Entries are numbered in the order in which they come, so that a list is sorted by being added to. One that leaves is
//! found by halving and leaves a gap; when half of a list are gaps, it is closed up. So leaving costs the same however
//! many entries share a tag.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use cloakroom_boundary::SiteId;

use super::mark::Id;
use crate::Tag;

/// Maps of tags, so that none is so large that growing it takes long.
const SHARDS: usize = 64;

/// All lists.
pub(super) struct Lists<T> {
    shards: Box<[HashMap<Tag, List<T>>]>,
    /// Places in all lists of more than one entry, gaps and room for more included.
    places: usize,
}

/// The entries of a tag; most tags have one.
enum List<T> {
    One(Number, Arc<T>),
    Many(Box<Many<T>>),
}

/// INVARIANT: sorted by number; `gaps` of the entries are `None`, and less than half of them.
struct Many<T> {
    entries: Vec<(Number, Option<Arc<T>>)>,
    gaps: usize,
}

/// The number of an entry, and behind it that of its site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

impl Number {
    /// Before all.
    pub(super) const FIRST: Self = Self(0);

    pub(super) fn new(id: Id, site: SiteId) -> Self {
        Self(id.number() << u16::BITS | u64::from(number_of(site)))
    }

    /// Whether it is of this site, or any is meant.
    pub(super) fn is_of(self, site: Option<SiteId>) -> bool {
        site.is_none_or(|site| self.0 & u64::from(u16::MAX) == u64::from(number_of(site)))
    }
}

fn number_of(site: SiteId) -> u16 {
    // INVARIANT: the boundary numbers sites by 16 bits.
    u16::try_from(site.index()).unwrap_or(u16::MAX)
}

impl<T> Lists<T> {
    pub(super) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| HashMap::new()).collect(), places: 0 }
    }

    fn shard(&self, tag: Tag) -> Option<&HashMap<Tag, List<T>>> {
        self.shards.get(tag.0 as usize % SHARDS)
    }

    /// Adds an entry, whose number is above all others.
    pub(super) fn add(&mut self, tag: Tag, number: Number, entry: &Arc<T>) {
        let Some(shard) = self.shards.get_mut(tag.0 as usize % SHARDS) else { return };
        let entry = Arc::clone(entry);
        match shard.entry(tag) {
            Entry::Vacant(vacant) => drop(vacant.insert(List::One(number, entry))),
            Entry::Occupied(mut occupied) => match occupied.get_mut() {
                List::Many(many) => {
                    let before = many.entries.capacity();
                    many.entries.push((number, Some(entry)));
                    self.places += many.entries.capacity() - before;
                }
                List::One(first, one) => {
                    let entries = vec![(*first, Some(Arc::clone(one))), (number, Some(entry))];
                    self.places += entries.capacity();
                    occupied.insert(List::Many(Box::new(Many { entries, gaps: 0 })));
                }
            },
        }
    }

    /// Takes an entry out, if it is there.
    pub(super) fn remove(&mut self, tag: Tag, number: Number) {
        let Some(shard) = self.shards.get_mut(tag.0 as usize % SHARDS) else { return };
        let Entry::Occupied(mut occupied) = shard.entry(tag) else { return };
        let is_empty = match occupied.get_mut() {
            List::One(one, _) => *one == number,
            List::Many(many) => {
                let before = many.entries.capacity();
                let is_empty = many.remove(number);
                self.places -= before - many.entries.capacity();
                if is_empty {
                    self.places -= many.entries.capacity();
                }
                is_empty
            }
        };
        if is_empty {
            occupied.remove();
            if shard.len() * 4 < shard.capacity() {
                shard.shrink_to(shard.len() * 2);
            }
        }
    }

    /// The entries of a tag with greater numbers than this.
    pub(super) fn after(&self, tag: Tag, last: Number) -> impl Iterator<Item = (Number, &Arc<T>)> {
        let list = self.shard(tag).and_then(|shard| shard.get(&tag));
        let (one, many) = match list {
            None => (None, None),
            Some(List::One(number, entry)) => (Some((*number, entry)).filter(|(at, _)| *at > last), None),
            Some(List::Many(many)) => (None, Some(many)),
        };
        let many = many.into_iter().flat_map(move |many| {
            let start = many.entries.partition_point(|(number, _)| *number <= last);
            many.entries.iter().skip(start).filter_map(|(number, entry)| Some((*number, entry.as_ref()?)))
        });
        one.into_iter().chain(many)
    }

    /// Bytes that all lists take.
    pub(super) fn weight(&self) -> usize {
        // A map has a byte of its own for each place, and fills seven of eight.
        let place = size_of::<(Tag, List<T>)>() + 1;
        let maps: usize = self.shards.iter().map(|shard| shard.capacity() * 8 / 7 * place).sum();
        maps + self.places * Self::PLACE
    }

    const PLACE: usize = size_of::<(Number, Option<Arc<T>>)>();

    /// Bytes that one more entry of a tag takes, as it comes: a place in a list and room for others, or a list.
    pub(super) const ENTRY: usize = 2 * Self::PLACE;
}

impl<T> Many<T> {
    /// Answers whether nothing is left.
    fn remove(&mut self, number: Number) -> bool {
        let found = self.entries.binary_search_by_key(&number, |(at, _)| *at).ok();
        if let Some((_, entry)) = found.and_then(|at| self.entries.get_mut(at))
            && entry.take().is_some()
        {
            self.gaps += 1;
        }
        if self.gaps * 2 >= self.entries.len() {
            self.entries.retain(|(_, entry)| entry.is_some());
            self.entries.shrink_to(self.entries.len() * 2);
            self.gaps = 0;
        }
        self.entries.is_empty()
    }
}
