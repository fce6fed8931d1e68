//! How much the joint variant tells of the visitor who gets it. Choices and weights enter.

use std::collections::BTreeSet;

use crate::universe::Universe;

/// What a plugin's choice reveals, in bits.
///
/// With *V* the joint variant and *P* the weighting: Shannon's entropy *H(V) = −Σ P(v) log2 P(v)*
/// (Shannon 1948, §6), of which *H(V | cell)* is the random draw of a split, and the rest is the mutual
/// information of cell and variant; and the surprise *−log2 P(v)* of the rarest variant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits {
    /// *H(V)*: bits on average.
    pub shannon: f64,
    /// *H(V | cell)*: how many of these come from the random draw, and tell nothing of a signal.
    pub drawn: f64,
    /// The most bits that somebody's variant tells: those of the rarest one that anybody gets.
    pub worst_case: f64,
    /// log2 of the number of joint variants that some cell shows: no weighting gives more on average.
    pub bound: f64,
}

impl Bits {
    pub(crate) fn of(universe: &Universe<'_>, weights: &[f64]) -> Self {
        let mut shares = vec![0.0; usize::from(universe.plugin().manifest().choices())];
        let mut drawn = 0.0;
        let mut within: Vec<(u16, f64)> = Vec::new();
        for (combination, weight) in weights.iter().enumerate() {
            within.clear();
            for (choice, way) in universe.choices(combination).iter().zip(universe.ways()) {
                match within.iter_mut().find(|(known, _)| known == choice) {
                    Some((_, share)) => *share += way,
                    None => within.push((*choice, *way)),
                }
            }
            for (choice, share) in &within {
                if let Some(total) = shares.get_mut(usize::from(*choice)) {
                    *total += weight * share;
                }
            }
            drawn += weight * within.iter().map(|(_, share)| surprise(*share)).sum::<f64>();
        }
        let shown = shares.iter().copied().filter(|share| *share > 0.0);
        Self {
            shannon: shares.iter().map(|share| surprise(*share)).sum(),
            drawn,
            worst_case: -shown.fold(1.0, f64::min).log2() + 0.0,
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
