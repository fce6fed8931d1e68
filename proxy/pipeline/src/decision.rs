//! How a route chooses its joint variant: permit class, released cell and range of buckets index an
//! array, which the crowd holds.
//!
//! Everything a plugin, a policy or a hierarchy has to say is said once, when the route is built.
//!
//! A plugin that splits traffic is told the visitor's range of buckets where policy lets it see at least
//! one signal: of those that it asks for, or, if it asks for none, of all. The bucket is random and tells
//! of nobody; what it needs is the consent that any signal needs. Class 0 is never told it.

use std::collections::HashMap;
use std::sync::Arc;

use cloakroom_boundary::{Kept, RouteId};
use cloakroom_crowd::{Epoch, JointTable, RouteCrowd};
use cloakroom_origin::Told;
use cloakroom_plugin_host::{Delivery, Plugin};
use cloakroom_policy::{ClassId, ORIGIN, PermitTable, PolicySet, Subject};
use cloakroom_rewrite::SafeEdits;
use cloakroom_variants::{Choice, Edition, JointVariant, OriginView};
use cloakroom_vocabulary::{
    CellId, Domain, Grain, Hierarchy, MAX_ROUTE_SIGNALS, Signal, SiteVocabulary, ValueId,
};
use sha2::{Digest as _, Sha256};

use crate::answer::Reveal;
use crate::editions::PluginId;
use crate::partition::Partition;
use crate::parts::BuildError;
use crate::route::{Chosen, Visit};

/// The most joint variants that a route may have, over all slots and what the origin sees.
const MAX_JOINT_VARIANTS: u64 = 1_000;

/// A plugin that is ready to be used on routes: its edits have passed the door.
pub(crate) struct Prepared {
    pub(crate) name: String,
    pub(crate) plugin: Plugin,
    /// By slot, then by variant.
    pub(crate) edits: Vec<Vec<Arc<SafeEdits>>>,
}

/// The choice of a route, as arrays.
pub(crate) struct Decision {
    permits: PermitTable,
    domain: Domain,
    /// Ranges of buckets that the plugins tell apart together; 0 if none splits traffic.
    bucket_ranges: usize,
    /// By class: the cookies about visits that somebody here may be told of.
    kept: Vec<Kept>,
    joints: Vec<Joint>,
    told: Vec<Told>,
    /// What the numbers of `joints` and `told` stand for.
    edition: Edition,
    plugins: Vec<PluginId>,
    /// Names of cells, for [`Reveal`].
    vocabulary: Arc<SiteVocabulary>,
}

struct Joint {
    edits: Vec<Arc<SafeEdits>>,
    view: OriginView,
    name: String,
}

impl Decision {
    pub(crate) fn choose(&self, route: RouteId, visit: Visit, epoch: &Epoch, reveal: bool) -> Chosen {
        let class = self.permits.class(visit.facts);
        let placed = epoch.place(route, class.number(), &visit.signals, visit.token);
        let (cell, joint) = (placed.cell().cell(), JointVariant(placed.joint()));
        let reveal = reveal.then(|| Reveal { cell: self.cell_name(cell), variant: self.name(joint) });
        Chosen { choice: self.choice(joint), reveal }
    }

    /// A joint variant with all that is part of a key.
    pub(crate) fn choice(&self, joint: JointVariant) -> Choice {
        let view = self.joint(joint).map_or(OriginView::default(), |joint| joint.view);
        Choice { edition: self.edition, joint, view }
    }

    pub(crate) fn told(&self, view: OriginView) -> &Told {
        self.told.get(usize::from(view.0)).unwrap_or(Told::nothing())
    }

    pub(crate) fn edits(&self, joint: JointVariant) -> Vec<&SafeEdits> {
        self.joint(joint).map_or(Vec::new(), |joint| joint.edits.iter().map(Arc::as_ref).collect())
    }

    /// How many joint variants some cell of some class leads to.
    pub(crate) fn joint_variants(&self) -> usize {
        self.joints.len()
    }

    pub(crate) fn cells(&self) -> u32 {
        self.domain.size()
    }

    /// How many ranges of buckets its plugins tell apart together.
    pub(crate) fn bucket_ranges(&self) -> usize {
        self.bucket_ranges
    }

    /// The cookies about visits that a class gives a reason to keep.
    pub(crate) fn kept(&self, class: ClassId) -> Kept {
        self.kept.get(class.index()).copied().unwrap_or_default()
    }

    /// What its variants are kept under, and the plugins that they are made by.
    pub(crate) fn made_by(&self) -> (Edition, &[PluginId]) {
        (self.edition, &self.plugins)
    }

    pub(crate) fn permits(&self) -> &PermitTable {
        &self.permits
    }

    fn joint(&self, joint: JointVariant) -> Option<&Joint> {
        self.joints.get(usize::from(joint.0))
    }

    fn name(&self, joint: JointVariant) -> String {
        self.joint(joint).map_or_else(String::new, |joint| joint.name.clone())
    }

    fn cell_name(&self, cell: CellId) -> String {
        let words: Vec<_> = self
            .domain
            .signals()
            .zip(self.domain.values(cell))
            .map(|(signal, value)| format!("{signal}={}", self.vocabulary.hierarchy(signal).name(value)))
            .collect();
        words.join(", ")
    }
}

/// The signals of a route, in their order: what its plugins or its origin may be told.
pub(crate) fn signals_of<'p>(
    plugins: impl Iterator<Item = &'p Plugin>,
    origin_sees: &[Signal],
) -> Vec<Signal> {
    let asked: Vec<_> = plugins.flat_map(|plugin| plugin.manifest().signals()).map(|s| s.signal()).collect();
    Signal::ALL.into_iter().filter(|s| asked.contains(s) || origin_sees.contains(s)).collect()
}

/// What a route's choice is made of.
pub(crate) struct Ingredients<'a> {
    pub(crate) vocabulary: &'a Arc<SiteVocabulary>,
    pub(crate) policies: &'a PolicySet,
    /// What tells the route from every other of every site.
    pub(crate) identity: String,
    pub(crate) labels: &'a [String],
    pub(crate) plugins: &'a [&'a Prepared],
    pub(crate) origin_sees: &'a [Signal],
}

impl Ingredients<'_> {
    /// Computes the arrays, and what the crowd has to count for them.
    pub(crate) fn build(&self) -> Result<(Decision, RouteCrowd), BuildError> {
        self.check_joint_variants()?;
        let signals = signals_of(self.plugins.iter().map(|p| &p.plugin), self.origin_sees);
        let domain = Domain::of_site(signals.iter().map(|s| (*s, self.vocabulary.hierarchy(*s))))?;
        let permits = self.policies.permits(self.vocabulary, &self.subject())?;
        let starting = permits
            .classes()
            .iter()
            .map(|class| {
                let finest = |signal: Signal| {
                    let seers = class.plugins.iter().take(self.seers());
                    seers.filter_map(|grains| grains.get(signal.index())).min().copied()
                };
                domain.signals().map(|signal| finest(signal).unwrap_or(Grain::ANY)).collect()
            })
            .collect();
        let partition = Partition::new(self.plugins);
        partition.check(&domain)?;
        let mut joints = Joints::new(self);
        let classes = permits.classes().iter();
        let chosen = classes.map(|class| joints.of_class(&domain, &class.plugins, &partition)).collect();
        let Joints { list, told, .. } = joints;
        for joint in &list {
            if let Some(too_much) = SafeEdits::too_costly(joint.edits.iter().map(Arc::as_ref)) {
                return Err(BuildError::Edits { variants: joint.name.clone(), too_much });
            }
        }
        let bucket_ranges = partition.ranges.len();
        let joints = if bucket_ranges == 0 {
            JointTable::plain(chosen)
        } else {
            JointTable::split(partition.buckets, chosen)
        };
        let kept = permits.classes().iter().map(|class| self.kept(&class.plugins)).collect();
        let (identity, meaning) = (self.identity(&permits), self.meaning());
        let edition = edition(&meaning, &list);
        let crowd = RouteCrowd { domain: domain.clone(), classes: starting, joints, identity, meaning };
        let vocabulary = Arc::clone(self.vocabulary);
        let plugins = self.plugins.iter().map(|plugin| PluginId::of(plugin)).collect();
        let joints = list;
        let decision =
            Decision { permits, domain, bucket_ranges, kept, joints, told, edition, plugins, vocabulary };
        Ok((decision, crowd))
    }

    fn subject(&self) -> Subject<'_> {
        let mut plugins: Vec<_> = self
            .plugins
            .iter()
            .map(|p| (p.name.clone(), p.plugin.manifest().signals().iter().map(|s| s.signal()).collect()))
            .collect();
        if !self.origin_sees.is_empty() {
            plugins.push((ORIGIN.to_owned(), self.origin_sees.to_vec()));
        }
        plugins.extend(self.splitters().map(|p| (p.name.clone(), Signal::ALL.to_vec())));
        Subject { mode: "personalize", labels: self.labels, plugins }
    }

    fn check_joint_variants(&self) -> Result<(), BuildError> {
        let slots = self.plugins.iter().flat_map(|p| p.plugin.manifest().slots());
        let factors: Vec<(String, u64)> = slots
            .map(|slot| (slot.name().to_owned(), slot.variants().len() as u64))
            .chain(self.origin_sees.iter().map(|signal| {
                (signal.name().to_owned(), u64::from(self.vocabulary.hierarchy(*signal).len()))
            }))
            .collect();
        let product = factors.iter().fold(1_u64, |product, (_, factor)| product.saturating_mul(*factor));
        if product <= MAX_JOINT_VARIANTS {
            return Ok(());
        }
        let words: Vec<_> = factors.iter().map(|(name, factor)| format!("{name} {factor}")).collect();
        Err(BuildError::JointVariants { arithmetic: words.join(" × "), product })
    }
}

/// The number for what the numbers of `joints` stand for.
fn edition(meaning: &[u8], joints: &[Joint]) -> Edition {
    let mut hash = Sha256::new_with_prefix(meaning);
    for joint in joints {
        hash.update(joint.name.as_bytes());
        hash.update(joint.view.0.to_le_bytes());
        hash.update([0]);
    }
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
    Edition(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

/// Numbers joint variants as they are met; 0 is all defaults.
struct Joints<'a> {
    of: &'a Ingredients<'a>,
    numbers: HashMap<(Vec<u16>, Vec<ValueId>), u16>,
    list: Vec<Joint>,
    told: Vec<Told>,
}

impl<'a> Joints<'a> {
    fn new(of: &'a Ingredients<'a>) -> Self {
        let mut joints = Self { of, numbers: HashMap::new(), list: Vec::new(), told: Vec::new() };
        let defaults = of.plugins.iter().map(|p| p.plugin.table().default_choice()).collect();
        let unseen = of.origin_sees.iter().map(|s| of.vocabulary.hierarchy(*s).any()).collect();
        joints.number(defaults, unseen);
        joints
    }

    /// The joint variant of every cell and range of buckets of a class, whose plugins may see `grains`.
    fn of_class(
        &mut self,
        domain: &Domain,
        grains: &[[Grain; Signal::COUNT]],
        partition: &Partition,
    ) -> Box<[u16]> {
        let plugins = self.of.plugins.iter().zip(grains).enumerate();
        let views: Vec<_> = plugins
            .map(|(at, (p, grains_of))| View::new(self.of, p, grains_of, self.of.may_split(at, grains)))
            .collect();
        let of_origin = grains.get(self.of.plugins.len()).filter(|_| !self.of.origin_sees.is_empty());
        let signals: Vec<_> = domain.signals().collect();
        let unknown: &[u8] = &[];
        let ways = partition.ranges.iter().map(Vec::as_slice).chain([unknown]);
        domain
            .cells()
            .flat_map(|cell| ways.clone().map(move |range| (cell, range)))
            .map(|(cell, range)| {
                let values = domain.values(cell);
                let value_of = |wanted: Signal| {
                    let position = signals.iter().position(|signal| *signal == wanted);
                    position
                        .and_then(|at| values.get(at).copied())
                        .unwrap_or_else(|| self.of.vocabulary.hierarchy(wanted).any())
                };
                let buckets = range.iter().copied().chain(std::iter::repeat(u8::MAX));
                let choices =
                    views.iter().zip(buckets).map(|(view, bucket)| view.choice(value_of, bucket)).collect();
                let seen = self.of.origin_sees.iter().map(|signal| {
                    let hierarchy = self.of.vocabulary.hierarchy(*signal);
                    let grain = of_origin.and_then(|g| g.get(signal.index())).copied();
                    hierarchy.generalize(value_of(*signal), grain.unwrap_or(Grain::ANY))
                });
                let seen = seen.collect();
                self.number(choices, seen)
            })
            .collect()
    }

    fn number(&mut self, choices: Vec<u16>, seen: Vec<ValueId>) -> u16 {
        let key = (choices, seen);
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = u16::try_from(self.list.len()).unwrap_or(0);
        let joint = self.joint(&key.0, &key.1);
        self.list.push(joint);
        self.numbers.insert(key, number);
        number
    }

    fn joint(&mut self, choices: &[u16], seen: &[ValueId]) -> Joint {
        let mut edits = Vec::new();
        let mut names = Vec::new();
        let mut told = Vec::new();
        for (prepared, choice) in self.of.plugins.iter().zip(choices) {
            let manifest = prepared.plugin.manifest();
            let variants = manifest.variants_of(*choice);
            for ((slot, position), rendered) in manifest.slots().iter().zip(variants).zip(&prepared.edits) {
                let position = usize::from(position);
                let Some(variant) = slot.variants().get(position) else { continue };
                names.push(format!("{}={variant}", slot.name()));
                match slot.delivery() {
                    Delivery::OriginVariant => told.push((slot.name(), variant.as_str())),
                    Delivery::Edits => edits.extend(rendered.get(position).map(Arc::clone)),
                }
            }
        }
        let (language, mobile) = self.seen_by_origin(seen, &mut names);
        let told = Told::new(&told, language.as_deref(), mobile);
        let view = self.told.iter().position(|known| *known == told).unwrap_or_else(|| {
            self.told.push(told);
            self.told.len() - 1
        });
        Joint { edits, view: OriginView(u16::try_from(view).unwrap_or(0)), name: names.join(", ") }
    }

    /// The released values that the origin is told as standard fields.
    fn seen_by_origin(&self, seen: &[ValueId], names: &mut Vec<String>) -> (Option<String>, Option<bool>) {
        let (mut language, mut mobile) = (None, None);
        for (signal, value) in self.of.origin_sees.iter().zip(seen) {
            let name = self.of.vocabulary.hierarchy(*signal).name(*value);
            names.push(format!("{signal}={name}"));
            match (signal, name) {
                (Signal::Language, "other" | "any") => {}
                (Signal::Language, tag) => language = Some(tag.to_owned()),
                (Signal::Device, "phone" | "tablet" | "handheld") => mobile = Some(true),
                (Signal::Device, "desktop" | "tv" | "stationary") => mobile = Some(false),
                _ => {}
            }
        }
        (language, mobile)
    }
}

/// How one plugin sees the cells of a route: by its own grains, in its own ids.
struct View<'a> {
    plugin: &'a Plugin,
    axes: Vec<(Signal, &'a Hierarchy, Grain, Vec<u8>)>,
    may_split: bool,
}

impl<'a> View<'a> {
    fn new(
        of: &Ingredients<'a>,
        prepared: &'a Prepared,
        grains: &[Grain; Signal::COUNT],
        may_split: bool,
    ) -> Self {
        let plugin = &prepared.plugin;
        let axes = plugin
            .manifest()
            .signals()
            .iter()
            .enumerate()
            .map(|(position, used)| {
                let hierarchy = of.vocabulary.hierarchy(used.signal());
                let grain = grains.get(used.signal().index()).copied().unwrap_or(Grain::ANY);
                (used.signal(), hierarchy, grain, plugin.ids_for(position, hierarchy))
            })
            .collect();
        Self { plugin, axes, may_split }
    }

    /// `bucket` is a range of the plugin's manifest, or beyond them if the bucket is not known.
    fn choice(&self, value_of: impl Fn(Signal) -> ValueId, bucket: u8) -> u16 {
        let mut ids = [u8::MAX; MAX_ROUTE_SIGNALS + 1];
        for (id, (signal, hierarchy, grain, of_value)) in ids.iter_mut().zip(&self.axes) {
            let seen = hierarchy.generalize(value_of(*signal), *grain);
            *id = of_value.get(usize::from(seen.0)).copied().unwrap_or(u8::MAX);
        }
        if let Some(id) = ids.get_mut(self.axes.len()).filter(|_| self.may_split) {
            *id = bucket;
        }
        let table = self.plugin.table();
        table.lookup(table.index(&ids))
    }
}
