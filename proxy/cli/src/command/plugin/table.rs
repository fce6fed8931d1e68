//! `cloakroom plugin table FILE`: who sees what, as rules, as JSON, or cell by cell as CSV.

mod rows;

use std::fmt::Write;
use std::path::PathBuf;

use cloakroom_plugin_host::Plugin;
use cloakroom_settings::Problem;
use serde_json::json;

use crate::exit::Exit;
use crate::plugins;
use crate::report::{Output, printable};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to print it; `json` if `--json` is given, else `rules`.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// Few rules for people: the first that fits a cell decides.
    Rules,
    /// The same rules for programs.
    Json,
    /// A row for each cell, for a spreadsheet.
    Csv,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    let plugin = match plugins::open(&args.file, output) {
        Ok(plugin) => plugin,
        Err(exit) => return exit,
    };
    let format = args.format.unwrap_or(if output.is_json() { Format::Json } else { Format::Rules });
    let written = match format {
        Format::Rules => {
            Output::stream(|to| to.write_all(text(&plugin).trim_end().as_bytes()).and_then(|()| writeln!(to)))
        }
        Format::Json => Output::stream(|to| writeln!(to, "{}", value(&plugin))),
        Format::Csv => Output::stream(|to| rows::write(&plugin, to)),
    };
    match written {
        Ok(()) => Exit::Success,
        Err(cause) => {
            let problem = Problem::nowhere(format!("the table cannot be written: {cause}"));
            output.problem(&problem.help("make room where the output goes"));
            Exit::Failure
        }
    }
}

fn text(plugin: &Plugin) -> String {
    let manifest = plugin.manifest();
    let mut text = format!("{} {}\n", manifest.name(), printable(manifest.version()));
    for used in manifest.signals() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "  sees {}: {} ({})",
            used.signal(),
            used.values().join(", "),
            printable(used.reason())
        );
    }
    if manifest.splits() {
        let widths: Vec<_> = manifest.bucket_ranges().iter().map(|width| format!("{width} %")).collect();
        let _ = writeln!(text, "  splits traffic at random: {}", widths.join(", "));
    }
    let readable = plugin.readable();
    let _ = writeln!(text, "  {} cells\n\n{readable}", plugin.table().size());
    if readable.slots().iter().any(|slot| !slot.is_whole()) {
        text.push_str("\nall cells one by one: --format csv\n");
    }
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
                    json!({
                        "when": when, "variant": line.variant_name(), "cells": line.cells(),
                        "depends": line.depends(),
                    })
                })
                .collect();
            let untold = slot.untold().iter();
            let untold: Vec<_> =
                untold.map(|of| json!({ "variant": of.variant_name, "cells": of.cells })).collect();
            json!({ "slot": slot.name(), "rules": rules, "whole": slot.is_whole(), "untold": untold })
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
