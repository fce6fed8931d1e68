//! The difference of two plugins, for people.

use std::fmt::Write;

use cloakroom_plugin_host::{Difference, EditsChange, Plugin, SignalChange, Slot, SlotDifference};

use super::{delivery, named, percent};
use crate::report::printable;

pub(in crate::command::plugin) fn of(old: &Plugin, new: &Plugin, difference: &Difference) -> String {
    let ((old_name, old_digest), (new_name, new_digest)) = (named(old), named(new));
    let short = |digest: &str| digest.chars().take(12).collect::<String>();
    let mut text = format!(
        "{} ({}) → {} ({})\n",
        printable(&old_name),
        short(&old_digest),
        printable(&new_name),
        short(&new_digest)
    );
    if difference.is_empty() {
        text.push_str("the two do the same\n");
        return text;
    }
    // Writing to a String cannot fail.
    let (changed, cells) = (difference.changed_cells(), difference.cells());
    let _ = match difference.not_compared() {
        Some(cause) => writeln!(text, "cells are not compared: {cause}"),
        None => writeln!(text, "{changed} of {cells} cells change ({})", share(changed, cells)),
    };
    for change in difference.signals() {
        signal(&mut text, change);
    }
    if let Some((old, new)) = difference.bucket_ranges() {
        let _ = writeln!(text, "bucket: {} → {}", widths(old), widths(new));
    }
    for (mark, plugin, names) in
        [('+', new, difference.added_slots()), ('-', old, difference.removed_slots())]
    {
        for slot in
            plugin.manifest().slots().iter().filter(|slot| names.iter().any(|name| name == slot.name()))
        {
            whole_slot(&mut text, mark, slot);
        }
    }
    for slot in difference.slots().iter().filter(|slot| !slot.is_empty()) {
        changed_slot(&mut text, slot, cells);
    }
    text
}

fn signal(text: &mut String, change: &SignalChange) {
    let name = change.signal;
    let mark = match change.asked {
        (false, _) => '+',
        (_, false) => '-',
        _ => '~',
    };
    let values = change.added.iter().map(|value| format!("+{value}"));
    let values: Vec<_> = values.chain(change.removed.iter().map(|value| format!("-{value}"))).collect();
    let _ = writeln!(
        text,
        "{mark} signal {name}: {}",
        if values.is_empty() { "same values".to_owned() } else { values.join(" ") }
    );
    if let Some((old, new)) = &change.reasons {
        let _ = writeln!(text, "    reason: {} → {}", printable(old), printable(new));
    }
}

fn widths(widths: &[u8]) -> String {
    if widths.is_empty() {
        return "not split".to_owned();
    }
    widths.iter().map(|width| format!("{width} %")).collect::<Vec<_>>().join(", ")
}

fn whole_slot(text: &mut String, mark: char, slot: &Slot) {
    let variants = slot.variants().join(", ");
    let _ = writeln!(
        text,
        "{mark} slot {}: {variants}; default {}{}",
        slot.name(),
        slot.variant_name(slot.default()),
        if slot.price_like() { "; price-like" } else { "" }
    );
}

fn changed_slot(text: &mut String, slot: &SlotDifference, cells: u32) {
    let name = slot.name();
    let _ = writeln!(text, "\nslot {name}");
    if let Some((old, new)) = slot.delivery() {
        let _ = writeln!(text, "  delivery: {} → {}", delivery(old), delivery(new));
    }
    if let Some((_, is)) = slot.price_like() {
        let _ = writeln!(text, "  {}", if is { "becomes price-like" } else { "is no longer price-like" });
    }
    if let Some((old, new)) = slot.default() {
        let _ = writeln!(text, "  default: {old} → {new}");
    }
    for (mark, variants) in [('+', slot.added()), ('-', slot.removed())] {
        for variant in variants {
            let _ = writeln!(text, "  {mark} variant {variant}");
        }
    }
    for change in slot.changes() {
        let when: Vec<_> = change.conditions().iter().map(ToString::to_string).collect();
        let when = if when.is_empty() { "always".to_owned() } else { format!("when {}", when.join(", ")) };
        let (before, after, changed) = (change.before(), change.after(), change.cells());
        let noun = if cells == 1 { "cell" } else { "cells" };
        let _ = writeln!(
            text,
            "  {when}: {name}: {before} → {after} ({changed} of {cells} {noun}, {})",
            share(changed, cells)
        );
    }
    if slot.untold_cells() > 0 {
        let (untold, share) = (slot.untold_cells(), share(slot.untold_cells(), cells));
        let _ = writeln!(text, "  {untold} cells more change in no way that few rules tell ({share})");
    }
    for change in slot.edits() {
        edits(text, change);
    }
}

fn edits(text: &mut String, change: &EditsChange) {
    let _ = writeln!(text, "  edits of {}:", change.variant);
    if change.removed.is_empty() && change.added.is_empty() {
        text.push_str("    the same in another order\n");
    }
    for (mark, lines) in [('-', &change.removed), ('+', &change.added)] {
        for line in lines {
            let _ = writeln!(text, "    {mark} {line}");
        }
    }
}

/// `12.5 %`; what is not nothing is not called nothing, and what is not all is not called all.
fn share(cells: u32, of: u32) -> String {
    match percent(cells, of) {
        share if cells > 0 && share < 0.1 => "less than 0.1 %".to_owned(),
        share if cells < of && share > 99.9 => "more than 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_neither_called_nothing_nor_all_when_it_is_not() {
        let shares =
            [(0, 9), (1, 9), (9, 9), (1, 250_000), (249_999, 250_000)].map(|(cells, of)| share(cells, of));
        assert_eq!(shares, ["0.0 %", "11.1 %", "100.0 %", "less than 0.1 %", "more than 99.9 %"]);
    }
}
