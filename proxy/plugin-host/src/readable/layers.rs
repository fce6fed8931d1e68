//! Builds a list of boxes from its last line up: first what holds for most cells, then what is otherwise in
//! some of them. People write rules so, the general one below its exceptions.

use std::cmp::Reverse;

use super::cover::{SEEDS, orders};
use super::grid::{Block, Grid};
use super::set::Set;

/// Grids of more cells are not looked at so.
pub(super) const MAX_CELLS: usize = 4_096;
/// Cells looked at for one list.
const EFFORT: usize = 4_000_000;
/// What looking at a box costs beside its cells.
const BOX_EFFORT: usize = 8;

struct Layers<'a> {
    grid: &'a Grid,
    /// What the boxes so far show.
    shown: Vec<u16>,
    effort: usize,
}

/// The boxes, those that win first; `None` if that takes too many of them or too long.
pub(super) fn layers(grid: &Grid, default: u16, most: usize) -> Option<Vec<Block>> {
    if grid.len() > MAX_CELLS {
        return None;
    }
    let mut layers = Layers { grid, shown: vec![default; grid.len()], effort: 0 };
    let orders = orders(grid);
    let mut blocks = Vec::new();
    loop {
        let is_wrong = |cell: &usize| layers.shown.get(*cell) != Some(&grid.truth(*cell));
        let wrong: Vec<usize> = (0..grid.len()).filter(is_wrong).collect();
        if wrong.is_empty() {
            blocks.reverse();
            return Some(blocks);
        }
        if blocks.len() >= most || layers.effort > EFFORT {
            return None;
        }
        let block = layers.best(&wrong, &orders)?;
        layers.show(&block);
        blocks.push(block);
    }
}

impl Layers<'_> {
    /// Of the boxes grown from some of the wrong cells the one that rights most.
    fn best(&mut self, wrong: &[usize], orders: &[Vec<usize>]) -> Option<Block> {
        let step = wrong.len().div_ceil(SEEDS).max(1);
        let mut best: Option<(Block, (i64, Reverse<usize>))> = None;
        for seed in wrong.iter().step_by(step) {
            for order in orders {
                let block = self.grow(*seed, order);
                let worth = (self.gain(&block.sets, block.variant), Reverse(self.grid.words_of(&block)));
                if best.as_ref().is_none_or(|(_, most)| worth > *most) {
                    best = Some((block, worth));
                }
            }
        }
        best.map(|(block, _)| block)
    }

    /// The box around `seed` with all classes that right more than they wrong, and, where that is shorter,
    /// those that change nothing.
    fn grow(&mut self, seed: usize, order: &[usize]) -> Block {
        let mut block = self.grid.cell(seed);
        for axis in order.iter().copied() {
            let own = self.grid.class(seed, axis);
            let (mut needed, mut harmless) = (Set::one(own), Set::one(own));
            for class in (0..self.grid.count(axis)).filter(|class| *class != own) {
                if let Some(slab) = block.sets.get_mut(axis) {
                    *slab = Set::one(class);
                }
                let gain = self.gain(&block.sets, block.variant);
                if gain > 0 {
                    needed.insert(class);
                }
                if gain >= 0 {
                    harmless.insert(class);
                }
            }
            let is_shorter = self.grid.words(axis, &harmless) < self.grid.words(axis, &needed);
            if let Some(slab) = block.sets.get_mut(axis) {
                *slab = if is_shorter { harmless } else { needed };
            }
        }
        block
    }

    /// Cells of the table that a box rights, less those that it wrongs.
    fn gain(&mut self, sets: &[Set], variant: u16) -> i64 {
        let (grid, shown) = (self.grid, &self.shown);
        let mut gain = 0_i64;
        grid.each(sets, &mut |cell| {
            let (truth, shown) = (grid.truth(cell), shown.get(cell).copied().unwrap_or_default());
            if truth == variant && shown != truth {
                gain += i64::from(grid.weight(cell));
            } else if truth != variant && shown == truth {
                gain -= i64::from(grid.weight(cell));
            }
            true
        });
        self.effort += BOX_EFFORT + Grid::volume(sets);
        gain
    }

    fn show(&mut self, block: &Block) {
        let (grid, all) = (self.grid, &mut self.shown);
        grid.each(&block.sets, &mut |cell| {
            if let Some(shown) = all.get_mut(cell) {
                *shown = block.variant;
            }
            true
        });
    }
}
