//! Noise on counts: the discrete Laplace distribution, drawn exactly. A scale and random numbers
//! enter; no count does.
//!
//! Source: Canonne, Kamath, Steinke, “The Discrete Gaussian for Differential Privacy” (2020),
//! algorithms 1 and 2. Whole numbers alone are computed with, so that what comes out has the
//! distribution itself: samplers over floating point leave traces that tell the count
//! (Mironov 2012).

/// A source of whole numbers from 0 to one less than its argument, each as likely. The argument is
/// at least 1.
pub(crate) type Uniform<'a> = &'a mut dyn FnMut(u64) -> u64;

/// Draws *y* with probability proportional to e^(−|y| / `scale`). A scale of 0 counts as 1.
pub(crate) fn discrete_laplace(scale: u32, below: Uniform<'_>) -> i64 {
    let scale = u64::from(scale.max(1));
    loop {
        let rest = below(scale);
        if !happens_with_exp_minus(rest, scale, below) {
            continue;
        }
        let mut whole = 0_u64;
        while happens_with_exp_minus(1, 1, below) {
            whole = whole.saturating_add(1);
        }
        let size = i64::try_from(rest.saturating_add(scale.saturating_mul(whole))).unwrap_or(i64::MAX);
        match (below(2), size) {
            // Zero would come up twice as often if both signs gave it.
            (0, 0) => {}
            (0, _) => return -size,
            _ => return size,
        }
    }
}

/// True with probability e^(−`part` / `whole`), for a part that is no larger than the whole.
fn happens_with_exp_minus(part: u64, whole: u64, below: Uniform<'_>) -> bool {
    let mut turn = 1_u64;
    while below(whole.saturating_mul(turn)) < part {
        turn += 1;
    }
    turn % 2 == 1
}

/// Draws from the operating system's entropy, through a generator that cannot be foretold.
pub(crate) fn system(scale: u32) -> i64 {
    discrete_laplace(scale, &mut |sides| rand::random_range(0..sides.max(1)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::reference::Dice;

    fn draws(scale: u32, count: u32) -> BTreeMap<i64, u32> {
        let mut dice = Dice(u64::from(scale) + 11);
        let mut below = |sides: u64| u64::from(dice.below(u32::try_from(sides).unwrap()));
        let mut seen = BTreeMap::new();
        for _ in 0..count {
            *seen.entry(discrete_laplace(scale, &mut below)).or_default() += 1;
        }
        seen
    }

    #[test]
    fn draws_have_the_distribution_of_the_formula() {
        const COUNT: u32 = 200_000;
        for scale in [1, 2, 7] {
            let seen = draws(scale, COUNT);
            let ratio = (-1.0 / f64::from(scale)).exp();
            for value in -3 * i64::from(scale)..=3 * i64::from(scale) {
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let expected = (1.0 - ratio) / (1.0 + ratio) * ratio.powf(value.abs() as f64);
                let found = f64::from(seen.get(&value).copied().unwrap_or(0)) / f64::from(COUNT);
                // Five standard deviations of a binomial count.
                let allowed = 5.0 * (expected / f64::from(COUNT)).sqrt();
                assert!((found - expected).abs() < allowed, "{scale}, {value}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn the_system_draws_both_signs_and_zero() {
        let signs: std::collections::BTreeSet<_> = (0..1_000).map(|_| system(2).signum()).collect();
        assert_eq!(signs.len(), 3);
    }
}
