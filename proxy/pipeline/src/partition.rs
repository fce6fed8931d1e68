//! The ranges of buckets that the plugins of a route tell apart together, and which plugin may be told
//! them. Buckets are numbers here; nobody's enters.

use cloakroom_plugin_host::BUCKETS;
use cloakroom_policy::PermitTable;
use cloakroom_vocabulary::{ConsentFacts, Domain, DomainError, Grain, MAX_CELLS, Signal};

use crate::decision::{Ingredients, Prepared};

/// The common refinement of the plugins' own ranges. Each plugin has its buckets in an order of its
/// own, by its name on the site, so that no two splits depend on each other.
///
/// INVARIANT: at most [`BUCKETS`] ranges, which `buckets` numbers without gaps; none if no plugin splits.
pub(crate) struct Partition {
    /// The range of each bucket.
    pub(crate) buckets: [u8; BUCKETS],
    /// For each range, and each plugin of the route, the range of the plugin's own manifest.
    pub(crate) ranges: Vec<Vec<u8>>,
}

impl Partition {
    pub(crate) fn new(plugins: &[&Prepared]) -> Self {
        let mut partition = Self { buckets: [0; BUCKETS], ranges: Vec::new() };
        if !plugins.iter().any(|p| p.plugin.manifest().splits()) {
            return partition;
        }
        let own: Vec<_> = plugins.iter().map(|p| p.plugin.manifest().ranges_of_buckets(&p.name)).collect();
        for (bucket, of_bucket) in partition.buckets.iter_mut().enumerate() {
            let together: Vec<u8> = own.iter().filter_map(|ranges| ranges.get(bucket)).copied().collect();
            let known = partition.ranges.iter().position(|range| *range == together);
            let position = known.unwrap_or_else(|| {
                partition.ranges.push(together);
                partition.ranges.len() - 1
            });
            *of_bucket = u8::try_from(position).unwrap_or(0);
        }
        partition
    }

    /// Whether cells and ranges together are few enough to be computed ahead.
    pub(crate) fn check(&self, domain: &Domain) -> Result<(), DomainError> {
        let ways = self.ranges.len() as u64 + 1;
        let size = u64::from(domain.size()).saturating_mul(ways);
        if self.ranges.is_empty() || size <= u64::from(MAX_CELLS) {
            return Ok(());
        }
        let axes = domain.axes().iter().map(|(signal, values)| format!("{signal} {values}"));
        let factors: Vec<_> = axes.chain([format!("bucket {ways}")]).collect();
        Err(DomainError::Cells { arithmetic: factors.join(" × "), size })
    }
}

impl Ingredients<'_> {
    /// How many of the subject's entries are plugins or the origin; those after them ask for the bucket.
    pub(crate) fn seers(&self) -> usize {
        self.plugins.len() + usize::from(!self.origin_sees.is_empty())
    }

    /// Plugins that split traffic and ask for no signal.
    pub(crate) fn splitters(&self) -> impl Iterator<Item = &Prepared> {
        let only_splits = |p: &&&Prepared| {
            let manifest = p.plugin.manifest();
            manifest.splits() && manifest.signals().is_empty()
        };
        self.plugins.iter().filter(only_splits).copied()
    }

    /// Whether the plugin at a position may be told the range of the bucket.
    pub(crate) fn may_split(&self, position: usize, class: &[[Grain; Signal::COUNT]]) -> bool {
        let Some(plugin) = self.plugins.get(position) else { return false };
        let asking = self.splitters().position(|p| p.name == plugin.name);
        let grains = class.get(asking.map_or(position, |at| self.seers() + at));
        grains.is_some_and(|grains| {
            let tells = |signal: Signal| {
                let any = self.vocabulary.hierarchy(signal).any_grain();
                grains.get(signal.index()).is_some_and(|grain| *grain < any)
            };
            plugin.plugin.manifest().splits() && Signal::ALL.into_iter().any(tells)
        })
    }

    /// What decides who is in a class and what a joint variant is, but for the arrays themselves.
    pub(crate) fn identity(&self, permits: &PermitTable) -> Vec<u8> {
        let mut identity = self.identity.clone().into_bytes();
        for prepared in self.plugins {
            identity.push(0);
            identity.extend(prepared.name.as_bytes());
            identity.extend(prepared.plugin.digest().as_bytes());
        }
        identity.push(0);
        identity.extend(ConsentFacts::all().map(|facts| permits.class(facts).number()));
        identity
    }
}
