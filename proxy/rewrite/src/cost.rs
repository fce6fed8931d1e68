//! What the selectors of edits cost, and how much of it one page may have. Every element of a page is
//! held against every selector; parts that may stand anywhere below others, and formulas that count
//! (`:nth-child()` and kin), multiply what has to be remembered meanwhile. No client data enters.

use std::iter::Sum;
use std::ops::Add;

/// The most counting pseudo-classes in the selectors of a variant.
const MAX_COUNTING: usize = 8;
/// The most descendants (`a b`, not `a > b`) in the selectors of a variant.
const MAX_DESCENTS: usize = 64;
/// A page may have the edits of so many variants at their full cost. With more, a page of some MiB would
/// take seconds.
const VARIANTS: usize = 2;
/// The most edits of a page.
const MAX_PAGE_EDITS: usize = 256;

/// What some selectors cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) edits: usize,
    pub(crate) descents: usize,
    pub(crate) counting: usize,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            edits: self.edits + other.edits,
            descents: self.descents + other.descents,
            counting: self.counting + other.counting,
        }
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

impl Cost {
    /// What is too much for one variant, in words.
    pub(crate) fn over_variant(self) -> Option<&'static str> {
        if self.counting > MAX_COUNTING {
            return Some("the selectors of a variant have at most 8 counting pseudo-classes");
        }
        let over = self.descents > MAX_DESCENTS;
        over.then_some("the selectors of a variant have at most 64 descendants (`a b`, not `a > b`)")
    }

    /// What is too much for one page, in words and with the figures.
    pub(crate) fn over_page(self) -> Option<String> {
        [
            (self.edits, MAX_PAGE_EDITS, "edits"),
            (self.counting, VARIANTS * MAX_COUNTING, "counting pseudo-classes in their selectors"),
            (self.descents, VARIANTS * MAX_DESCENTS, "descendants (`a b`) in their selectors"),
        ]
        .into_iter()
        .find(|(count, most, _)| count > most)
        .map(|(count, most, what)| format!("{count} {what}, at most {most} are allowed on a page"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_and_a_page_have_their_bounds() {
        let full = Cost { edits: 32, descents: MAX_DESCENTS, counting: MAX_COUNTING };
        assert_eq!((full.over_variant(), (full + full).over_page()), (None, None));
        assert!(Cost { counting: 9, ..full }.over_variant().is_some());
        assert!(Cost { descents: 65, ..full }.over_variant().is_some());
        let three = [full, full, full].into_iter().sum::<Cost>().over_page();
        assert_eq!(
            three.as_deref(),
            Some("24 counting pseudo-classes in their selectors, at most 16 are allowed on a page")
        );
        let many = (0..9).map(|_| Cost { edits: 32, ..Cost::default() }).sum::<Cost>();
        assert!(many.over_page().is_some_and(|words| words.starts_with("288 edits")));
    }
}
