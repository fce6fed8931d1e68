//! Sets of small numbers: classes of an axis, or lines of a list.

/// Numbers from 0 to 255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Set([u64; 4]);

/// One more than the largest number that a set can hold.
pub(super) const CAPACITY: usize = 256;

impl Set {
    pub(super) fn one(number: usize) -> Self {
        let mut set = Self::default();
        set.insert(number);
        set
    }

    /// All numbers below `count`.
    pub(super) fn below(count: usize) -> Self {
        (0..count).fold(Self::default(), |mut set, number| {
            set.insert(number);
            set
        })
    }

    pub(super) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
        self
    }

    pub(super) fn or(mut self, other: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
        self
    }

    /// The smallest number.
    pub(super) fn first(&self) -> Option<usize> {
        let words = self.0.iter().enumerate();
        let mut found = words.filter(|(_, word)| **word != 0);
        found.next().map(|(at, word)| at * 64 + word.trailing_zeros() as usize)
    }

    /// The numbers, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + use<> {
        let mut left = *self;
        std::iter::from_fn(move || {
            let first = left.first()?;
            left.remove(first);
            Some(first)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_their_order() {
        let mut set = Set::one(200);
        set.insert(3);
        set.insert(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [3, 64, 200]);
        set.remove(3);
        assert_eq!((set.first(), set.len(), set.contains(3)), (Some(64), 2, false));
        assert_eq!(set.and(&Set::below(100)), Set::one(64));
        assert_eq!(set.or(&Set::below(2)).len(), 4);
        assert!(Set::default().first().is_none() && Set::default().is_empty());
        assert_eq!(Set::below(CAPACITY).len(), CAPACITY);
    }
}
