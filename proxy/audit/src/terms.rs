//! By what a plugin is judged: what a site states, and what it allows. Nothing of a visitor enters.

use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_plugin_host::{Lost, Plugin, Slot};
use cloakroom_vocabulary::{Shares, SiteVocabulary};

use crate::limits::Limits;
use crate::weights::Weighting;

/// By what a plugin is judged. All of it may be absent: then the plugin is described and held against
/// nothing but the rule on price-like slots.
#[derive(Clone, Copy, Default)]
pub struct Terms<'a> {
    /// The site's name and values.
    pub site: Option<(&'a str, &'a SiteVocabulary)>,
    /// The site's crowd rule; without a site it is not worked out.
    pub crowd: Option<&'a CrowdConfig>,
    /// The site's visitors, as it states them.
    pub traffic: Option<&'a Shares>,
    /// Other visitors, for this audit alone.
    pub prior: Option<&'a Shares>,
    /// Names of slots that the site holds to be price-like, besides those that the plugin declares.
    pub price_like: &'a [String],
    /// The site's limits.
    pub limits: Option<&'a Limits>,
    /// What the site's door takes out of what the plugin writes.
    pub lost: &'a [Lost],
}

impl Terms<'_> {
    /// Whether a plugin can be beyond anything: a limit is set, or a slot is price-like.
    pub(crate) fn has_limits(&self, plugin: &Plugin) -> bool {
        let bounded = self.limits.is_some_and(|limits| *limits != Limits::default());
        let slots = plugin.manifest().slots();
        bounded || !self.price_like.is_empty() || slots.iter().any(|slot| self.holds_price_like(slot))
    }

    pub(crate) fn holds_price_like(&self, slot: &Slot) -> bool {
        slot.price_like() || self.price_like.iter().any(|name| name == slot.name())
    }

    pub(crate) fn judged_by(&self) -> Weighting {
        if self.traffic.is_some() { Weighting::Traffic } else { Weighting::Uniform }
    }
}
