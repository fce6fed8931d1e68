//! Covers a grid with few boxes, the largest first. A later box may reach over cells of an earlier one
//! where the first line that fits wins; that keeps boxes large and lines short.

use std::cmp::Reverse;

use super::grid::{Block, Grid};
use super::set::Set;

/// Cells looked at for one cover; then it ends, whole or not.
const EFFORT: usize = 6_000_000;
/// The part of what is left of the effort that one box may take.
const BOXES_A_COVER: usize = 64;
/// What looking at a box costs beside its cells.
const BOX_EFFORT: usize = 8;
/// Places from which boxes are grown before one is chosen.
pub(super) const SEEDS: usize = 32;
/// With up to so many axes every order of them is tried.
const MAX_PERMUTED: usize = 4;
/// So many boxes are looked for even if they will not be enough.
const LEAST: usize = 32;
/// A cover ends if boxes of so many times the size of the last one would not be enough.
const HOPE: u32 = 8;

/// How a grid is covered.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// The variant whose cells need no box, if there is one.
    pub(super) spared: Option<u16>,
    /// Whether a box may reach over cells of earlier boxes that show something else.
    pub(super) reaches: bool,
    /// The most boxes.
    pub(super) most: usize,
}

/// Boxes, each with the cells of the table that it adds, and the cells that none of them holds though they
/// are not spared.
pub(super) struct Covered {
    pub(super) blocks: Vec<(Block, u32)>,
    pub(super) open: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Covered,
    Spared,
}

struct Covering<'a> {
    grid: &'a Grid,
    state: Vec<State>,
    reaches: bool,
    effort: usize,
}

/// Covers the grid.
pub(super) fn cover(grid: &Grid, way: Way) -> Covered {
    let state = |cell| if Some(grid.truth(cell)) == way.spared { State::Spared } else { State::Open };
    let state: Vec<State> = (0..grid.len()).map(state).collect();
    let is_open = |(_, state): &(usize, &State)| **state == State::Open;
    let mut open: Vec<usize> = state.iter().enumerate().filter(is_open).map(|(cell, _)| cell).collect();
    let mut covering = Covering { grid, state, reaches: way.reaches, effort: 0 };
    let orders = orders(grid);
    let mut blocks = Vec::new();
    while !open.is_empty() && blocks.len() < way.most && covering.effort < EFFORT {
        let Some((block, gain)) = covering.best(&open, &orders) else { break };
        covering.take(&block);
        blocks.push((block, gain));
        covering.effort += open.len();
        open.retain(|cell| covering.state.get(*cell) == Some(&State::Open));
        let left: u32 = open.iter().map(|cell| grid.weight(*cell)).fold(0, u32::saturating_add);
        let more = u32::try_from(way.most - blocks.len()).unwrap_or(u32::MAX);
        if blocks.len() >= LEAST && left > gain.saturating_mul(HOPE).saturating_mul(more) {
            break;
        }
    }
    Covered { blocks, open }
}

impl Covering<'_> {
    /// Of the boxes grown from some of the open cells the one that adds most, and how much.
    fn best(&mut self, open: &[usize], orders: &[Vec<usize>]) -> Option<(Block, u32)> {
        let step = open.len().div_ceil(SEEDS).max(1);
        let seeds: Vec<usize> = open.iter().step_by(step).copied().collect();
        let enough = self.effort + (EFFORT - self.effort.min(EFFORT)) / BOXES_A_COVER;
        let mut best: Option<(Block, (u32, Reverse<usize>))> = None;
        // Each seed is tried before the second order of any of them.
        for (turn, at) in (0..orders.len()).flat_map(|turn| (0..seeds.len()).map(move |at| (turn, at))) {
            if best.is_some() && self.effort >= enough {
                break;
            }
            let seed = seeds.get(at)?;
            let order = orders.get((turn + at) % orders.len())?;
            let block = self.grow(*seed, order);
            let worth = (self.gain(&block), Reverse(self.grid.words_of(&block)));
            if best.as_ref().is_none_or(|(_, most)| worth > *most) {
                best = Some((block, worth));
            }
        }
        best.map(|(block, (gain, _))| (block, gain))
    }

    /// The box around `seed` that grows along the axes in this order as far as it can.
    fn grow(&mut self, seed: usize, order: &[usize]) -> Block {
        let mut block = self.grid.cell(seed);
        for axis in order.iter().copied() {
            let own = self.grid.class(seed, axis);
            let mut whole = Set::one(own);
            for class in (0..self.grid.count(axis)).filter(|class| *class != own) {
                if let Some(slab) = block.sets.get_mut(axis) {
                    *slab = Set::one(class);
                }
                if self.fits(&block) {
                    whole.insert(class);
                }
            }
            if let Some(slab) = block.sets.get_mut(axis) {
                *slab = whole;
            }
        }
        block
    }

    fn fits(&mut self, block: &Block) -> bool {
        let (grid, state, reaches) = (self.grid, &self.state, self.reaches);
        let mut visited = BOX_EFFORT;
        let fits = grid.each(&block.sets, &mut |cell| {
            visited += 1;
            grid.truth(cell) == block.variant || reaches && state.get(cell) == Some(&State::Covered)
        });
        self.effort += visited;
        fits
    }

    /// Cells of the table that the box adds.
    fn gain(&mut self, block: &Block) -> u32 {
        let mut gain = 0_u32;
        let (grid, state) = (self.grid, &self.state);
        grid.each(&block.sets, &mut |cell| {
            if state.get(cell) == Some(&State::Open) {
                gain = gain.saturating_add(grid.weight(cell));
            }
            true
        });
        self.effort += BOX_EFFORT + Grid::volume(&block.sets);
        gain
    }

    fn take(&mut self, block: &Block) {
        let (grid, states) = (self.grid, &mut self.state);
        grid.each(&block.sets, &mut |cell| {
            if let Some(state) = states.get_mut(cell).filter(|state| **state == State::Open) {
                *state = State::Covered;
            }
            true
        });
        self.effort += Grid::volume(&block.sets);
    }
}

/// The orders in which a box is grown along the axes: all of them, or with many axes each as the first.
pub(super) fn orders(grid: &Grid) -> Vec<Vec<usize>> {
    // Along an axis with one class a box cannot grow.
    let axes: Vec<usize> = grid.axes().filter(|axis| grid.count(*axis) > 1).collect();
    if axes.len() > MAX_PERMUTED {
        let rotated = |by: usize| axes.iter().cycle().skip(by).take(axes.len()).copied().collect();
        return (0..axes.len()).map(rotated).collect();
    }
    permutations(&axes)
}

/// All orders of these axes.
fn permutations(axes: &[usize]) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for axis in axes {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, *axis);
                    longer
                })
            })
            .collect();
    }
    orders
}
