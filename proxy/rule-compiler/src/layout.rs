//! Static data: the manifest and all edits, laid out at compile time as the canonical ABI wants
//! them in memory, so that `describe` and `render` only return an address.

use std::collections::HashMap;

use cloakroom_vocabulary::Signal;

use crate::edits::Edit;
use crate::lower::Program;
use crate::slots::Slot;

/// The most static data that a plugin may carry.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Memory as it is when the plugin starts.
pub(crate) struct Layout {
    /// From address 0.
    pub(crate) bytes: Vec<u8>,
    /// Address of the manifest.
    pub(crate) manifest: u32,
    /// Per slot, the address of the array of its variants' lists of edits (8 bytes each).
    pub(crate) edits: Vec<u32>,
}

/// Lays out everything that a plugin returns.
pub(crate) fn lay_out(program: &Program<'_>) -> Result<Layout, String> {
    let mut memory = Memory::default();
    let manifest = manifest(program, &mut memory);
    let edits = program
        .slots
        .iter()
        .map(|decision| {
            let lists: Vec<u8> = decision
                .slot
                .variants
                .iter()
                .flat_map(|variant| {
                    let records: Vec<_> =
                        variant.edits.iter().map(|edit| edit_record(edit, &mut memory)).collect();
                    memory.list(&records)
                })
                .collect();
            memory.place(&lists)
        })
        .collect();
    if memory.bytes.len() > MAX_BYTES {
        let size = memory.bytes.len();
        return Err(format!("contents and names add up to {size} bytes, at most {MAX_BYTES} are allowed"));
    }
    Ok(Layout { bytes: memory.bytes, manifest, edits })
}

fn manifest(program: &Program<'_>, memory: &mut Memory) -> u32 {
    let name = memory.string(&program.file.name);
    let version = memory.string(&program.file.version);
    let slots: Vec<_> =
        program.slots.iter().map(|decision| slot_record(decision.slot, decision.default, memory)).collect();
    let signals: Vec<_> = program
        .axes
        .iter()
        .map(|axis| signal_record(axis.signal, axis.reason, &axis.values, memory))
        .collect();
    let slots = memory.list(&slots);
    let signals = memory.list(&signals);
    let bucket_ranges = pair(memory.place(&program.ranges), program.ranges.len());
    memory.place(&[name, version, slots, signals, bucket_ranges].concat())
}

fn slot_record(slot: &Slot, default: usize, memory: &mut Memory) -> Vec<u8> {
    let name = memory.string(&slot.name.value);
    let variants: Vec<_> =
        slot.variants.iter().map(|variant| memory.string(&variant.name.value).to_vec()).collect();
    let variants = memory.list(&variants);
    let default = u8::try_from(default).unwrap_or(u8::MAX);
    // A record's size is rounded up to its alignment, 4.
    let (delivery, price_like) = (u8::from(slot.origin_variant), u8::from(slot.price_like));
    [name.as_slice(), variants.as_slice(), &[default, delivery, price_like, 0]].concat()
}

fn signal_record(signal: Signal, reason: &str, values: &[&str], memory: &mut Memory) -> Vec<u8> {
    let name = memory.string(signal.name());
    let reason = memory.string(reason);
    let values: Vec<_> = values.iter().map(|value| memory.string(value).to_vec()).collect();
    let values = memory.list(&values);
    [name, reason, values].concat()
}

/// A variant: its case number, padded, then the fields, padded to those of the longest case.
fn edit_record(edit: &Edit, memory: &mut Memory) -> Vec<u8> {
    let (case, fields): (u32, &[&String]) = match edit {
        Edit::SetContent { selector, content } => (0, &[selector, content]),
        Edit::Before { selector, content } => (1, &[selector, content]),
        Edit::After { selector, content } => (2, &[selector, content]),
        Edit::Remove { selector } => (3, &[selector]),
        Edit::SetAttribute { selector, name, value } => (4, &[selector, name, value]),
        Edit::Text { selector, content } => (5, &[selector, content]),
        Edit::Include { selector, path } => (6, &[selector, path]),
    };
    let mut record = case.to_le_bytes().to_vec();
    for field in fields {
        record.extend(memory.string(field));
    }
    record.resize(4 + 3 * 8, 0);
    record
}

/// Memory that grows from address 0.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    strings: HashMap<String, u32>,
}

impl Memory {
    /// Address and length of a string, which is stored once however often it is used.
    fn string(&mut self, text: &str) -> [u8; 8] {
        let address = match self.strings.get(text) {
            Some(address) => *address,
            None => {
                let address = self.end();
                self.bytes.extend_from_slice(text.as_bytes());
                self.strings.insert(text.to_owned(), address);
                address
            }
        };
        pair(address, text.len())
    }

    /// Address and length of a list of records whose alignment is 4.
    fn list(&mut self, records: &[Vec<u8>]) -> [u8; 8] {
        let address = self.place(&records.concat());
        pair(address, records.len())
    }

    /// Stores bytes at an address that is a multiple of 4.
    fn place(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let address = self.end();
        self.bytes.extend_from_slice(bytes);
        address
    }

    /// Addresses fit: the source is bounded, and so is what is made of it.
    fn end(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }
}

fn pair(address: u32, length: usize) -> [u8; 8] {
    let [a, b, c, d] = address.to_le_bytes();
    let [e, f, g, h] = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    [a, b, c, d, e, f, g, h]
}
