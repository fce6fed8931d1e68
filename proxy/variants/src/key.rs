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
    target: Box<str>,
    gpc: bool,
    told: (Edition, OriginView),
}

/// Identifies what a visitor is sent. No `Debug`: it holds the path.
#[derive(Clone, PartialEq, Eq)]
pub struct VariantKey {
    page: PageKey,
    edition: Edition,
    variant: JointVariant,
    /// What the page shows of Cloakroom's own notice. It is no part of [`PageKey`]: the origin is asked
    /// for one page, whoever is to be asked something.
    notice: Shown,
}

/// A [`VariantKey`] that borrows its path, so that a hit copies nothing.
pub struct VariantLookup<'r> {
    request: &'r ScrubbedRequest,
    choice: Choice,
    notice: Shown,
}

impl<'r> VariantLookup<'r> {
    /// The key of what a canonical request gets, without a notice.
    #[must_use]
    pub fn new(request: &'r ScrubbedRequest, choice: Choice) -> Self {
        Self { request, choice, notice: Shown::Nothing }
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
            told: self.choice.told(),
        };
        let Choice { edition, joint: variant, .. } = self.choice;
        VariantKey { page, edition, variant, notice: self.notice }
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

impl Hash for VariantKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.page.hash(state);
        self.edition.hash(state);
        self.variant.hash(state);
        self.notice.hash(state);
    }
}

// INVARIANT: a lookup hashes exactly as the key that it equals; `Equivalent` demands it.
impl Hash for VariantLookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let told = self.choice.told();
        PageKey::feed(self.request.site(), self.request.target(), self.request.gpc(), told, state);
        self.choice.edition.hash(state);
        self.choice.joint.hash(state);
        self.notice.hash(state);
    }
}

impl Equivalent<VariantKey> for VariantLookup<'_> {
    fn equivalent(&self, key: &VariantKey) -> bool {
        key.variant == self.choice.joint
            && key.edition == self.choice.edition
            && key.notice == self.notice
            && key.page.told == self.choice.told()
            && key.page.site == self.request.site()
            && key.page.gpc == self.request.gpc()
            && *key.page.target == *self.request.target()
    }
}
