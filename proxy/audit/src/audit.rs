//! The audit of one plugin as one structure. A plugin's table and a site's terms enter; nothing of a
//! visitor.

use cloakroom_crowd::Config as CrowdConfig;
use cloakroom_plugin_host::{Digest, Plugin, Readable, SignalUse, Slot};
use cloakroom_vocabulary::{CountryCode, Shares, Signal, SiteValues, SiteVocabulary, country_facts};

use crate::bits::Bits;
use crate::crowding::{Crowding, Crowds};
use crate::distance::Nearness;
use crate::flips::{Flips, SlotFlips, WorstCell};
use crate::limits::{Breach, Found, Limits};
use crate::lines::line_shares;
use crate::parity::Parity;
use crate::price::{PriceFlip, price_flips};
use crate::reach::{Reach, reach};
use crate::universe::{Axis, Universe};
use crate::weights::{Digit, Weighting, weigh};

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

/// What an audit says of a slot whoever the visitors are.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotAudit {
    /// Its name.
    pub name: String,
    /// The names of its variants.
    pub variants: Vec<String>,
    /// Position of the default.
    pub default: u8,
    /// Whether it shows a price or the like, as the plugin or the site says.
    pub is_price_like: bool,
    /// Whether anybody sees each variant.
    pub reach: Vec<Reach>,
    /// Where it breaks the rule on price-like slots; empty if it is none.
    pub price_flips: Vec<PriceFlip>,
    /// The share of visitors that each line of the slot's rules decides, by the weighting that the plugin is
    /// judged by.
    pub line_shares: Vec<f64>,
}

/// All figures under one weighting.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Who the visitors are taken to be.
    pub weighting: Weighting,
    /// What a page tells of a visitor.
    pub bits: Bits,
    /// By slot.
    pub slots: Vec<SlotFigures>,
}

/// The figures of one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotFigures {
    /// The share of visitors that see each variant.
    pub shares: Vec<f64>,
    /// Total variation distance from everybody seeing the default (half the sum of the differences of
    /// shares): the share that see something else.
    pub total_variation: f64,
    /// Whether groups are shown the same, by signal.
    pub parity: Vec<Parity>,
    /// What changes with one signal, by signal.
    pub flips: Vec<Flips>,
    /// Where the slot depends most on a single signal; None if it depends on none.
    pub worst_cell: Option<WorstCell>,
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
        let bounded = terms.limits.is_some_and(|limits| *limits != Limits::default());
        let is_price_like = |slot: &Slot| terms.holds_price_like(slot);
        if !bounded && !plugin.manifest().slots().iter().any(is_price_like) {
            return Vec::new();
        }
        measure(&Universe::new(plugin), terms).breaches
    }
}

impl Terms<'_> {
    fn holds_price_like(&self, slot: &Slot) -> bool {
        slot.price_like() || self.price_like.iter().any(|name| name == slot.name())
    }

    fn judged_by(&self) -> Weighting {
        if self.traffic.is_some() { Weighting::Traffic } else { Weighting::Uniform }
    }
}

/// All of an audit that is figures.
struct Measured {
    slots: Vec<SlotAudit>,
    figures: Vec<Figures>,
    unused: Vec<String>,
    crowding: Option<Crowding>,
    judged_by: Weighting,
    breaches: Vec<Breach>,
}

fn measure(universe: &Universe<'_>, terms: &Terms<'_>) -> Measured {
    let plugin = universe.plugin();
    let shown: Vec<Vec<u8>> = (0..plugin.manifest().slots().len()).map(|slot| universe.shown(slot)).collect();
    let slots = slots(universe, &shown, terms);
    let figures = figures(universe, &shown, terms);
    let idle = plugin.idle_signals().into_iter();
    let name = |at: usize| universe.signals().get(at).map_or("bucket", |used| used.signal().name());
    let unused: Vec<String> = idle.map(|at| name(at).to_owned()).collect();
    let judged_by = terms.judged_by();
    let crowds = terms.site.zip(terms.crowd).map(|((_, vocabulary), config)| Crowds {
        vocabulary,
        config,
        shares: terms.traffic,
    });
    let crowding = crowds.and_then(|crowds| Crowding::of(universe, &crowds, judged_by));
    let none = Limits::default();
    let judged = figures.iter().find(|figures| figures.weighting == judged_by);
    let breaches = judged.map(|judged| {
        let found = Found { slots: &slots, judged, crowding: crowding.as_ref(), unused: unused.len() };
        terms.limits.unwrap_or(&none).breaches(&found)
    });
    Measured { breaches: breaches.unwrap_or_default(), slots, figures, unused, crowding, judged_by }
}

fn slots(universe: &Universe<'_>, shown: &[Vec<u8>], terms: &Terms<'_>) -> Vec<SlotAudit> {
    let manifest = universe.plugin().manifest();
    let reach = reach(universe, terms.site.map(|(_, vocabulary)| vocabulary));
    let slots = manifest.slots().iter().zip(shown).zip(reach);
    slots
        .map(|((slot, shown), reach)| {
            let is_price_like = terms.holds_price_like(slot);
            SlotAudit {
                name: slot.name().to_owned(),
                variants: slot.variants().to_vec(),
                default: slot.default(),
                is_price_like,
                reach,
                price_flips: if is_price_like { price_flips(universe, shown) } else { Vec::new() },
                line_shares: Vec::new(),
            }
        })
        .collect()
}

fn figures(universe: &Universe<'_>, shown: &[Vec<u8>], terms: &Terms<'_>) -> Vec<Figures> {
    let vocabulary = terms.site.map(|(_, vocabulary)| vocabulary);
    let digits = digits(universe, vocabulary);
    let stated = [(Weighting::Traffic, terms.traffic), (Weighting::Prior, terms.prior)];
    let stated = stated.into_iter().filter_map(|(weighting, shares)| Some((weighting, Some(shares?))));
    let weightings: Vec<_> = [(Weighting::Uniform, None)]
        .into_iter()
        .chain(stated)
        .map(|(weighting, shares)| (weighting, weigh(&digits, shares)))
        .collect();
    let nearness: Vec<Nearness> = universe.signals().iter().map(Nearness::of).collect();
    let mut figures: Vec<Figures> = weightings
        .iter()
        .map(|(weighting, weights)| Figures {
            weighting: *weighting,
            bits: Bits::of(universe, weights),
            slots: Vec::new(),
        })
        .collect();
    for (slot, shown) in shown.iter().enumerate() {
        let flips = SlotFlips::new(universe, &nearness, shown);
        for (figures, (_, weights)) in figures.iter_mut().zip(&weightings) {
            figures.slots.push(slot_figures(universe, slot, shown, &flips, weights));
        }
    }
    figures
}

fn slot_figures(
    universe: &Universe<'_>,
    slot: usize,
    shown: &[u8],
    flips: &SlotFlips,
    weights: &[f64],
) -> SlotFigures {
    let of = universe.plugin().manifest().slots().get(slot);
    let (variants, default) = of.map_or((1, 0), |slot| (slot.variants().len(), usize::from(slot.default())));
    let mut shares = vec![0.0; variants];
    let axes: Vec<Axis> = universe.axes().to_vec();
    // By signal, id and variant.
    let mut masses: Vec<Vec<Vec<f64>>> =
        axes.iter().map(|axis| vec![vec![0.0; variants]; axis.size]).collect();
    let ways = universe.ways();
    for (combination, (weight, shown)) in weights.iter().zip(shown.chunks(ways.len().max(1))).enumerate() {
        for (variant, way) in shown.iter().map(|variant| usize::from(*variant)).zip(ways) {
            let mass = weight * way;
            if let Some(share) = shares.get_mut(variant) {
                *share += mass;
            }
            for (axis, masses) in axes.iter().zip(&mut masses) {
                if let Some(of_group) =
                    masses.get_mut(axis.id(combination)).and_then(|ids| ids.get_mut(variant))
                {
                    *of_group += mass;
                }
            }
        }
    }
    let others = shares.iter().enumerate().filter(|(variant, _)| *variant != default);
    SlotFigures {
        total_variation: others.map(|(_, share)| share).sum(),
        parity: universe
            .signals()
            .iter()
            .zip(&masses)
            .map(|(used, masses)| Parity::new(used, masses, default))
            .collect(),
        flips: flips.under(weights),
        worst_cell: flips.worst(weights).map(|(combination, rate)| WorstCell {
            cell: universe.in_words(combination),
            variant: most_frequent(universe, slot, combination),
            rate,
        }),
        shares,
    }
}

/// The variant that most buckets of a combination show, the first of several.
fn most_frequent(universe: &Universe<'_>, slot: usize, combination: usize) -> u8 {
    let mut shares: Vec<(u8, f64)> = Vec::new();
    for (choice, way) in universe.choices(combination).iter().zip(universe.ways()) {
        let variant = universe.variant(slot, *choice);
        match shares.iter_mut().find(|(known, _)| *known == variant) {
            Some((_, share)) => *share += way,
            None => shares.push((variant, *way)),
        }
    }
    let most = shares.into_iter().reduce(|most, other| if other.1 > most.1 { other } else { most });
    most.map_or(0, |(variant, _)| variant)
}

/// How the plugin's ids are named, by a site's values where there is one.
fn digits<'a>(universe: &Universe<'a>, site: Option<&'a SiteVocabulary>) -> Vec<Digit<'a>> {
    let of = |used: &'a SignalUse| {
        let size = usize::from(used.any()) + 1;
        Digit {
            signal: used.signal(),
            size,
            spread: size,
            id: Box::new(move |value| id_of(used, site, value)),
        }
    };
    universe.signals().iter().map(of).collect()
}

/// The id under which the plugin sees a value.
fn id_of(used: &SignalUse, site: Option<&SiteVocabulary>, value: &str) -> usize {
    if let Some(declared) = used.values().iter().position(|declared| declared == value) {
        return declared;
    }
    if value == "any" {
        return usize::from(used.any());
    }
    let alone = SiteValues { countries: countries(used, value), ..SiteValues::default() };
    let alone = SiteVocabulary::new(&alone).ok();
    let Some(vocabulary) = site.or(alone.as_ref()) else { return usize::from(used.other()) };
    let hierarchy = vocabulary.hierarchy(used.signal());
    let seen = hierarchy.find(value).and_then(|value| used.ids(hierarchy).get(usize::from(value.0)).copied());
    usize::from(seen.unwrap_or(used.other()))
}

/// The countries that make a vocabulary in which the value stands: itself, or, of a continent, those that the
/// plugin tells apart.
fn countries(used: &SignalUse, value: &str) -> Vec<String> {
    if used.signal() != Signal::Country {
        return Vec::new();
    }
    let continent =
        |code: &str| CountryCode::parse(code).and_then(country_facts).map(|facts| facts.continent);
    if continent(value).is_some() {
        return vec![value.to_owned()];
    }
    let within = |code: &&String| continent(code).is_some_and(|of| of.name() == value);
    used.values().iter().filter(within).cloned().collect()
}
