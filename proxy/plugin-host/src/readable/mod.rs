//! A whole table as few rules that people can read, and that are exactly the table: per slot, the
//! first line that fits a cell gives its variant, and the last line fits every cell. A table that no list of
//! readable length tells is told in part, and that is said.

mod cover;
mod grid;
mod layers;
mod listing;
mod print;
mod reduce;
mod set;
mod words;

use crate::manifest::{Manifest, Slot};
use crate::table::Table;

pub(crate) use grid::Grid;
pub use listing::MAX_LINES;
pub(crate) use listing::in_any_order;
use listing::{Listing, Told, listing};
use set::Set;
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
    untold: Vec<Untold>,
    cells: u32,
    /// By axis and id: the lines that hold it, the last line of a whole list not among them.
    masks: Vec<Vec<Set>>,
}

/// One rule. Its conditions must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    conditions: Vec<Condition>,
    depends: bool,
    variant: u8,
    variant_name: String,
    cells: u32,
}

/// Cells that no line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Name of the variant that they show.
    pub variant_name: String,
    /// How many.
    pub cells: u32,
}

impl Readable {
    pub(crate) fn new(manifest: &Manifest, table: &Table) -> Self {
        let slots = manifest.slots().iter().enumerate();
        Self { slots: slots.map(|(at, slot)| ReadableSlot::new(manifest, table, at, slot)).collect() }
    }

    /// The slots, in the order of the manifest.
    #[must_use]
    pub fn slots(&self) -> &[ReadableSlot] {
        &self.slots
    }
}

impl ReadableSlot {
    fn new(manifest: &Manifest, table: &Table, position: usize, slot: &Slot) -> Self {
        let digit = |choice: u16| manifest.variants_of(choice).get(position).copied();
        // Choices are few, cells are many.
        let digits: Vec<u8> =
            (0..manifest.choices()).map(|choice| digit(choice).unwrap_or(slot.default())).collect();
        let variant = |choice: &u16| digits.get(usize::from(*choice)).copied().unwrap_or(slot.default());
        let variants = table.choices().iter().map(|choice| u16::from(variant(choice))).collect();
        let radices = table.radices().into_iter();
        let sizes: Vec<usize> = radices.map(|size| usize::try_from(size).unwrap_or(1)).collect();
        let grid = Grid::new(sizes.clone(), manifest.signals().len(), variants);
        let Listing { lines, untold } = listing(&grid, u16::from(slot.default()));
        let (axes, name) =
            (Axes::of(manifest), |variant: u16| u8::try_from(variant).unwrap_or(slot.default()));
        let mut masks: Vec<Vec<Set>> = sizes.iter().map(|size| vec![Set::default(); *size]).collect();
        let mut told: Vec<Line> = Vec::with_capacity(lines.len() + 1);
        for (at, Told { block, depends, cells }) in lines.into_iter().enumerate() {
            let ids = grid.ids(&block.sets);
            for (masks, ids) in masks.iter_mut().zip(&ids) {
                for id in ids {
                    if let Some(mask) = masks.get_mut(usize::from(*id)) {
                        mask.insert(at);
                    }
                }
            }
            let variant = name(block.variant);
            let (conditions, variant_name) = (axes.conditions(ids), slot.variant_name(variant).to_owned());
            told.push(Line { conditions, depends, variant, variant_name, cells });
        }
        let untold: Vec<Untold> = untold
            .into_iter()
            .map(|(variant, cells)| Untold {
                variant_name: slot.variant_name(name(variant)).to_owned(),
                cells,
            })
            .collect();
        if untold.is_empty() {
            let decided = told.iter().map(|line| line.cells).fold(0, u32::saturating_add);
            told.push(Line {
                conditions: Vec::new(),
                depends: !told.is_empty(),
                variant: slot.default(),
                variant_name: slot.variant_name(slot.default()).to_owned(),
                cells: table.size().saturating_sub(decided),
            });
        }
        Self { name: slot.name().to_owned(), lines: told, untold, cells: table.size(), masks }
    }

    /// The slot's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The lines, first match first: at most one more than [`MAX_LINES`]. The last one has no conditions, if
    /// they are whole.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether the lines tell the whole table; otherwise some of it would take more than [`MAX_LINES`].
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.untold.is_empty()
    }

    /// What the cells show that no line tells, by variant, the most frequent first; empty for a whole list.
    #[must_use]
    pub fn untold(&self) -> &[Untold] {
        &self.untold
    }

    /// Number of cells that the lines share out.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }

    /// The variant that the lines give to a cell, by its ids as in [`Table::ids`]; `None` if no line tells it.
    #[must_use]
    pub fn variant(&self, ids: &[u8]) -> Option<u8> {
        let held = self.masks.iter().enumerate().map(|(axis, masks)| {
            let id = ids.get(axis).map_or(masks.len().saturating_sub(1), |id| usize::from(*id));
            masks.get(id).copied().unwrap_or_default()
        });
        let fits = held.fold(self.any_line(), |all, held| all.and(&held));
        self.lines.get(self.decides(&fits)?).map(Line::variant)
    }

    /// Which line decides each cell of the table, in its order; `None` for a cell that no line tells.
    #[must_use]
    pub fn decided_by(&self) -> Vec<Option<u16>> {
        let mut fits = vec![self.any_line()];
        for masks in &self.masks {
            fits = fits.iter().flat_map(|all| masks.iter().map(|own| all.and(own))).collect();
        }
        fits.iter().map(|fits| self.decides(fits).and_then(|line| u16::try_from(line).ok())).collect()
    }

    /// All lines that have conditions, or would have if there were signals.
    fn any_line(&self) -> Set {
        Set::below(self.lines.len().saturating_sub(usize::from(self.is_whole())))
    }

    fn decides(&self, fits: &Set) -> Option<usize> {
        fits.first().or_else(|| self.lines.len().checked_sub(1).filter(|_| self.is_whole()))
    }
}

impl Line {
    /// What must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether the line is right only for cells that no line above it fits.
    #[must_use]
    pub fn depends(&self) -> bool {
        self.depends
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
