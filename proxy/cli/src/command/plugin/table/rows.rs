//! A table as CSV (RFC 4180), a row at a time: what of a visitor is seen, and what each slot then shows.

use std::io::Write;

use cloakroom_plugin_host::Plugin;

/// Writes a line of names, and one for each cell. Before a slot's name stands `slot:`, since a slot may
/// be called like a signal. A bucket has its range, counted from 1, and the share of traffic that falls
/// into it, in hundredths; where it is not known, `any` and nothing.
pub(super) fn write(plugin: &Plugin, to: &mut dyn Write) -> std::io::Result<()> {
    let manifest = plugin.manifest();
    let mut csv = csv::Writer::from_writer(to);
    let signals = manifest.signals().iter().map(|used| used.signal().name().to_owned());
    let bucket = ["bucket".to_owned(), "bucket_percent".to_owned()].into_iter().filter(|_| manifest.splits());
    let slots = manifest.slots().iter().map(|slot| format!("slot:{}", slot.name()));
    csv.write_record(signals.chain(bucket).chain(slots))?;
    let table = plugin.table();
    for (cell, choice) in (0..).zip(table.choices()) {
        let ids = table.ids(cell);
        for (used, id) in manifest.signals().iter().zip(&ids) {
            csv.write_field(used.id_name(*id))?;
        }
        if manifest.splits() {
            let range = ids.last().copied().unwrap_or_default();
            match manifest.bucket_ranges().get(usize::from(range)) {
                Some(width) => {
                    csv.write_field((u16::from(range) + 1).to_string())?;
                    csv.write_field(width.to_string())?;
                }
                None => {
                    csv.write_field("any")?;
                    csv.write_field("")?;
                }
            }
        }
        for (slot, variant) in manifest.slots().iter().zip(manifest.variants_of(*choice)) {
            csv.write_field(slot.variant_name(variant))?;
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}
