//! Flights to one page that land in another order than they began in, or after their page was purged.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod support;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cloakroom_variants::{
    Body, CacheConfig, Page, PageKey, Purge, Resource, Scope, State, Tag, VariantCache,
};
use support::Keys;

struct Shop {
    cache: VariantCache,
    keys: Keys,
}

impl Shop {
    fn new() -> Self {
        Self { cache: VariantCache::new(CacheConfig { max_bytes: 1 << 30 }), keys: Keys::new() }
    }

    fn key(&self) -> PageKey {
        self.keys.key(0, 0).page().clone()
    }

    /// What is stored now.
    fn body(&self) -> Option<Bytes> {
        self.cache.get(&self.key()).map(|found| found.page().body().clone())
    }

    fn add(&self, resource: &Arc<Resource>) {
        let made = Arc::new(resource.page().variant(Body::whole(resource.page().body().clone())));
        self.cache.add(resource, self.keys.key(0, 1).variant(), &made, self.cache.began());
    }

    /// Purges what has a tag that the page does not have: whoever is under way may have it, for all that is known.
    fn purge_another(&self) {
        self.cache.purge(&Scope::Tag { site: None, tag: Tag::new(b"another") }, Purge::Hard);
    }

    fn purge(&self, how: Purge) {
        let key = self.key();
        self.cache.purge(&Scope::Url { site: key.site(), target: (&**key.target()).into() }, how);
    }
}

fn page(body: &'static str) -> Page {
    support::page(Bytes::from_static(body.as_bytes()), true)
}

fn is_fresh(resource: &Resource) -> bool {
    matches!(resource.state(Instant::now()), State::Fresh(_))
}

#[test]
fn a_flight_that_lands_after_a_later_one_changes_nothing() {
    let shop = Shop::new();
    let (cache, key) = (&shop.cache, shop.key());
    for known in [None, Some(cache.store(key.clone(), page("v0"), cache.began()))] {
        let first = cache.began();
        shop.purge_another();
        assert!(cache.is_outdated(&key, first));
        let stored = cache.replace(known.as_ref(), key.clone(), page("v2"), cache.began());
        shop.add(&stored);
        let late = [
            cache.replace(known.as_ref(), key.clone(), page("v1"), first),
            cache.pass(known.as_ref(), key.clone(), page("v1"), first),
            cache.confirm(known.as_ref().unwrap_or(&stored), page("v1"), first),
        ];
        for late in late {
            assert_eq!(late.page().body(), "v1", "who waits for it gets it");
            shop.add(&late);
        }
        assert_eq!(shop.body().unwrap(), "v2");
        assert_eq!(cache.get(&key).unwrap().variants(), 1, "with its variant");
        cache.pass(Some(&stored), key.clone(), page("v3"), cache.began());
        assert!(shop.body().is_none(), "a later one takes it away");
    }
}

#[test]
fn what_comes_from_the_disk_takes_no_later_pages_place() {
    let shop = Shop::new();
    let (cache, key) = (&shop.cache, shop.key());
    let (kept, later) = (cache.began(), cache.began());
    let restored = cache.restore(key.clone(), page("kept"), kept).unwrap();
    let again = cache.restore(key.clone(), page("kept"), kept).unwrap();
    assert!(Arc::ptr_eq(&restored, &again), "it is there already");
    cache.replace(Some(&restored), key.clone(), page("later"), later);
    let there = cache.restore(key.clone(), page("kept"), kept).unwrap();
    assert_eq!(there.page().body(), "later");
    shop.purge(Purge::Hard);
    assert!(cache.restore(key.clone(), page("kept"), kept).is_none(), "it was purged since");
}

#[test]
fn what_is_gone_does_not_come_back_by_being_confirmed() {
    let shop = Shop::new();
    let (cache, key) = (&shop.cache, shop.key());
    let known = cache.store(key.clone(), page("purged"), cache.began());
    shop.purge(Purge::Hard);
    let confirmed = cache.confirm(&known, page("purged"), cache.began());
    assert!(confirmed.is_gone() && shop.body().is_none());
}

#[test]
fn what_is_stale_is_fresh_when_it_was_confirmed_after_that_and_not_before() {
    let shop = Shop::new();
    let (cache, key) = (&shop.cache, shop.key());
    let known = cache.store(key.clone(), page("page"), cache.began());
    let before = cache.began();
    shop.purge(Purge::Soft);
    assert!(!is_fresh(&cache.confirm(&known, page("page"), before)));
    let known = cache.get(&key).unwrap();
    assert!(is_fresh(&cache.confirm(&known, page("page"), cache.began())));
    assert!(cache.get(&key).is_some_and(|there| is_fresh(&there)));
}

#[test]
fn a_page_that_was_not_to_be_stored_is_not_stored_by_an_older_flight() {
    let shop = Shop::new();
    let (cache, key) = (&shop.cache, shop.key());
    let first = cache.began();
    shop.purge_another();
    cache.pass(None, key.clone(), page("v2"), cache.began());
    let late = cache.replace(None, key.clone(), page("v1"), first);
    assert!(late.is_gone() && shop.body().is_none());
    cache.replace(None, key, page("v3"), cache.began());
    assert_eq!(shop.body().unwrap(), "v3", "it may be stored again");
}
