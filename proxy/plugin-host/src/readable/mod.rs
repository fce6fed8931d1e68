//! A whole table as few rules that people can read, and that are exactly the table: per slot, the
//! first line that fits a cell gives its variant, and the last line fits every cell.

mod cover;

use std::fmt;

use cloakroom_vocabulary::Signal;

use crate::manifest::{Manifest, SignalUse};
use crate::table::Table;
use cover::Grid;

/// A plugin's table as rules, slot by slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    slots: Vec<ReadableSlot>,
}

/// The rules of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableSlot {
    name: String,
    lines: Vec<Line>,
    cells: u32,
}

/// One rule. Its conditions must all hold; the last line of a slot has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    conditions: Vec<Condition>,
    variant: u8,
    variant_name: String,
    cells: u32,
}

/// That a signal or the bucket has one of some ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    position: usize,
    signal: Option<Signal>,
    ids: Vec<u8>,
    words: String,
}

impl Readable {
    pub(crate) fn new(manifest: &Manifest, table: &Table) -> Self {
        let slots = manifest.slots().iter().enumerate();
        let slots = slots
            .map(|(position, slot)| {
                let digit = |choice: &u16| {
                    manifest.variants_of(*choice).get(position).copied().unwrap_or(slot.default())
                };
                // Choices are few, cells are many.
                let digits: Vec<u8> = (0..manifest.choices()).map(|choice| digit(&choice)).collect();
                let variants = table
                    .choices()
                    .iter()
                    .map(|choice| digits.get(usize::from(*choice)).copied().unwrap_or(slot.default()))
                    .collect();
                let radices = table.radices().into_iter();
                let sizes = radices.map(|size| usize::try_from(size).unwrap_or(1)).collect();
                let covers = Grid::new(sizes, variants).cover(slot.default());
                let covered: u32 = covers.iter().map(|cover| cover.cells).sum();
                let line = |sets: Vec<Vec<u8>>, variant: u8, cells: u32| Line {
                    conditions: conditions(manifest, sets),
                    variant,
                    variant_name: slot.variant_name(variant).to_owned(),
                    cells,
                };
                let mut lines: Vec<Line> =
                    covers.into_iter().map(|cover| line(cover.ids, cover.variant, cover.cells)).collect();
                lines.push(line(Vec::new(), slot.default(), table.size().saturating_sub(covered)));
                ReadableSlot { name: slot.name().to_owned(), lines, cells: table.size() }
            })
            .collect();
        Self { slots }
    }

    /// The slots, in the order of the manifest.
    #[must_use]
    pub fn slots(&self) -> &[ReadableSlot] {
        &self.slots
    }
}

impl ReadableSlot {
    /// The slot's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lines, first match first; the last one has no conditions.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Number of cells that the lines share out.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }

    /// The variant that the lines give to a cell, by its ids as in [`Table::ids`].
    #[must_use]
    pub fn variant(&self, ids: &[u8]) -> u8 {
        let fits = |line: &&Line| {
            line.conditions
                .iter()
                .all(|condition| ids.get(condition.position).is_some_and(|id| condition.ids.contains(id)))
        };
        self.lines.iter().find(fits).map_or(0, |line| line.variant)
    }
}

impl Line {
    /// What must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Position of the variant that is shown.
    #[must_use]
    pub fn variant(&self) -> u8 {
        self.variant
    }

    /// Name of the variant that is shown.
    #[must_use]
    pub fn variant_name(&self) -> &str {
        &self.variant_name
    }

    /// Number of cells that this line decides, those of earlier lines not counted.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }
}

impl Condition {
    /// The signal; `None` for the bucket.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        self.signal
    }

    /// The plugin's ids that fit, ascending.
    #[must_use]
    pub fn ids(&self) -> &[u8] {
        &self.ids
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for slot in &self.slots {
            writeln!(f, "{}", slot.name)?;
            for line in &slot.lines {
                let words: Vec<_> =
                    line.conditions.iter().map(|condition| condition.words.as_str()).collect();
                let when = if words.is_empty() { "otherwise".to_owned() } else { words.join(", ") };
                let noun = if slot.cells == 1 { "cell" } else { "cells" };
                writeln!(f, "  {when} → {} ({} of {} {noun})", line.variant_name, line.cells, slot.cells)?;
            }
        }
        Ok(())
    }
}

/// The sets that say something: those that do not hold every id of their signal.
fn conditions(manifest: &Manifest, sets: Vec<Vec<u8>>) -> Vec<Condition> {
    let mut sets = sets.into_iter();
    let mut conditions: Vec<_> = manifest
        .signals()
        .iter()
        .zip(sets.by_ref())
        .enumerate()
        .filter(|(_, (signal, ids))| ids.len() <= usize::from(signal.any()))
        .map(|(position, (signal, ids))| Condition {
            position,
            signal: Some(signal.signal()),
            words: words(signal, &ids),
            ids,
        })
        .collect();
    let bucket = sets.next().filter(|ids| manifest.splits() && ids.len() <= manifest.bucket_ranges().len());
    conditions.extend(bucket.map(|ids| Condition {
        position: manifest.signals().len(),
        signal: None,
        words: bucket_words(manifest, &ids),
        ids,
    }));
    conditions
}

fn bucket_words(manifest: &Manifest, ids: &[u8]) -> String {
    if (0..manifest.unknown_bucket()).all(|range| ids.contains(&range)) {
        return "bucket is known".to_owned();
    }
    let names: Vec<_> = ids.iter().map(|id| manifest.bucket_name(*id)).collect();
    format!("bucket is {}", names.join(" or "))
}

fn words(signal: &SignalUse, ids: &[u8]) -> String {
    let name = signal.signal();
    let names = |ids: &[u8]| ids.iter().map(|id| signal.id_name(*id)).collect::<Vec<_>>().join(" or ");
    let absent: Vec<u8> = (0..=signal.any()).filter(|id| !ids.contains(id)).collect();
    // Only a set that holds what nobody named is told by what it leaves out.
    let open = ids.contains(&signal.other()) && absent.len() < ids.len();
    match absent.split_last() {
        Some((last, [])) if open && *last == signal.any() => format!("{name} is known"),
        Some((last, named)) if open && *last == signal.any() => {
            format!("{name} is known but not {}", names(named))
        }
        Some(_) if open => format!("{name} is not {}", names(&absent)),
        _ => format!("{name} is {}", names(ids)),
    }
}
