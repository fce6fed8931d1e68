//! How the cells of a route generalize, computed when the route is loaded. No visitor enters here.

use std::collections::HashSet;

use cloakroom_vocabulary::{CellId, Domain, Grain, Hierarchy, Signal, SiteVocabulary, ValueId};

use crate::fingerprint::{Fingerprint, Fingerprints, fingerprints};
use crate::{Config, CrowdError, JointTable, MAX_ROUTE_CLASSES, RouteCrowd};

/// The tree of a route's cells, and where each permit class enters it.
///
/// INVARIANT: `parent` has one entry a cell; the parent of a cell has a larger number, but for `any`,
/// which is its own. `parent` and `entries` lead to cells of the domain alone.
pub(crate) struct Plan {
    any: u32,
    parent: Box<[u32]>,
    /// By class without class 0: for each signal, what each of its values adds to the cell's number.
    entries: Vec<Vec<(Signal, Box<[u32]>)>>,
    /// How many pairs of class and cell visitors can be counted in.
    countable: u32,
    joints: JointTable,
    fingerprints: Fingerprints,
}

impl Plan {
    /// `route` is the position of the route, for messages.
    pub(crate) fn new(
        config: &Config,
        vocabulary: &SiteVocabulary,
        route: usize,
        crowd: RouteCrowd,
    ) -> Result<Self, CrowdError> {
        check(vocabulary, route, &crowd)?;
        let domain = &crowd.domain;
        let chain = chain(vocabulary, domain, &config.generalize);
        let parent = parents(vocabulary, domain, &chain);
        let permitted = crowd.classes.iter().skip(1);
        let entries: Vec<_> = permitted.map(|class| entry(vocabulary, domain, class)).collect();
        let in_any = u32::from(crowd.joints.splits());
        let countable = entries.iter().map(|entry| countable(domain, &parent, entry) + in_any).sum();
        let fingerprints = fingerprints(config, vocabulary, &crowd, &chain);
        let any = domain.any().0;
        Ok(Self { any, parent, entries, countable, joints: crowd.joints, fingerprints })
    }

    /// The joint variants that cells lead to.
    pub(crate) fn joints(&self) -> &JointTable {
        &self.joints
    }

    /// What tells this plan from every other.
    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprints.all
    }

    /// Whether another plan counts the same visitors in the same classes and cells, whatever joint
    /// variants these lead to.
    pub(crate) fn counts_like(&self, other: &Self) -> bool {
        self.fingerprints.cells == other.fingerprints.cells
    }

    /// Number of cells.
    pub(crate) fn cells(&self) -> usize {
        self.parent.len()
    }

    /// Number of classes that are counted: all but class 0.
    pub(crate) fn classes(&self) -> usize {
        self.entries.len()
    }

    /// How many pairs of class and cell visitors can be counted in.
    pub(crate) fn countable(&self) -> u32 {
        self.countable
    }

    /// The cell that says nothing.
    pub(crate) fn any(&self) -> u32 {
        self.any
    }

    /// The next coarser cell.
    pub(crate) fn parent(&self, cell: u32) -> u32 {
        self.parent.get(cell as usize).copied().unwrap_or(self.any)
    }

    /// Position of a counted class, and the cell that a visitor has there before the crowd has a
    /// word; `None` for a class that is not counted.
    #[inline]
    pub(crate) fn enter(&self, class: u8, value_of: impl Fn(Signal) -> ValueId) -> Option<(usize, u32)> {
        let class = usize::from(class).checked_sub(1)?;
        let entry = self.entries.get(class)?;
        let cell = entry.iter().fold(0, |cell, (signal, parts)| {
            let value = usize::from(value_of(*signal).0);
            // A value beyond the hierarchy counts as the last, which is `any`.
            cell + parts.get(value).or(parts.last()).copied().unwrap_or(0)
        });
        Some((class, cell))
    }

    /// Position of a pair of class and cell in arrays over all pairs.
    #[inline]
    pub(crate) fn pair(&self, class: usize, cell: u32) -> usize {
        class * self.parent.len() + cell as usize
    }
}

fn check(vocabulary: &SiteVocabulary, route: usize, crowd: &RouteCrowd) -> Result<(), CrowdError> {
    let mut seen = HashSet::new();
    for (signal, values) in crowd.domain.axes() {
        if !seen.insert(signal) || *values != vocabulary.hierarchy(*signal).len() {
            return Err(CrowdError::Domain { route, signal: *signal });
        }
    }
    if crowd.classes.len() > MAX_ROUTE_CLASSES {
        return Err(CrowdError::Classes { route, classes: crowd.classes.len() });
    }
    if let Some(class) = crowd.classes.iter().find(|class| class.len() != seen.len()) {
        return Err(CrowdError::Grains { route, grains: class.len(), signals: seen.len() });
    }
    let cells = usize::try_from(crowd.domain.size()).unwrap_or(usize::MAX);
    if crowd.joints.fits(crowd.classes.len(), cells) { Ok(()) } else { Err(CrowdError::Joints { route }) }
}

/// The grains of a domain's signals from finest to all `any`, one signal coarsened at each step: the
/// first of `order` that is not `any` yet; then, of those that `order` leaves out, the one that tells
/// most values apart, since it is the one that keeps crowds small.
pub(crate) fn chain(vocabulary: &SiteVocabulary, domain: &Domain, order: &[Signal]) -> Vec<Vec<Grain>> {
    let signals: Vec<_> = domain.signals().map(|signal| (signal, vocabulary.hierarchy(signal))).collect();
    let mut grains = vec![Grain::FINEST; signals.len()];
    let mut chain = vec![grains.clone()];
    loop {
        let next = grains
            .iter_mut()
            .zip(&signals)
            .filter(|(grain, (_, hierarchy))| **grain < hierarchy.any_grain())
            .max_by_key(|(grain, (signal, hierarchy))| {
                let named = order.iter().rev().position(|named| named == signal);
                (named, told_apart(hierarchy, **grain))
            });
        let Some((grain, _)) = next else { return chain };
        *grain = Grain(grain.0 + 1);
        chain.push(grains.clone());
    }
}

fn told_apart(hierarchy: &Hierarchy, grain: Grain) -> usize {
    hierarchy.leaves().map(|leaf| hierarchy.generalize(leaf, grain)).collect::<HashSet<_>>().len()
}

/// The parent of each cell: what the first step of the chain that changes it makes of it.
pub(crate) fn parents(vocabulary: &SiteVocabulary, domain: &Domain, chain: &[Vec<Grain>]) -> Box<[u32]> {
    let signals: Vec<_> = domain.signals().collect();
    // For each signal and value, the first step that changes the value.
    let changed: Vec<Vec<usize>> = signals
        .iter()
        .enumerate()
        .map(|(position, signal)| {
            let hierarchy = vocabulary.hierarchy(*signal);
            let grains: Vec<_> = chain.iter().filter_map(|step| step.get(position).copied()).collect();
            let first = |value| grains.iter().position(|grain| hierarchy.generalize(value, *grain) != value);
            hierarchy.values().map(|value| first(value).unwrap_or(usize::MAX)).collect()
        })
        .collect();
    let parent_of = |cell: CellId| {
        let values = domain.values(cell);
        let steps = changed.iter().zip(values);
        let step = steps.filter_map(|(steps, value)| steps.get(usize::from(value.0)).copied()).min();
        let Some(grains) = step.and_then(|step| chain.get(step)) else { return domain.any().0 };
        let mut coarser = signals
            .iter()
            .zip(values)
            .zip(grains)
            .map(|((signal, value), grain)| vocabulary.hierarchy(*signal).generalize(value, *grain));
        // `cell` asks for the signals in the domain's order, which is that of `signals`.
        domain.cell(|signal| coarser.next().unwrap_or_else(|| vocabulary.hierarchy(signal).any())).0
    };
    domain.cells().map(parent_of).collect()
}

/// What each value of each signal adds to the number of the cell in which a class starts.
fn entry(vocabulary: &SiteVocabulary, domain: &Domain, class: &[Grain]) -> Vec<(Signal, Box<[u32]>)> {
    let part = |signal: Signal, value: ValueId| {
        domain.cell(|other| if other == signal { value } else { ValueId(0) }).0
    };
    domain
        .signals()
        .zip(class)
        .map(|(signal, grain)| {
            let hierarchy = vocabulary.hierarchy(signal);
            let seen = hierarchy.values().map(|value| hierarchy.generalize(value, *grain));
            (signal, seen.map(|value| part(signal, value)).collect())
        })
        .collect()
}

/// How many cells a class can be counted in: those where it starts, and all above but `any`.
fn countable(domain: &Domain, parent: &[u32], entry: &[(Signal, Box<[u32]>)]) -> u32 {
    let starts: Vec<HashSet<u32>> = entry.iter().map(|(_, parts)| parts.iter().copied().collect()).collect();
    let mut reached: Vec<bool> = domain
        .cells()
        .map(|cell| {
            let values = domain.values(cell);
            let mut digits = domain.signals().zip(values);
            starts.iter().all(|starts| {
                digits.next().is_some_and(|(signal, value)| {
                    let part = domain.cell(|other| if other == signal { value } else { ValueId(0) });
                    starts.contains(&part.0)
                })
            })
        })
        .collect();
    let mut count = 0;
    for (cell, parent) in parent.iter().enumerate() {
        if reached.get(cell) == Some(&true) && *parent as usize != cell {
            count += 1;
            if let Some(above) = reached.get_mut(*parent as usize) {
                *above = true;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{domain, unsplit, vocabulary};

    fn plan(classes: Vec<Vec<Grain>>) -> Result<Plan, CrowdError> {
        Plan::new(&Config::default(), &vocabulary(), 0, unsplit(domain(), classes))
    }

    #[test]
    fn the_site_says_which_signal_is_coarsened_first() {
        let coarsened = |order: &[Signal]| {
            let chain = chain(&vocabulary(), &domain(), order);
            let signals: Vec<_> = domain().signals().collect();
            let steps = chain.windows(2).map(|pair| {
                let at = pair[0].iter().zip(&pair[1]).position(|(fine, coarse)| fine != coarse).unwrap();
                signals[at]
            });
            steps.collect::<Vec<_>>()
        };
        let (country, referrer, daypart) = (Signal::Country, Signal::Referrer, Signal::Daypart);
        assert_eq!(coarsened(&[daypart, country]), [daypart, country, country, referrer, referrer]);
        assert_eq!(coarsened(&[Signal::Os, country]), [country, country, referrer, daypart, referrer]);
        assert_eq!(coarsened(&[]), [referrer, daypart, country, country, referrer]);
    }

    #[test]
    fn the_chain_coarsens_one_signal_a_step_until_nothing_is_left() {
        let chain = chain(&vocabulary(), &domain(), &[]);
        assert_eq!(chain.first().unwrap(), &[Grain(0); 3]);
        assert_eq!(chain.last().unwrap(), &[Grain(2), Grain(2), Grain(1)]);
        for pair in chain.windows(2) {
            let steps = pair[0].iter().zip(&pair[1]).map(|(fine, coarse)| coarse.0 - fine.0);
            assert_eq!(steps.sum::<u8>(), 1);
        }
    }

    #[test]
    fn every_cell_leads_to_any_and_upwards_only() {
        let plan = plan(vec![]).unwrap();
        for cell in domain().cells() {
            let mut at = cell.0;
            while at != plan.any() {
                assert!(plan.parent(at) > at);
                at = plan.parent(at);
            }
        }
        assert_eq!(plan.parent(plan.any()), plan.any());
    }

    #[test]
    fn wrong_routes_are_refused() {
        let vocabulary = vocabulary();
        let grains = plan(vec![vec![Grain(0); 2]]).err().unwrap();
        assert_eq!(grains.to_string(), "a permit class of route 0 has 2 grains for 3 signals");
        let many = plan(vec![vec![Grain(0); 3]; MAX_ROUTE_CLASSES + 1]).err().unwrap();
        assert!(matches!(many, CrowdError::Classes { classes: 65, .. }));
        let len = vocabulary.hierarchy(Signal::Daypart).len();
        for axes in [vec![(Signal::Daypart, len); 2], vec![(Signal::Daypart, len + 1)]] {
            let crowd = unsplit(Domain::new(axes).unwrap(), vec![]);
            let error = Plan::new(&Config::default(), &vocabulary, 3, crowd).err().unwrap();
            assert_eq!(error, CrowdError::Domain { route: 3, signal: Signal::Daypart });
        }
        let short =
            RouteCrowd { joints: JointTable::plain(vec![]), ..unsplit(domain(), vec![vec![Grain::ANY; 3]]) };
        let error = Plan::new(&Config::default(), &vocabulary, 3, short).err().unwrap();
        assert_eq!(error, CrowdError::Joints { route: 3 });
    }

    #[test]
    fn a_class_that_sees_nothing_has_nothing_to_count() {
        assert_eq!(plan(vec![vec![Grain::ANY; 3]; 2]).unwrap().countable(), 0);
        let one = plan(vec![vec![], vec![Grain::ANY, Grain::ANY, Grain(0)]]);
        assert_eq!(one.err().unwrap(), CrowdError::Grains { route: 0, grains: 0, signals: 3 });
        let one = plan(vec![vec![Grain::ANY; 3], vec![Grain::ANY, Grain::ANY, Grain(0)]]).unwrap();
        let leaves = vocabulary().hierarchy(Signal::Daypart).leaves().count();
        assert_eq!(one.countable() as usize, leaves);
    }
}
