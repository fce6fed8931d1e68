//! All of an audit that is figures, from one pass over the table for each of them. A plugin's table and a
//! site's terms enter.

use cloakroom_plugin_host::SignalUse;
use cloakroom_vocabulary::{CountryCode, Signal, SiteValues, SiteVocabulary, country_facts};

use crate::bits::Bits;
use crate::crowding::{Crowding, Crowds};
use crate::distance::Nearness;
use crate::figures::{Figures, SlotAudit, SlotFigures};
use crate::flips::{SlotFlips, WorstCell};
use crate::limits::{Breach, Found, Limits};
use crate::parity::Parity;
use crate::price::price_flips;
use crate::reach::reach;
use crate::terms::Terms;
use crate::told::told;
use crate::universe::{Axis, Universe};
use crate::weights::{Digit, Weighting, weigh};

/// All of an audit that is figures.
pub(crate) struct Measured {
    pub(crate) slots: Vec<SlotAudit>,
    pub(crate) figures: Vec<Figures>,
    pub(crate) unused: Vec<String>,
    pub(crate) crowding: Option<Crowding>,
    pub(crate) judged_by: Weighting,
    pub(crate) breaches: Vec<Breach>,
}

pub(crate) fn measure(universe: &Universe<'_>, terms: &Terms<'_>) -> Measured {
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
        let found = Found {
            slots: &slots,
            judged,
            crowding: crowding.as_ref(),
            unused: &unused,
            price_like: terms.price_like,
        };
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
    let near = |digit: (&SignalUse, &Digit<'_>)| Nearness::of(digit.0, &digit.1.told);
    let nearness: Vec<Nearness> = universe.signals().iter().zip(&digits).map(near).collect();
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
        // The sum of nothing is minus zero.
        total_variation: others.map(|(_, share)| share).sum::<f64>() + 0.0,
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
pub(crate) fn digits<'a>(universe: &Universe<'a>, site: Option<&'a SiteVocabulary>) -> Vec<Digit<'a>> {
    let of = |used: &'a SignalUse| {
        let size = usize::from(used.any()) + 1;
        Digit {
            signal: used.signal(),
            size,
            told: told(used, site),
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
