//! What changes in the slots that two plugins have in common.

use std::collections::HashMap;

use super::common::Common;
use super::edits::{self, EditsChange};
use crate::manifest::{Delivery, Manifest, Slot};
use crate::plugin::Plugin;
use crate::readable::{Condition, Grid, in_any_order};

/// What differs in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotDifference {
    name: String,
    changes: Vec<Change>,
    untold_cells: u32,
    added: Vec<String>,
    removed: Vec<String>,
    edits: Vec<EditsChange>,
    delivery: Option<(Delivery, Delivery)>,
    price_like: Option<(bool, bool)>,
    default: Option<(String, String)>,
}

/// Cells in which a slot shows another variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    conditions: Vec<Condition>,
    before: String,
    after: String,
    cells: u32,
}

impl SlotDifference {
    /// The slot's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What changes: each holds by itself, in whichever order they are read. Nothing changes where none
    /// fits.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Number of cells that change besides, in no way that few rules tell.
    #[must_use]
    pub fn untold_cells(&self) -> u32 {
        self.untold_cells
    }

    /// The change in the cell with these ids (see [`super::Difference::cell`]).
    #[must_use]
    pub fn change(&self, ids: &[u8]) -> Option<&Change> {
        self.changes.iter().find(|change| change.conditions.iter().all(|condition| condition.holds(ids)))
    }

    /// Variants that only the new plugin has.
    #[must_use]
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// Variants that only the old plugin has.
    #[must_use]
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Variants of the same name whose edits differ.
    #[must_use]
    pub fn edits(&self) -> &[EditsChange] {
        &self.edits
    }

    /// How the old and the new slot reaches the page, if that differs.
    #[must_use]
    pub fn delivery(&self) -> Option<(Delivery, Delivery)> {
        self.delivery
    }

    /// Whether the old and the new slot are declared price-like, if that differs.
    #[must_use]
    pub fn price_like(&self) -> Option<(bool, bool)> {
        self.price_like
    }

    /// The old and the new default, if they differ by name.
    #[must_use]
    pub fn default(&self) -> Option<(&str, &str)> {
        self.default.as_ref().map(|(old, new)| (old.as_str(), new.as_str()))
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.untold_cells == 0
            && self.added.is_empty()
            && self.removed.is_empty()
            && self.edits.is_empty()
            && self.delivery.is_none()
            && self.price_like.is_none()
            && self.default.is_none()
    }
}

impl Change {
    /// What must hold; empty if it is so in every cell.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The variant that was shown.
    #[must_use]
    pub fn before(&self) -> &str {
        &self.before
    }

    /// The variant that is shown now.
    #[must_use]
    pub fn after(&self) -> &str {
        &self.after
    }

    /// Number of cells, those of earlier changes not counted.
    #[must_use]
    pub fn cells(&self) -> u32 {
        self.cells
    }
}

/// The slots that both have, and in how many cells any of them shows something else. Without cells in common
/// the slots are compared all the same.
pub(super) fn compare(common: Option<&Common>, old: &Plugin, new: &Plugin) -> (Vec<SlotDifference>, u32) {
    let mut choices: Vec<(u16, u16)> = Vec::new();
    if let Some(common) = common {
        common.each(|before, after| {
            let (old, new) = (old.table(), new.table());
            choices.push((old.lookup(old.index(before)), new.lookup(new.index(after))));
        });
    }
    let mut changed = vec![false; choices.len()];
    let mut slots = Vec::new();
    for (at, slot) in old.manifest().slots().iter().enumerate() {
        let found = new.manifest().slots().iter().position(|other| other.name() == slot.name());
        let Some((other_at, other)) = found.and_then(|at| Some((at, new.manifest().slots().get(at)?))) else {
            continue;
        };
        let mut kinds = Kinds::default();
        let (mine, theirs) = (variants(old.manifest(), at), variants(new.manifest(), other_at));
        let codes: Vec<u16> = choices
            .iter()
            .map(|(before, after)| {
                let of =
                    |variants: &[u8], choice: u16| variants.get(usize::from(choice)).copied().unwrap_or(0);
                kinds.code((slot, of(&mine, *before)), (other, of(&theirs, *after)))
            })
            .collect();
        for (changed, code) in changed.iter_mut().zip(&codes) {
            *changed |= *code != 0;
        }
        let told = common.map(|common| changes(common, codes, &kinds.names));
        let (changes, untold_cells) = told.unwrap_or_default();
        slots.push(SlotDifference {
            name: slot.name().to_owned(),
            changes,
            untold_cells,
            added: only_in(other, slot),
            removed: only_in(slot, other),
            edits: edits::compare((old, at, slot), (new, other_at, other)),
            delivery: differing(slot.delivery(), other.delivery()),
            price_like: differing(slot.price_like(), other.price_like()),
            default: defaults(slot, other),
        });
    }
    let changed = changed.into_iter().filter(|changed| *changed).count();
    (slots, u32::try_from(changed).unwrap_or(u32::MAX))
}

/// The variant of one slot in each choice.
fn variants(manifest: &Manifest, slot: usize) -> Vec<u8> {
    (0..manifest.choices())
        .map(|choice| manifest.variants_of(choice).get(slot).copied().unwrap_or_default())
        .collect()
}

/// Numbers for what a cell may change from and to; 0 for no change.
#[derive(Default)]
struct Kinds {
    codes: HashMap<(u8, u8), u16>,
    /// By code, from 1.
    names: Vec<(String, String)>,
}

impl Kinds {
    fn code(&mut self, (old, before): (&Slot, u8), (new, after): (&Slot, u8)) -> u16 {
        if let Some(code) = self.codes.get(&(before, after)) {
            return *code;
        }
        let names = (old.variant_name(before).to_owned(), new.variant_name(after).to_owned());
        let code = if names.0 == names.1 {
            0
        } else {
            self.names.push(names);
            // At most 64 variants each make at most 4,096 pairs.
            u16::try_from(self.names.len()).unwrap_or(u16::MAX)
        };
        self.codes.insert((before, after), code);
        code
    }
}

fn changes(common: &Common, codes: Vec<u16>, names: &[(String, String)]) -> (Vec<Change>, u32) {
    let axes = common.words();
    let told = in_any_order(&Grid::new(common.radices(), axes.signals.len(), codes), 0);
    let change = |(ids, code, cells): (Vec<Vec<u8>>, u16, u32)| {
        let (before, after) = names.get(usize::from(code).checked_sub(1)?)?.clone();
        Some(Change { conditions: axes.conditions(ids), before, after, cells })
    };
    (told.covers.into_iter().filter_map(change).collect(), told.untold)
}

fn only_in(one: &Slot, other: &Slot) -> Vec<String> {
    one.variants().iter().filter(|name| !other.variants().contains(name)).cloned().collect()
}

fn defaults(old: &Slot, new: &Slot) -> Option<(String, String)> {
    let name = |slot: &Slot| slot.variant_name(slot.default()).to_owned();
    let (old, new) = (name(old), name(new));
    differing(old, new)
}

fn differing<T: PartialEq>(old: T, new: T) -> Option<(T, T)> {
    (old != new).then_some((old, new))
}
