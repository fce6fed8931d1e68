//! `cloakroom check`: everything that `serve` would refuse, and a report on what it would do.

use std::fmt::Write;
use std::time::SystemTime;

use cloakroom_audit::{Audit, Breach, Brief};
use cloakroom_boundary::Mode;
use cloakroom_pipeline::{Pipeline, RouteReport, SiteReport};
use cloakroom_settings::{Problem, Settings, Site};
use serde_json::json;

use crate::args::Check;
use crate::assemble::{Around, Assembled, assemble};
use crate::certificates;
use crate::exit::Exit;
use crate::judging::{Judge, overridden_value as overridden};
use crate::lost;
use crate::report::{self, Output};
use crate::shown::{Plugins, Shown};

mod signals;

pub(crate) fn run(args: &Check, output: &Output) -> Exit {
    let settings = match cloakroom_settings::load(&args.config) {
        Ok(settings) => settings,
        Err(error) => {
            output.refused(&error);
            return Exit::Wrong;
        }
    };
    let assembled = Plugins::new(settings.store_folder.as_deref())
        .map_err(|problem| vec![problem])
        .and_then(|plugins| assemble(&settings, Around { plugins: &plugins, geo: None, pending: &[] }));
    let certificates = certificates::read(&settings, SystemTime::now());
    let (assembled, untimely) = match (assembled, certificates) {
        (Ok(assembled), Ok((_, untimely))) => (assembled, untimely),
        (assembled, certificates) => {
            let problems = [assembled.err(), certificates.err()];
            problems.iter().flatten().flatten().for_each(|problem| output.problem(problem));
            return Exit::Wrong;
        }
    };
    let Assembled { parts, shown, mut warnings } = assembled;
    warnings.extend(untimely);
    let reports = match Pipeline::new(parts) {
        Ok((_, reports)) => reports,
        Err(error) => {
            output.failure(error);
            return Exit::Wrong;
        }
    };
    output.result(&text(&settings, &shown, &reports), || value(&settings, &shown, &reports, &warnings));
    if !output.is_json() {
        warnings.iter().for_each(|warning| output.problem(warning));
    }
    let failed = reports.iter().flat_map(|site| &site.routes).any(|route| !route.policy_errors.is_empty());
    // A refused plugin does not keep the proxy from serving, since the site goes on; here it is a mistake.
    let refused = warnings.iter().any(|warning| warning.file().is_some() && !warning.is_warning());
    if failed || refused { Exit::Wrong } else { Exit::Success }
}

fn text(settings: &Settings, shown: &[Vec<Shown>], reports: &[SiteReport]) -> String {
    let mut text = String::new();
    for ((configured, shown), site) in settings.sites.iter().zip(shown).zip(reports) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", site.host);
        for Shown { name, installed, .. } in shown.iter().filter(|shown| shown.installed.is_some()) {
            let version = installed.iter().map(|of| format!("{} ({})", of.version, of.short_digest()));
            let _ = writeln!(text, "  {name}: version {} is installed", version.collect::<String>());
        }
        for (name, brief, overridden) in audits(configured, shown) {
            let beyond = if overridden { ", beyond the limits by a decision in writing" } else { "" };
            let _ = writeln!(text, "  {name}: {brief}{beyond}");
        }
        text.push_str(&signals::text(site, configured.sensitive.as_ref()));
        for route in &site.routes {
            let _ = writeln!(text, "  {:<24} {}", route.path, summary(route));
            for error in &route.policy_errors {
                let _ = writeln!(text, "    policy: {error}");
            }
        }
        let _ = writeln!(text, "  {:<24} anonymous: identity never goes to the origin", "everything else");
        for (plugin, gone) in &site.removed {
            let _ = writeln!(text, "  removed from {plugin}, {}", lost::line(gone));
            for line in gone.removed.place.pointing() {
                let _ = writeln!(text, "      {line}");
            }
            let _ = writeln!(text, "      {}", gone.removed.instead);
        }
    }
    text
}

fn summary(route: &RouteReport) -> String {
    match route.mode {
        Mode::Personalize if route.cells == 0 => {
            "personalize: no plugin, so the page is the same for everyone".into()
        }
        Mode::Personalize => {
            let bits = bits(route.joint_variants);
            let split = match route.bucket_ranges {
                0 => String::new(),
                ranges => format!(" in {ranges} random ranges"),
            };
            format!(
                "personalize: {} cells{split}, {} variants, at most {bits:.1} bits about a visitor and one for GPC",
                route.cells, route.joint_variants
            )
        }
        Mode::Anonymous => "anonymous: identity never goes to the origin".into(),
        Mode::Passthrough => "passthrough: identity goes to the origin, nothing is cached".into(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "at most a thousand variants")]
fn bits(variants: usize) -> f64 {
    (variants.max(1) as f64).log2()
}

fn value(
    settings: &Settings,
    shown: &[Vec<Shown>],
    reports: &[SiteReport],
    warnings: &[Problem],
) -> serde_json::Value {
    let sites: Vec<_> = reports
        .iter()
        .zip(&settings.sites)
        .zip(shown)
        .map(|((site, configured), shown)| {
            let plugins: Vec<_> = shown.iter().map(|shown| plugin(configured, shown)).collect();
            let routes: Vec<_> = site
                .routes
                .iter()
                .map(|route| {
                    json!({
                        "path": route.path,
                        "mode": route.mode.name(),
                        "cells": route.cells,
                        "bucket_ranges": route.bucket_ranges,
                        "joint_variants": route.joint_variants,
                        "bits": bits(route.joint_variants),
                        "policy_errors": route.policy_errors,
                    })
                })
                .collect();
            let removed: Vec<_> = site
                .removed
                .iter()
                .map(|(plugin, gone)| {
                    let mut value = lost::value(gone);
                    if let Some(fields) = value.as_object_mut() {
                        fields.insert("plugin".to_owned(), plugin.as_str().into());
                    }
                    value
                })
                .collect();
            json!({
                "host": site.host, "plugins": plugins, "routes": routes, "removed": removed,
                "signals": signals::value(site), "signal_bits": site.signal_bits,
                "sensitive": signals::allowed_value(configured.sensitive.as_ref()),
            })
        })
        .collect();
    let warnings: Vec<_> = warnings.iter().map(report::problem).collect();
    json!({ "sites": sites, "warnings": warnings })
}

/// The audits of what a site shows, and whether limits are overridden for it.
fn audits<'s>(site: &'s Site, shown: &'s [Shown]) -> impl Iterator<Item = (&'s str, Brief, bool)> {
    shown.iter().filter_map(|shown| {
        let brief = audit(site, shown)?;
        let overridden = shown.installed.as_ref().is_some_and(|version| !version.overridden.is_empty());
        Some((shown.name.as_str(), brief, overridden))
    })
}

fn audit(site: &Site, shown: &Shown) -> Option<Brief> {
    let judge = Judge::new(site, &shown.name);
    shown.plugin.as_ref().map(|plugin| Audit::brief(plugin, &judge.terms(None)))
}

fn plugin(site: &Site, shown: &Shown) -> serde_json::Value {
    let plugin = shown.plugin.as_ref();
    json!({
        "name": shown.name,
        "version": plugin.map(|plugin| plugin.manifest().version()),
        "digest": plugin.map(|plugin| plugin.digest().to_string()),
        "installed": shown.installed.is_some(),
        "audit": audit(site, shown).map(|brief| brief.value()),
        "beyond_limits": shown.beyond.iter().map(Breach::value).collect::<Vec<_>>(),
        "overridden": shown.installed.as_ref().map(|version| overridden(&version.overridden)),
    })
}
