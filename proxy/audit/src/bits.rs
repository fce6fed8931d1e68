//! How much the joint variant tells of the visitor who gets it. Choices and weights enter.

use std::collections::BTreeSet;

use crate::universe::Universe;

/// What a plugin's choice reveals, in bits.
///
/// With *V* the joint variant, *C* the cell and *P* the weighting: Shannon's entropy *H(V) = −Σ P(v) log2 P(v)*
/// (Shannon 1948, §6), of which *H(V | C)* is the lot of a split; the rest is the mutual information of cell and
/// variant. And the most that one variant says for one cell, *log2 (P(v | c) / P(v))*: without lots the surprise
/// *−log2 P(v)* of the rarest variant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits {
    /// *H(V)*: bits on average.
    pub shannon: f64,
    /// *H(V | C)*: how many of these come from drawing lots, and tell nothing of a visitor.
    pub drawn: f64,
    /// The most bits that somebody's variant tells of them.
    pub worst_case: f64,
    /// log2 of the number of joint variants that some cell shows: no weighting gives more on average.
    pub bound: f64,
}

impl Bits {
    /// *H(V) − H(V | C)*: what a page tells of its visitor on average.
    #[must_use]
    pub fn told(&self) -> f64 {
        (self.shannon - self.drawn).max(0.0)
    }

    pub(crate) fn of(universe: &Universe<'_>, weights: &[f64]) -> Self {
        let mut shares = vec![0.0; usize::from(universe.plugin().manifest().choices())];
        // By choice, the largest share that it has within a cell.
        let mut surest = shares.clone();
        let mut drawn = 0.0;
        let mut within: Vec<(u16, f64)> = Vec::new();
        for (combination, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            within.clear();
            for (choice, way) in universe.choices(combination).iter().zip(universe.ways()) {
                match within.iter_mut().find(|(known, _)| known == choice) {
                    Some((_, share)) => *share += way,
                    None => within.push((*choice, *way)),
                }
            }
            for (choice, share) in &within {
                let of = usize::from(*choice);
                if let (Some(total), Some(surest)) = (shares.get_mut(of), surest.get_mut(of)) {
                    *total += weight * share;
                    *surest = surest.max(*share);
                }
            }
            drawn += weight * within.iter().map(|(_, share)| surprise(*share)).sum::<f64>();
        }
        let shown = shares.iter().zip(&surest).filter(|(share, _)| **share > 0.0);
        Self {
            shannon: shares.iter().map(|share| surprise(*share)).sum::<f64>() + 0.0,
            drawn,
            worst_case: shown.map(|(share, surest)| (surest / share).log2()).fold(0.0, f64::max),
            bound: f64::from(count(universe)).log2(),
        }
    }
}

/// The part of an entropy that an outcome of this share has.
fn surprise(share: f64) -> f64 {
    if share > 0.0 { -share * share.log2() } else { 0.0 }
}

fn count(universe: &Universe<'_>) -> u32 {
    let shown: BTreeSet<u16> = universe.plugin().table().choices().iter().copied().collect();
    u32::try_from(shown.len().max(1)).unwrap_or(u32::MAX)
}
