//! Random draws, from a source that tests can give.

/// A source of 64 random bits at a time.
pub(crate) type Chance = Box<dyn Fn() -> u64 + Send + Sync>;

/// A number below `bound`, each as likely as the others but for 2⁻⁵⁷ of it (`bound` is at most 100); 0
/// for a bound of 0.
pub(crate) fn below(chance: &Chance, bound: u64) -> u64 {
    let wide = u128::from(chance()) * u128::from(bound);
    u64::try_from(wide >> 64).unwrap_or(0)
}
