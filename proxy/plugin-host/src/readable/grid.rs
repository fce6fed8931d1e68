//! The table of one slot as a grid in which ids that are never told apart are one class, and boxes of it.

use std::collections::HashMap;

use super::set::Set;

/// A table of one slot, ids that are never told apart being one class.
pub(crate) struct Grid {
    axes: Vec<Axis>,
    /// By class numbers, the first axis being the most significant.
    truth: Vec<u16>,
    /// Cells of the table that each cell of the grid stands for.
    weights: Vec<u32>,
}

struct Axis {
    /// The ids of each class.
    classes: Vec<Vec<u8>>,
    stride: usize,
    /// The id that stands for every value without a name, if there is one.
    open: Option<u8>,
}

/// A box of the grid with what is shown there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Per axis the classes.
    pub(super) sets: Vec<Set>,
    pub(super) variant: u16,
}

impl Grid {
    /// A grid over axes of these sizes, of which the first `signals` are signals.
    pub(crate) fn new(sizes: Vec<usize>, signals: usize, variants: Vec<u16>) -> Self {
        let (mut dims, mut truth) = (sizes.clone(), variants);
        let mut axes: Vec<Axis> = Vec::with_capacity(dims.len());
        for (axis, size) in sizes.into_iter().enumerate() {
            let (classes, merged) = merge(&dims, axis, &truth);
            if let Some(size) = dims.get_mut(axis) {
                *size = classes.len();
            }
            truth = merged;
            // The last id of a signal is `any`, the one before it `other`.
            let open = size.checked_sub(2).filter(|_| axis < signals).and_then(|id| u8::try_from(id).ok());
            axes.push(Axis { classes, stride: 0, open });
        }
        let mut stride = 1;
        for axis in axes.iter_mut().rev() {
            axis.stride = stride;
            stride *= axis.classes.len();
        }
        let weights = axes.iter().fold(vec![1_u32], |weights, axis| {
            let sizes = || axis.classes.iter().map(|ids| u32::try_from(ids.len()).unwrap_or(u32::MAX));
            weights.iter().flat_map(|weight| sizes().map(move |size| weight.saturating_mul(size))).collect()
        });
        Self { axes, truth, weights }
    }

    /// Number of cells of the grid.
    pub(super) fn len(&self) -> usize {
        self.truth.len()
    }

    pub(super) fn axes(&self) -> std::ops::Range<usize> {
        0..self.axes.len()
    }

    /// Number of classes of an axis.
    pub(super) fn count(&self, axis: usize) -> usize {
        self.axes.get(axis).map_or(0, |axis| axis.classes.len())
    }

    /// The class of a cell along an axis.
    pub(super) fn class(&self, cell: usize, axis: usize) -> usize {
        self.axes.get(axis).map_or(0, |axis| cell / axis.stride.max(1) % axis.classes.len().max(1))
    }

    /// What a cell shows.
    pub(super) fn truth(&self, cell: usize) -> u16 {
        self.truth.get(cell).copied().unwrap_or_default()
    }

    /// How many cells of the table a cell stands for.
    pub(super) fn weight(&self, cell: usize) -> u32 {
        self.weights.get(cell).copied().unwrap_or_default()
    }

    /// The cell alone.
    pub(super) fn cell(&self, cell: usize) -> Block {
        let sets = self.axes().map(|axis| Set::one(self.class(cell, axis))).collect();
        Block { sets, variant: self.truth(cell) }
    }

    /// How many words it takes to tell a set of classes: none for all, else one and each name, of those in
    /// it or, if it holds what has no name, of those left out.
    pub(super) fn words(&self, axis: usize, set: &Set) -> usize {
        let Some(axis) = self.axes.get(axis) else { return 0 };
        let all: usize = axis.classes.iter().map(Vec::len).sum();
        let of = |class: usize| axis.classes.get(class).map_or(&[][..], Vec::as_slice);
        let ids: usize = set.iter().map(|class| of(class).len()).sum();
        if ids == all {
            return 0;
        }
        let is_open = axis.open.is_some_and(|open| set.iter().any(|class| of(class).contains(&open)));
        1 + if is_open { ids.min(all - ids) } else { ids }
    }

    /// How many words it takes to tell a box.
    pub(super) fn words_of(&self, block: &Block) -> usize {
        block.sets.iter().enumerate().map(|(axis, set)| self.words(axis, set)).sum()
    }

    /// Visits the cells of a box while `visit` says so; whether it always did.
    pub(super) fn each(&self, sets: &[Set], visit: &mut dyn FnMut(usize) -> bool) -> bool {
        let steps: Vec<Vec<usize>> = self
            .axes
            .iter()
            .zip(sets)
            .map(|(axis, set)| set.iter().map(|class| class * axis.stride).collect())
            .collect();
        walk(&steps, 0, visit)
    }

    /// As [`Grid::each`], with the intersection of `masks` by axis and class at each cell.
    pub(super) fn each_masked(
        &self,
        sets: &[Set],
        masks: &[Vec<Set>],
        visit: &mut dyn FnMut(usize, &Set) -> bool,
    ) -> bool {
        let steps: Vec<Vec<(usize, Set)>> = self
            .axes
            .iter()
            .zip(sets)
            .zip(masks)
            .map(|((axis, set), masks)| {
                let mask = |class: usize| masks.get(class).copied().unwrap_or_default();
                set.iter().map(|class| (class * axis.stride, mask(class))).collect()
            })
            .collect();
        walk_masked(&steps, 0, &Set::below(super::set::CAPACITY), visit)
    }

    /// How many cells of the grid a box has.
    pub(super) fn volume(sets: &[Set]) -> usize {
        sets.iter().map(Set::len).product()
    }

    /// The ids of a box, per axis, ascending.
    pub(super) fn ids(&self, sets: &[Set]) -> Vec<Vec<u8>> {
        let axes = self.axes.iter().zip(sets);
        axes.map(|(axis, set)| {
            let mut ids: Vec<u8> =
                set.iter().filter_map(|class| axis.classes.get(class)).flatten().copied().collect();
            ids.sort_unstable();
            ids
        })
        .collect()
    }
}

fn walk(steps: &[Vec<usize>], base: usize, visit: &mut dyn FnMut(usize) -> bool) -> bool {
    match steps.split_first() {
        None => visit(base),
        Some((first, rest)) => first.iter().all(|step| walk(rest, base + step, visit)),
    }
}

fn walk_masked(
    steps: &[Vec<(usize, Set)>],
    base: usize,
    mask: &Set,
    visit: &mut dyn FnMut(usize, &Set) -> bool,
) -> bool {
    match steps.split_first() {
        None => visit(base, mask),
        Some((first, rest)) => {
            first.iter().all(|(step, own)| walk_masked(rest, base + step, &mask.and(own), visit))
        }
    }
}

/// Puts the ids of one axis that are never told apart into classes, and keeps one slice of each.
fn merge(dims: &[usize], axis: usize, variants: &[u16]) -> (Vec<Vec<u8>>, Vec<u16>) {
    let size = dims.get(axis).copied().unwrap_or(1);
    let inner: usize = dims.iter().skip(axis + 1).product();
    let outer: usize = dims.iter().take(axis).product();
    let row = |block: usize, id: usize| {
        let start = (block * size + id) * inner;
        variants.get(start..start + inner).unwrap_or_default()
    };
    let mut classes: Vec<Vec<u8>> = Vec::new();
    let mut kept: Vec<usize> = Vec::new();
    let mut known: HashMap<Vec<u16>, usize> = HashMap::new();
    for id in 0..size {
        let slice: Vec<u16> = (0..outer).flat_map(|block| row(block, id)).copied().collect();
        let class = *known.entry(slice).or_insert_with(|| {
            classes.push(Vec::new());
            kept.push(id);
            classes.len() - 1
        });
        if let (Some(class), Ok(id)) = (classes.get_mut(class), u8::try_from(id)) {
            class.push(id);
        }
    }
    let merged =
        (0..outer).flat_map(|block| kept.iter().flat_map(move |id| row(block, *id))).copied().collect();
    (classes, merged)
}
