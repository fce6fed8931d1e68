//! Slots that show a price or the like: nobody may get another one for where they are or what they speak.
//! Variants enter; no weight does, since a single flip is one too many.

use cloakroom_vocabulary::Signal;

use crate::universe::{Axis, Universe};

/// The signals that a price-like slot must not depend on.
pub(crate) const NO_PRICE_BY: [Signal; 2] = [Signal::Country, Signal::Language];

/// A price-like slot that shows something else in another country or language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceFlip {
    /// What differs: `country` or `language`.
    pub signal: Signal,
    /// How many sets of cells that differ in this signal alone show more than one variant.
    pub count: usize,
    /// Two such cells in words, without a bucket, and what each shows: positions of variants.
    pub example: [(String, u8); 2],
}

/// Every way in which a slot breaks the rule, by signal. Cells of `any` count too: who says nothing of
/// themselves must not pay more either.
pub(crate) fn price_flips(universe: &Universe<'_>, shown: &[u8]) -> Vec<PriceFlip> {
    let axes = universe.signals().iter().zip(universe.axes());
    let axes = axes.filter(|(used, _)| NO_PRICE_BY.contains(&used.signal()));
    axes.filter_map(|(used, axis)| along(universe, *axis, used.signal(), shown)).collect()
}

fn along(universe: &Universe<'_>, axis: Axis, signal: Signal, shown: &[u8]) -> Option<PriceFlip> {
    let ways = universe.ways().len();
    let mut count = 0;
    let mut example = None;
    for start in (0..universe.combinations()).filter(|combination| axis.id(*combination) == 0) {
        for way in 0..ways {
            let variant = |id: usize| shown.get((start + id * axis.stride) * ways + way).copied();
            let first = variant(0);
            let Some(flipped) = (1..axis.size).find(|id| variant(*id) != first) else { continue };
            count += 1;
            example.get_or_insert_with(|| {
                let of = |id: usize| {
                    (universe.in_words(start + id * axis.stride), variant(id).unwrap_or_default())
                };
                [of(0), of(flipped)]
            });
        }
    }
    example.map(|example| PriceFlip { signal, count, example })
}
