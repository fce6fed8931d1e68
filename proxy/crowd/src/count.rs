//! Bitmaps of tokens, one a counted pair of class and cell, or one for each range of buckets there.
//! Written by every request at once, without a lock or an allocation, but for the first visitor of a
//! pair in an epoch, who takes a lock. A token's slot is all that enters.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::plan::Plan;

/// 64-bit words of a bitmap of 4,096 bits, one a token.
pub(crate) const WORDS: usize = 64;

/// A bitmap at rest.
pub(crate) type Bits = [u64; WORDS];

/// The counts of a route in one epoch.
///
/// INVARIANT: an entry of `places` is 0, or one more than the position of a block of bitmaps that no
/// other entry names; a block has one bitmap for each way to be counted in a cell. All memory is taken
/// when the epoch begins.
pub(crate) struct Counts {
    places: Box<[AtomicU32]>,
    bitmaps: Box<[[AtomicU64; WORDS]]>,
    /// Bitmaps of a block.
    ways: usize,
    /// Blocks there are, and blocks that somebody asked for and got.
    blocks: u32,
    taken: AtomicU32,
    taking: Mutex<()>,
    /// Every pair that can be counted has a block kept for it.
    ample: bool,
}

// Relaxed ordering suffices throughout: bitmaps stand ready before the epoch is published, and a
// place is a plain number that leads to one of them.
impl Counts {
    pub(crate) fn new(plan: &Plan, counted_cells: u32) -> Self {
        let ways = plan.joints().ways();
        let most = counted_cells / u32::try_from(ways).unwrap_or(u32::MAX).max(1);
        let blocks = plan.countable().min(most);
        let empty = || std::array::from_fn(|_| AtomicU64::new(0));
        let counts = Self {
            places: (0..plan.classes() * plan.cells()).map(|_| AtomicU32::new(0)).collect(),
            bitmaps: (0..blocks as usize * ways).map(|_| empty()).collect(),
            ways,
            blocks,
            taken: AtomicU32::new(0),
            taking: Mutex::new(()),
            ample: blocks == plan.countable(),
        };
        if plan.joints().splits() {
            // Whoever finds no room is counted here, and buckets can tell them apart.
            for class in 0..plan.classes() {
                let _ = counts.block(plan.pair(class, plan.any()));
            }
        }
        counts
    }

    /// Counts a visitor in a cell; or, where memory has run out, in the next coarser cell that is
    /// counted already. `any` needs no count where nobody is told apart in it.
    #[inline]
    pub(crate) fn record(&self, plan: &Plan, class: usize, cell: u32, range: usize, slot: u16) {
        let mut cell = cell;
        while cell != plan.any() || plan.joints().splits() {
            if let Some(block) = self.block(plan.pair(class, cell)) {
                let bit = 1_u64 << (slot % 64);
                let word = block.get(range).and_then(|bits| bits.get(usize::from(slot / 64) % WORDS));
                if let Some(word) = word {
                    // Most visitors come again: reading first keeps the line shared between cores.
                    if word.load(Relaxed) & bit == 0 {
                        word.fetch_or(bit, Relaxed);
                    }
                }
                return;
            }
            if cell == plan.any() {
                return;
            }
            cell = plan.parent(cell);
        }
    }

    #[inline]
    fn block(&self, pair: usize) -> Option<&[[AtomicU64; WORDS]]> {
        let place = self.places.get(pair)?;
        match place.load(Relaxed) {
            0 => self.take(place),
            taken => self.at(taken),
        }
    }

    #[cold]
    fn take(&self, place: &AtomicU32) -> Option<&[[AtomicU64; WORDS]]> {
        if self.is_full() {
            return None;
        }
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        match place.load(Relaxed) {
            0 if self.is_full() => None,
            0 => {
                let next = self.taken.load(Relaxed).saturating_add(1);
                self.taken.store(next, Relaxed);
                place.store(next, Relaxed);
                self.at(next)
            }
            earlier => self.at(earlier),
        }
    }

    fn is_full(&self) -> bool {
        self.taken.load(Relaxed) >= self.blocks
    }

    fn at(&self, place: u32) -> Option<&[[AtomicU64; WORDS]]> {
        let start = (place as usize).checked_sub(1)?.checked_mul(self.ways)?;
        self.bitmaps.get(start..start.checked_add(self.ways)?)
    }

    /// The bits of a pair as they stand, one bitmap for each way to be counted; `None` if nobody was
    /// counted in it.
    pub(crate) fn bits(&self, pair: usize) -> Option<impl Iterator<Item = Bits> + '_> {
        let block = self.at(self.places.get(pair)?.load(Relaxed))?;
        Some(block.iter().map(|bitmap| {
            let mut words = bitmap.iter();
            std::array::from_fn(|_| words.next().map_or(0, |word| word.load(Relaxed)))
        }))
    }

    /// Whether there are bitmaps of a pair.
    pub(crate) fn has(&self, pair: usize) -> bool {
        self.places.get(pair).is_some_and(|place| place.load(Relaxed) != 0)
    }

    /// Whether some visitors may have been counted in a coarser cell than their own.
    pub(crate) fn ran_out(&self) -> bool {
        !self.ample && self.is_full()
    }

    /// Bytes that the counts take, all at once and for the whole epoch.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.places) + size_of_val(&*self.bitmaps)
    }
}
