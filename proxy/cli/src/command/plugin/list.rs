//! `cloakroom plugin list`: the versions that are installed, and which of them sites show.

use std::fmt::Write;
use std::path::PathBuf;

use cloakroom_plugin_store::{Index, OfPlugin};
use cloakroom_settings::Site;
use serde_json::json;

use crate::clock;
use crate::exit::Exit;
use crate::judging::overridden_value;
use crate::report::Output;

use super::place::{Place, store_trouble, wrong};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One site alone, by its folder's name or one of its hosts.
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    list(args, output).unwrap_or_else(|exit| exit)
}

fn list(args: &Args, output: &Output) -> Result<Exit, Exit> {
    let place = Place::open(&args.config, output)?;
    place.store().map_err(wrong(output))?;
    let sites: Vec<&Site> = match &args.site {
        Some(name) => vec![place.site(name).map_err(wrong(output))?],
        None => place.settings.sites.iter().collect(),
    };
    // What is wrong beside that is `check`'s to say.
    let shown = place.plugins.of_sites(&place.settings, &[], &mut Vec::new()).unwrap_or_default();
    let mut all = Vec::new();
    for site in sites {
        let at = place.settings.sites.iter().position(|of| of.name == site.name);
        let withheld = at.and_then(|at| shown.get(at)).into_iter().flatten();
        let withheld = withheld.filter(|shown| !shown.beyond.is_empty()).map(|shown| shown.name.clone());
        let index = place.plugins.index(site).map_err(store_trouble(output))?;
        all.push(Listed { site, index, withheld: withheld.collect() });
    }
    output.result(&text(&all), || value(&all));
    Ok(Exit::Success)
}

/// What is known of a site's plugins.
struct Listed<'s> {
    site: &'s Site,
    index: Index,
    /// Names of plugins whose audit keeps what is live from being shown.
    withheld: Vec<String>,
}

fn text(all: &[Listed<'_>]) -> String {
    let mut text = String::new();
    for Listed { site, index, withheld } in all {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", site.name);
        for plugin in &site.plugins {
            let none = OfPlugin::default();
            let of = index.plugins().find(|(name, _)| *name == plugin.name).map_or(&none, |(_, of)| of);
            let own = if plugin.file.is_some() { "its file" } else { "nothing" };
            let live = |is: bool| if is { "*" } else { " " };
            let hidden = if withheld.contains(&plugin.name) { " (not shown: beyond the limits)" } else { "" };
            let _ = writeln!(text, "  {}{hidden}\n  {} {own}", plugin.name, live(of.live.is_none()));
            for version in &of.versions {
                let (digest, when) = (version.short_digest(), clock::in_words(version.minute));
                let beyond = if version.overridden.is_empty() { "" } else { "(beyond its limits) " };
                let _ = writeln!(
                    text,
                    "  {} {:<12} {digest}  {when}  {beyond}{}",
                    live(of.live.as_ref() == Some(&version.digest)),
                    version.version,
                    version.note
                );
            }
        }
    }
    text.push_str("\n* is live\n");
    text
}

fn value(all: &[Listed<'_>]) -> serde_json::Value {
    let sites = all.iter().map(|Listed { site, index, withheld }| {
        let plugins = site.plugins.iter().map(|plugin| {
            let of = index.plugins().find(|(name, _)| *name == plugin.name).map(|(_, of)| of);
            let live = of.and_then(|of| of.live.as_ref());
            let versions = of.into_iter().flat_map(|of| &of.versions);
            let versions = versions.map(|version| {
                json!({
                    "version": version.version, "digest": version.digest, "overridden": overridden_value(&version.overridden), "installed_at": clock::in_words(version.minute),
                    "note": version.note, "live": live == Some(&version.digest),
                })
            });
            json!({
                "name": plugin.name, "withheld": withheld.contains(&plugin.name), "has_file": plugin.file.is_some(), "file_is_live": live.is_none() && plugin.file.is_some(),
                "versions": versions.collect::<Vec<_>>(),
            })
        });
        json!({ "site": site.name, "plugins": plugins.collect::<Vec<_>>() })
    });
    json!({ "sites": sites.collect::<Vec<_>>() })
}
