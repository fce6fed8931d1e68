//! By what a plugin is judged: what a site states, and what it allows. Nothing of a visitor enters.

use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_plugin_host::Slot;
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
}

impl Terms<'_> {
    pub(crate) fn holds_price_like(&self, slot: &Slot) -> bool {
        slot.price_like() || self.price_like.iter().any(|name| name == slot.name())
    }

    pub(crate) fn judged_by(&self) -> Weighting {
        if self.traffic.is_some() { Weighting::Traffic } else { Weighting::Uniform }
    }
}
