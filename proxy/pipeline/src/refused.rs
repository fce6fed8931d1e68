//! Pages that could not be had a moment ago, so that the origin is not asked for them at once again.

use std::time::{Duration, Instant};

use cloakroom_variants::PageKey;
use moka::Expiry;
use moka::sync::Cache;

use crate::failure::Failure;

/// How many are remembered.
const MOST: u64 = 10_000;

/// What could not be had, each for as long as its failure says. A clone is the same memory.
#[derive(Clone)]
pub(crate) struct Refused(Cache<PageKey, Failure>);

struct ByFailure;

impl Expiry<PageKey, Failure> for ByFailure {
    fn expire_after_create(&self, _: &PageKey, failure: &Failure, _: Instant) -> Option<Duration> {
        Some(failure.remembered_for().unwrap_or_default())
    }

    fn expire_after_update(
        &self,
        key: &PageKey,
        failure: &Failure,
        now: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, failure, now)
    }
}

impl Refused {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).expire_after(ByFailure).build())
    }

    /// Remembers it, if that failure is one to be remembered.
    pub(crate) fn remember(&self, key: PageKey, failure: Failure) {
        if failure.remembered_for().is_some() {
            self.0.insert(key, failure);
        }
    }

    /// Why a page cannot be had just now.
    pub(crate) fn get(&self, key: &PageKey) -> Option<Failure> {
        self.0.get(key)
    }
}
