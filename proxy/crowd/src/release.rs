//! Which cells are released, and which joint variants are shown, from the counts of one epoch. Only
//! counts enter; only cells and numbers of variants leave.

use std::collections::BTreeMap;

use cloakroom_vocabulary::CellId;

use crate::Config;
use crate::count::{Bits, Counts, WORDS};
use crate::plan::Plan;

/// A cell that visitors of a permit class may be told apart by, until the epoch ends.
///
/// How many visitors it has is not said: figures by cell leave through the ledger alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Released {
    /// The permit class, never 0.
    pub class: u8,
    /// The cell of the route's domain, never `any`.
    pub cell: CellId,
}

/// What noise is drawn for. Each is asked for once an epoch at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DrawnFor {
    /// A cell of a class, the classes being counted from 0 without class 0.
    Cell { class: usize, cell: u32 },
    /// A joint variant, over all classes and cells.
    Joint(u16),
}

/// Draws the noise.
pub(crate) type Draw<'a> = &'a mut dyn FnMut(DrawnFor) -> i64;

/// What the visitors of an epoch are given.
///
/// INVARIANT: `cells` has one entry for each pair of class and cell, which is the pair's own cell, or
/// the next coarser one that is released; `shown` has one entry for each joint variant, which is the
/// variant itself or 0.
pub(crate) struct Releases {
    cells: Box<[u32]>,
    shown: Box<[u16]>,
    /// Pairs that were large enough but not large enough to be released at once; ascending.
    waiting: Vec<usize>,
}

impl Releases {
    /// Nothing but `any` and the default.
    pub(crate) fn none(plan: &Plan) -> Self {
        let cells = vec![plan.any(); plan.classes() * plan.cells()].into();
        Self { cells, shown: vec![0; plan.joints().count()].into(), waiting: Vec::new() }
    }

    /// What was counted in at least [`Config::k`] slots, when `before` is what was released while
    /// they were counted.
    pub(crate) fn of(plan: &Plan, config: &Config, counts: &Counts, before: &Self, draw: Draw<'_>) -> Self {
        let mut next = Self::none(plan);
        for class in 0..plan.classes() {
            next.release(plan, config, counts, before, class, draw);
        }
        next.settle(plan);
        next.show(plan, config, counts, draw);
        next
    }

    /// What was released before a restart; `None` if the lists are not in order or name what does
    /// not exist.
    pub(crate) fn kept(plan: &Plan, released: &[Released], shown: &[u16]) -> Option<Self> {
        let mut kept = Self::none(plan);
        let ordered = released.is_sorted_by(|a, b| a < b) && shown.is_sorted_by(|a, b| a < b);
        if !ordered {
            return None;
        }
        for Released { class, cell } in released {
            let class = usize::from(*class).checked_sub(1).filter(|class| *class < plan.classes())?;
            let own = kept.cells.get_mut(plan.pair(class, cell.0)).filter(|_| cell.0 < plan.any())?;
            *own = cell.0;
        }
        kept.settle(plan);
        for joint in shown {
            *kept.shown.get_mut(usize::from(*joint))? = *joint;
        }
        Some(kept)
    }

    /// What stays released when the joint variants of a route become others in the middle of an epoch,
    /// and `plan` counts like `old`, the plan of `self`.
    ///
    /// The cells do. No count has been made of the new joint variants, so one is shown only where it
    /// follows that its crowd is large enough: all that led to some joint variant that is shown leads to
    /// it now, or all of some released cell.
    pub(crate) fn under(&self, old: &Plan, plan: &Plan) -> Self {
        let mut next = Self { cells: self.cells.clone(), waiting: self.waiting.clone(), ..Self::none(plan) };
        let mut sure: Vec<u16> = Vec::new();
        // By old joint variant, the new one that everybody gets who got it; `None` if they differ.
        let mut becomes: BTreeMap<u16, Option<u16>> = BTreeMap::new();
        let same_ranges = old.joints().splits_like(plan.joints());
        for (class, cell) in pairs(plan).filter(|(class, cell)| self.get(plan, *class, *cell) == *cell) {
            let new = |range| plan.joints().joint(class + 1, cell, range);
            let all_get = new(0);
            if cell != plan.any() && (0..plan.joints().ways()).all(|range| new(range) == all_get) {
                sure.push(all_get);
            }
            for range in (0..plan.joints().ways()).filter(|_| same_ranges) {
                let was = old.joints().joint(class + 1, cell, range);
                let becomes = becomes.entry(was).or_insert(Some(new(range)));
                *becomes = becomes.filter(|is| *is == new(range));
            }
        }
        let shown_before = becomes.into_iter().filter(|(was, _)| *was != 0 && self.shown(*was) == *was);
        for joint in sure.into_iter().chain(shown_before.filter_map(|(_, is)| is)) {
            if let Some(shown) = next.shown.get_mut(usize::from(joint)) {
                *shown = joint;
            }
        }
        next
    }

    /// Releases the cells of a class that are large enough; what a smaller one has is added to its
    /// parent's. Parents have larger numbers, so each cell is judged once, when all that finer
    /// releases leave to it is there: the fixed point is reached in one pass, and with one draw a cell.
    fn release(
        &mut self,
        plan: &Plan,
        config: &Config,
        counts: &Counts,
        before: &Self,
        class: usize,
        draw: Draw<'_>,
    ) {
        let of_cell = |cell| Some((cell, Box::new(union(counts.bits(plan.pair(class, cell))?))));
        let mut open: BTreeMap<u32, Box<Bits>> = (0..plan.any()).filter_map(of_cell).collect();
        // Visitors of a cell without bitmaps were counted above it. So it must not be released.
        let may_release = |pair| !counts.ran_out() || counts.has(pair);
        while let Some((cell, bits)) = open.pop_first() {
            let pair = plan.pair(class, cell);
            let enough = may_release(pair) && size(&bits) >= config.k && {
                let noised = i64::from(size(&bits)).saturating_add(draw(DrawnFor::Cell { class, cell }));
                let at_once = noised >= i64::from(config.at_once()) || before.has_had(pair, cell);
                let large = noised >= i64::from(config.k);
                if large && !at_once {
                    self.waiting.push(pair);
                }
                large && at_once
            };
            let parent = plan.parent(cell);
            if enough {
                if let Some(own) = self.cells.get_mut(pair) {
                    *own = cell;
                }
            } else if parent != plan.any() {
                let pool = open.entry(parent).or_insert_with(|| Box::new([0; WORDS]));
                unite(pool, &bits);
            }
        }
    }

    /// Whether the pair was released in the epoch before, or large enough for the first time.
    fn has_had(&self, pair: usize, cell: u32) -> bool {
        self.cells.get(pair) == Some(&cell) || self.waiting.binary_search(&pair).is_ok()
    }

    /// Leads every cell that is not released to the next coarser one that is.
    fn settle(&mut self, plan: &Plan) {
        for cells in self.cells.chunks_exact_mut(plan.cells().max(1)) {
            // Parents have larger numbers, so they are settled before their children.
            for cell in (0..plan.any()).rev() {
                let above = cells.get(plan.parent(cell) as usize).copied().unwrap_or(plan.any());
                if let Some(released) = cells.get_mut(cell as usize).filter(|own| **own != cell) {
                    *released = above;
                }
            }
        }
    }

    /// Shows the joint variants that are large enough. Who would get another one gets the default, so
    /// no other variant loses or gains anybody by it: one pass is the fixed point.
    ///
    /// A variant that all visitors of some released cell get needs no draw of its own: that it is
    /// shown says no more than that the cell is released.
    fn show(&mut self, plan: &Plan, config: &Config, counts: &Counts, draw: Draw<'_>) {
        let joints = plan.joints();
        let mut crowds: BTreeMap<u16, Box<Bits>> = BTreeMap::new();
        for (class, cell) in pairs(plan) {
            let Some(ranges) = counts.bits(plan.pair(class, cell)) else { continue };
            let given = self.get(plan, class, cell);
            for (range, bits) in ranges.enumerate() {
                // The joint variants are counted with class 0.
                let crowd = crowds.entry(joints.joint(class + 1, given, range));
                unite(crowd.or_insert_with(|| Box::new([0; WORDS])), &bits);
            }
        }
        let mut whole = vec![false; self.shown.len()];
        for (class, cell) in pairs(plan).filter(|(_, cell)| *cell != plan.any()) {
            if self.get(plan, class, cell) == cell {
                let mut given = (0..joints.ways()).map(|range| joints.joint(class + 1, cell, range));
                let first = given.next().unwrap_or(0);
                if let Some(whole) = whole.get_mut(usize::from(first)).filter(|_| given.all(|j| j == first)) {
                    *whole = true;
                }
            }
        }
        for (joint, bits) in crowds.iter().filter(|(joint, bits)| **joint != 0 && size(bits) >= config.k) {
            let mut noised = || i64::from(size(bits)).saturating_add(draw(DrawnFor::Joint(*joint)));
            let is_whole = whole.get(usize::from(*joint)) == Some(&true);
            if (is_whole || noised() >= i64::from(config.k))
                && let Some(shown) = self.shown.get_mut(usize::from(*joint))
            {
                *shown = *joint;
            }
        }
    }

    /// The cell that visitors of a pair are given.
    #[inline]
    pub(crate) fn get(&self, plan: &Plan, class: usize, cell: u32) -> u32 {
        self.cells.get(plan.pair(class, cell)).copied().unwrap_or(plan.any())
    }

    /// The joint variant that stands for one in this epoch: itself or the default.
    #[inline]
    pub(crate) fn shown(&self, joint: u16) -> u16 {
        self.shown.get(usize::from(joint)).copied().unwrap_or(0)
    }

    /// The released cells, ascending.
    pub(crate) fn list(&self, plan: &Plan) -> Vec<Released> {
        let mut list = Vec::new();
        for (class, cells) in (1_u8..).zip(self.cells.chunks_exact(plan.cells().max(1))) {
            let own = (0..plan.any()).zip(cells).filter(|(cell, released)| cell == *released);
            list.extend(own.map(|(cell, _)| Released { class, cell: CellId(cell) }));
        }
        list
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.cells) + size_of_val(&*self.shown) + self.waiting.capacity() * size_of::<usize>()
    }

    /// The joint variants that are shown besides the default, ascending.
    pub(crate) fn list_shown(&self) -> Vec<u16> {
        self.shown.iter().copied().filter(|joint| *joint != 0).collect()
    }
}

/// All pairs of a counted class and a cell.
fn pairs(plan: &Plan) -> impl Iterator<Item = (usize, u32)> {
    let any = plan.any();
    (0..plan.classes()).flat_map(move |class| (0..=any).map(move |cell| (class, cell)))
}

fn size(bits: &Bits) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}

fn unite(pool: &mut Bits, bits: &Bits) {
    pool.iter_mut().zip(bits).for_each(|(pooled, word)| *pooled |= word);
}

fn union(bitmaps: impl Iterator<Item = Bits>) -> Bits {
    let mut pool = [0; WORDS];
    bitmaps.for_each(|bits| unite(&mut pool, &bits));
    pool
}
