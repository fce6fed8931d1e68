//! The store itself: one moka map, bounded by bytes, and the index by which it is purged.
//!
//! moka counts each look into its map as a visit, whatever it is for, and decides by these counts who stays. So only
//! [`VariantCache::find`] may look each time: what is done besides on behalf of one visitor (whether a page has landed
//! meanwhile, replacing what has expired, weighing what has grown) must not make a page that is asked for once look like
//! one that is asked for often. moka has no way to look that it does not count; but what was found by the first look
//! knows whether it is still there.
//!
//! Two flights to one page may land in either order. What is here was asked for last: an older one that lands later
//! changes nothing, and is for those who wait for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ahash::RandomState;
use bytes::Bytes;
use cloakroom_vocabulary::Coding;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::{
    Began, Index, Page, PageKey, Purge, Resource, Scope, StoredVariant, VariantId, VariantKey, VariantLookup,
};

/// Bounds of the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheConfig {
    /// The most bytes that pages and variants take together.
    pub max_bytes: u64,
}

/// How many pages that their origin took back are remembered, and for how long: longer than a flight takes that began
/// before.
const MOST_PASSED: u64 = 10_000;
const PASSED_FOR: Duration = Duration::from_secs(600);

/// What moka keeps of an entry besides key and value: its own map, two deques and a sketch. Measured over a
/// million entries.
const MOKA_ENTRY: usize = 280;

/// Pages with their variants, evicted by TinyLFU when they outgrow their bytes: a hit of any variant counts for
/// its page and all of them. A clone is the same cache.
#[derive(Clone)]
pub struct VariantCache {
    resources: Cache<PageKey, Arc<Resource>, RandomState>,
    index: Arc<Index<Resource>>,
    /// When the flight began that was told not to store the page: an older one that lands later does not know.
    passed: Cache<PageKey, Began, RandomState>,
    /// Who puts something under a key, or takes it away, holds the key's lock: what is put there once more because it has
    /// grown must not take the place of what was put there meanwhile.
    changing: Arc<[Mutex<()>; LOCKS]>,
    hasher: RandomState,
}

/// More than there are threads, so that few wait for another's key.
const LOCKS: usize = 64;

impl VariantCache {
    /// An empty cache.
    #[must_use]
    pub fn new(config: CacheConfig) -> Self {
        let index = Arc::new(Index::<Resource>::new());
        let leaving = Arc::clone(&index);
        let resources = Cache::builder()
            .name("resources")
            .max_capacity(config.max_bytes)
            .eviction_policy(EvictionPolicy::tiny_lfu())
            .weigher(|_: &PageKey, resource: &Arc<Resource>| {
                u32::try_from(resource.weight() + MOKA_ENTRY).unwrap_or(u32::MAX)
            })
            // Also told of what is put in the place of itself when it is weighed again.
            .eviction_listener(move |_, resource: Arc<Resource>, _| leaving.remove(&resource))
            // Keyed: the targets in it are chosen by whoever asks.
            .build_with_hasher(RandomState::new());
        let passed = Cache::builder()
            .max_capacity(MOST_PASSED)
            .time_to_live(PASSED_FOR)
            .build_with_hasher(RandomState::new());
        let changing = Arc::new([const { Mutex::new(()) }; LOCKS]);
        Self { resources, index, passed, changing, hasher: RandomState::new() }
    }

    fn changing(&self, key: &PageKey) -> Option<MutexGuard<'_, ()>> {
        // Less than `LOCKS`, which a usize holds.
        let lock = self.changing.get((self.hasher.hash_one(key) % LOCKS as u64) as usize)?;
        Some(lock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is stored for a canonical request, however old. That is a visit.
    #[must_use]
    pub fn find(&self, lookup: &VariantLookup<'_>) -> Option<Arc<Resource>> {
        self.resources.get(lookup).filter(|resource| !resource.is_gone())
    }

    /// What is stored under a key where `found` was before, however old. That is no visit, unless something else has been
    /// put there since.
    #[must_use]
    pub fn again(&self, key: &PageKey, found: Option<&Arc<Resource>>) -> Option<Arc<Resource>> {
        match found.filter(|found| found.is_stored()) {
            Some(found) => (!found.is_gone()).then(|| Arc::clone(found)),
            None => self.get(key),
        }
    }

    /// What is stored under a key, however old. That nothing is there is no visit.
    #[must_use]
    pub fn get(&self, key: &PageKey) -> Option<Arc<Resource>> {
        if !self.resources.contains_key(key) {
            return None;
        }
        self.resources.get(key).filter(|resource| !resource.is_gone())
    }

    /// Now, for a flight that is about to begin: a purge since then is one of what the flight brings.
    #[must_use]
    pub fn began(&self) -> Began {
        self.index.began()
    }

    /// Whether what a flight that began then is about to bring was purged meanwhile, and is gone. Its tags are not known
    /// before it is here, so that any purge by tag may be one of it.
    #[must_use]
    pub fn is_outdated(&self, key: &PageKey, began: Began) -> bool {
        self.index.is_outdated((key.site(), key.target(), key.told()), began)
    }

    /// The same of a flight that makes a variant.
    #[must_use]
    pub fn is_variant_outdated(&self, key: &VariantKey, began: Began) -> bool {
        let (page, id) = (key.page(), key.variant());
        self.is_outdated(page, began) || self.index.is_forgotten(page.site(), id.edition(), began)
    }

    /// Stores a page where there was none.
    pub fn store(&self, key: PageKey, page: Page, began: Began) -> Arc<Resource> {
        self.replace(None, key, page, began)
    }

    /// Stores a page in place of what was there, which was `known` when it was asked for. Variants of an earlier page go
    /// with that.
    pub fn replace(
        &self,
        known: Option<&Arc<Resource>>,
        key: PageKey,
        page: Page,
        began: Began,
    ) -> Arc<Resource> {
        let resource = Arc::new(Resource::new(key, Arc::new(page), began));
        self.put(&resource, known, || self.index.insert(&resource, began));
        resource
    }

    /// Stores a page that the origin has confirmed: the variants of `known` are its own.
    pub fn confirm(&self, known: &Arc<Resource>, page: Page, began: Began) -> Arc<Resource> {
        let resource = Arc::new(known.confirmed(Arc::new(page), began));
        self.put(&resource, Some(known), || self.index.insert_confirmed(&resource, known, began));
        resource
    }

    /// Puts a page back that was fetched by a flight of that time and kept elsewhere. What has come there meanwhile
    /// stays, and is the answer; `None` if the page was purged since.
    pub fn restore(&self, key: PageKey, page: Page, began: Began) -> Option<Arc<Resource>> {
        let _changing = self.changing(&key);
        if let Some(there) = self.get(&key).filter(|there| !there.began().is_before(began)) {
            return Some(there);
        }
        let resource = Arc::new(Resource::new(key, Arc::new(page), began));
        self.take_in(&resource, self.index.insert(&resource, began));
        (!resource.is_gone()).then_some(resource)
    }

    /// Passes a page on to those who wait for it, without storing it. What was stored under its key, which was `known`
    /// when it was asked for, goes too: its origin has changed its mind.
    pub fn pass(
        &self,
        known: Option<&Arc<Resource>>,
        key: PageKey,
        page: Page,
        began: Began,
    ) -> Arc<Resource> {
        let changing = self.changing(&key);
        if !self.is_overtaken(&key, known, began) {
            self.resources.invalidate(&key);
            self.passed.insert(key.clone(), began);
        }
        drop(changing);
        Arc::new(Resource::new(key, Arc::new(page), began))
    }

    fn put(
        &self,
        resource: &Arc<Resource>,
        known: Option<&Arc<Resource>>,
        insert: impl FnOnce() -> Option<Purge>,
    ) {
        let _changing = self.changing(resource.key());
        if self.is_overtaken(resource.key(), known, resource.began()) {
            self.index.refuse(resource);
        } else {
            self.take_in(resource, insert());
        }
    }

    fn take_in(&self, resource: &Arc<Resource>, purged: Option<Purge>) {
        // Purged while it was on its way, it is for those who wait for it.
        if purged != Some(Purge::Hard) {
            self.resources.insert(resource.key().clone(), Arc::clone(resource));
        }
    }

    /// Whether what is there was asked for later, or was not to be stored when it was. To be asked under the key's lock.
    fn is_overtaken(&self, key: &PageKey, known: Option<&Arc<Resource>>, began: Began) -> bool {
        let there = self.again(key, known).map(|there| there.began());
        let later = |other: Began| began.is_before(other);
        there.is_some_and(later) || self.passed.get(key).is_some_and(later)
    }

    /// Adds a variant to its page, unless what it was made by was purged since `began`.
    pub fn add(&self, resource: &Arc<Resource>, id: VariantId, variant: &Arc<StoredVariant>, began: Began) {
        if !self.index.is_forgotten(resource.key().site(), id.edition(), began) {
            resource.add(id, variant);
            self.weigh(resource, id);
        }
    }

    /// Adds a compressed form to a variant.
    pub fn add_form(&self, resource: &Arc<Resource>, id: VariantId, coding: Coding, bytes: Bytes) {
        if resource.add_form(id, coding, bytes) {
            self.weigh(resource, id);
        }
    }

    /// Weighs again what has grown, if it is still there. A page that was confirmed meanwhile has the same variants.
    fn weigh(&self, resource: &Arc<Resource>, id: VariantId) {
        if resource.is_gone() {
            return;
        }
        let key = resource.key();
        let _changing = self.changing(key);
        let there = if self.index.hold(resource) {
            Arc::clone(resource)
        } else {
            let Some(there) = self.get(key).filter(|there| self.index.hold(there)) else { return };
            there
        };
        there.weigh(id);
        self.resources.insert(key.clone(), there);
    }

    /// Purges, and answers how many pages that were (of editions: variants, and pages made for them). From now on
    /// nobody is answered with them, but for what [`Purge::Soft`] leaves. What a hard purge leaves in memory has
    /// yet to be [swept](VariantCache::sweep).
    pub fn purge(&self, scope: &Scope, how: Purge) -> usize {
        self.index.purge(scope, how)
    }

    /// Frees the memory of what a hard purge of this scope has left: takes about a microsecond a page, and holds up
    /// nobody else meanwhile.
    pub fn sweep(&self, scope: &Scope) {
        let mut sweeping = Index::<Resource>::sweeping(scope);
        while let Some(gone) = self.index.sweep(&mut sweeping) {
            for resource in gone {
                let _changing = self.changing(resource.key());
                // Never what another flight has put in its place.
                self.resources.entry(resource.key().clone()).and_compute_with(|found| match found {
                    Some(entry) if Arc::ptr_eq(entry.value(), &resource) => Op::Remove,
                    _ => Op::Nop,
                });
            }
        }
    }

    /// Bytes that all of it takes, by the cache's own count, which may lag by some milliseconds.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.resources.weighted_size()
    }
}
