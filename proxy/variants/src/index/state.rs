//! What the lock of an index guards: the same entries twice, in the order of their addresses, and by tag.
//!
//! Addresses are an ordered map, since prefixes and sites are ranges of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cloakroom_boundary::SiteId;

use super::lists::{Lists, Number};
use super::log::Log;
use super::mark::Id;
use super::{About, Purgeable};
use crate::Tags;

/// What is behind the lock.
pub(super) struct State<T> {
    pub(super) addresses: BTreeMap<Address, Arc<T>>,
    pub(super) tags: Lists<T>,
    pub(super) log: Log,
    last: Id,
}

/// In the order in which prefixes are contiguous.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    pub(super) site: SiteId,
    pub(super) target: Arc<str>,
    id: Id,
}

impl Address {
    /// Before all targets of a site that begin so.
    pub(super) fn first(site: SiteId, start: &str) -> Self {
        Self { site, target: start.into(), id: Id::NONE }
    }
}

impl<T: Purgeable> State<T> {
    pub(super) fn new() -> Self {
        Self { addresses: BTreeMap::new(), tags: Lists::new(), log: Log::new(), last: Id::NONE }
    }

    pub(super) fn insert(&mut self, entry: &Arc<T>) {
        self.last = self.last.next();
        let id = self.last;
        entry.mark().settle(id);
        let About { site, target, tags, told: _ } = entry.about();
        self.addresses.insert(Address { site, target: Arc::clone(target), id }, Arc::clone(entry));
        tags.iter().for_each(|tag| self.tags.add(tag, Number::new(id, site), entry));
    }

    /// Takes an entry out. All its handles but one are dropped: that is the answer.
    pub(super) fn remove(&mut self, entry: &T) -> Option<Arc<T>> {
        let id = entry.mark().leave()?;
        let About { site, target, tags, told: _ } = entry.about();
        tags.iter().for_each(|tag| self.tags.remove(tag, Number::new(id, site)));
        self.addresses.remove(&Address { site, target: Arc::clone(target), id })
    }

    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Bytes that all of it takes, without the entries.
    pub(super) fn weight(&self) -> usize {
        self.addresses.len() * Self::OF_ADDRESS + self.tags.weight() + Log::weight()
    }

    /// Bytes that one entry adds.
    pub(super) fn entry_weight(tags: &Tags) -> usize {
        Self::OF_ADDRESS + tags.len() * Lists::<T>::ENTRY
    }

    /// About what a B-tree takes for one of its elements: nodes have room for eleven, of which eight are taken if they
    /// come in no order, and one in so many more stands above others, with twelve pointers to them.
    const OF_ADDRESS: usize = {
        const ROOM: usize = 11;
        const TAKEN: usize = 8;
        let leaf = ROOM * (size_of::<Address>() + size_of::<Arc<T>>()) + 16;
        leaf / TAKEN + (leaf + (ROOM + 1) * size_of::<usize>()) / (TAKEN * TAKEN)
    };
}
