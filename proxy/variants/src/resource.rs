//! One URL as it is stored: its page, and every variant that was made of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use ahash::RandomState;
use arc_swap::ArcSwap;
use bytes::Bytes;
use cloakroom_vocabulary::Coding;

use crate::{
    About, Edition, Index, Mark, Page, PageKey, Purge, Purgeable, State, StoredVariant, Tags, VariantId,
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
    variants: ArcSwap<Variants>,
    tags: Tags,
    mark: Mark,
}

impl Resource {
    /// A page without variants.
    pub(crate) fn new(key: PageKey, page: Arc<Page>) -> Self {
        let tags = Tags::read(&page.answered().origin).unwrap_or_default();
        Self { key, page, variants: ArcSwap::default(), tags, mark: Mark::default() }
    }

    /// The same content under a page that the origin has confirmed: every variant stays as it is.
    pub(crate) fn confirmed(&self, page: Arc<Page>) -> Self {
        let kept = self.variants.load();
        let kept = kept.iter().map(|(id, variant)| (*id, Arc::new(variant.of(Arc::clone(&page)))));
        let variants = ArcSwap::from_pointee(kept.collect::<Variants>());
        Self { variants, ..Self::new(self.key.clone(), page) }
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

    /// It was purged, and is no more than memory that has yet to be freed.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.mark.purged() == Some(Purge::Hard)
    }

    /// Adds a variant of its page.
    pub(crate) fn add(&self, id: VariantId, variant: &Arc<StoredVariant>) {
        self.variants.rcu(|variants| {
            let mut variants = Variants::clone(variants);
            if variants.len() >= MAX_VARIANTS {
                variants.retain(|other, _| other.edition() == id.edition());
            }
            if variants.len() >= MAX_VARIANTS {
                variants.clear();
            }
            variants.insert(id, Arc::clone(variant));
            variants
        });
    }

    /// Adds a compressed form to one of its variants; `false` if it is not (or no longer) its own, or has that
    /// form already.
    pub(crate) fn add_form(&self, id: VariantId, coding: Coding, bytes: Bytes) -> bool {
        self.variant(id).is_some_and(|variant| variant.add(coding, bytes))
    }

    /// Bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let variants = self.variants.load();
        let entry = size_of::<(VariantId, Arc<StoredVariant>)>() + 1;
        let of_variants = variants.values().map(|variant| variant.weight()).sum::<usize>();
        let indexed = Index::<Self>::entry_weight(&self.tags);
        let own = size_of::<Self>() + self.key.weight() + self.page.weight() + indexed;
        own + variants.capacity() * entry + of_variants
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
        let before = self.variants.rcu(|variants| {
            let mut variants = Variants::clone(variants);
            variants.retain(|id, _| !is_theirs(id));
            variants
        });
        before.keys().filter(|id| is_theirs(id)).count()
    }
}
