//! What is asked for again and again stays, whatever else comes by once: TinyLFU by bytes, beside an LRU of the same size.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cloakroom_variants::{Body, CacheConfig, VariantCache};
use cloakroom_vocabulary::Coding;
use support::{Keys, lookup, page, settle};

/// The cache has room for so many pages.
const ROOM: usize = 2_000;
/// Pages that are asked for again and again.
const HOT: usize = ROOM / 4;
/// Pages that are asked for once, one after the other: ten times what there is room for.
const SCAN: usize = 10 * ROOM;
const BODY: usize = 12_000;

/// What an LRU of the same size would do.
#[derive(Default)]
struct Lru {
    now: usize,
    by_use: BTreeMap<usize, usize>,
    last: HashMap<usize, usize>,
}

impl Lru {
    fn visit(&mut self, number: usize) -> bool {
        self.now += 1;
        let before = self.last.insert(number, self.now);
        if let Some(before) = before {
            self.by_use.remove(&before);
        } else if self.last.len() > ROOM {
            let (_, oldest) = self.by_use.pop_first().unwrap();
            self.last.remove(&oldest);
        }
        self.by_use.insert(self.now, number);
        before.is_some()
    }
}

struct Shop {
    cache: VariantCache,
    keys: Keys,
    lru: RefCell<Lru>,
    _turn: MutexGuard<'static, ()>,
}

/// One at a time: moka gives its upkeep so much time, and decides otherwise on a machine that has none.
static TURN: Mutex<()> = Mutex::new(());

/// Of how many visits so many found their page.
#[derive(Default)]
struct Hits {
    asked: usize,
    found: usize,
    /// An LRU would have found so many.
    by_lru: usize,
}

impl Hits {
    fn share(&self) -> f64 {
        self.found as f64 / self.asked as f64
    }

    fn tell(&self, when: &str) {
        let lru = self.by_lru as f64 / self.asked as f64;
        println!("{when}: {:.3} of {} hot visits are hits, {lru:.3} by an LRU", self.share(), self.asked);
    }
}

impl Shop {
    /// A cache that has room for [`ROOM`] pages.
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let shop = Self::of(u64::MAX, turn);
        for number in 0..100 {
            shop.visit(number);
        }
        let bytes = settle(&shop.cache, &shop.keys.key(0, 0)) / 100;
        assert!((BODY as u64..3 * BODY as u64).contains(&bytes), "{bytes} bytes a page");
        Self::of(ROOM as u64 * bytes, shop._turn)
    }

    fn of(max_bytes: u64, turn: MutexGuard<'static, ()>) -> Self {
        let cache = VariantCache::new(CacheConfig { max_bytes });
        Self { cache, keys: Keys::new(), lru: RefCell::default(), _turn: turn }
    }

    /// A visitor asks for one of three variants of a page: answers whether it was there, and stores it if it was not;
    /// and what an LRU would have done.
    fn visit(&self, number: usize) -> (bool, bool) {
        self.visit_when(number, false)
    }

    /// The same of a page that may have expired: then the origin is asked, and confirms it.
    fn visit_when(&self, number: usize, expired: bool) -> (bool, bool) {
        let request = self.keys.request(number);
        let lookup = lookup(&request, (number % 3) as u16);
        let by_lru = self.lru.borrow_mut().visit(number);
        let (key, found) = (lookup.to_key(), self.cache.find(&lookup));
        let is_found = found.as_ref().is_some_and(|resource| resource.variant(key.variant()).is_some());
        if is_found && !expired {
            return (true, by_lru);
        }
        // As the pipeline does it, which looks again when it boards a flight, before it asks the origin, and when it boards
        // the flight that does.
        let began = self.cache.began();
        let again = (0..3).fold(found, |found, _| self.cache.again(key.page(), found.as_ref()));
        let fetched = || page(Bytes::from(vec![b'x'; BODY].into_boxed_slice()), true);
        let resource = match again {
            Some(known) if expired => self.cache.confirm(&known, fetched(), began),
            Some(there) => there,
            None => self.cache.store(key.page().clone(), fetched(), began),
        };
        if resource.variant(key.variant()).is_some() {
            return (true, by_lru);
        }
        let body = Body::whole(resource.page().body().clone());
        self.cache.add(&resource, key.variant(), &Arc::new(resource.page().variant(body)), began);
        for coding in Coding::ALL {
            let form = Bytes::from(vec![b'y'; BODY / 5].into_boxed_slice());
            self.cache.add_form(&resource, key.variant(), coding, form);
        }
        (false, by_lru)
    }

    /// Visits so many of the pages that come once, from `first`, and between them a hot one after each `every`.
    fn mix(&self, first: usize, count: usize, every: usize) -> Hits {
        let mut hits = Hits::default();
        for number in 0..count {
            assert!(!self.visit(HOT + first + number).0, "a page of the scan comes once");
            if number % every == 0 {
                let (found, by_lru) = self.visit(number / every % HOT);
                hits.asked += 1;
                hits.found += usize::from(found);
                hits.by_lru += usize::from(by_lru);
            }
        }
        hits
    }
}

#[test]
fn hot_variants_stay_while_a_scan_goes_by() {
    let shop = Shop::new();
    // A day like any other: each second visit is one of a hot page. moka counts nothing before a cache is half full.
    shop.mix(0, 3 * ROOM, 1);
    // Now the hot ones are asked for once for ten of the scan's, each after more other pages than there is room for.
    let during = shop.mix(3 * ROOM, SCAN, 10);
    during.tell("during a scan");
    let mut after = Hits::default();
    for number in 0..HOT {
        let (found, by_lru) = shop.visit(number);
        after.asked += 1;
        after.found += usize::from(found);
        after.by_lru += usize::from(by_lru);
    }
    after.tell("after it");
    assert!(during.share() >= 0.9 && after.share() >= 0.9, "the scan has pushed them out");
    assert!(during.by_lru * 10 < during.found, "an LRU would do as well: that shows nothing");
}

#[test]
fn what_is_no_longer_asked_for_makes_room() {
    let shop = Shop::new();
    shop.mix(0, 3 * ROOM, 1);
    // A new hot set, which does not fit beside the old one.
    let new = |number| HOT + 3 * ROOM + number;
    let count = ROOM * 9 / 10;
    let round = || (0..count).filter(|number| shop.visit(new(*number)).0).count();
    let rounds: Vec<_> = (0..30).map(|_| round()).collect();
    println!("hits of {count}, by round: {rounds:?}");
    assert!(rounds[29] * 100 >= count * 80, "{rounds:?}");
}

#[test]
fn a_page_that_has_expired_is_visited_once_too() {
    let shop = Shop::new();
    // Pages that expire sooner than they are asked for again, as many as there is room for.
    let expiring = |number: usize| shop.visit_when(HOT + number, true);
    for number in (0..4).flat_map(|_| 0..ROOM) {
        expiring(number);
    }
    // Then as many others that do not, and are asked for twice as often.
    let other = |number: usize| usize::from(shop.visit(HOT + ROOM + number % ROOM).0);
    let mut rounds = Vec::new();
    for _ in 0..16 {
        let mut found = 0;
        for number in 0..ROOM {
            expiring(number);
            found += other(number) + other(number + ROOM / 2);
        }
        rounds.push(found);
    }
    println!("hits of {}, by round: {rounds:?}", 2 * ROOM);
    assert!(rounds[15] * 100 >= 2 * ROOM * 80, "each look for what has expired is a visit: {rounds:?}");
}
