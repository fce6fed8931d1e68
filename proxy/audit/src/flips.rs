//! What would change for somebody of whom one thing were different: counterfactual flips of one slot.
//! Variants and weights enter.

use cloakroom_vocabulary::Signal;

use crate::distance::Nearness;
use crate::universe::{Axis, Universe};

/// How often a slot shows something else when one signal has another value and all else is as it was.
///
/// Individual fairness (Dwork et al. 2012, “Fairness through awareness”) asks that those who are near each
/// other be treated alike; so a change weighs one over the distance of the two values in the tree in which
/// values generalize. The bucket stays as it is. `any` is no value that somebody could have instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flips {
    /// Which signal changes.
    pub signal: Signal,
    /// The share of changes that show another variant, each weighed by nearness: 0 to 1.
    pub weighted: f64,
    /// The same with every change weighing the same.
    pub plain: f64,
}

/// The cell in which the slot depends most on a single signal.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstCell {
    /// The cell in words, without a bucket.
    pub cell: String,
    /// The variant there; the most frequent one of a split.
    pub variant: u8,
    /// The share of all changes of one signal that show another variant, weighed by nearness: 0 to 1.
    pub rate: f64,
}

/// The flips of one slot in every combination of ids; what they weigh in all is asked for afterwards.
pub(crate) struct SlotFlips {
    signals: Vec<OfSignal>,
    /// By combination: over all signals, what flips and what could.
    all: Vec<(f64, f64)>,
}

struct OfSignal {
    signal: Signal,
    axis: Axis,
    /// By combination: the share of the changes that flip, weighed and plain.
    rates: Vec<(f64, f64)>,
}

impl SlotFlips {
    /// `shown` is the slot's variant in all cells of the table.
    pub(crate) fn new(universe: &Universe<'_>, nearness: &[Nearness], shown: &[u8]) -> Self {
        let combinations = universe.combinations();
        let mut all = vec![(0.0, 0.0); combinations];
        let signals = universe.signals().iter().zip(universe.axes()).zip(nearness);
        let signals = signals
            .map(|((used, axis), nearness)| {
                let rates = along(universe, *axis, nearness, shown);
                for (combination, ((flips, could), (rate, _))) in all.iter_mut().zip(&rates).enumerate() {
                    let total = nearness.total(axis.id(combination));
                    *flips += rate * total;
                    *could += total;
                }
                OfSignal { signal: used.signal(), axis: *axis, rates }
            })
            .collect();
        Self { signals, all }
    }

    /// The rates under a weighting of combinations, by signal.
    pub(crate) fn under(&self, weights: &[f64]) -> Vec<Flips> {
        let of = |signal: &OfSignal| {
            let (mut weighted, mut plain, mut sum) = (0.0, 0.0, 0.0);
            for (combination, (weight, rates)) in weights.iter().zip(&signal.rates).enumerate() {
                if signal.axis.id(combination) != signal.axis.any() {
                    weighted += weight * rates.0;
                    plain += weight * rates.1;
                    sum += weight;
                }
            }
            let share = |part: f64| if sum > 0.0 { part / sum } else { 0.0 };
            Flips { signal: signal.signal, weighted: share(weighted), plain: share(plain) }
        };
        self.signals.iter().map(of).collect()
    }

    /// The combination whose variant depends most on a single signal, of those that have any weight; none if
    /// nothing depends on anything.
    pub(crate) fn worst(&self, weights: &[f64]) -> Option<(usize, f64)> {
        let rates = self.all.iter().map(|(flips, could)| if *could > 0.0 { flips / could } else { 0.0 });
        let mut worst = None;
        for (combination, (rate, weight)) in rates.zip(weights).enumerate() {
            let most = worst.map_or(0.0, |(_, most)| most);
            if *weight > 0.0 && rate > most {
                worst = Some((combination, rate));
            }
        }
        worst
    }
}

/// For each combination the share of the changes along one axis that flip, weighed and plain.
fn along(universe: &Universe<'_>, axis: Axis, nearness: &Nearness, shown: &[u8]) -> Vec<(f64, f64)> {
    let ways = universe.ways();
    let mut rates = vec![(0.0, 0.0); universe.combinations()];
    let values = axis.any();
    if values < 2 {
        return rates;
    }
    let mut line: Vec<u8> = Vec::with_capacity(values);
    let starts = (0..universe.combinations()).filter(|combination| axis.id(*combination) == 0);
    for start in starts {
        for (way, share) in ways.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let cell = |id: usize| (start + id * axis.stride) * ways.len() + way;
            line.clear();
            line.extend((0..values).map(|id| shown.get(cell(id)).copied().unwrap_or_default()));
            if line.iter().all(|variant| Some(variant) == line.first()) {
                continue;
            }
            for (id, mine) in line.iter().enumerate() {
                let (mut weighted, mut plain, mut others) = (0.0, 0.0, 0.0);
                for (other, weight) in line.iter().zip(nearness.from(id)) {
                    let flips = f64::from(u8::from(other != mine));
                    let counts = f64::from(u8::from(*weight > 0.0));
                    weighted += flips * weight;
                    plain += flips * counts;
                    others += counts;
                }
                if let Some(rate) = rates.get_mut(start + id * axis.stride).filter(|_| others > 0.0) {
                    rate.0 += share * weighted;
                    rate.1 += share * plain / others;
                }
            }
        }
    }
    rates
}
