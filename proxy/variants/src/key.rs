//! Keys: what tells two stored things apart, and nothing else.

use std::hash::{Hash, Hasher};

use cloakroom_boundary::{ScrubbedRequest, SiteId};
use cloakroom_notice::Shown;
use moka::Equivalent;

/// One combination of variants over all slots of a route, as its number; 0 is all defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct JointVariant(pub u16);

/// The part of a joint variant that the origin is told (`origin-variant` slots, `origin_sees`),
/// as its number; 0 where the origin is told nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OriginView(pub u16);

/// Identifies what the origin is asked for. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq)]
pub struct PageKey {
    site: SiteId,
    target: Box<str>,
    gpc: bool,
    view: OriginView,
}

/// Identifies what a visitor is sent. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq)]
pub struct VariantKey {
    page: PageKey,
    variant: JointVariant,
    /// What the page shows of Cloakroom's own notice. It is no part of [`PageKey`]: the origin is asked
    /// for one page, whoever is to be asked something.
    notice: Shown,
}

/// A [`VariantKey`] that borrows its path, so that a hit copies nothing.
pub struct VariantLookup<'r> {
    request: &'r ScrubbedRequest,
    variant: JointVariant,
    view: OriginView,
    notice: Shown,
}

impl<'r> VariantLookup<'r> {
    /// The key of what a canonical request gets, without a notice.
    #[must_use]
    pub fn new(request: &'r ScrubbedRequest, variant: JointVariant, view: OriginView) -> Self {
        Self { request, variant, view, notice: Shown::Nothing }
    }

    /// The key of the same with a notice.
    #[must_use]
    pub fn showing(self, notice: Shown) -> Self {
        Self { notice, ..self }
    }

    /// The same key, owned.
    #[must_use]
    pub fn to_key(&self) -> VariantKey {
        let page = PageKey {
            site: self.request.site(),
            target: self.request.target().into(),
            gpc: self.request.gpc(),
            view: self.view,
        };
        VariantKey { page, variant: self.variant, notice: self.notice }
    }
}

impl VariantKey {
    /// The page that this is a variant of.
    #[must_use]
    pub fn page(&self) -> &PageKey {
        &self.page
    }
}

impl PageKey {
    /// Bytes that the key itself takes.
    #[must_use]
    pub(crate) fn weight(&self) -> usize {
        size_of::<Self>() + self.target.len()
    }

    fn feed(site: SiteId, target: &str, gpc: bool, view: OriginView, state: &mut impl Hasher) {
        site.hash(state);
        target.hash(state);
        gpc.hash(state);
        view.hash(state);
    }
}

impl Hash for PageKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Self::feed(self.site, &self.target, self.gpc, self.view, state);
    }
}

impl Hash for VariantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.page.hash(state);
        self.variant.hash(state);
        self.notice.hash(state);
    }
}

// INVARIANT: a lookup hashes exactly as the key that it equals; `Equivalent` demands it.
impl Hash for VariantLookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        PageKey::feed(self.request.site(), self.request.target(), self.request.gpc(), self.view, state);
        self.variant.hash(state);
        self.notice.hash(state);
    }
}

impl Equivalent<VariantKey> for VariantLookup<'_> {
    fn equivalent(&self, key: &VariantKey) -> bool {
        key.variant == self.variant
            && key.notice == self.notice
            && key.page.view == self.view
            && key.page.site == self.request.site()
            && key.page.gpc == self.request.gpc()
            && *key.page.target == *self.request.target()
    }
}
