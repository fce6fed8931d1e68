//! The cache itself: two moka maps, each bounded by bytes.

use std::sync::Arc;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::{Page, PageKey, StoredVariant, VariantKey, VariantLookup};

/// Bounds of the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheConfig {
    /// The most bytes that pages and variants take together.
    pub max_bytes: u64,
}

/// Pages and variants, evicted by TinyLFU when they outgrow their bytes.
///
/// Pages get a quarter of the bytes: a page is read only when one of its variants is made. A clone is the
/// same cache.
#[derive(Clone)]
pub struct VariantCache {
    pages: Cache<PageKey, Arc<Page>>,
    variants: Cache<VariantKey, Arc<StoredVariant>>,
}

impl VariantCache {
    /// An empty cache.
    #[must_use]
    pub fn new(config: CacheConfig) -> Self {
        let page_bytes = config.max_bytes / 4;
        Self {
            pages: Cache::builder()
                .name("pages")
                .max_capacity(page_bytes)
                .eviction_policy(EvictionPolicy::tiny_lfu())
                .weigher(|key: &PageKey, page: &Arc<Page>| weight(key.weight() + page.weight()))
                .build(),
            variants: Cache::builder()
                .name("variants")
                .max_capacity(config.max_bytes - page_bytes)
                .eviction_policy(EvictionPolicy::tiny_lfu())
                .weigher(|key: &VariantKey, variant: &Arc<StoredVariant>| {
                    weight(key.page().weight() + variant.weight())
                })
                .build(),
        }
    }

    /// What a canonical request gets, if it is stored; fresh or not.
    #[must_use]
    pub fn variant(&self, lookup: &VariantLookup<'_>) -> Option<Arc<StoredVariant>> {
        self.variants.get(lookup)
    }

    /// The page as the origin sent it, if it is stored; fresh or not.
    #[must_use]
    pub fn page(&self, key: &PageKey) -> Option<Arc<Page>> {
        self.pages.get(key)
    }

    /// Stores a page. Variants of an earlier page under this key stay until they are replaced:
    /// they are as old as their page and expire with it.
    pub fn store_page(&self, key: PageKey, page: Arc<Page>) {
        self.pages.insert(key, page);
    }

    /// Stores a variant.
    pub fn store_variant(&self, key: VariantKey, variant: Arc<StoredVariant>) {
        self.variants.insert(key, variant);
    }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
