//! The store itself: one moka map, bounded by bytes.

use std::sync::Arc;

use ahash::RandomState;
use bytes::Bytes;
use cloakroom_vocabulary::Coding;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::{Page, PageKey, Resource, StoredVariant, VariantId, VariantLookup};

/// Bounds of the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheConfig {
    /// The most bytes that pages and variants take together.
    pub max_bytes: u64,
}

/// What moka keeps of an entry besides key and value: its own map, two deques and a sketch. Measured over a
/// million entries.
const MOKA_ENTRY: usize = 280;

/// Pages with their variants, evicted by TinyLFU when they outgrow their bytes: a hit of any variant counts for
/// its page and all of them. A clone is the same cache.
#[derive(Clone)]
pub struct VariantCache {
    resources: Cache<PageKey, Arc<Resource>, RandomState>,
}

impl VariantCache {
    /// An empty cache.
    #[must_use]
    pub fn new(config: CacheConfig) -> Self {
        let resources = Cache::builder()
            .name("resources")
            .max_capacity(config.max_bytes)
            .eviction_policy(EvictionPolicy::tiny_lfu())
            .weigher(|_: &PageKey, resource: &Arc<Resource>| {
                u32::try_from(resource.weight() + MOKA_ENTRY).unwrap_or(u32::MAX)
            })
            // Keyed: the targets in it are chosen by whoever asks.
            .build_with_hasher(RandomState::new());
        Self { resources }
    }

    /// What is stored for a canonical request, however old.
    #[must_use]
    pub fn find(&self, lookup: &VariantLookup<'_>) -> Option<Arc<Resource>> {
        self.resources.get(lookup).filter(|resource| !resource.is_gone())
    }

    /// What is stored under a key, however old.
    #[must_use]
    pub fn get(&self, key: &PageKey) -> Option<Arc<Resource>> {
        self.resources.get(key).filter(|resource| !resource.is_gone())
    }

    /// Stores a page in place of what was there. Variants of an earlier page go with it.
    pub fn store(&self, key: PageKey, page: Page) -> Arc<Resource> {
        let resource = Arc::new(Resource::new(key.clone(), Arc::new(page)));
        self.resources.insert(key, Arc::clone(&resource));
        resource
    }

    /// Stores a page that the origin has confirmed: the variants of `known` are its own.
    pub fn confirm(&self, known: &Resource, page: Page) -> Arc<Resource> {
        let resource = Arc::new(known.confirmed(Arc::new(page)));
        self.resources.insert(known.key().clone(), Arc::clone(&resource));
        resource
    }

    /// Passes a page on to those who wait for it, without storing it. What was stored under its key goes too: its
    /// origin has changed its mind.
    pub fn pass(&self, key: PageKey, page: Page) -> Arc<Resource> {
        self.resources.invalidate(&key);
        Arc::new(Resource::new(key, Arc::new(page)))
    }

    /// Adds a variant to its page.
    pub fn add(&self, resource: &Arc<Resource>, id: VariantId, variant: &Arc<StoredVariant>) {
        resource.add(id, variant);
        self.weigh(resource);
    }

    /// Adds a compressed form to a variant.
    pub fn add_form(&self, resource: &Arc<Resource>, id: VariantId, coding: Coding, bytes: Bytes) {
        if resource.add_form(id, coding, bytes) {
            self.weigh(resource);
        }
    }

    /// Weighs again what has grown, if it is still there.
    fn weigh(&self, resource: &Arc<Resource>) {
        self.resources.entry(resource.key().clone()).and_compute_with(|found| match found {
            Some(entry) if Arc::ptr_eq(entry.value(), resource) => Op::Put(Arc::clone(resource)),
            _ => Op::Nop,
        });
    }

    /// Bytes that all of it takes, by the cache's own count, which may lag by some milliseconds.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.resources.weighted_size()
    }
}
