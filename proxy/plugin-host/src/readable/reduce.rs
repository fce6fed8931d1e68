//! Takes out of a list of boxes whatever can go without changing what it says: lines, conditions, values.
//! And puts its lines into another order that says the same.

use super::grid::{Block, Grid};
use super::set::Set;

/// Cells looked at for one list; what is left then is right, and may be longer than it has to be.
const EFFORT: usize = 3_000_000;
/// Lists of more lines keep their order.
const MAX_ARRANGED: usize = 64;

/// In which order lines are taken that may stand next.
#[derive(Clone, Copy, Debug)]
pub(super) enum First {
    /// Those that take fewest words to tell.
    Short,
    /// Those of fewest cells.
    Small,
    /// Those of most cells.
    Large,
}

/// A list of boxes: the first that holds a cell decides it, and the default where none does.
pub(super) struct List<'g> {
    grid: &'g Grid,
    lines: Vec<Block>,
    default: u16,
    /// By axis and class: the lines that hold it.
    masks: Vec<Vec<Set>>,
    effort: usize,
}

impl<'g> List<'g> {
    /// Of at most 256 lines.
    pub(super) fn new(grid: &'g Grid, lines: Vec<Block>, default: u16) -> Self {
        let mut masks: Vec<Vec<Set>> =
            grid.axes().map(|axis| vec![Set::default(); grid.count(axis)]).collect();
        for (line, block) in lines.iter().enumerate() {
            for (masks, set) in masks.iter_mut().zip(&block.sets) {
                for class in set.iter() {
                    if let Some(mask) = masks.get_mut(class) {
                        mask.insert(line);
                    }
                }
            }
        }
        Self { grid, lines, default, masks, effort: 0 }
    }

    /// What a line shows; the default behind the last.
    fn shows(&self, line: Option<usize>) -> u16 {
        line.and_then(|line| self.lines.get(line)).map_or(self.default, |block| block.variant)
    }

    /// Shortens the list until nothing more can go.
    pub(super) fn reduce(mut self) -> Vec<Block> {
        let mut changed = true;
        while changed && self.effort < EFFORT {
            changed = false;
            for line in (0..self.lines.len()).rev() {
                changed |= self.shorten(line);
            }
        }
        self.lines.retain(|block| block.sets.iter().all(|set| !set.is_empty()));
        self.lines
    }

    fn shorten(&mut self, line: usize) -> bool {
        let Some(block) = self.lines.get(line).filter(|block| block.sets.iter().all(|set| !set.is_empty()))
        else {
            return false;
        };
        let (axes, variant) = (block.sets.len(), block.variant);
        // With no axis there is one cell, and a line that says the same as what follows can go.
        if axes == 0 {
            return false;
        }
        let mut changed = false;
        for axis in 0..axes {
            let needed = self.needed(line);
            let (Some(needed), Some(now)) = (needed.get(axis), self.set(line, axis)) else { continue };
            if needed.is_empty() {
                (0..axes).for_each(|axis| self.replace(line, axis, Set::default()));
                return true;
            }
            let allowed = self.allowed(line, axis, variant).or(&now);
            let words = |set: &Set| self.grid.words(axis, set);
            let best = if words(&allowed) < words(needed) { allowed } else { *needed };
            if words(&best) < words(&now) {
                self.replace(line, axis, best);
                changed = true;
            }
        }
        changed
    }

    fn set(&self, line: usize, axis: usize) -> Option<Set> {
        self.lines.get(line)?.sets.get(axis).copied()
    }

    /// By axis: the classes that hold a cell which this line decides and nobody after it would as well.
    fn needed(&mut self, line: usize) -> Vec<Set> {
        let Some(block) = self.lines.get(line) else { return Vec::new() };
        let mut needed = vec![Set::default(); block.sets.len()];
        self.grid.each_masked(&block.sets, &self.masks, &mut |cell, fits| {
            if fits.first() == Some(line) {
                let mut after = *fits;
                after.remove(line);
                if self.shows(after.first()) != self.grid.truth(cell) {
                    for (axis, needed) in needed.iter_mut().enumerate() {
                        needed.insert(self.grid.class(cell, axis));
                    }
                }
            }
            true
        });
        self.effort += Grid::volume(&block.sets);
        needed
    }

    /// The classes of an axis that the line could hold too.
    fn allowed(&mut self, line: usize, axis: usize, variant: u16) -> Set {
        let Some(block) = self.lines.get(line) else { return Set::default() };
        let (mut sets, mut allowed, mut visited) = (block.sets.clone(), Set::default(), 0);
        for class in 0..self.grid.count(axis) {
            if let Some(slab) = sets.get_mut(axis) {
                *slab = Set::one(class);
            }
            let fits = self.grid.each_masked(&sets, &self.masks, &mut |cell, fits| {
                visited += 1;
                self.grid.truth(cell) == variant || fits.first().is_some_and(|first| first < line)
            });
            if fits {
                allowed.insert(class);
            }
        }
        self.effort += visited;
        allowed
    }

    fn replace(&mut self, line: usize, axis: usize, set: Set) {
        if let Some(masks) = self.masks.get_mut(axis) {
            for (class, mask) in masks.iter_mut().enumerate() {
                if set.contains(class) {
                    mask.insert(line);
                } else {
                    mask.remove(line);
                }
            }
        }
        if let Some(own) = self.lines.get_mut(line).and_then(|block| block.sets.get_mut(axis)) {
            *own = set;
        }
    }

    /// Of each line, whether it is right only after those above it; and how many cells of the table it
    /// decides.
    pub(super) fn told(&self) -> Vec<(bool, u32)> {
        let told = |(line, block): (usize, &Block)| {
            let (mut depends, mut decided) = (false, 0_u32);
            self.grid.each_masked(&block.sets, &self.masks, &mut |cell, fits| {
                if fits.first() == Some(line) {
                    decided = decided.saturating_add(self.grid.weight(cell));
                } else {
                    depends |= self.grid.truth(cell) != block.variant;
                }
                true
            });
            (depends, decided)
        };
        self.lines.iter().enumerate().map(told).collect()
    }
}

/// The lines in another order that says the same: at each place, of those whose cells are right or decided
/// already, the one that comes first by `by`.
pub(super) fn arrange(grid: &Grid, lines: Vec<Block>, by: First) -> Vec<Block> {
    if lines.len() > MAX_ARRANGED {
        return lines;
    }
    let mut covered = vec![false; grid.len()];
    let mut left: Vec<(usize, Block)> = lines
        .into_iter()
        .map(|block| {
            let rank = match by {
                First::Short => grid.words_of(&block),
                First::Small => Grid::volume(&block.sets),
                First::Large => grid.len() - Grid::volume(&block.sets),
            };
            (rank, block)
        })
        .collect();
    // Lines of one rank stay in their order.
    left.sort_by_key(|(rank, _)| *rank);
    let mut arranged = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let may_stand = |(_, block): &(usize, Block)| {
            grid.each(&block.sets, &mut |cell| {
                grid.truth(cell) == block.variant || covered.get(cell) == Some(&true)
            })
        };
        let next = left.iter().position(may_stand).unwrap_or(0);
        let (_, block) = left.remove(next);
        grid.each(&block.sets, &mut |cell| {
            if let Some(covered) = covered.get_mut(cell) {
                *covered = true;
            }
            true
        });
        arranged.push(block);
    }
    arranged
}
