//! What was purged lately, for those who began to fetch before it and arrive after it.
//!
//! Purges are numbered. A flight remembers the last number when it begins; what it brings is compared with all
//! purges since. Nothing grows here: purges of addresses, tags and editions write their number into one of a fixed
//! count of buckets, chosen by a keyed hash, so that two that share a bucket purge too much and never too little.
//! Visitors can cause purges by unsafe methods: in a list they could push out the others, in buckets they cannot.
//! Prefixes are a list, since only operators purge by them; what falls out of it counts for everything.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, RandomState};

use cloakroom_boundary::SiteId;

use super::{About, Purge, Scope};
use crate::{Edition, Tag};

/// Buckets of one kind of purge, for each of soft and hard: 128 KiB each.
const BUCKETS: usize = 16_384;
/// The most purges by prefix, and of whole sites, that are remembered.
pub(super) const MAX_PREFIXES: usize = 256;

/// The purges so far.
pub(super) struct Log {
    last: u64,
    /// The number of the flight that began last.
    flight: u64,
    hasher: RandomState,
    addresses: Buckets,
    names: Buckets,
    prefixes: VecDeque<OfPrefix>,
    /// The last purge by prefix that is no longer listed.
    forgotten: u64,
}

struct OfPrefix {
    number: u64,
    how: Purge,
    site: SiteId,
    prefix: Box<str>,
}

struct Buckets {
    soft: Box<[u64]>,
    hard: Box<[u64]>,
}

impl Buckets {
    fn new() -> Self {
        Self { soft: vec![0; BUCKETS].into(), hard: vec![0; BUCKETS].into() }
    }

    fn record(&mut self, hash: u64, how: Purge, number: u64) {
        let numbers = if how == Purge::Hard { &mut self.hard } else { &mut self.soft };
        if let Some(bucket) = numbers.get_mut(bucket(hash)) {
            *bucket = number;
        }
    }

    fn since(&self, hash: u64, began: u64) -> Option<Purge> {
        let is_later = |numbers: &[u64]| numbers.get(bucket(hash)).is_some_and(|number| *number > began);
        match (is_later(&self.hard), is_later(&self.soft)) {
            (true, _) => Some(Purge::Hard),
            (false, true) => Some(Purge::Soft),
            (false, false) => None,
        }
    }
}

fn bucket(hash: u64) -> usize {
    // INVARIANT: less than `BUCKETS`, which a usize holds.
    (hash % BUCKETS as u64) as usize
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            last: 0,
            flight: 0,
            hasher: RandomState::new(),
            addresses: Buckets::new(),
            names: Buckets::new(),
            prefixes: VecDeque::new(),
            forgotten: 0,
        }
    }

    /// Bytes that it takes, whatever is purged.
    pub(super) const fn weight() -> usize {
        4 * BUCKETS * size_of::<u64>()
    }

    /// Records a purge, and gives its number.
    pub(super) fn record(&mut self, scope: &Scope, how: Purge) -> u64 {
        self.last += 1;
        let number = self.last;
        match scope {
            Scope::Url { site, target } => {
                self.addresses.record(self.hash((*site, &**target)), how, number);
            }
            Scope::Tag { site, tag } => {
                // Whoever has all tags is purged by any, and asks for it by name: there is no time to look for it.
                for tag in [*tag, Tag::ANY] {
                    self.names.record(self.hash((*site, tag)), how, number);
                }
            }
            Scope::Editions { site, editions } => {
                for edition in &**editions {
                    self.names.record(self.hash((*site, *edition)), Purge::Hard, number);
                }
            }
            Scope::Site(site) => self.list(OfPrefix { number, how, site: *site, prefix: "".into() }),
            Scope::Prefix { site, prefix } => {
                self.list(OfPrefix { number, how, site: *site, prefix: prefix.clone() });
            }
        }
        number
    }

    fn list(&mut self, new: OfPrefix) {
        let is_same = |old: &OfPrefix| old.how == new.how && old.site == new.site && old.prefix == new.prefix;
        self.prefixes.retain(|old| !is_same(old));
        if self.prefixes.len() == MAX_PREFIXES
            && let Some(oldest) = self.prefixes.pop_front()
        {
            self.forgotten = oldest.number;
        }
        self.prefixes.push_back(new);
    }

    /// The hardest purge since `began` that is about this.
    pub(super) fn since(&self, about: &About<'_>, began: u64) -> Option<Purge> {
        if began == self.last {
            return None;
        }
        if began < self.forgotten {
            return Some(Purge::Hard);
        }
        let address = self.addresses.since(self.hash((about.site, &**about.target)), began);
        let tags = about.tags.iter().map(|tag| self.of_tag(about.site, tag, began)).max().flatten();
        let edition = self.of_edition(about.site, about.told, began).then_some(Purge::Hard);
        let prefixes = self.prefixes.iter().rev().take_while(|purge| purge.number > began);
        let prefixes = prefixes
            .filter(|purge| purge.site == about.site && about.target.starts_with(&*purge.prefix))
            .map(|purge| purge.how)
            .max();
        [address, tags, edition, prefixes].into_iter().max().flatten()
    }

    fn of_tag(&self, site: SiteId, tag: Tag, began: u64) -> Option<Purge> {
        let of_all = self.names.since(self.hash((None::<SiteId>, tag)), began);
        of_all.max(self.names.since(self.hash((Some(site), tag)), began))
    }

    /// Whether what was made under an edition was purged since. What the origin is told nothing of has none.
    pub(super) fn of_edition(&self, site: SiteId, edition: Edition, began: u64) -> bool {
        edition != Edition::default() && self.names.since(self.hash((site, edition)), began).is_some()
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The number of a flight that begins now.
    pub(super) fn next_flight(&mut self) -> u64 {
        self.flight += 1;
        self.flight
    }

    fn hash(&self, name: impl Hash) -> u64 {
        self.hasher.hash_one(name)
    }

    /// Whether no two of these share a bucket with another, so that a model without buckets has to agree.
    #[cfg(test)]
    pub(super) fn tells_apart(&self, addresses: &[(SiteId, &str)], tags: &[(Option<SiteId>, Tag)]) -> bool {
        let of = |mut buckets: Vec<usize>| {
            let all = buckets.len();
            buckets.sort_unstable();
            buckets.dedup();
            buckets.len() == all
        };
        of(addresses.iter().map(|name| bucket(self.hash(name))).collect())
            && of(tags.iter().map(|name| bucket(self.hash(name))).collect())
    }
}
