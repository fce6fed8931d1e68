//! By what a site judges the audit of its plugins, and what is said of one that goes beyond its limits.

use cloakroom_audit::{Audit, Breach, Limits, Terms};
use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_plugin_host::Plugin;
use cloakroom_settings::{self as settings, Problem, Site};
use cloakroom_vocabulary::Shares;

/// A site's terms for the plugin that it calls by a name.
pub(crate) struct Judge<'s> {
    site: &'s Site,
    name: &'s str,
    crowd: CrowdConfig,
    limits: Limits,
    price_like: Vec<String>,
}

impl<'s> Judge<'s> {
    pub(crate) fn new(site: &'s Site, name: &'s str) -> Self {
        let price_like = site.audit.price_like.iter().filter(|(plugin, _)| plugin == name);
        Self {
            site,
            name,
            crowd: crate::assemble::crowd(&site.crowd),
            limits: limits(&site.audit.limits),
            price_like: price_like.map(|(_, slot)| slot.clone()).collect(),
        }
    }

    /// The terms; `prior` is of other visitors, for one audit.
    pub(crate) fn terms<'t>(&'t self, prior: Option<&'t Shares>) -> Terms<'t> {
        Terms {
            site: Some((&self.site.name, &self.site.vocabulary)),
            crowd: Some(&self.crowd),
            traffic: self.site.audit.traffic.as_ref(),
            prior,
            price_like: &self.price_like,
            limits: Some(&self.limits),
        }
    }

    /// Where the plugin goes beyond the limits that are not overridden for it.
    pub(crate) fn breaches(&self, plugin: &Plugin, overridden: &[String]) -> Vec<Breach> {
        let breaches = Audit::breaches(plugin, &self.terms(None));
        breaches.into_iter().filter(|breach| !overridden.contains(&breach.key())).collect()
    }

    /// Slots that the site holds to be price-like and the plugin has not: most likely misspelt.
    pub(crate) fn unknown_slots(&self, plugin: &Plugin) -> Option<Problem> {
        let slots: Vec<&str> = plugin.manifest().slots().iter().map(|slot| slot.name()).collect();
        let unknown = self.price_like.iter().find(|slot| !slots.contains(&slot.as_str()))?;
        let message =
            format!("`price_like` names `{}.{unknown}`, but the plugin has no such slot", self.name);
        let help = match settings::closest(unknown, &slots) {
            Some(near) => format!("did you mean `{}.{near}`?", self.name),
            None => format!("its slots are {}", slots.join(", ")),
        };
        Some(Problem::nowhere(message).help(help).warning())
    }
}

/// What to do about a plugin that is beyond the limits.
pub(crate) const BEYOND_HELP: &str = "change the plugin, or the limits under `[audit]`; or let somebody who may do \
     so install it with `--override \"the reason\"`, which is written to the incident log";

/// That a plugin is beyond the limits, in a sentence and one line for each of them.
pub(crate) fn beyond(breaches: &[Breach]) -> String {
    let lines = breaches.iter().map(|breach| format!("\n{}: {}", breach.key(), breach.words));
    format!("its audit is beyond the limits of the site{}", lines.collect::<String>())
}

fn limits(limits: &settings::AuditLimits) -> Limits {
    Limits {
        protected: limits.protected.clone(),
        demographic_parity_difference: limits.demographic_parity_difference,
        demographic_parity_ratio: limits.demographic_parity_ratio,
        exposure_difference: limits.exposure_difference,
        exposure_ratio: limits.exposure_ratio,
        flip_rate: limits.flip_rate,
        total_variation: limits.total_variation,
        shannon_bits: limits.shannon_bits,
        worst_case_bits: limits.worst_case_bits,
        pushed_to_default: limits.pushed_to_default,
        unused_signals: limits.unused_signals,
        dead_variants: limits.dead_variants,
    }
}
