//! `cloakroom plugin audit FILE`: what a plugin does to whom, and whether a site's limits allow it.
//!
//! Ends with 0 if it is within the limits, with 3 if it is not or the plugin is wrong or refused, and with 1 if
//! a file cannot be read.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use cloakroom_audit::{Audit, Terms};
use cloakroom_plugin_host::{Difference, Lost, Plugin};
use cloakroom_rewrite::OutputPolicy;
use cloakroom_settings::{Problem, Site};
use cloakroom_vocabulary::{Shares, SiteVocabulary};
use serde_json::Value;

use crate::exit::Exit;
use crate::judging::Judge;
use crate::plugins;
use crate::report::Output;

use super::diff;
use super::place::{Place, listed, wrong};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Judge it by the values, the crowd rule, the traffic and the limits of this site.
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The name under which the site lists it, if it is not the one that the plugin calls itself.
    #[arg(long = "as", value_name = "NAME", requires = "site")]
    name: Option<String>,
    /// Work the figures out for these visitors too: a file of shares, as for `[audit] traffic`.
    #[arg(long, value_name = "FILE")]
    prior: Option<PathBuf>,
    /// Show what it changes against another plugin: a file, or `live` for what the site shows now.
    #[arg(long, value_name = "FILE|live")]
    against: Option<PathBuf>,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text", conflicts_with = "json")]
    format: Format,
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml", requires = "site")]
    config: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Text,
    /// A page to read in a browser and to print, for people who know the site and not the field.
    Html,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    audit(args, output).unwrap_or_else(|exit| exit)
}

fn audit(args: &Args, output: &Output) -> Result<Exit, Exit> {
    let place = args.site.as_ref().map(|_| Place::open(&args.config, output)).transpose()?;
    let site = match (&place, &args.site) {
        (Some(place), Some(site)) => Some(place.site(site).map_err(wrong(output))?),
        _ => None,
    };
    let vocabulary = site.map(|site| &*site.vocabulary);
    let prior = args.prior.as_deref().map(|path| prior(path, vocabulary, output)).transpose()?;
    let load = |path: &Path| match &place {
        Some(place) => place.plugins.load_file(path, output).map(|(_, plugin)| plugin),
        None => plugins::open(path, output),
    };
    let plugin = load(&args.file)?;
    let name = args.name.as_deref().unwrap_or_else(|| plugin.manifest().name());
    // Under a name that the site does not list, nothing would be known of its price-like slots.
    site.map(|site| listed(site, name)).transpose().map_err(wrong(output))?;
    let judge = site.map(|site| Judge::new(site, name));
    let lost = lost(&place, site, &plugin, output)?;
    let alone = Terms { prior: prior.as_ref(), ..Terms::default() };
    let terms = judge.as_ref().map_or(alone, |judge| judge.terms(prior.as_ref()));
    let terms = Terms { lost: &lost, ..terms };
    let audit = Audit::of(&plugin, &terms);
    let against = args.against.as_deref().map(|path| match (&place, site) {
        (Some(place), Some(site)) if path == Path::new("live") => live(place, site, name, output),
        _ if path == Path::new("live") => {
            let problem = Problem::nowhere("`live` is what a site shows, and no site is named");
            output.problem(&problem.help("add `--site SITE`, or name a file"));
            Err(Exit::Wrong)
        }
        _ => load(path),
    });
    let against = against.transpose()?;
    let change = against.as_ref().map(|live| Change::new(live, &plugin, &terms, &audit));
    if args.format == Format::Html {
        let change = change.as_ref().map(|change| (&change.before, change.rules.as_str()));
        output.result(&audit.html(change), || Value::Null);
        return Ok(exit(&audit));
    }
    let text = format!("{audit}{}", change.as_ref().map(|change| change.text(&audit)).unwrap_or_default());
    output.result(&text, || {
        let mut value = audit.value();
        if let (Some(change), Some(fields)) = (&change, value.as_object_mut()) {
            fields.insert("against".to_owned(), change.value.clone());
        }
        value
    });
    Ok(exit(&audit))
}

fn exit(audit: &Audit) -> Exit {
    if audit.breaches.is_empty() { Exit::Success } else { Exit::Wrong }
}

fn prior(path: &Path, site: Option<&SiteVocabulary>, output: &Output) -> Result<Shares, Exit> {
    cloakroom_settings::load_shares(path, site).map_err(|error| {
        output.refused(&error);
        Exit::Wrong
    })
}

/// What the door takes out of what the plugin writes.
fn lost(
    place: &Option<Place>,
    site: Option<&Site>,
    plugin: &Plugin,
    output: &Output,
) -> Result<Vec<Lost>, Exit> {
    let (Some(place), Some(site)) = (place, site) else {
        return Ok(plugin.lost(&OutputPolicy::without_site()));
    };
    place.lost(site, plugin).map_err(|problems| {
        problems.iter().for_each(|problem| output.problem(problem));
        Exit::Wrong
    })
}

/// What the site shows under the name now.
fn live(place: &Place, site: &Site, name: &str, output: &Output) -> Result<Plugin, Exit> {
    let mut warnings = Vec::new();
    let shown = place.plugins.of_sites(&place.settings, &[], &mut warnings).map_err(|problems| {
        problems.iter().for_each(|problem| output.problem(problem));
        Exit::Wrong
    })?;
    let at = place.settings.sites.iter().position(|of| of.name == site.name);
    let shown = at.and_then(|at| shown.into_iter().nth(at)).into_iter().flatten();
    let plugin = shown.filter(|shown| shown.name == name).find_map(|shown| shown.plugin);
    plugin.ok_or_else(|| {
        let problem = Problem::nowhere(format!("`{}` shows nothing under `{name}` now", site.name));
        output.problem(&problem.help("`cloakroom check` says why; name a file to compare with in its place"));
        Exit::Wrong
    })
}

/// What differs from another plugin.
struct Change {
    before: Audit,
    /// What differs in what is shown to whom, in words.
    rules: String,
    value: Value,
}

impl Change {
    fn new(old: &Plugin, new: &Plugin, terms: &Terms<'_>, audit: &Audit) -> Self {
        let before = Audit::of(old, terms);
        let difference = Difference::between(old, new);
        let value = serde_json::json!({
            "plugin": before.name, "version": before.version, "digest": before.digest.to_string(),
            "figures": audit.against_value(&before), "difference": diff::value(old, new, &difference),
        });
        Self { before, rules: diff::text::of(old, new, &difference), value }
    }

    fn text(&self, audit: &Audit) -> String {
        format!("{}\n{}", audit.against(&self.before), self.rules)
    }
}
