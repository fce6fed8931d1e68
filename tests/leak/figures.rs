//! The arithmetic: how much what the origin saw tells of who was there.
//!
//! Visitors are drawn evenly from the identities, and everything is counted as observed (the plug-in
//! estimate): H(X) = −Σ p log2 p, and I(X; Y) = H(X) + H(Y) − H(X, Y) (Cover and Thomas, Elements of
//! Information Theory, §2.1 and §2.4). With few observations of each visitor this estimate is too
//! large (Paninski, Estimation of Entropy and Mutual Information, 2003): it says *more* than there
//! is. So each visitor is seen twice, the estimate for torn pairs stands beside it, and the claim is
//! not that it is small, but that it equals the estimate for the variant alone, observed in the same
//! way. What is left of the bytes when the variant is known, I(visitor; bytes | variant), must be 0.

use std::collections::HashMap;
use std::hash::Hash;

use crate::Random;

/// One page, or several that are linked, of one visitor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Observation {
    /// The visitor's number.
    pub visitor: u32,
    /// What the origin may be told, as the *page* shows it: variant and GPC. By page.
    pub told: Vec<usize>,
    /// The bytes that the origin received, as numbers of byte strings. By page.
    pub bytes: Vec<usize>,
}

/// What the bytes tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// I(visitor; bytes), in bits.
    pub bytes: f64,
    /// I(visitor; variant and GPC), in bits.
    pub variant: f64,
    /// I(visitor; bytes | variant and GPC), in bits.
    pub beyond: f64,
    /// I(visitor; bytes) when bytes and visitors are torn apart and put together by chance: how much
    /// of the first figure is the estimate's own.
    pub torn: f64,
    /// Visitors of whom the origin saw the same as of the one who shares with the fewest, in the
    /// second pass.
    pub smallest: usize,
    /// The same for the visitor in the middle.
    pub median: usize,
    /// Chance to tell who of all somebody of the second pass is, by what was seen in the first.
    pub recognized: f64,
}

/// Computes them from two passes over the same visitors.
#[must_use]
pub fn figures(first: &[Observation], second: &[Observation], seed: u64) -> Figures {
    let all = || first.iter().chain(second);
    let visitor = entropy(all().map(|seen| seen.visitor));
    let bytes = entropy(all().map(|seen| &seen.bytes));
    let told = entropy(all().map(|seen| &seen.told));
    let bytes_told = entropy(all().map(|seen| (&seen.bytes, &seen.told)));
    let visitor_bytes = entropy(all().map(|seen| (seen.visitor, &seen.bytes)));
    let visitor_told = entropy(all().map(|seen| (seen.visitor, &seen.told)));
    let visitor_both = entropy(all().map(|seen| (seen.visitor, &seen.bytes, &seen.told)));
    let mut torn: Vec<_> = all().map(|seen| seen.visitor).collect();
    Random::new(seed).shuffle(&mut torn);
    let torn = entropy(torn.iter().zip(all()).map(|(visitor, seen)| (*visitor, &seen.bytes)));
    let (smallest, median) = crowds(second);
    Figures {
        bytes: rounded(visitor + bytes - visitor_bytes),
        variant: rounded(visitor + told - visitor_told),
        beyond: rounded(visitor_told + bytes_told - visitor_both - told),
        torn: rounded(visitor + bytes - torn),
        smallest,
        median,
        recognized: recognized(first, second),
    }
}

/// Entropy in bits of the values as counted.
fn entropy<T: Eq + Hash>(values: impl Iterator<Item = T>) -> f64 {
    let mut counts: HashMap<T, usize> = HashMap::new();
    let mut all = 0_usize;
    for value in values {
        *counts.entry(value).or_default() += 1;
        all += 1;
    }
    // Added in an order of its own, a sum of floats would differ from run to run.
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_unstable();
    let share = |count: usize| count as f64 / all as f64;
    counts.into_iter().map(|count| -share(count) * share(count).log2()).sum()
}

/// Sums of floats that should be 0 are not quite.
fn rounded(bits: f64) -> f64 {
    (bits * 1e9).round() / 1e9 + 0.0
}

fn crowds(seen: &[Observation]) -> (usize, usize) {
    let mut sizes: HashMap<&[usize], usize> = HashMap::new();
    for one in seen {
        *sizes.entry(&one.bytes).or_default() += 1;
    }
    let mut shared: Vec<_> = seen.iter().filter_map(|one| sizes.get(one.bytes.as_slice()).copied()).collect();
    shared.sort_unstable();
    let at = |position: usize| shared.get(position).copied().unwrap_or(0);
    (at(0), at(shared.len() / 2))
}

/// The best that can be done with bytes alone: of those with the same bytes in the first pass, guess
/// any one; if nobody had them, guess nobody.
fn recognized(first: &[Observation], second: &[Observation]) -> f64 {
    let mut known: HashMap<&[usize], Vec<u32>> = HashMap::new();
    for one in first {
        known.entry(&one.bytes).or_default().push(one.visitor);
    }
    known.values_mut().for_each(|visitors| visitors.sort_unstable());
    let chance = |one: &Observation| match known.get(one.bytes.as_slice()) {
        Some(visitors) if visitors.binary_search(&one.visitor).is_ok() => 1.0 / visitors.len() as f64,
        _ => 0.0,
    };
    second.iter().map(chance).sum::<f64>() / second.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pass of 64 visitors with four variants, whose bytes are made by `bytes`.
    fn pass(bytes: impl Fn(u32) -> usize) -> Vec<Observation> {
        (0..64)
            .map(|visitor| Observation {
                visitor,
                told: vec![visitor as usize % 4],
                bytes: vec![bytes(visitor)],
            })
            .collect()
    }

    #[test]
    fn bytes_of_the_variant_tell_the_variant() {
        let pass = pass(|visitor| visitor as usize % 4 + 100);
        let found = figures(&pass, &pass, 1);
        assert_eq!((found.bytes, found.variant, found.beyond), (2.0, 2.0, 0.0));
        assert_eq!((found.smallest, found.median, found.recognized), (16, 16, 1.0 / 16.0));
        assert!(found.torn < found.bytes);
    }

    #[test]
    fn an_identifier_tells_everything() {
        let pass = pass(|visitor| visitor as usize);
        let found = figures(&pass, &pass, 1);
        assert_eq!((found.bytes, found.variant, found.beyond), (6.0, 2.0, 4.0));
        assert_eq!((found.smallest, found.median, found.recognized), (1, 1, 1.0));
    }

    #[test]
    fn one_visitor_who_is_marked_is_noticed() {
        let pass = pass(|visitor| if visitor == 7 { 1_000 } else { visitor as usize % 4 });
        let found = figures(&pass, &pass, 1);
        assert!(found.beyond > 0.05, "{found:?}");
        assert_eq!((found.smallest, found.median), (1, 16));
    }

    #[test]
    fn a_request_that_is_numbered_tells_more_than_there_is() {
        // Bytes that differ from request to request, without any tie to the visitor: the estimate is
        // large all the same, and the torn one as large.
        let second: Vec<_> = pass(|visitor| visitor as usize + 64).into_iter().collect();
        let found = figures(&pass(|visitor| visitor as usize), &second, 1);
        assert_eq!((found.bytes, found.torn, found.recognized), (6.0, 6.0, 0.0));
    }
}
