//! One URL as it is stored: its page, and every variant that was made of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ahash::RandomState;
use arc_swap::ArcSwap;
use bytes::Bytes;
use cloakroom_vocabulary::Coding;

use crate::{
    About, Began, Edition, Index, Mark, Page, PageKey, Purge, Purgeable, State, StoredVariant, Tag, Tags,
    VariantId, footprint,
};

/// The most variants of a page that are kept: a route has at most 1,000, each with a few notices. Past it, those
/// of other editions go, and then all: a variant is made anew from the page that is here.
const MAX_VARIANTS: usize = 4_096;

type Variants = HashMap<VariantId, Arc<StoredVariant>, RandomState>;

/// A page and its variants. They arrive, age, are purged and leave together.
///
/// INVARIANT: each variant is one of this page, so that nothing of another page lives on under this key.
pub struct Resource {
    key: PageKey,
    page: Arc<Page>,
    began: Began,
    variants: ArcSwap<Variants>,
    scales: Mutex<Scales>,
    tags: Tags,
    mark: Mark,
}

/// What the variants of a page weigh together, as each was weighed the last time: to sum them up at each change would
/// take longer the more there are. Whoever changes them holds the scales.
#[derive(Default)]
struct Scales(usize);

impl Scales {
    fn of(variants: &Variants) -> Self {
        Self(variants.values().map(|variant| variant.weigh().0).sum())
    }

    /// Weighs one that is new, or has grown.
    fn weigh(&mut self, variant: &StoredVariant) {
        let (now, before) = variant.weigh();
        self.0 = self.0.saturating_sub(before).saturating_add(now);
    }

    fn take_off(&mut self, variant: &StoredVariant) {
        self.0 = self.0.saturating_sub(variant.unweigh());
    }
}

impl Resource {
    /// A page without variants.
    pub(crate) fn new(key: PageKey, page: Arc<Page>, began: Began) -> Self {
        let tags = Tags::read(&page.answered().origin).unwrap_or_default();
        let (variants, scales) = (ArcSwap::default(), Mutex::default());
        Self { key, page, began, variants, scales, tags, mark: Mark::default() }
    }

    /// The same content under a page that the origin has confirmed: every variant stays as it is.
    pub(crate) fn confirmed(&self, page: Arc<Page>, began: Began) -> Self {
        let kept = self.variants.load();
        let kept = kept.iter().map(|(id, variant)| (*id, Arc::new(variant.of(Arc::clone(&page)))));
        let kept = kept.collect::<Variants>();
        let scales = Mutex::new(Scales::of(&kept));
        Self { variants: ArcSwap::from_pointee(kept), scales, ..Self::new(self.key.clone(), page, began) }
    }

    fn scales(&self) -> MutexGuard<'_, Scales> {
        // Nothing panics between a change and its weight.
        self.scales.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it is stored under.
    #[must_use]
    pub fn key(&self) -> &PageKey {
        &self.key
    }

    /// Its page.
    #[must_use]
    pub fn page(&self) -> &Arc<Page> {
        &self.page
    }

    /// When the flight began that brought its page, or had it confirmed.
    #[must_use]
    pub fn began(&self) -> Began {
        self.began
    }

    /// One of its variants, if that is made.
    #[must_use]
    pub fn variant(&self, id: VariantId) -> Option<Arc<StoredVariant>> {
        self.variants.load().get(&id).cloned()
    }

    /// How many variants it has.
    #[must_use]
    pub fn variants(&self) -> usize {
        self.variants.load().len()
    }

    /// What may be done with it now.
    #[must_use]
    pub fn state(&self, now: Instant) -> State {
        match self.mark.purged() {
            None => self.page.state(now),
            Some(Purge::Soft) => self.page.stale_state(now),
            Some(Purge::Hard) => State::Expired,
        }
    }

    /// Whether it may be served, stale, when the origin fails.
    #[must_use]
    pub fn may_serve_on_error(&self, now: Instant) -> bool {
        !self.is_gone() && self.page.may_serve_on_error(now)
    }

    /// It was purged, softly at least.
    #[must_use]
    pub fn is_purged(&self) -> bool {
        self.mark.purged().is_some()
    }

    /// It was purged, and is no more than memory that has yet to be freed.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.mark.purged() == Some(Purge::Hard)
    }

    /// Whether it is in the store, for all that the index knows.
    pub(crate) fn is_stored(&self) -> bool {
        self.mark.is_settled()
    }

    /// Adds a variant of its page.
    pub(crate) fn add(&self, id: VariantId, variant: &Arc<StoredVariant>) {
        let mut scales = self.scales();
        let mut variants = Variants::clone(&self.variants.load());
        if variants.len() >= MAX_VARIANTS {
            variants.retain(|other, _| other.edition() == id.edition());
            if variants.len() >= MAX_VARIANTS {
                variants.clear();
            }
            *scales = Scales::of(&variants);
        }
        if let Some(replaced) = variants.insert(id, Arc::clone(variant)) {
            scales.take_off(&replaced);
        }
        scales.weigh(variant);
        self.variants.store(Arc::new(variants));
    }

    /// Adds a compressed form to one of its variants; `false` if it is not (or no longer) its own, or has that
    /// form already. It has yet to be [weighed](Resource::weigh).
    pub(crate) fn add_form(&self, id: VariantId, coding: Coding, bytes: Bytes) -> bool {
        self.variant(id).is_some_and(|variant| variant.add(coding, bytes))
    }

    /// Weighs a variant that has grown: by a form, which may have been added to it under the page before this one.
    pub(crate) fn weigh(&self, id: VariantId) {
        let mut scales = self.scales();
        if let Some(variant) = self.variant(id) {
            scales.weigh(&variant);
        }
    }

    /// Bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let entry = size_of::<(VariantId, Arc<StoredVariant>)>();
        let table = footprint::of_table(self.variants.load().capacity(), entry);
        let indexed =
            Index::<Self>::entry_weight(&self.tags) + footprint::of(self.tags.len() * size_of::<Tag>());
        let own = footprint::of_arc(size_of::<Self>()) + footprint::of_arc(size_of::<Variants>());
        own + self.key.weight() + self.page.weight() + indexed + table + self.scales().0
    }
}

impl Purgeable for Resource {
    fn mark(&self) -> &Mark {
        &self.mark
    }

    fn about(&self) -> About<'_> {
        let Self { key, tags, .. } = self;
        About { site: key.site(), target: key.target(), tags, told: key.told() }
    }

    fn forget(&self, editions: &[Edition]) -> usize {
        let is_theirs = |id: &VariantId| editions.binary_search(&id.edition()).is_ok();
        // Most pages have none, and changing the map copies it.
        if !self.variants.load().keys().any(is_theirs) {
            return 0;
        }
        let mut scales = self.scales();
        let mut variants = Variants::clone(&self.variants.load());
        let before = variants.len();
        variants.retain(|id, _| !is_theirs(id));
        *scales = Scales::of(&variants);
        let forgotten = before - variants.len();
        self.variants.store(Arc::new(variants));
        forgotten
    }
}
