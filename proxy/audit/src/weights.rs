//! From shares of values to what each combination of ids weighs. Names of values enter; what comes out is
//! one number a combination, and they add up to 1.

use std::collections::BTreeMap;

use cloakroom_vocabulary::{Shares, Signal, Stated};

/// Who the visitors are taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighting {
    /// Every combination of values counts the same.
    Uniform,
    /// As the site states its traffic.
    Traffic,
    /// As a prior states it that was given for this audit.
    Prior,
}

impl Weighting {
    /// The word for it: `uniform`, `traffic` or `prior`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Traffic => "traffic",
            Self::Prior => "prior",
        }
    }
}

/// One signal of what is weighed.
pub(crate) struct Digit<'a> {
    pub(crate) signal: Signal,
    /// How many ids it has.
    pub(crate) size: usize,
    /// By id: whether visitors can have it. These share what is not stated.
    pub(crate) told: Vec<bool>,
    /// The id of a named value.
    pub(crate) id: Box<dyn Fn(&str) -> usize + 'a>,
}

/// What each combination weighs, the first digit being the most significant. Without shares, every one of
/// the ids that visitors can have counts the same.
pub(crate) fn weigh(digits: &[Digit<'_>], shares: Option<&Shares>) -> Vec<f64> {
    match shares.map(Shares::stated) {
        None => product(digits.iter().map(even)),
        Some(Stated::Signals(signals)) => product(digits.iter().map(|digit| {
            let stated = signals.iter().find(|(signal, _)| *signal == digit.signal);
            stated.map_or_else(|| even(digit), |(_, values)| marginal(digit, values))
        })),
        Some(Stated::Rows(rows)) => {
            // Rows that come to the same ids are one, so that few are spread.
            let mut patterns: BTreeMap<Vec<Option<usize>>, f64> = BTreeMap::new();
            for row in rows {
                let id = |digit: &Digit<'_>| {
                    let named = row.values.iter().find(|(signal, _)| *signal == digit.signal);
                    named.map(|(_, value)| (digit.id)(value))
                };
                *patterns.entry(digits.iter().map(id).collect()).or_default() += row.share;
            }
            let mut weights = vec![0.0; digits.iter().map(|digit| digit.size).product()];
            for (pattern, share) in patterns {
                let one = |(digit, id): (&Digit<'_>, &Option<usize>)| {
                    id.map_or_else(|| even(digit), |id| point(digit, id))
                };
                spread(&mut weights, share, digits.iter().zip(&pattern).map(one).collect());
            }
            normal(weights)
        }
    }
}

fn even(digit: &Digit<'_>) -> Vec<f64> {
    let count = digit.told.iter().filter(|told| **told).count();
    let each = 1.0 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX));
    (0..digit.size).map(|id| if digit.told.get(id) == Some(&true) { each } else { 0.0 }).collect()
}

fn point(digit: &Digit<'_>, id: usize) -> Vec<f64> {
    (0..digit.size).map(|at| f64::from(u8::from(at == id))).collect()
}

fn marginal(digit: &Digit<'_>, values: &[(String, f64)]) -> Vec<f64> {
    let mut shares = vec![0.0; digit.size];
    for (value, share) in values {
        if let Some(of_id) = shares.get_mut((digit.id)(value)) {
            *of_id += share;
        }
    }
    normal(shares)
}

fn product(marginals: impl Iterator<Item = Vec<f64>>) -> Vec<f64> {
    marginals.fold(vec![1.0], |weights, shares| {
        weights.iter().flat_map(|weight| shares.iter().map(move |share| weight * share)).collect()
    })
}

/// Adds a product of marginals, visiting only combinations that get something.
fn spread(weights: &mut [f64], share: f64, marginals: Vec<Vec<f64>>) {
    let mut places = vec![(0_usize, share)];
    for marginal in &marginals {
        let given = || marginal.iter().enumerate().filter(|(_, part)| **part > 0.0);
        let next = |(at, share): &(usize, f64)| {
            let (at, share) = (*at, *share);
            given().map(move |(id, part)| (at * marginal.len() + id, share * part)).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(next).collect();
    }
    for (at, share) in places {
        if let Some(weight) = weights.get_mut(at) {
            *weight += share;
        }
    }
}

/// What is left of a rounding in stated shares goes to all alike.
fn normal(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}
