//! What is asked for often stays, whatever else comes by once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloakroom_variants::{Body, CacheConfig, VariantCache};
use support::{Keys, page};

/// The cache holds about so many pages.
const ROOM: usize = 2_000;
/// Pages that are asked for often.
const HOT: usize = ROOM / 4;
/// Pages that are asked for once, one after the other: ten times what there is room for.
const SCAN: usize = 10 * ROOM;
const BODY: usize = 20_000;

struct Shop {
    cache: VariantCache,
    keys: Keys,
}

impl Shop {
    fn new() -> Self {
        let cache = VariantCache::new(CacheConfig { max_bytes: (ROOM * (BODY + 4_000)) as u64 });
        Self { cache, keys: Keys::new() }
    }

    /// A visitor asks for a variant of a page: answers whether it was there, and stores it if it was not.
    fn visit(&self, number: usize, variant: u16) -> bool {
        let key = self.keys.key(number, variant);
        let found = self.cache.get(key.page());
        if found.as_ref().is_some_and(|resource| resource.variant(key.variant()).is_some()) {
            return true;
        }
        let began = self.cache.began();
        let resource = found.unwrap_or_else(|| {
            let body = Bytes::from(vec![b'x'; BODY].into_boxed_slice());
            self.cache.store(key.page().clone(), page(body, false), began)
        });
        let body = Body::whole(resource.page().body().clone());
        self.cache.add(&resource, key.variant(), &Arc::new(resource.page().variant(body)), began);
        false
    }

    /// How many of the hot pages' variants are there.
    fn hits(&self) -> usize {
        (0..HOT).filter(|number| self.visit(*number, variant(*number))).count()
    }
}

/// Visitors of a page want one of three variants.
fn variant(number: usize) -> u16 {
    (number % 3) as u16
}

#[test]
fn hot_variants_stay_while_a_scan_goes_by() {
    let shop = Shop::new();
    for _ in 0..5 {
        shop.hits();
    }
    assert_eq!(shop.hits(), HOT, "there is room for all of them");
    // Between the pages of the scan, the hot ones are still asked for: each once for forty of the scan's.
    let (mut asked, mut hits) = (0, 0);
    for number in 0..SCAN {
        assert!(!shop.visit(HOT + number, 0), "a page of the scan comes once");
        if number % 40 == 0 {
            let of = number / 40 % HOT;
            hits += usize::from(shop.visit(of, variant(of)));
            asked += 1;
        }
    }
    assert!(hits * 100 >= asked * 95, "{hits} of {asked} during the scan");
    // The cache does its own work when it is asked, or after a while.
    std::thread::sleep(Duration::from_millis(400));
    let hits = shop.hits();
    assert!(hits * 100 >= HOT * 95, "{hits} of {HOT} after the scan");
    assert!(shop.cache.weight() <= (ROOM * (BODY + 4_000)) as u64);
}

#[test]
fn what_is_no_longer_asked_for_makes_room() {
    let shop = Shop::new();
    for _ in 0..5 {
        shop.hits();
    }
    // A new hot set, which does not fit beside the old one: the other way round nothing would ever change.
    let new = |number| HOT + number;
    for _ in 0..30 {
        for number in 0..ROOM * 9 / 10 {
            shop.visit(new(number), 0);
        }
    }
    let hits = (0..ROOM * 9 / 10).filter(|number| shop.visit(new(*number), 0)).count();
    assert!(hits * 100 >= ROOM * 9 / 10 * 80, "{hits} of {}", ROOM * 9 / 10);
}
