//! A plugin's whole behaviour as bytes, as it is handed from one process to another and kept on disk.
//!
//! Whoever reads a record believes nothing of it: it goes through the same checks as what a plugin
//! says itself. Nothing of a visitor is in it.

use cloakroom_rewrite::Edit;
use cloakroom_vocabulary::MAX_CELLS;
use serde::{Deserialize, Serialize};

use crate::contract::exports::cloakroom::personalizer::plugin as wit;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::manifest::{Delivery, Manifest};
use crate::plugin::{Digest, Plugin};
use crate::table::{Shape, Table};
use crate::up_to::UpTo;
use crate::usage::Usage;
use crate::validate::{self, MAX_EDITS, MAX_SLOTS, MAX_VARIANTS};

/// The form below. A record of another version is made anew.
const VERSION: u16 = 4;
/// The largest manifest: the names and values that the contract allows fit many times.
const MAX_MANIFEST_BYTES: usize = 512 * 1024;

/// The edits of a plugin, by slot and variant.
type OfSlots = UpTo<UpTo<UpTo<wit::Edit, MAX_EDITS>, MAX_VARIANTS>, MAX_SLOTS>;

/// What a plugin has answered to everything that it can be asked, in the contract's own types.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u16,
    digest: [u8; 32],
    /// In its own bytes, so that their number bounds what is made of them.
    manifest: UpTo<u8, MAX_MANIFEST_BYTES>,
    /// By slot and variant.
    edits: OfSlots,
    /// One for each cell but the last.
    choices: UpTo<u16, { MAX_CELLS as usize }>,
    usage: UsageForm,
}

/// [`Usage`] as it travels.
#[derive(Serialize, Deserialize)]
struct UsageForm {
    component_bytes: u64,
    memory_bytes: u64,
    /// Of `describe`, `render` and `decide`, and the sum of the last.
    fuel: [u64; 4],
    costliest_cell: u32,
}

/// Bytes that are no record of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecord {
    /// It is cut short, goes on, or holds something else.
    #[error("the record is damaged")]
    Unreadable,
    /// Another version of this program wrote it.
    #[error("the record has version {found}, this program reads version {VERSION}: it is made anew")]
    Version {
        /// Its version.
        found: u16,
    },
    /// What it says no plugin may say.
    #[error("the record breaks the contract: {0}")]
    Contract(#[from] LoadError),
    /// Not as many cells or variants as its manifest has.
    #[error("the record is not whole")]
    Partial,
}

impl Plugin {
    /// The plugin as bytes, for [`Plugin::from_record`].
    #[must_use]
    pub fn to_record(&self) -> Vec<u8> {
        let manifest = self.manifest();
        let slots = manifest.slots().iter().enumerate();
        let edits = slots.map(|(at, slot)| {
            let variants = 0..slot.variants().len();
            UpTo(variants.map(|variant| UpTo(self.edits(at, variant).iter().map(edit).collect())).collect())
        });
        let cells = self.table().choices();
        let record = Record {
            version: VERSION,
            digest: *self.digest().as_bytes(),
            manifest: UpTo(postcard::to_allocvec(&described(manifest)).unwrap_or_default()),
            edits: UpTo(edits.collect()),
            choices: UpTo(cells.get(..cells.len().saturating_sub(1)).unwrap_or_default().to_vec()),
            usage: used(self.usage()),
        };
        // Only types that cannot be serialized fail, and a writer that is full; here is neither.
        postcard::to_allocvec(&record).unwrap_or_default()
    }

    /// The plugin of a record. It is checked as if the plugin had just said it.
    ///
    /// # Errors
    /// [`NoRecord`].
    pub fn from_record(bytes: &[u8]) -> Result<Self, NoRecord> {
        // The version stands first in every form.
        let (found, _): (u16, _) = postcard::take_from_bytes(bytes).map_err(|_| NoRecord::Unreadable)?;
        if found != VERSION {
            return Err(NoRecord::Version { found });
        }
        let record: Record = whole(bytes)?;
        let manifest = validate::manifest(whole(&record.manifest.0)?)?;
        let choices_of_cells = record.choices.0;
        let edits = edits(&manifest, record.edits)?;
        let cells = usize::try_from(Shape::of(&manifest).size()).unwrap_or(usize::MAX);
        let choices = u32::from(manifest.choices());
        if choices_of_cells.len() != cells.saturating_sub(1) {
            return Err(NoRecord::Partial);
        }
        if let Some(answer) = choices_of_cells.iter().find(|choice| u32::from(**choice) >= choices) {
            let (cell, answer) = ("a cell".to_owned(), u32::from(*answer));
            return Err(NoRecord::Contract(LoadError::Answer { cell, answer, choices }));
        }
        let usage = usage(&record.usage, cells.saturating_sub(1)).ok_or(NoRecord::Unreadable)?;
        let table = Table::new(&manifest, choices_of_cells);
        Ok(Self::new(manifest, Digest(record.digest), table, edits, usage))
    }
}

/// A value that fills the bytes.
fn whole<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, NoRecord> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(NoRecord::Unreadable),
    }
}

fn used(usage: Usage) -> UsageForm {
    UsageForm {
        component_bytes: usage.component_bytes,
        memory_bytes: usage.memory_bytes,
        fuel: [usage.describe_fuel, usage.render_fuel, usage.decide_fuel, usage.decide_fuel_total],
        costliest_cell: usage.costliest_cell,
    }
}

/// The figures, if they can be those of a plugin with so many decided cells.
fn usage(form: &UsageForm, decided: usize) -> Option<Usage> {
    let [describe_fuel, render_fuel, decide_fuel, decide_fuel_total] = form.fuel;
    let there = usize::try_from(form.costliest_cell).is_ok_and(|cell| cell < decided.max(1));
    (there && decide_fuel <= decide_fuel_total).then_some(Usage {
        component_bytes: form.component_bytes,
        memory_bytes: form.memory_bytes,
        describe_fuel,
        render_fuel,
        decide_fuel,
        decide_fuel_total,
        costliest_cell: form.costliest_cell,
    })
}

fn edits(manifest: &Manifest, raw: OfSlots) -> Result<Vec<Vec<Vec<Edit>>>, NoRecord> {
    let mut total = 0_usize;
    let most = Limits::default().rendered_bytes;
    let raw = raw.0;
    let whole = raw.len() == manifest.slots().len()
        && raw.iter().zip(manifest.slots()).all(|(variants, slot)| variants.0.len() == slot.variants().len());
    if !whole {
        return Err(NoRecord::Partial);
    }
    let mut slots = Vec::with_capacity(raw.len());
    for (variants, slot) in raw.into_iter().zip(manifest.slots()) {
        let mut of_slot = Vec::with_capacity(variants.0.len());
        for (raw, name) in variants.0.into_iter().zip(slot.variants()) {
            let broken = |what| LoadError::Rendered { variant: format!("{}={name}", slot.name()), what };
            let (edits, bytes) = validate::edits(raw.0, slot.delivery()).map_err(broken)?;
            total = total.saturating_add(bytes);
            if total > most {
                return Err(broken(format!("all variants together hold more than {most} bytes")).into());
            }
            of_slot.push(edits);
        }
        slots.push(of_slot);
    }
    Ok(slots)
}

fn described(manifest: &Manifest) -> wit::Manifest {
    let slots = manifest.slots().iter().map(|slot| wit::Slot {
        name: slot.name().to_owned(),
        variants: slot.variants().to_vec(),
        default: slot.default(),
        delivery: match slot.delivery() {
            Delivery::Edits => wit::Delivery::Edits,
            Delivery::OriginVariant => wit::Delivery::OriginVariant,
        },
        price_like: slot.price_like(),
    });
    let signals = manifest.signals().iter().map(|used| wit::SignalUse {
        name: used.signal().name().to_owned(),
        reason: used.reason().to_owned(),
        values: used.values().to_vec(),
    });
    wit::Manifest {
        name: manifest.name().to_owned(),
        version: manifest.version().to_owned(),
        slots: slots.collect(),
        signals: signals.collect(),
        bucket_ranges: manifest.bucket_ranges().to_vec(),
    }
}

fn edit(edit: &Edit) -> wit::Edit {
    let markup = |selector: &String, content: &String| wit::Markup {
        selector: selector.clone(),
        content: content.clone(),
    };
    match edit {
        Edit::SetContent { selector, content } => wit::Edit::SetContent(markup(selector, content)),
        Edit::Before { selector, content } => wit::Edit::Before(markup(selector, content)),
        Edit::After { selector, content } => wit::Edit::After(markup(selector, content)),
        Edit::Remove { selector } => wit::Edit::Remove(selector.clone()),
        Edit::SetAttribute { selector, name, value } => wit::Edit::SetAttribute(wit::Attribute {
            selector: selector.clone(),
            name: name.clone(),
            value: value.clone(),
        }),
        Edit::Text { selector, content } => wit::Edit::Text(markup(selector, content)),
        Edit::Include { selector, path } => wit::Edit::Include(markup(selector, path)),
    }
}
