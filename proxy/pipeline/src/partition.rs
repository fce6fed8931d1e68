//! The ranges of buckets that the plugins of a route tell apart together, and which plugin may be told
//! them. Buckets are numbers here; nobody's enters.

use cloakroom_boundary::Kept;
use cloakroom_plugin_host::BUCKETS;
use cloakroom_policy::PermitTable;
use cloakroom_vocabulary::{ConsentFacts, Domain, DomainError, Grain, MAX_CELLS, Signal};

use crate::decision::{Ingredients, Prepared};
use crate::keeping;

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

    /// The cookies about visits that the plugins and the origin may be told of in a class.
    pub(crate) fn kept(&self, class: &[[Grain; Signal::COUNT]]) -> Kept {
        let splits = (0..self.plugins.len()).any(|at| self.may_split(at, class));
        keeping::kept(class.get(..self.seers()).unwrap_or(class), splits)
    }

    /// What decides who is in a class, but for the classes themselves.
    pub(crate) fn identity(&self, permits: &PermitTable) -> Vec<u8> {
        let mut identity = self.identity.clone().into_bytes();
        identity.push(0);
        identity.extend(ConsentFacts::all().map(|facts| permits.class(facts).number()));
        identity
    }

    /// What decides what a joint variant is, but for the arrays themselves.
    pub(crate) fn meaning(&self) -> Vec<u8> {
        let mut meaning = self.identity.clone().into_bytes();
        for prepared in self.plugins {
            meaning.push(0);
            meaning.extend(prepared.name.as_bytes());
            meaning.extend(prepared.plugin.digest().as_bytes());
        }
        meaning
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use cloakroom_plugin_host::{Engine, Limits, Plugin};
    use cloakroom_policy::PolicySet;
    use cloakroom_vocabulary::{Consent, Jurisdiction, SiteValues, SiteVocabulary};
    use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
    use wit_parser::Resolve;

    use super::*;
    use crate::decision::Decision;

    const WIT: &str = include_str!("../../../plugins/wit/personalizer.wit");
    /// Shows `b` to the second of two ranges, 70 and 30 hundredths wide, whatever the device.
    const SPLITTING: &str = include_str!("../../plugin-host/tests/splitting.wat");

    fn load(core: &str) -> Plugin {
        let mut module = wat::parse_str(core).unwrap();
        let mut contract = Resolve::default();
        let package = contract.push_str("personalizer.wit", WIT).unwrap();
        let world = contract.select_world(&[package], None).unwrap();
        embed_component_metadata(&mut module, &contract, world, StringEncoding::UTF8).unwrap();
        let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
        Engine::new(Limits::default()).unwrap().load(&component).unwrap()
    }

    /// The same component, but it asks for no signal: the list in its manifest is empty.
    fn without_signals() -> Plugin {
        load(&SPLITTING.replace(r"\60\00\00\00\01\00\00\00", r"\60\00\00\00\00\00\00\00"))
    }

    fn prepared(name: &str, plugin: &Plugin) -> Prepared {
        Prepared { name: name.to_owned(), plugin: plugin.clone(), edits: Vec::new() }
    }

    fn build(plugins: &[&Prepared], policy: &str) -> (Decision, cloakroom_crowd::RouteCrowd) {
        let vocabulary = Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap());
        let policies = PolicySet::with_defaults(&[("site.cedar", policy)]).unwrap();
        let ingredients = Ingredients {
            vocabulary: &vocabulary,
            policies: &policies,
            identity: "test".to_owned(),
            labels: &[],
            plugins,
            origin_sees: &[],
        };
        ingredients.build().unwrap()
    }

    const YES: ConsentFacts = ConsentFacts {
        jurisdiction: Jurisdiction::OptIn,
        consent: Consent { personalization: true, measurement: false },
        silent: false,
        gpc: false,
    };

    /// The joint variant that each bucket leads to in the cell in which nothing else is known.
    fn variants(decision: &Decision, crowd: &cloakroom_crowd::RouteCrowd, facts: ConsentFacts) -> Vec<u16> {
        let class = decision.permits().class(facts).index();
        let buckets = (0..100).map(Some).chain([None]);
        buckets.map(|bucket| crowd.joints.look_up(class, crowd.domain.any(), bucket)).collect()
    }

    fn shares(variants: &[u16]) -> Vec<usize> {
        let kinds: BTreeSet<_> = variants.iter().collect();
        kinds.into_iter().map(|kind| variants.iter().filter(|variant| *variant == kind).count()).collect()
    }

    #[test]
    fn a_plugin_splits_whom_policy_lets_it_see_and_nobody_else() {
        for plugin in [load(SPLITTING), without_signals()] {
            let (decision, crowd) = build(&[&prepared("test", &plugin)], "");
            assert_eq!(decision.bucket_ranges(), 2);
            assert_eq!(shares(&variants(&decision, &crowd, YES)), [71, 30], "70 and those without a bucket");
            for facts in
                [ConsentFacts { gpc: true, ..YES }, ConsentFacts { consent: Consent::default(), ..YES }]
            {
                assert_eq!(shares(&variants(&decision, &crowd, facts)), [101]);
            }
            let forbid = "forbid (principal == Plugin::\"test\", action, resource);";
            let (decision, crowd) = build(&[&prepared("test", &plugin)], forbid);
            assert_eq!(shares(&variants(&decision, &crowd, YES)), [101]);
        }
    }

    #[test]
    fn a_cookie_is_kept_for_plugins_that_may_be_told_and_not_for_what_they_do_not_ask() {
        let kept = |policy: &str| {
            let plugin = without_signals();
            let (asking, splitting) = (load(SPLITTING), prepared("test", &plugin));
            let (decision, _) = build(&[&prepared("seer", &asking), &splitting], policy);
            decision.kept(decision.permits().class(YES))
        };
        let bucket = |bucket| Kept { visit: false, interest: false, bucket };
        assert_eq!(kept(""), bucket(true));
        let one = "forbid (principal == Plugin::\"test\", action, resource);";
        assert_eq!(kept(one), bucket(true), "the other still splits");
        assert_eq!(kept("forbid (principal, action, resource);"), bucket(false));
        let plugin = without_signals();
        let (decision, _) = build(&[&prepared("test", &plugin)], "");
        assert_eq!(decision.kept(decision.permits().class(YES)), bucket(true), "and no cookie of a signal");
    }

    #[test]
    fn of_two_plugins_each_splits_only_where_it_may() {
        let plugin = without_signals();
        let both = [&prepared("one", &plugin), &prepared("two", &plugin)];
        let (decision, crowd) = build(&both, "");
        assert_eq!(decision.bucket_ranges(), 4, "each range of one meets each of two");
        assert_eq!(shares(&variants(&decision, &crowd, YES)).len(), 4);
        let (decision, crowd) = build(&both, "forbid (principal == Plugin::\"two\", action, resource);");
        assert_eq!(shares(&variants(&decision, &crowd, YES)), [71, 30]);
    }

    #[test]
    fn ranges_of_a_route_are_numbered_without_gaps() {
        let plugin = load(SPLITTING);
        let both = [&prepared("one", &plugin), &prepared("two", &plugin)];
        let partition = Partition::new(&both);
        let met: BTreeSet<_> = partition.buckets.iter().map(|range| usize::from(*range)).collect();
        assert_eq!(met, (0..partition.ranges.len()).collect());
        assert!(partition.check(&Domain::new(vec![(Signal::Country, 50_000)]).unwrap()).is_ok());
        let error = partition.check(&Domain::new(vec![(Signal::Country, 50_001)]).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "country 50001 × bucket 5 = 250005 cells, at most 250000 are allowed");
        assert_eq!(Partition::new(&[]).ranges.len(), 0);
    }

    #[test]
    fn whatever_decides_who_is_where_or_what_they_get_changes_what_tells_a_route() {
        let plugin = load(SPLITTING);
        let crowd = |name: &str, policy: &str| build(&[&prepared(name, &plugin)], policy).1;
        let identity = |name: &str, policy: &str| crowd(name, policy).identity;
        let usual = identity("one", "");
        assert_eq!(usual, identity("one", ""));
        assert_eq!(usual, identity("two", ""), "a plugin decides what people get, not who they are");
        assert_eq!(crowd("one", "").meaning, crowd("one", "").meaning);
        assert_ne!(crowd("one", "").meaning, crowd("two", "").meaning);
        let policy = "permit (principal, action, resource) when { context.jurisdiction == Jurisdiction::\"unknown\" };";
        assert_ne!(usual, identity("one", policy));
    }
}
