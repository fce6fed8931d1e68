//! The cache against a naive one: random visits, waits, purges, changes and failures in random order, each answer
//! compared with what RFC 9111 allows at that moment.
//!
//! Several worlds run side by side, each a proxy with an origin and visitors of its own. A world's steps follow
//! from its seed (`steps`); what is allowed after each of them is said by a reference that knows nothing of the
//! proxy, but the times at which the origin was asked and what it sent, and those of purges (`reference`). Pages
//! describe themselves (`page`), so that a mix-up is seen in the bytes. After each step: the body is of a version
//! that may be served now, made for this visitor and nobody else; status, `Age`, `Cache-Status` and entity tag fit
//! it; 304 is for those who have that very tag; parts are the right bytes; and no page was ever asked for twice at a
//! time (`check`). That wrong answers are refused is shown by itself (`wrong`).
//!
//! When a world fails it prints its seed, and what happened to the page. `MODEL_SEED=7 cargo test --test model` runs
//! that world alone, and `MODEL_STEPS=2000` takes more steps. The steps of a seed are the same each time; what the
//! machine makes of the time between them is not, so that a failure that hangs on a few milliseconds may take several
//! runs to return.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

#[allow(dead_code, reason = "shared with the end-to-end tests, which use all of it")]
#[path = "../e2e/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the end-to-end tests, which use all of it")]
#[path = "../e2e/origin.rs"]
mod origin;
#[allow(dead_code, reason = "shared with the end-to-end tests, which use all of it")]
#[path = "../e2e/proxy.rs"]
mod proxy;

mod check;
mod page;
mod policy;
mod ranges;
mod reference;
mod reply;
mod shop;
mod steps;
mod visitors;
mod world;
mod wrong;

use world::{Told, World};

/// Worlds that run side by side.
const WORLDS: u64 = 4;
/// Steps of a world.
const STEPS: usize = 220;

#[test]
fn every_answer_is_one_that_the_naive_cache_allows() {
    let seeds = match std::env::var("MODEL_SEED") {
        Ok(seed) => vec![seed.parse().expect("MODEL_SEED is a number")],
        Err(_) => (0..WORLDS).map(|_| rand::random_range(0..1_000_000)).collect(),
    };
    let steps = std::env::var("MODEL_STEPS").map_or(STEPS, |steps| steps.parse().expect("a number"));
    println!("seeds: {seeds:?}");
    let worlds: Vec<_> = seeds
        .into_iter()
        .map(|seed| {
            std::thread::spawn(move || {
                let (world, _crowd) = World::start(seed);
                world.run(steps)
            })
        })
        .collect();
    let mut told = Told::default();
    let mut wrong = Vec::new();
    for world in worlds {
        match world.join().expect("a world ends") {
            Ok(of_world) => told.add(of_world),
            Err(of_world) => wrong.push(of_world),
        }
    }
    println!("{told:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // Nothing is proved by what did not happen.
    let Told { visits, fetches, unmodified, parts, errors, stale, purges, due, own, .. } = told;
    assert!(fetches < visits, "it is no cache: {told:?}");
    assert!([unmodified, parts, errors, stale, purges].iter().all(|count| *count > visits / 500), "{told:?}");
    assert!(own * 4 >= due * 3, "too few get what they are due: {told:?}");
}
