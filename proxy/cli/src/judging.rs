//! By what a site judges the audit of its plugins, and what is said of one that goes beyond its limits.

use cloakroom_audit::{Audit, Breach, Limits, Terms};
use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_plugin_host::Plugin;
use cloakroom_plugin_store::Overridden;
use cloakroom_settings::{self as settings, Site};
use cloakroom_vocabulary::Shares;

/// A site's terms for the plugin that it calls by a name.
pub(crate) struct Judge<'s> {
    site: &'s Site,
    crowd: CrowdConfig,
    limits: Limits,
    price_like: Vec<String>,
}

impl<'s> Judge<'s> {
    pub(crate) fn new(site: &'s Site, name: &str) -> Self {
        let price_like = site.audit.price_like.iter().filter(|(plugin, _)| plugin == name);
        Self {
            site,
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
            lost: &[],
        }
    }

    /// Where the plugin goes beyond the limits that are not overridden for it.
    pub(crate) fn breaches(&self, plugin: &Plugin, overridden: &[Overridden]) -> Vec<Breach> {
        let covers = |breach: &Breach, of: &Overridden| {
            let (now, then) = (millionths(breach.figure), of.millionths);
            // What has become worse since is another matter.
            let no_worse = if breach.figure > breach.allowed { now <= then } else { now >= then };
            of.limit == breach.key() && no_worse
        };
        let breaches = Audit::breaches(plugin, &self.terms(None));
        breaches.into_iter().filter(|breach| !overridden.iter().any(|of| covers(breach, of))).collect()
    }
}

/// What is written down of breaches that somebody overrides.
pub(crate) fn overridden(breaches: &[Breach]) -> Vec<Overridden> {
    let written = |breach: &Breach| Overridden { limit: breach.key(), millionths: millionths(breach.figure) };
    breaches.iter().map(written).collect()
}

/// The names of overridden limits, as JSON has them.
pub(crate) fn overridden_value(overridden: &[Overridden]) -> Vec<&str> {
    overridden.iter().map(|of| of.limit.as_str()).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and within a u64 by the clamp"
)]
fn millionths(figure: f64) -> u64 {
    (figure * 1e6).round().clamp(0.0, 1e15) as u64
}

/// What to do about a plugin that is beyond the limits.
pub(crate) const BEYOND_HELP: &str = "change the plugin, or the limits under `[audit]`; or let somebody who may do \
     so install it with `--override \"the reason\"`, which is written to the incident log";

/// That a plugin is beyond the limits, in a sentence and one line for each of them.
pub(crate) fn beyond(breaches: &[Breach]) -> String {
    let lines = breaches.iter().map(|breach| format!("\n{breach}"));
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
