//! `cloakroom plugin diff OLD NEW`: only what another version changes, as rules.
//!
//! Ends with 0 if the two plugins do the same, with 4 if they differ, with 3 if one of them is wrong or
//! refused, and with 1 if a file cannot be read. Two that cannot be compared cell by cell differ.

pub(super) mod text;

use std::path::PathBuf;

use cloakroom_plugin_host::{Delivery, Difference, Plugin, SlotDifference};
use serde_json::json;

use crate::exit::Exit;
use crate::plugins;
use crate::report::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The plugin as it was: a rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The plugin as it would be.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    let old = match plugins::open(&args.old, output) {
        Ok(plugin) => plugin,
        Err(exit) => return exit,
    };
    let new = match plugins::open(&args.new, output) {
        Ok(plugin) => plugin,
        Err(exit) => return exit,
    };
    let difference = Difference::between(&old, &new);
    output.result(&text::of(&old, &new, &difference), || value(&old, &new, &difference));
    if difference.is_empty() { Exit::Success } else { Exit::Different }
}

/// Name, version and digest, as both forms of the result begin with them.
fn named(plugin: &Plugin) -> (String, String) {
    let manifest = plugin.manifest();
    (format!("{} {}", manifest.name(), manifest.version()), plugin.digest().to_string())
}

fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Edits => "edits",
        Delivery::OriginVariant => "origin-variant",
    }
}

/// The share of all cells, in hundredths.
fn percent(cells: u32, of: u32) -> f64 {
    f64::from(cells) * 100.0 / f64::from(of.max(1))
}

pub(super) fn value(old: &Plugin, new: &Plugin, difference: &Difference) -> serde_json::Value {
    let plugin = |plugin: &Plugin| {
        let (name, digest) = named(plugin);
        json!({ "plugin": name, "digest": digest })
    };
    let signals: Vec<_> = difference
        .signals()
        .iter()
        .map(|change| {
            json!({
                "signal": change.signal.name(),
                "in_old": change.asked.0,
                "in_new": change.asked.1,
                "added_values": change.added,
                "removed_values": change.removed,
                "reasons": change.reasons.as_ref().map(|(old, new)| json!({ "old": old, "new": new })),
            })
        })
        .collect();
    let ranges = difference.bucket_ranges().map(|(old, new)| json!({ "old": old, "new": new }));
    let slots = difference.slots().iter().filter(|slot| !slot.is_empty());
    json!({
        "old": plugin(old),
        "new": plugin(new),
        "same": difference.is_empty(),
        "not_compared": difference.not_compared().map(ToString::to_string),
        "cells": difference.cells(),
        "changed_cells": difference.changed_cells(),
        "signals": signals,
        "bucket_ranges": ranges,
        "added_slots": difference.added_slots(),
        "removed_slots": difference.removed_slots(),
        "slots": slots.map(|slot| slot_value(slot, difference.cells())).collect::<Vec<_>>(),
    })
}

fn slot_value(slot: &SlotDifference, cells: u32) -> serde_json::Value {
    let changes: Vec<_> = slot
        .changes()
        .iter()
        .map(|change| {
            let when: Vec<_> = change.conditions().iter().map(ToString::to_string).collect();
            json!({
                "when": when, "before": change.before(), "after": change.after(),
                "cells": change.cells(), "percent": percent(change.cells(), cells),
            })
        })
        .collect();
    let edits: Vec<_> = slot
        .edits()
        .iter()
        .map(|edits| json!({ "variant": edits.variant, "removed": edits.removed, "added": edits.added }))
        .collect();
    json!({
        "slot": slot.name(),
        "changes": changes,
        "untold_cells": slot.untold_cells(),
        "added_variants": slot.added(),
        "removed_variants": slot.removed(),
        "edits": edits,
        "default": slot.default().map(|(old, new)| json!({ "old": old, "new": new })),
        "price_like": slot.price_like().map(|(old, new)| json!({ "old": old, "new": new })),
        "delivery": slot.delivery().map(|(old, new)| json!({ "old": delivery(old), "new": delivery(new) })),
    })
}
