//! What has grown is weighed again: each variant and form once, and only where it is still kept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use cloakroom_variants::{Body, CacheConfig, Resource, VariantCache};
use cloakroom_vocabulary::Coding;
use support::{Keys, page, settle};

struct Shop {
    cache: VariantCache,
    keys: Keys,
}

impl Shop {
    fn new() -> Self {
        Self { cache: VariantCache::new(CacheConfig { max_bytes: 1 << 30 }), keys: Keys::new() }
    }

    fn store(&self) -> Arc<Resource> {
        let key = self.keys.key(0, 0);
        self.cache.store(key.page().clone(), page(Bytes::from_static(b"page"), true), self.cache.began())
    }

    fn confirm(&self, known: &Arc<Resource>) -> Arc<Resource> {
        self.cache.confirm(known, page(Bytes::from_static(b"page"), true), self.cache.began())
    }

    /// Adds a variant of ten thousand bytes.
    fn add(&self, resource: &Arc<Resource>, variant: u16) {
        let body = Body::own(Bytes::from(vec![b'x'; 10_000].into_boxed_slice()));
        let (id, made) = (self.keys.key(0, variant).variant(), Arc::new(resource.page().variant(body)));
        self.cache.add(resource, id, &made, self.cache.began());
    }

    /// Adds a form of a thousand bytes.
    fn add_form(&self, resource: &Arc<Resource>, variant: u16) {
        let bytes = Bytes::from(vec![b'y'; 1_000].into_boxed_slice());
        self.cache.add_form(resource, self.keys.key(0, variant).variant(), Coding::Gzip, bytes);
    }

    fn weight(&self) -> u64 {
        settle(&self.cache, &self.keys.key(0, 0))
    }
}

#[test]
fn each_variant_and_form_is_weighed_once() {
    let shop = Shop::new();
    let resource = shop.store();
    let bare = shop.weight();
    shop.add(&resource, 1);
    let with_one = shop.weight();
    assert!((10_000..12_000).contains(&(with_one - bare)), "{bare} and {with_one}");
    shop.add(&resource, 1);
    assert_eq!(shop.weight(), with_one, "it took the place of the first");
    shop.add_form(&resource, 1);
    shop.add_form(&resource, 1);
    let with_form = shop.weight();
    assert!((1_000..1_400).contains(&(with_form - with_one)), "{with_one} and {with_form}");
    shop.add_form(&resource, 2);
    assert_eq!(shop.weight(), with_form, "there is no such variant");
    shop.add(&resource, 1);
    assert_eq!(shop.weight(), with_one, "with its form");
}

#[test]
fn what_grows_after_its_page_was_confirmed_is_weighed_there() {
    let shop = Shop::new();
    let known = shop.store();
    shop.add(&known, 1);
    shop.add_form(&known, 1);
    let weight = shop.weight();
    let again = Shop::new();
    let known = again.store();
    again.add(&known, 1);
    let confirmed = again.confirm(&known);
    // Whoever compressed it began before.
    again.add_form(&known, 1);
    assert!(confirmed.variant(again.keys.key(0, 1).variant()).unwrap().compressed(Coding::Gzip).is_some());
    assert_eq!(again.weight(), weight);
}

#[test]
fn what_was_replaced_does_not_come_back_when_it_grows() {
    let shop = Shop::new();
    let (before, now) = (shop.store(), shop.store());
    let weight = shop.weight();
    shop.add(&before, 1);
    let there = shop.cache.get(now.key()).unwrap();
    assert!(Arc::ptr_eq(&there, &now));
    assert_eq!((there.variants(), shop.weight()), (0, weight));
}
