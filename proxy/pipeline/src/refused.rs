//! Pages that could not be had a moment ago, so that the origin is not asked for them at once again.

use std::time::{Duration, Instant};

use cloakroom_variants::{Began, PageKey};
use moka::Expiry;
use moka::sync::Cache;

use crate::failure::Failure;

/// How many are remembered.
const MOST: u64 = 10_000;

/// What could not be had, each for as long as its failure says. A clone is the same memory.
#[derive(Clone)]
pub(crate) struct Refused(Cache<PageKey, Remembered>);

/// A failure, and when the flight began that has failed.
type Remembered = (Failure, Began);

struct ByFailure;

impl Expiry<PageKey, Remembered> for ByFailure {
    fn expire_after_create(&self, _: &PageKey, (failure, _): &Remembered, _: Instant) -> Option<Duration> {
        Some(failure.remembered_for().unwrap_or_default())
    }

    fn expire_after_update(
        &self,
        key: &PageKey,
        remembered: &Remembered,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, remembered, now)
    }
}

impl Refused {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).expire_after(ByFailure).build())
    }

    /// Remembers it, if that failure is one to be remembered.
    pub(crate) fn remember(&self, key: PageKey, failure: Failure, began: Began) {
        if failure.remembered_for().is_some() {
            self.0.insert(key, (failure, began));
        }
    }

    /// The page could be had by a flight that began then. One that began later and failed knows better.
    pub(crate) fn forget(&self, key: &PageKey, began: Began) {
        if self.0.get(key).is_some_and(|(_, failed)| failed.is_before(began)) {
            self.0.invalidate(key);
        }
    }

    /// Why a page cannot be had just now. The failure of a flight that is `outdated` says nothing: who has the page purged
    /// may have mended what was wrong with it.
    pub(crate) fn get(&self, key: &PageKey, outdated: impl FnOnce(Began) -> bool) -> Option<Failure> {
        self.0.get(key).filter(|(_, began)| !outdated(*began)).map(|(failure, _)| failure)
    }
}
