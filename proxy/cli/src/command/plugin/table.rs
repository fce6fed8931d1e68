//! `cloakroom plugin table FILE`: who sees what, as rules.

use std::fmt::Write;
use std::path::PathBuf;

use cloakroom_plugin_host::Plugin;
use serde_json::json;

use crate::exit::Exit;
use crate::plugins;
use crate::report::Output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    let plugin = match plugins::open(&args.file, output) {
        Ok(plugin) => plugin,
        Err(exit) => return exit,
    };
    output.result(&text(&plugin), || value(&plugin));
    Exit::Success
}

fn text(plugin: &Plugin) -> String {
    let manifest = plugin.manifest();
    let mut text = format!("{} {}\n", manifest.name(), manifest.version());
    for used in manifest.signals() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  sees {}: {} ({})", used.signal(), used.values().join(", "), used.reason());
    }
    if manifest.splits() {
        let widths: Vec<_> = manifest.bucket_ranges().iter().map(|width| format!("{width} %")).collect();
        let _ = writeln!(text, "  splits traffic at random: {}", widths.join(", "));
    }
    let _ = writeln!(text, "  {} cells\n\n{}", plugin.table().size(), plugin.readable());
    text
}

fn value(plugin: &Plugin) -> serde_json::Value {
    let manifest = plugin.manifest();
    let signals: Vec<_> = manifest
        .signals()
        .iter()
        .map(|used| {
            json!({ "signal": used.signal().name(), "values": used.values(), "reason": used.reason() })
        })
        .collect();
    let readable = plugin.readable();
    let slots: Vec<_> = readable
        .slots()
        .iter()
        .map(|slot| {
            let rules: Vec<_> = slot
                .lines()
                .iter()
                .map(|line| {
                    let when: Vec<_> =
                        line.conditions().iter().map(|condition| condition.to_string()).collect();
                    json!({ "when": when, "variant": line.variant_name(), "cells": line.cells() })
                })
                .collect();
            json!({ "slot": slot.name(), "rules": rules })
        })
        .collect();
    json!({
        "name": manifest.name(),
        "version": manifest.version(),
        "signals": signals,
        "bucket_ranges": manifest.bucket_ranges(),
        "cells": plugin.table().size(),
        "slots": slots,
    })
}
