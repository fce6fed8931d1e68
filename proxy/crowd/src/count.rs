//! Bitmaps of tokens, one a counted pair of class and cell. Written by every request at once: no
//! lock, no allocation. A token's slot is all that enters.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::plan::Plan;

/// 64-bit words of a bitmap of 4,096 bits, one a token.
pub(crate) const WORDS: usize = 64;

/// A bitmap at rest.
pub(crate) type Bits = [u64; WORDS];

/// The counts of a route in one epoch.
///
/// INVARIANT: an entry of `places` is 0, or one more than the position of a bitmap that no other
/// entry names. All memory is taken when the epoch begins.
pub(crate) struct Counts {
    places: Box<[AtomicU32]>,
    bitmaps: Box<[[AtomicU64; WORDS]]>,
    taken: AtomicU32,
}

// Relaxed ordering suffices throughout: bitmaps stand ready before the epoch is published, and a
// place is a plain number that leads to one of them.
impl Counts {
    pub(crate) fn new(plan: &Plan, counted_cells: u32) -> Self {
        // Twice, since threads that take a bitmap for the same pair at once waste all but one.
        let bitmaps = plan.countable().saturating_mul(2).min(counted_cells);
        let empty = || std::array::from_fn(|_| AtomicU64::new(0));
        Self {
            places: (0..plan.classes() * plan.cells()).map(|_| AtomicU32::new(0)).collect(),
            bitmaps: (0..bitmaps).map(|_| empty()).collect(),
            taken: AtomicU32::new(0),
        }
    }

    /// Counts a visitor in a cell; or, where memory has run out, in the next coarser cell that is
    /// counted already. `any` needs no count.
    #[inline]
    pub(crate) fn record(&self, plan: &Plan, class: usize, cell: u32, slot: u16) {
        let mut cell = cell;
        while cell != plan.any() {
            if let Some(bitmap) = self.bitmap(plan.pair(class, cell)) {
                let bit = 1_u64 << (slot % 64);
                if let Some(word) = bitmap.get(usize::from(slot / 64) % WORDS) {
                    // Most visitors come again: reading first keeps the line shared between cores.
                    if word.load(Relaxed) & bit == 0 {
                        word.fetch_or(bit, Relaxed);
                    }
                }
                return;
            }
            cell = plan.parent(cell);
        }
    }

    #[inline]
    fn bitmap(&self, pair: usize) -> Option<&[AtomicU64; WORDS]> {
        let place = self.places.get(pair)?;
        match place.load(Relaxed) {
            0 => self.take(place),
            taken => self.at(taken),
        }
    }

    #[cold]
    fn take(&self, place: &AtomicU32) -> Option<&[AtomicU64; WORDS]> {
        // Looking first keeps the number from growing once all are taken.
        if self.taken.load(Relaxed) as usize >= self.bitmaps.len() {
            return None;
        }
        let next = self.taken.fetch_add(1, Relaxed).saturating_add(1);
        if next as usize > self.bitmaps.len() {
            return None;
        }
        match place.compare_exchange(0, next, Relaxed, Relaxed) {
            Ok(_) => self.at(next),
            Err(earlier) => self.at(earlier),
        }
    }

    fn at(&self, place: u32) -> Option<&[AtomicU64; WORDS]> {
        self.bitmaps.get((place as usize).checked_sub(1)?)
    }

    /// The bits of a pair as they stand; `None` if nobody was counted in it.
    pub(crate) fn bits(&self, pair: usize) -> Option<Bits> {
        let bitmap = self.at(self.places.get(pair)?.load(Relaxed))?;
        let mut words = bitmap.iter();
        Some(std::array::from_fn(|_| words.next().map_or(0, |word| word.load(Relaxed))))
    }
}
