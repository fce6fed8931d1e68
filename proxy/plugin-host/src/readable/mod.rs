//! A whole table as few rules that people can read, and that are exactly the table: per slot, the
//! first line that fits a cell gives its variant, and the last line fits every cell.

mod cover;
mod words;

use std::fmt;

use crate::manifest::Manifest;
use crate::table::Table;

pub(crate) use cover::{Cover, Grid};
pub(crate) use words::Axes;
pub use words::Condition;

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
                let variant =
                    |choice: &u16| digits.get(usize::from(*choice)).copied().unwrap_or(slot.default());
                let variants = table.choices().iter().map(|choice| u16::from(variant(choice))).collect();
                let radices = table.radices().into_iter();
                let sizes = radices.map(|size| usize::try_from(size).unwrap_or(1)).collect();
                let covers = Grid::new(sizes, variants).cover(u16::from(slot.default()));
                let covered: u32 = covers.iter().map(|cover| cover.cells).sum();
                let axes = Axes::of(manifest);
                let line = |sets: Vec<Vec<u8>>, variant: u8, cells: u32| Line {
                    conditions: axes.conditions(sets),
                    variant,
                    variant_name: slot.variant_name(variant).to_owned(),
                    cells,
                };
                let variant = |cover: &Cover| u8::try_from(cover.variant).unwrap_or(slot.default());
                let mut lines: Vec<Line> = covers
                    .into_iter()
                    .map(|cover| {
                        let variant = variant(&cover);
                        line(cover.ids, variant, cover.cells)
                    })
                    .collect();
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
        let fits = |line: &&Line| line.conditions.iter().all(|condition| condition.holds(ids));
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

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for slot in &self.slots {
            writeln!(f, "{}", slot.name)?;
            for line in &slot.lines {
                let words: Vec<_> = line.conditions.iter().map(ToString::to_string).collect();
                let when = if words.is_empty() { "otherwise".to_owned() } else { words.join(", ") };
                let noun = if slot.cells == 1 { "cell" } else { "cells" };
                writeln!(f, "  {when} → {} ({} of {} {noun})", line.variant_name, line.cells, slot.cells)?;
            }
        }
        Ok(())
    }
}
