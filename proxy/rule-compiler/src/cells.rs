//! Sets of a plugin's cells, one bit a cell: what a condition holds for, exactly.
//!
//! Cells are numbered as the combinations of the axes' ids, the bucket's being the least significant.

use crate::lower::{BUCKET, Program, Test};

const WORD: usize = 64;

/// How the cells of a program are numbered.
pub(crate) struct Space {
    /// Per axis, its number of ids and the distance between two cells that differ by one there.
    axes: Vec<(usize, usize)>,
    size: usize,
}

/// Some cells of a space.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cells {
    words: Vec<u64>,
    size: usize,
}

impl Space {
    /// The space of a program, which is within the vocabulary's bound.
    pub(crate) fn of(program: &Program<'_>) -> Self {
        let wide = |ids: u32| usize::try_from(ids).unwrap_or(usize::MAX);
        let mut axes = vec![(1, 1); BUCKET + 1];
        let mut stride = 1_usize;
        for position in (0..=BUCKET).rev() {
            let ids = match position {
                BUCKET => wide(program.ways()),
                _ => program.axes.get(position).map_or(1, |axis| wide(axis.ids())),
            };
            if let Some(axis) = axes.get_mut(position) {
                *axis = (ids, stride);
            }
            stride = stride.saturating_mul(ids);
        }
        Self { axes, size: stride }
    }

    /// The cells that a plugin is asked about: all but the one in which nothing is known.
    pub(crate) fn asked(&self) -> Cells {
        let mut cells = self.none();
        cells.insert(0, self.size.saturating_sub(1));
        cells
    }

    /// No cell.
    pub(crate) fn none(&self) -> Cells {
        Cells { words: vec![0; self.size.div_ceil(WORD)], size: self.size }
    }

    /// The cells in which a test holds.
    pub(crate) fn cells(&self, test: &Test) -> Cells {
        match test {
            Test::In { axis, ids } => {
                let (count, stride) = self.axes.get(*axis).copied().unwrap_or((1, 1));
                let mut cells = self.none();
                for id in ids {
                    cells.insert(usize::from(*id) * stride, stride);
                }
                cells.repeat(count * stride);
                cells
            }
            Test::And(parts) => {
                let mut all = self.none();
                all.insert(0, self.size);
                parts.iter().for_each(|part| all.keep(&self.cells(part)));
                all
            }
            Test::Or(parts) => {
                let mut some = self.none();
                parts.iter().for_each(|part| some.add(&self.cells(part)));
                some
            }
        }
    }
}

impl Cells {
    /// Adds `count` cells from `first` on.
    fn insert(&mut self, first: usize, count: usize) {
        let (mut at, end) = (first, first.saturating_add(count).min(self.size));
        while at < end {
            let bits = (WORD - at % WORD).min(end - at);
            self.write(at, if bits == WORD { u64::MAX } else { (1 << bits) - 1 });
            at += bits;
        }
    }

    /// Fills the set with copies of its first `period` cells, doubling what is there.
    fn repeat(&mut self, period: usize) {
        let mut filled = period.max(1);
        while filled < self.size {
            let count = filled.min(self.size - filled);
            for at in (0..count).step_by(WORD) {
                let left = count - at;
                let bits = if left < WORD { self.read(at) & ((1 << left) - 1) } else { self.read(at) };
                self.write(filled + at, bits);
            }
            filled += count;
        }
    }

    fn read(&self, at: usize) -> u64 {
        let word = |position: usize| self.words.get(position).copied().unwrap_or(0);
        let (position, shift) = (at / WORD, at % WORD);
        match shift {
            0 => word(position),
            _ => (word(position) >> shift) | (word(position + 1) << (WORD - shift)),
        }
    }

    fn write(&mut self, at: usize, bits: u64) {
        let (position, shift) = (at / WORD, at % WORD);
        if let Some(word) = self.words.get_mut(position) {
            *word |= bits << shift;
        }
        if shift > 0
            && let Some(word) = self.words.get_mut(position + 1)
        {
            *word |= bits >> (WORD - shift);
        }
    }

    /// Adds the cells of another set.
    pub(crate) fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Keeps only what is in another set, too.
    pub(crate) fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Takes the cells of another set away.
    pub(crate) fn take(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Whether a cell is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(word, other)| word & other != 0)
    }

    /// Whether every cell of this set is in the other.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(word, other)| word & !other == 0)
    }

    /// Whether there is no cell.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_holds_for_the_cells_whose_ids_it_names() {
        for sizes in [
            [3, 5, 1, 1, 1, 1],
            [7, 2, 3, 1, 1, 11],
            [1, 1, 1, 1, 1, 1],
            [64, 3, 1, 1, 1, 64],
            [2, 100, 1, 1, 1, 3],
        ] {
            let mut stride = 1;
            let mut axes: Vec<_> = sizes
                .iter()
                .rev()
                .map(|ids| {
                    stride *= ids;
                    (*ids, stride / ids)
                })
                .collect();
            axes.reverse();
            let space = Space { axes: axes.clone(), size: stride };
            for (axis, (count, stride)) in axes.into_iter().enumerate() {
                let ids: Vec<u8> = (0..u8::try_from(count).unwrap()).filter(|id| id % 3 == 1).collect();
                let cells = space.cells(&Test::In { axis, ids });
                for cell in 0..space.size {
                    let holds = (cell / stride % count) % 3 == 1;
                    assert_eq!(cells.read(cell) & 1 == 1, holds, "{sizes:?} {axis} {cell}");
                }
            }
            let all = space.cells(&Test::And(Vec::new()));
            assert!(space.asked().is_within(&all) && !all.is_within(&space.asked()));
            assert!(space.cells(&Test::Or(Vec::new())).is_empty());
        }
    }
}
