//! Which cells are released, from the counts of one epoch. Only counts enter; only cells leave.

use std::collections::BTreeMap;

use cloakroom_vocabulary::CellId;

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

/// For each pair of class and cell, the cell that its visitors are given.
///
/// INVARIANT: as long as classes × cells of the plan; a released cell leads to itself.
pub(crate) struct Releases(Box<[u32]>);

impl Releases {
    /// Nothing but `any`.
    pub(crate) fn none(plan: &Plan) -> Self {
        Self(vec![plan.any(); plan.classes() * plan.cells()].into())
    }

    /// What was counted in at least `k` slots.
    pub(crate) fn of(plan: &Plan, counts: &Counts, k: u32) -> Self {
        let mut table = Self::none(plan).0;
        let classes = table.chunks_exact_mut(plan.cells().max(1)).enumerate();
        for (class, cells) in classes {
            for cell in large_enough(plan, counts, class, k) {
                if let Some(released) = cells.get_mut(cell as usize) {
                    *released = cell;
                }
            }
            // Parents have larger numbers, so they are settled before their children.
            for cell in (0..plan.any()).rev() {
                let above = cells.get(plan.parent(cell) as usize).copied().unwrap_or(plan.any());
                if let Some(released) = cells.get_mut(cell as usize).filter(|own| **own != cell) {
                    *released = above;
                }
            }
        }
        Self(table)
    }

    /// The cell that visitors of a pair are given.
    #[inline]
    pub(crate) fn get(&self, plan: &Plan, class: usize, cell: u32) -> u32 {
        self.0.get(plan.pair(class, cell)).copied().unwrap_or(plan.any())
    }

    pub(crate) fn list(&self, plan: &Plan) -> Vec<Released> {
        let mut list = Vec::new();
        for (class, cells) in (1_u8..).zip(self.0.chunks_exact(plan.cells().max(1))) {
            let own = (0..plan.any()).zip(cells).filter(|(cell, released)| cell == *released);
            list.extend(own.map(|(cell, _)| Released { class, cell: CellId(cell) }));
        }
        list
    }
}

/// The cells of a class that have `k` slots; what a smaller one has is added to its parent's.
fn large_enough(plan: &Plan, counts: &Counts, class: usize, k: u32) -> Vec<u32> {
    let mut open: BTreeMap<u32, Box<Bits>> = (0..plan.any())
        .filter_map(|cell| Some((cell, Box::new(counts.bits(plan.pair(class, cell))?))))
        .collect();
    let mut released = Vec::new();
    while let Some((cell, bits)) = open.pop_first() {
        let parent = plan.parent(cell);
        if bits.iter().map(|word| word.count_ones()).sum::<u32>() >= k {
            released.push(cell);
        } else if parent != plan.any() {
            let pool = open.entry(parent).or_insert_with(|| Box::new([0; WORDS]));
            pool.iter_mut().zip(bits.iter()).for_each(|(pooled, word)| *pooled |= word);
        }
    }
    released
}
