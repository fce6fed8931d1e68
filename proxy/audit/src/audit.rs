//! The audit of one plugin as one structure. A plugin's table and a site's terms enter; nothing of a
//! visitor.

use cloakroom_plugin_host::{Digest, Lost, Plugin, Readable, SignalUse};

use crate::bits::Bits;
use crate::crowding::Crowding;
use crate::figures::{Figures, SlotAudit};
use crate::limits::Breach;
use crate::lines::line_shares;
use crate::measure::{Measured, digits, measure};
use crate::terms::Terms;
use crate::universe::Universe;
use crate::weights::{Weighting, weigh};

/// Everything that there is to say of a plugin.
pub struct Audit {
    /// What the plugin calls itself.
    pub name: String,
    /// What it calls its version.
    pub version: String,
    /// Which component it is.
    pub digest: Digest,
    /// Number of cells of its table, those with and without a bucket counted apart.
    pub cells: u32,
    /// The site by whose terms it was judged.
    pub site: Option<String>,
    /// The signals that it asks for.
    pub signals: Vec<SignalUse>,
    /// Names of the signals that never make a difference, `bucket` among them.
    pub unused: Vec<String>,
    /// Its slots.
    pub slots: Vec<SlotAudit>,
    /// Who sees what, as rules.
    pub readable: Readable,
    /// The figures: first those in which every combination of values counts the same, then those of the
    /// site's traffic and of a prior, as far as there are any.
    pub figures: Vec<Figures>,
    /// What the door takes out of what it writes into pages.
    pub lost: Vec<Lost>,
    /// Whether any limit is set, or a slot is price-like.
    pub has_limits: bool,
    /// What the crowd rule takes away; None without a site.
    pub crowding: Option<Crowding>,
    /// By which of the figures limits are held: the site's traffic where it is stated.
    pub judged_by: Weighting,
    /// Where the plugin goes beyond the site's limits.
    pub breaches: Vec<Breach>,
}

/// An audit in a few figures, by the weighting that limits are held by.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// By which of the figures limits are held.
    pub judged_by: Weighting,
    /// What a page tells of a visitor.
    pub bits: Bits,
    /// Each slot with the share of visitors that see something else than its default.
    pub changed: Vec<(String, f64)>,
    /// Where the plugin goes beyond the limits.
    pub breaches: Vec<Breach>,
}

impl Audit {
    /// Works everything out. Takes memory for some numbers a cell, and time for at most 250 steps a cell and
    /// slot, besides what the rules take.
    #[must_use]
    pub fn of(plugin: &Plugin, terms: &Terms<'_>) -> Self {
        let universe = Universe::new(plugin);
        let manifest = plugin.manifest();
        let Measured { mut slots, figures, unused, crowding, judged_by, breaches } =
            measure(&universe, terms);
        let readable = plugin.readable();
        let weights = weigh(&digits(&universe, terms.site.map(|(_, vocabulary)| vocabulary)), terms.traffic);
        for (slot, rules) in slots.iter_mut().zip(readable.slots()) {
            slot.line_shares = line_shares(&universe, rules, &weights);
        }
        Self {
            name: manifest.name().to_owned(),
            version: manifest.version().to_owned(),
            digest: plugin.digest(),
            cells: plugin.table().size(),
            site: terms.site.map(|(name, _)| name.to_owned()),
            signals: manifest.signals().to_vec(),
            unused,
            slots,
            readable,
            lost: terms.lost.to_vec(),
            has_limits: terms.has_limits(plugin),
            figures,
            crowding,
            judged_by,
            breaches,
        }
    }

    /// The audit in a few figures, without its rules, which take longest.
    #[must_use]
    pub fn brief(plugin: &Plugin, terms: &Terms<'_>) -> Brief {
        let Measured { slots, figures, judged_by, breaches, .. } = measure(&Universe::new(plugin), terms);
        let judged = figures.into_iter().find(|figures| figures.weighting == judged_by);
        let (bits, changed) = judged.map_or((Bits::default(), Vec::new()), |judged| {
            let slots = slots.into_iter().zip(&judged.slots);
            (judged.bits, slots.map(|(slot, of)| (slot.name, of.total_variation)).collect())
        });
        Brief { judged_by, bits, changed, breaches }
    }

    /// Where a plugin goes beyond the limits, and nothing else of its audit.
    #[must_use]
    pub fn breaches(plugin: &Plugin, terms: &Terms<'_>) -> Vec<Breach> {
        if !terms.has_limits(plugin) {
            return Vec::new();
        }
        measure(&Universe::new(plugin), terms).breaches
    }
}
