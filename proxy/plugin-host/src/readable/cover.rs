//! Covers a grid of variants with few boxes. A later box may reach over cells of an earlier one where
//! the first line that fits wins; that keeps boxes large and lines short.

use std::collections::HashMap;

/// Cells looked at with care; what is left after them is covered by the first box that comes.
const EFFORT: usize = 20_000_000;
/// Places from which boxes are grown before one is chosen.
const SEEDS: usize = 32;

/// With up to so many axes every order of them is tried.
const MAX_PERMUTED: usize = 5;

/// A table of one slot, ids that are never told apart being one class.
pub(crate) struct Grid {
    axes: Vec<Axis>,
    /// By class numbers, the first axis being the most significant.
    variants: Vec<u16>,
    covered: Vec<bool>,
    /// Whether a box may reach over cells of earlier boxes that show something else.
    reaches: bool,
    effort: usize,
}

struct Axis {
    /// The ids of each class.
    classes: Vec<Vec<u8>>,
    stride: usize,
}

/// A box of ids that all show one variant.
pub(crate) struct Cover {
    /// Per axis, ascending.
    pub(crate) ids: Vec<Vec<u8>>,
    pub(crate) variant: u16,
    /// Cells that no earlier box covers.
    pub(crate) cells: u32,
}

/// Class numbers per axis.
type Classes = Vec<Vec<usize>>;

impl Grid {
    /// A grid over axes of these sizes.
    pub(crate) fn new(sizes: Vec<usize>, variants: Vec<u16>) -> Self {
        let mut variants = variants;
        let mut axes: Vec<Axis> = Vec::with_capacity(sizes.len());
        let mut dims = sizes;
        for axis in 0..dims.len() {
            let (classes, merged) = merge(&dims, axis, &variants);
            if let Some(size) = dims.get_mut(axis) {
                *size = classes.len();
            }
            variants = merged;
            axes.push(Axis { classes, stride: 0 });
        }
        let mut stride = 1;
        for axis in axes.iter_mut().rev() {
            axis.stride = stride;
            stride *= axis.classes.len();
        }
        let covered = vec![false; variants.len()];
        Self { axes, variants, covered, reaches: true, effort: 0 }
    }

    /// The same, covered with boxes that hold in any order: each shows one variant in all of its cells.
    pub(crate) fn in_any_order(self) -> Self {
        Self { reaches: false, ..self }
    }

    /// Boxes that cover every cell whose variant is not `default`.
    pub(crate) fn cover(mut self, default: u16) -> Vec<Cover> {
        let orders = self.orders();
        let mut open: Vec<usize> =
            (0..self.variants.len()).filter(|cell| self.variants.get(*cell) != Some(&default)).collect();
        let mut covers = Vec::new();
        while !open.is_empty() && self.effort < EFFORT {
            let affordable = EFFORT / 100 / (open.len() * orders.len());
            let step = open.len().div_ceil(affordable.clamp(1, SEEDS));
            let seeds: Vec<usize> = open.iter().step_by(step).copied().collect();
            covers.extend(self.take_best(&seeds, &orders));
            self.effort = self.effort.saturating_add(open.len());
            open.retain(|cell| self.covered.get(*cell) == Some(&false));
        }
        for seed in open {
            if self.covered.get(seed) == Some(&false) {
                covers.extend(self.take_best(&[seed], orders.get(..1).unwrap_or_default()));
            }
        }
        covers
    }

    /// The orders in which a box is grown along the axes: all of them, or with many axes each as the first.
    fn orders(&self) -> Vec<Vec<usize>> {
        // Along an axis with one class a box cannot grow.
        let long = |axis: &usize| self.axes.get(*axis).is_some_and(|axis| axis.classes.len() > 1);
        let axes: Vec<usize> = (0..self.axes.len()).filter(long).collect();
        if axes.len() > MAX_PERMUTED {
            let rotated = |by: usize| axes.iter().cycle().skip(by).take(axes.len()).copied().collect();
            return (0..axes.len()).map(rotated).collect();
        }
        permutations(&axes)
    }

    /// Covers the box that adds most, of those grown from `seeds` in these orders of the axes.
    fn take_best(&mut self, seeds: &[usize], orders: &[Vec<usize>]) -> Option<Cover> {
        let mut best: Option<(u32, Classes, u16)> = None;
        for (seed, order) in seeds.iter().flat_map(|seed| orders.iter().map(move |order| (*seed, order))) {
            let variant = self.variants.get(seed).copied()?;
            let classes = self.grow(seed, variant, order);
            let gain = self.weigh(&classes);
            if best.as_ref().is_none_or(|(most, ..)| gain > *most) {
                best = Some((gain, classes, variant));
            }
        }
        let (cells, classes, variant) = best?;
        let classes = self.trim(classes);
        self.each(&classes, |grid, cell| {
            if let Some(covered) = grid.covered.get_mut(cell) {
                *covered = true;
            }
            true
        });
        Some(Cover { ids: self.ids(&classes), variant, cells })
    }

    /// The box around `seed` that grows along the axes in this order as far as it can.
    fn grow(&mut self, seed: usize, variant: u16, order: &[usize]) -> Classes {
        let mut classes: Classes = self
            .axes
            .iter()
            .map(|axis| vec![seed / axis.stride.max(1) % axis.classes.len().max(1)])
            .collect();
        for axis in order {
            let count = self.axes.get(*axis).map_or(0, |axis| axis.classes.len());
            for class in 0..count {
                let Some(mine) = classes.get_mut(*axis).filter(|mine| !mine.contains(&class)) else {
                    continue;
                };
                let before = std::mem::replace(mine, vec![class]);
                let fits = self.each(&classes, |grid, cell| {
                    grid.variants.get(cell) == Some(&variant)
                        || grid.reaches && grid.covered.get(cell) == Some(&true)
                });
                if let Some(mine) = classes.get_mut(*axis) {
                    *mine = before;
                    if fits {
                        mine.push(class);
                    }
                }
            }
        }
        classes
    }

    /// The box without the classes that only reach over earlier boxes, where that is told in fewer
    /// words. A whole axis need not be mentioned at all.
    fn trim(&mut self, mut classes: Classes) -> Classes {
        for axis in 0..classes.len() {
            let count = self.axes.get(axis).map_or(0, |axis| axis.classes.len());
            let Some(mine) = classes.get(axis).filter(|mine| mine.len() < count).cloned() else { continue };
            let mut needed = Vec::with_capacity(mine.len());
            for class in mine.iter().copied() {
                if let Some(slab) = classes.get_mut(axis) {
                    *slab = vec![class];
                }
                if self.weigh(&classes) > 0 {
                    needed.push(class);
                }
            }
            let shorter = self.names(axis, &needed) < self.names(axis, &mine);
            if let Some(slab) = classes.get_mut(axis) {
                *slab = if shorter { needed } else { mine };
            }
        }
        classes
    }

    /// How many ids it takes to tell a set: those in it, or those left out of it if it holds the
    /// last but one, which stands for every value that has no name.
    fn names(&self, axis: usize, classes: &[usize]) -> usize {
        let Some(axis) = self.axes.get(axis) else { return 0 };
        let all: usize = axis.classes.iter().map(Vec::len).sum();
        let ids: Vec<u8> =
            classes.iter().filter_map(|class| axis.classes.get(*class)).flatten().copied().collect();
        let open = ids.iter().any(|id| usize::from(*id) + 2 == all);
        if open { ids.len().min(all - ids.len()) } else { ids.len() }
    }

    /// Cells of the table that the box adds.
    fn weigh(&mut self, classes: &Classes) -> u32 {
        let mut gain = 0_u32;
        self.each(classes, |grid, cell| {
            if grid.covered.get(cell) == Some(&false) {
                let sizes = grid.axes.iter().map(|axis| {
                    let class = cell / axis.stride.max(1) % axis.classes.len().max(1);
                    axis.classes.get(class).map_or(1, Vec::len)
                });
                gain = gain.saturating_add(u32::try_from(sizes.product::<usize>()).unwrap_or(u32::MAX));
            }
            true
        });
        gain
    }

    /// Visits the cells of a box while `visit` says so; whether it always did.
    fn each(&mut self, classes: &Classes, mut visit: impl FnMut(&mut Self, usize) -> bool) -> bool {
        let mut at = vec![0_usize; classes.len()];
        loop {
            let offsets = classes.iter().zip(&at).zip(&self.axes);
            let cell = offsets
                .map(|((mine, position), axis)| mine.get(*position).copied().unwrap_or(0) * axis.stride)
                .sum();
            self.effort = self.effort.saturating_add(1);
            if !visit(self, cell) {
                return false;
            }
            // Counts up like an odometer, the last axis fastest.
            let turned = at.iter_mut().zip(classes).rev().find_map(|(position, mine)| {
                *position += 1;
                if *position < mine.len() {
                    return Some(());
                }
                *position = 0;
                None
            });
            if turned.is_none() {
                return true;
            }
        }
    }

    fn ids(&self, classes: &Classes) -> Vec<Vec<u8>> {
        let axes = self.axes.iter().zip(classes);
        axes.map(|(axis, mine)| {
            let mut ids: Vec<u8> =
                mine.iter().filter_map(|class| axis.classes.get(*class)).flatten().copied().collect();
            ids.sort_unstable();
            ids
        })
        .collect()
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
