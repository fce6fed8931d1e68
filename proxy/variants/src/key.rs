//! Keys: what tells two stored things apart, and nothing else.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cloakroom_boundary::{ScrubbedRequest, SiteId};
use cloakroom_notice::Shown;
use moka::Equivalent;

use crate::footprint;

/// One combination of variants over all slots of a route, as its number; 0 is all defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct JointVariant(pub u16);

/// The part of a joint variant that the origin is told (`origin-variant` slots, `origin_sees`),
/// as its number; 0 where the origin is told nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct OriginView(pub u16);

/// What the numbers of a route's joint variants and origin views stand for: a number made of all that
/// decides it, so that routes whose plugins mean the same have the same, also after a restart. Plugins that
/// are replaced while the proxy runs give their routes another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edition(pub u64);

/// What a visitor was chosen to get on a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Choice {
    /// What the numbers stand for.
    pub edition: Edition,
    /// Which joint variant.
    pub joint: JointVariant,
    /// What of it the origin is told.
    pub view: OriginView,
}

impl Choice {
    /// What the origin is told, with what that number stands for. All that is told nothing is told the
    /// same.
    fn told(self) -> (Edition, OriginView) {
        if self.view == OriginView::default() { Default::default() } else { (self.edition, self.view) }
    }
}

/// Identifies what the origin is asked for. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq)]
pub struct PageKey {
    site: SiteId,
    target: Arc<str>,
    gpc: bool,
    told: (Edition, OriginView),
}

/// Identifies a variant among those of its page.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantId {
    edition: Edition,
    variant: JointVariant,
    /// What the page shows of Cloakroom's own notice. It is no part of [`PageKey`]: the origin is asked
    /// for one page, whoever is to be asked something.
    notice: Shown,
}

/// Identifies what a visitor is sent. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VariantKey {
    page: PageKey,
    variant: VariantId,
}

/// A [`VariantKey`] that borrows its path, so that a hit copies nothing. It is looked up as the [`PageKey`]
/// of its page.
pub struct VariantLookup<'r> {
    request: &'r ScrubbedRequest,
    told: (Edition, OriginView),
    variant: VariantId,
}

impl<'r> VariantLookup<'r> {
    /// The key of what a canonical request gets, without a notice.
    #[must_use]
    pub fn new(request: &'r ScrubbedRequest, choice: Choice) -> Self {
        let Choice { edition, joint: variant, .. } = choice;
        let variant = VariantId { edition, variant, notice: Shown::Nothing };
        Self { request, told: choice.told(), variant }
    }

    /// The key of the same with a notice.
    #[must_use]
    pub fn showing(mut self, notice: Shown) -> Self {
        self.variant.notice = notice;
        self
    }

    /// Which variant of its page it is.
    #[must_use]
    pub fn variant(&self) -> VariantId {
        self.variant
    }

    /// The same key, owned.
    #[must_use]
    pub fn to_key(&self) -> VariantKey {
        let page = PageKey {
            site: self.request.site(),
            target: self.request.target().into(),
            gpc: self.request.gpc(),
            told: self.told,
        };
        VariantKey { page, variant: self.variant }
    }
}

impl VariantId {
    /// What its number stands for.
    #[must_use]
    pub fn edition(self) -> Edition {
        self.edition
    }
}

impl VariantKey {
    /// The page that this is a variant of.
    #[must_use]
    pub fn page(&self) -> &PageKey {
        &self.page
    }

    /// Which variant of its page it is.
    #[must_use]
    pub fn variant(&self) -> VariantId {
        self.variant
    }
}

impl PageKey {
    /// The key of a page that was kept on disk: it was a request's when that was written.
    pub(crate) fn kept(site: SiteId, target: Arc<str>, gpc: bool, told: (Edition, OriginView)) -> Self {
        Self { site, target, gpc, told }
    }

    /// Whether the origin was told of Global Privacy Control.
    pub(crate) fn gpc(&self) -> bool {
        self.gpc
    }

    /// What else the origin was told, and what that number stands for.
    pub(crate) fn view(&self) -> (Edition, OriginView) {
        self.told
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// What the origin view stands for: the default where the origin is told nothing.
    #[must_use]
    pub fn told(&self) -> Edition {
        self.told.0
    }

    /// The canonical target: one URL of the site, which may have several keys.
    #[must_use]
    pub fn target(&self) -> &Arc<str> {
        &self.target
    }

    /// Bytes that a key takes besides itself.
    #[must_use]
    pub(crate) fn weight(&self) -> usize {
        footprint::of_arc(self.target.len())
    }

    fn feed(site: SiteId, target: &str, gpc: bool, told: (Edition, OriginView), state: &mut impl Hasher) {
        site.hash(state);
        target.hash(state);
        gpc.hash(state);
        told.hash(state);
    }
}

impl Hash for PageKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Self::feed(self.site, &self.target, self.gpc, self.told, state);
    }
}

// INVARIANT: a lookup hashes exactly as the key that it equals; `Equivalent` demands it.
impl Hash for VariantLookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let request = self.request;
        PageKey::feed(request.site(), request.target(), request.gpc(), self.told, state);
    }
}

impl Equivalent<PageKey> for VariantLookup<'_> {
    fn equivalent(&self, key: &PageKey) -> bool {
        key.told == self.told
            && key.site == self.request.site()
            && key.gpc == self.request.gpc()
            && *key.target == *self.request.target()
    }
}
