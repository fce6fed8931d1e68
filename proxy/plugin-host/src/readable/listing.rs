//! The shortest list of boxes that is found for the table of one slot.

use super::cover::{Way, cover};
use super::grid::{Block, Grid};
use super::layers::{MAX_CELLS, layers};
use super::reduce::{First, List, arrange};
use super::set::CAPACITY;

/// The most lines that people are expected to read; a table that needs more is not told in lines.
pub const MAX_LINES: usize = 200;
/// The lines of a table that needs more.
const SHOWN_OF_MORE: usize = 32;

/// A table of one slot as lines.
pub(super) struct Listing {
    /// The first that holds a cell decides it.
    pub(super) lines: Vec<Told>,
    /// By variant: cells of the table that no line tells. Empty where the lines are whole; then the default
    /// is shown wherever none holds.
    pub(super) untold: Vec<(u16, u32)>,
}

/// One line.
pub(super) struct Told {
    pub(super) block: Block,
    /// It is right only after those above it.
    pub(super) depends: bool,
    /// Cells of the table that it decides.
    pub(super) cells: u32,
}

/// Boxes that hold in any order, each with the cells of the table that it adds to those before it.
pub(crate) struct AnyOrder {
    /// Per axis the ids, ascending; the variant; the cells.
    pub(crate) covers: Vec<(Vec<Vec<u8>>, u16, u32)>,
    /// Cells of the table that no box holds, since too many boxes would be needed.
    pub(crate) untold: u32,
}

/// Covers every cell that does not show `spared` with boxes that hold in any order.
pub(crate) fn in_any_order(grid: &Grid, spared: u16) -> AnyOrder {
    let covered = cover(grid, Way { spared: Some(spared), reaches: false, most: MAX_LINES });
    let untold = covered.open.iter().map(|cell| grid.weight(*cell)).fold(0, u32::saturating_add);
    let covers =
        covered.blocks.into_iter().map(|(block, cells)| (grid.ids(&block.sets), block.variant, cells));
    AnyOrder { covers: covers.collect(), untold }
}

/// The shortest list that is found.
pub(super) fn listing(grid: &Grid, default: u16) -> Listing {
    const { assert!(MAX_LINES <= CAPACITY, "lines are kept in sets") };
    let way = Way { spared: Some(default), reaches: true, most: MAX_LINES };
    let mut lists: Vec<Vec<Block>> = Vec::new();
    let mut add = |way: Way| {
        let covered = cover(grid, way);
        if covered.open.is_empty() {
            lists.push(covered.blocks.into_iter().map(|(block, _)| block).collect());
        }
    };
    add(way);
    if grid.len() <= MAX_CELLS {
        add(Way { spared: None, ..way });
        add(Way { reaches: false, ..way });
        lists.extend(layers(grid, default, MAX_LINES));
    }
    match lists.into_iter().map(|lines| shortest(grid, lines, default)).min_by_key(|found| found.worth) {
        Some(best) => Listing { lines: best.lines, untold: Vec::new() },
        None => in_part(grid),
    }
}

struct Found {
    lines: Vec<Told>,
    /// Lines, words, and lines that depend on others: the fewer the better.
    worth: (usize, usize, usize),
}

/// The shortest list that comes of one by putting its lines into other orders.
fn shortest(grid: &Grid, lines: Vec<Block>, default: u16) -> Found {
    let reduced = List::new(grid, lines, default).reduce();
    let mut found = vec![judge(grid, reduced, default)];
    if grid.len() <= MAX_CELLS {
        for by in [First::Short, First::Small, First::Large] {
            let blocks = |found: &Found| found.lines.iter().map(|told| told.block.clone()).collect();
            let lines: Vec<Block> = found.first().map(blocks).unwrap_or_default();
            let again = List::new(grid, arrange(grid, lines, by), default).reduce();
            found.push(judge(grid, again, default));
        }
    }
    let by_itself = found.iter().min_by_key(|found| found.worth).map(|found| {
        // Lines that are right by themselves may stand before all others.
        let (depending, others): (Vec<&Told>, Vec<&Told>) = found.lines.iter().partition(|told| told.depends);
        let lines = others.into_iter().chain(depending).map(|told| told.block.clone()).collect();
        judge(grid, List::new(grid, lines, default).reduce(), default)
    });
    found.extend(by_itself);
    // There is one at least.
    let none = Found { lines: Vec::new(), worth: (usize::MAX, 0, 0) };
    found.into_iter().min_by_key(|found| found.worth).unwrap_or(none)
}

fn judge(grid: &Grid, lines: Vec<Block>, default: u16) -> Found {
    let told = List::new(grid, lines.clone(), default).told();
    let words = lines.iter().map(|block| grid.words_of(block)).sum();
    let depending = told.iter().filter(|(depends, _)| *depends).count();
    let worth = (lines.len(), words, depending);
    let lines = lines.into_iter().zip(told);
    Found { lines: lines.map(|(block, (depends, cells))| Told { block, depends, cells }).collect(), worth }
}

/// Some lines, each right by itself, and what the other cells show.
fn in_part(grid: &Grid) -> Listing {
    let covered = cover(grid, Way { spared: None, reaches: false, most: SHOWN_OF_MORE });
    let mut untold: Vec<(u16, u32)> = Vec::new();
    for cell in &covered.open {
        let (variant, weight) = (grid.truth(*cell), grid.weight(*cell));
        match untold.iter_mut().find(|(known, _)| *known == variant) {
            Some((_, cells)) => *cells = cells.saturating_add(weight),
            None => untold.push((variant, weight)),
        }
    }
    untold.sort_by_key(|(_, cells)| std::cmp::Reverse(*cells));
    let lines = covered.blocks.into_iter().map(|(block, cells)| Told { block, depends: false, cells });
    Listing { lines: lines.collect(), untold }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_follows_no_rules_is_told_in_part_and_what_is_told_is_true() {
        let sizes = vec![62_usize, 56, 8, 9];
        let cells: usize = sizes.iter().product();
        let hash = |cell: usize| (cell as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let truth: Vec<u16> = (0..cells).map(|cell| u16::try_from(hash(cell) % 3).unwrap()).collect();
        let grid = Grid::new(sizes, 4, truth.clone());
        let Listing { lines, untold } = listing(&grid, 0);
        assert!((1..=SHOWN_OF_MORE).contains(&lines.len()), "{}", lines.len());
        let mut told = vec![false; cells];
        for line in &lines {
            assert!(!line.depends);
            grid.each(&line.block.sets, &mut |cell| {
                assert_eq!(truth[cell], line.block.variant);
                told[cell] = true;
                true
            });
        }
        for (variant, count) in &untold {
            let left = (0..cells).filter(|cell| !told[*cell] && truth[*cell] == *variant).count();
            assert_eq!(left, *count as usize);
        }
        let all = told.iter().filter(|told| **told).count()
            + untold.iter().map(|(_, count)| *count as usize).sum::<usize>();
        assert_eq!(all, cells);
        let changes = in_any_order(&grid, 0);
        assert!(changes.untold > 0 && changes.covers.len() <= MAX_LINES);
    }

    #[test]
    fn a_table_of_one_cell_needs_no_line() {
        let grid = Grid::new(Vec::new(), 0, vec![1]);
        let Listing { lines, untold } = listing(&grid, 1);
        assert!(lines.is_empty() && untold.is_empty());
    }
}
