//! What another version of a plugin changes: only the cells in which a slot shows something else, as
//! rules, and what else differs. Both plugins are tables already; nothing of them runs.
//!
//! Everything is compared by name: slots, variants, signals and values. Where the two tell different
//! values apart, they are compared over every value that either of them tells apart.

mod common;
mod edits;
mod slots;

use cloakroom_vocabulary::Signal;

use crate::manifest::Manifest;
use crate::plugin::Plugin;
use common::Common;

pub use edits::EditsChange;
pub use slots::{Change, SlotDifference};

/// The most cells over which two plugins are compared.
pub const MAX_COMPARED_CELLS: u32 = 1_000_000;
/// The most values of one signal that two plugins may tell apart together.
const MAX_COMPARED_VALUES: usize = 250;

/// Two plugins that cannot be compared cell by cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// Too many values.
    #[error(
        "the two plugins tell {count} values of `{signal}` apart together, at most {MAX_COMPARED_VALUES} can be compared"
    )]
    Values {
        /// Of which signal.
        signal: Signal,
        /// How many.
        count: usize,
    },
    /// Too many cells.
    #[error(
        "the two plugins differ over {arithmetic} = {size} cells, at most {MAX_COMPARED_CELLS} can be compared"
    )]
    Cells {
        /// The product.
        arithmetic: String,
        /// Its value.
        size: u64,
    },
}

/// What differs between two plugins.
pub struct Difference {
    common: Result<Common, NotComparable>,
    signals: Vec<SignalChange>,
    bucket_ranges: Option<(Vec<u8>, Vec<u8>)>,
    added_slots: Vec<String>,
    removed_slots: Vec<String>,
    slots: Vec<SlotDifference>,
    changed_cells: u32,
}

/// What differs in a signal that a plugin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalChange {
    /// Which signal.
    pub signal: Signal,
    /// Whether the old and the new plugin ask for it.
    pub asked: (bool, bool),
    /// Values that only the new plugin tells apart.
    pub added: Vec<String>,
    /// Values that only the old plugin tells apart.
    pub removed: Vec<String>,
    /// The old and the new reason, if both ask for it and the reasons differ.
    pub reasons: Option<(String, String)>,
}

impl Difference {
    /// Compares two plugins. Where they cannot be compared cell by cell, all else is compared.
    #[must_use]
    pub fn between(old: &Plugin, new: &Plugin) -> Self {
        let (before, after) = (old.manifest(), new.manifest());
        let common = Common::of(before, after);
        let (slots, changed_cells) = slots::compare(common.as_ref().ok(), old, new);
        let ranges = (before.bucket_ranges().to_vec(), after.bucket_ranges().to_vec());
        let (added_slots, removed_slots) = (missing(after, before), missing(before, after));
        let size = common.as_ref().map_or(0, Common::size);
        Self {
            signals: signals(before, after),
            bucket_ranges: (ranges.0 != ranges.1).then_some(ranges),
            // A slot that comes or goes does so in every cell.
            changed_cells: if added_slots.is_empty() && removed_slots.is_empty() {
                changed_cells
            } else {
                size
            },
            added_slots,
            removed_slots,
            common,
            slots,
        }
    }

    /// Why the two were not compared cell by cell, if they were not.
    #[must_use]
    pub fn not_compared(&self) -> Option<&NotComparable> {
        self.common.as_ref().err()
    }

    /// Whether the two ask for the same signals for the same reasons, have the same slots, variants and
    /// edits, and decide the same in every cell. Name, version and the order of things do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.common.is_ok()
            && self.signals.is_empty()
            && self.bucket_ranges.is_none()
            && self.added_slots.is_empty()
            && self.removed_slots.is_empty()
            && self.slots.iter().all(SlotDifference::is_empty)
    }

    /// The signals that differ.
    #[must_use]
    pub fn signals(&self) -> &[SignalChange] {
        &self.signals
    }

    /// The widths of the old and the new bucket ranges, in hundredths, if they differ.
    #[must_use]
    pub fn bucket_ranges(&self) -> Option<(&[u8], &[u8])> {
        self.bucket_ranges.as_ref().map(|(old, new)| (old.as_slice(), new.as_slice()))
    }

    /// Slots that only the new plugin has.
    #[must_use]
    pub fn added_slots(&self) -> &[String] {
        &self.added_slots
    }

    /// Slots that only the old plugin has.
    #[must_use]
    pub fn removed_slots(&self) -> &[String] {
        &self.removed_slots
    }

    /// The slots that both have, in the order of the old plugin.
    #[must_use]
    pub fn slots(&self) -> &[SlotDifference] {
        &self.slots
    }

    /// Number of cells over which the two were compared; 0 if they were not.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.common.as_ref().map_or(0, Common::size)
    }

    /// Number of those cells in which some slot shows something else; all of them if a slot came or went.
    #[must_use]
    pub fn changed_cells(&self) -> u32 {
        self.changed_cells
    }

    /// The cell of the comparison in which the old plugin is asked about `old` and the new one about
    /// `new`, both as in [`crate::Table::ids`]; `None` if no value of a site is seen so by the two.
    #[must_use]
    pub fn cell(&self, old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
        self.common.as_ref().ok()?.cell(old, new)
    }
}

/// Names of the slots of one that the other has not.
fn missing(one: &Manifest, other: &Manifest) -> Vec<String> {
    let has = |name: &str| other.slots().iter().any(|slot| slot.name() == name);
    one.slots().iter().map(|slot| slot.name().to_owned()).filter(|name| !has(name)).collect()
}

fn signals(old: &Manifest, new: &Manifest) -> Vec<SignalChange> {
    let asks =
        |manifest: &'_ Manifest, signal| manifest.signals().iter().position(|used| used.signal() == signal);
    let mut all: Vec<Signal> = old.signals().iter().map(|used| used.signal()).collect();
    all.extend(new.signals().iter().map(|used| used.signal()).filter(|signal| asks(old, *signal).is_none()));
    let change = |signal| {
        let of = |manifest: &'_ Manifest| {
            asks(manifest, signal).and_then(|at| manifest.signals().get(at).cloned())
        };
        let (before, after) = (of(old), of(new));
        let values = |used: &Option<crate::SignalUse>| {
            used.as_ref().map(|used| used.values().to_vec()).unwrap_or_default()
        };
        let (mine, theirs) = (values(&before), values(&after));
        let without = |one: &[String], other: &[String]| -> Vec<String> {
            one.iter().filter(|value| !other.contains(value)).cloned().collect()
        };
        let asked = (before.is_some(), after.is_some());
        let reasons = before.zip(after).map(|(old, new)| (old.reason().to_owned(), new.reason().to_owned()));
        SignalChange {
            signal,
            asked,
            added: without(&theirs, &mine),
            removed: without(&mine, &theirs),
            reasons: reasons.filter(|(old, new)| old != new),
        }
    };
    let differs = |change: &SignalChange| {
        change.asked.0 != change.asked.1
            || !change.added.is_empty()
            || !change.removed.is_empty()
            || change.reasons.is_some()
    };
    all.into_iter().map(change).filter(differs).collect()
}
