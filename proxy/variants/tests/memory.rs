//! What the cache says that it weighs is what the process takes: within a tenth, at a gigabyte of assorted pages, and at
//! less of each other kind.
//!
//! Each kind fills a cache in a process of its own, with the allocator that the program has, and compares what the
//! weigher says with what the kernel counts as resident.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

mod support;

use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use cloakroom_variants::{Body, CacheConfig, VariantCache};
use cloakroom_vocabulary::Coding;
use support::{Keys, page, settle};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const MIB: u64 = 1 << 20;

/// A kind of stored page.
#[derive(Clone, Copy, Debug)]
struct Kind {
    name: &'static str,
    /// The shortest and the longest body.
    bytes: (usize, usize),
    /// Variants besides the page as it is.
    variants: u16,
    /// Each variant has a compressed form in every coding, a quarter as long.
    compressed: bool,
    /// How often a cache is filled: from the second time on, pages take the place of others.
    times: u64,
    /// What a cache is filled to.
    full: u64,
}

const PLAIN: Kind =
    Kind { name: "", bytes: (1_000, 100_000), variants: 0, compressed: false, times: 1, full: 128 * MIB };

const KINDS: [Kind; 7] = [
    Kind { name: "assorted", full: 1_024 * MIB, ..PLAIN },
    Kind { name: "small", bytes: (1_000, 1_000), ..PLAIN },
    Kind { name: "large", bytes: (100_000, 100_000), ..PLAIN },
    Kind { name: "compressed", compressed: true, ..PLAIN },
    Kind { name: "ten variants", bytes: (5_000, 100_000), variants: 10, compressed: true, ..PLAIN },
    Kind { name: "small with variants", bytes: (1_000, 2_000), variants: 4, ..PLAIN },
    Kind { name: "replaced", variants: 1, compressed: true, times: 3, ..PLAIN },
];

/// Names the kind, in the process that fills a cache with it.
const CHILD: &str = "MEMORY_KIND";

#[test]
fn what_is_weighed_is_what_is_taken() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "fill_and_measure", "--nocapture"])
            .env(CHILD, kind.name)
            // What was freed is given back at once, and not within the next ten seconds: nobody holds it.
            .env("_RJEM_MALLOC_CONF", "dirty_decay_ms:0")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        let line = said.lines().find_map(|line| line.strip_prefix("weight and taken: "));
        let line = line.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&child.stderr)));
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let ratio = numbers[1] / numbers[0];
        println!(
            "{:>20}: taken/weight {ratio:.3}, {} pages of {:.0} B each",
            kind.name,
            numbers[2],
            numbers[1] / numbers[2]
        );
        if !(0.9..=1.1).contains(&ratio) {
            wrong.push(format!("{}: {ratio:.3}", kind.name));
        }
    }
    assert!(wrong.is_empty(), "taken for each byte of weight: {wrong:?}");
}

/// The child of the test above; by itself it has nothing to do.
#[test]
fn fill_and_measure() {
    let Ok(name) = std::env::var(CHILD) else { return };
    let kind = KINDS.into_iter().find(|kind| kind.name == name).unwrap();
    let cache = VariantCache::new(CacheConfig { max_bytes: kind.full });
    let mut filling = Filling::new(kind);
    let before = resident();
    let pages = filling.fill(&cache);
    let after = resident();
    println!("\nweight and taken: {} {} {pages}", cache.weight(), after - before);
}

struct Filling {
    kind: Kind,
    keys: Keys,
    noise: Bytes,
    state: u64,
}

impl Filling {
    fn new(kind: Kind) -> Self {
        let mut filling = Self { kind, keys: Keys::new(), noise: Bytes::new(), state: 7 };
        filling.noise = (0..300_000).map(|_| filling.draw() as u8).collect();
        filling
    }

    fn draw(&mut self) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.state >> 33
    }

    /// Bytes of their own, as they come from the origin or a compressor.
    fn bytes(&mut self, length: usize) -> Bytes {
        let start = self.draw() as usize % (self.noise.len() - length);
        Bytes::from(Box::<[u8]>::from(&self.noise[start..start + length]))
    }

    /// Fills a cache; answers how many pages it holds.
    fn fill(&mut self, cache: &VariantCache) -> u64 {
        let (mut number, mut pages) = (0, 0);
        let (mut heaviest, full) = (0, self.kind.full);
        for time in 1..=self.kind.times {
            let begun = number;
            loop {
                self.add(cache, number);
                number += 1;
                if number % 64 == 0 {
                    heaviest = cache.weight();
                    let is_full = time == 1 && heaviest + (full >> 6) > full;
                    if is_full || time > 1 && number - begun >= pages {
                        break;
                    }
                }
            }
            pages = pages.max(number - begun);
        }
        settle(cache, &self.keys.key(0, 0));
        assert!(cache.weight() > full / 10 * 9 && heaviest > 0);
        if self.kind.times == 1 {
            pages as u64
        } else {
            (0..number).filter(|at| self.holds(cache, *at)).count() as u64
        }
    }

    fn holds(&self, cache: &VariantCache, number: usize) -> bool {
        cache.get(self.keys.key(number, 0).page()).is_some()
    }

    fn add(&mut self, cache: &VariantCache, number: usize) {
        let Kind { bytes: (least, most), variants, compressed, .. } = self.kind;
        let length = least + self.draw() as usize % (most - least + 1);
        let body = self.bytes(length);
        let began = cache.began();
        let key = self.keys.key(number, 0);
        let resource = cache.store(key.page().clone(), page(body.clone(), compressed), began);
        for at in 0..=variants {
            let id = self.keys.key(number, at).variant();
            let content = if at == 0 { Body::whole(body.clone()) } else { self.edited(&body) };
            let variant = Arc::new(resource.page().variant(content));
            cache.add(&resource, id, &variant, began);
            if compressed {
                for coding in Coding::ALL {
                    let form = self.bytes(length / 4);
                    cache.add_form(&resource, id, coding, form);
                }
            }
        }
    }

    /// A page with two edits, as the rewriter makes them: what it adds is one buffer.
    fn edited(&mut self, page: &Bytes) -> Body {
        let (third, added) = (page.len() / 3, self.bytes(420));
        let pieces = vec![
            page.slice(..third),
            added.slice(..300),
            page.slice(third + 40..2 * third),
            added.slice(300..),
            page.slice(2 * third + 20..),
        ];
        Body::of(pieces, added.len())
    }
}

/// Bytes of this process that are in memory (proc_pid_status(5)).
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1_024
}
