//! How many get the default because too few share what they have. The crowd rule is the real one; how many
//! networks visit is assumed, never counted.

use cloakroom_crowd::{Config, Forecast};
use cloakroom_vocabulary::{CellId, Domain, Hierarchy, Shares, SiteVocabulary};

use crate::universe::Universe;
use crate::weights::{Digit, Weighting, weigh};

/// As many networks as the address space of IPv4 has, by /24.
const MOST_NETWORKS: f64 = 16_777_216.0;

/// Numbers of networks in an epoch for which the rule is worked out, whatever a site has.
const NETWORKS: [u32; 3] = [1_000, 10_000, 100_000];

/// What the crowd rule takes away.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowding {
    /// Who the visitors are taken to be.
    pub weighting: Weighting,
    /// The site's *k*.
    pub k: u32,
    /// By number of networks in an epoch, ascending.
    pub pushed: Vec<Pushed>,
    /// With so many networks in an epoch everybody is placed in a cell of their own; None if the plugin shows
    /// everybody the default, or if there are not so many networks.
    pub enough: Option<f64>,
}

/// What the rule takes away from a number of networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// Networks in an epoch.
    pub networks: u32,
    /// Whether that is what the site states of itself.
    pub is_stated: bool,
    /// By slot: the share of all consenting visitors whose own cell shows something else, and who get the
    /// default.
    pub by_slot: Vec<f64>,
}

/// What is known of a site's crowds.
pub(crate) struct Crowds<'a> {
    pub(crate) vocabulary: &'a SiteVocabulary,
    pub(crate) config: &'a Config,
    pub(crate) shares: Option<&'a Shares>,
}

impl Crowding {
    /// None if the site could not show the plugin, its domain being too large.
    pub(crate) fn of(universe: &Universe<'_>, crowds: &Crowds<'_>, weighting: Weighting) -> Option<Self> {
        let hierarchies: Vec<_> = universe
            .signals()
            .iter()
            .map(|used| (used.signal(), crowds.vocabulary.hierarchy(used.signal())))
            .collect();
        let domain = Domain::of_site(hierarchies.iter().copied()).ok()?;
        let digits: Vec<Digit<'_>> = hierarchies
            .iter()
            .map(|(signal, hierarchy)| Digit {
                signal: *signal,
                size: usize::try_from(hierarchy.len()).unwrap_or(usize::MAX),
                // Visitors have values at the finest grain.
                told: hierarchy.values().map(|value| hierarchy.leaves().any(|leaf| leaf == value)).collect(),
                id: Box::new(|value| place(hierarchy, value)),
            })
            .collect();
        let place = Placement {
            weights: weigh(&digits, crowds.shares),
            combinations: combinations(universe, &hierarchies, &domain),
            forecast: Forecast::new(crowds.config, crowds.vocabulary, &domain),
            k: f64::from(crowds.config.k),
        };
        let stated = crowds.shares.and_then(Shares::networks);
        let mut sizes: Vec<u32> = NETWORKS.into_iter().chain(stated).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let pushed = sizes.into_iter().map(|networks| Pushed {
            networks,
            is_stated: stated == Some(networks),
            by_slot: place.pushed(universe, networks),
        });
        Some(Self { weighting, k: crowds.config.k, pushed: pushed.collect(), enough: place.enough(universe) })
    }
}

fn place(hierarchy: &Hierarchy, value: &str) -> usize {
    usize::from(hierarchy.find(value).or_else(|| hierarchy.find("other")).unwrap_or(hierarchy.any()).0)
}

/// The plugin's combination of ids for each cell of the site.
fn combinations(
    universe: &Universe<'_>,
    hierarchies: &[(cloakroom_vocabulary::Signal, &Hierarchy)],
    domain: &Domain,
) -> Vec<usize> {
    let told: Vec<Vec<u8>> = universe
        .signals()
        .iter()
        .zip(hierarchies)
        .map(|(used, (_, hierarchy))| used.ids(hierarchy))
        .collect();
    let of = |cell: CellId| {
        let values = domain.values(cell);
        let ids = values
            .iter()
            .zip(&told)
            .map(|(value, ids)| ids.get(usize::from(value.0)).copied().map_or(0, usize::from));
        ids.zip(universe.axes()).map(|(id, axis)| id * axis.stride).sum()
    };
    domain.cells().map(of).collect()
}

/// The visitors of a site, before and after the rule.
struct Placement {
    /// By cell of the site.
    weights: Vec<f64>,
    combinations: Vec<usize>,
    forecast: Forecast,
    k: f64,
}

impl Placement {
    fn pushed(&self, universe: &Universe<'_>, networks: u32) -> Vec<f64> {
        let manifest = universe.plugin().manifest();
        let networks = f64::from(networks);
        let expected: Vec<f64> = self.weights.iter().map(|weight| weight * networks).collect();
        let placed = self.forecast.place(&expected);
        let choices =
            |cell: usize| universe.choices(self.combinations.get(cell).copied().unwrap_or_default());
        // The joint variants have crowds of their own, over all cells that lead to them.
        let mut crowds = vec![0.0; usize::from(manifest.choices())];
        let everybody =
            || self.weights.iter().zip(&placed).enumerate().filter(|(_, (weight, _))| **weight > 0.0);
        for (_, (weight, to)) in everybody() {
            for (choice, way) in choices(to.0 as usize).iter().zip(universe.ways()) {
                if let Some(crowd) = crowds.get_mut(usize::from(*choice)) {
                    *crowd += weight * way * networks;
                }
            }
        }
        let default = manifest.default_choice();
        let shown = |choice: u16| {
            if crowds.get(usize::from(choice)).is_some_and(|crowd| *crowd >= self.k) {
                choice
            } else {
                default
            }
        };
        let slots: Vec<u8> = manifest.slots().iter().map(|slot| slot.default()).collect();
        let mut pushed = vec![0.0; slots.len()];
        for (cell, (weight, to)) in everybody() {
            let meant = choices(cell).iter().zip(choices(to.0 as usize));
            for ((own, given), way) in meant.zip(universe.ways()) {
                let given = shown(*given);
                for (slot, (share, default)) in pushed.iter_mut().zip(&slots).enumerate() {
                    if universe.variant(slot, *own) != *default && universe.variant(slot, given) == *default {
                        *share += weight * way;
                    }
                }
            }
        }
        pushed
    }

    /// As many networks as give the smallest part that is shown something else a crowd.
    fn enough(&self, universe: &Universe<'_>) -> Option<f64> {
        let default = universe.plugin().manifest().default_choice();
        let parts = self.weights.iter().zip(&self.combinations).filter(|(weight, _)| **weight > 0.0);
        let meant = parts.filter(|(_, combination)| {
            let ways = universe.choices(**combination).iter().zip(universe.ways());
            ways.filter(|(_, way)| **way > 0.0).any(|(choice, _)| *choice != default)
        });
        let smallest = meant.map(|(weight, _)| *weight).reduce(f64::min)?;
        // More networks than there are tell nobody anything.
        Some((self.k / smallest).ceil()).filter(|enough| *enough <= MOST_NETWORKS)
    }
}
