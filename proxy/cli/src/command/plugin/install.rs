//! `cloakroom plugin install FILE --site S`: another plugin in the place of what the site shows.

use std::path::PathBuf;

use cloakroom_audit::Breach;
use cloakroom_plugin_host::Plugin;
use cloakroom_plugin_store::{Installed, MAX_NOTE_BYTES};
use cloakroom_settings::{Problem, Site};
use serde_json::json;

use crate::clock;
use crate::exit::Exit;
use crate::judging::{Judge, overridden};
use crate::lost;
use crate::plugins;
use crate::report::{Output, printable};
use crate::shown::{key, unknown_values};

use super::overriding::{self, Decision, reason};
use super::place::{Place, in_words, listed, store_trouble, wrong};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A rule file (`.toml`) or a WASM component (`.wasm`).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The site, by its folder's name or one of its hosts.
    #[arg(long, value_name = "SITE")]
    site: String,
    /// The name under which the site lists it, if it is not the one that the plugin calls itself.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Why, for whoever reads the list of versions: at most 400 bytes.
    #[arg(long, value_name = "TEXT", default_value = "", value_parser = note)]
    note: String,
    /// Show it although its audit is beyond the limits of the site, for this reason: 20 to 400 bytes. It is written
    /// to the incident log with your account's name, and only those may do it whom the site names.
    #[arg(long = "override", value_name = "REASON", value_parser = reason)]
    reason: Option<String>,
    /// The main configuration file.
    #[arg(long, value_name = "FILE", default_value = "cloakroom.toml")]
    config: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> Exit {
    install(args, output).unwrap_or_else(|exit| exit)
}

fn install(args: &Args, output: &Output) -> Result<Exit, Exit> {
    let place = Place::open(&args.config, output)?;
    let store = place.store().map_err(wrong(output))?;
    let site = place.site(&args.site).map_err(wrong(output))?;
    let (component, plugin) = place.plugins.load_file(&args.file, output)?;
    let name = args.name.as_deref().unwrap_or_else(|| plugin.manifest().name());
    listed(site, name).map_err(wrong(output))?;
    let judge = Judge::new(site, name);
    let breaches = judge.breaches(&plugin, &[]);
    let decision = overriding::decide(site, &breaches, args.reason.as_deref()).map_err(|problem| {
        output.problem(&problem);
        output.failure(format_args!("nothing is installed: `{}` goes on as it was", site.name));
        Exit::Wrong
    })?;
    if decision.is_none() && args.reason.is_some() {
        let problem = Problem::nowhere("nothing is beyond the limits, so there is nothing to override");
        output.problem(&problem.help("the reason is written down nowhere: say it with `--note`").warning());
    }
    let mut change = store.change(key(site)).map_err(store_trouble(output))?;
    let before = change.index().live(name).cloned();
    let installed = change
        .install(name, &component, &plugin, clock::minute(), &args.note)
        .map_err(store_trouble(output))?;
    change.override_limits(name, overridden(&breaches));
    let removed = place.try_out(site, name, &change).map_err(|problems| {
        problems.iter().for_each(|problem| output.problem(problem));
        output.failure(format_args!("nothing is installed: `{}` goes on as it was", site.name));
        Exit::Wrong
    })?;
    // First the log: nothing is shown against the limits of which it does not tell.
    if let Some(decision) = &decision {
        decision.write(&place.settings, (site, name), &plugin, &breaches, output)?;
    }
    change.commit().map_err(store_trouble(output))?;
    // What the plugin says that this site does not do.
    let unknown = unknown_values(site, name, &plugin).into_iter();
    let rules = plugins::rules(&args.file);
    let removed: Vec<_> = removed.into_iter().filter(|(of, _)| of == name).map(|(_, lost)| lost).collect();
    let lost = removed.iter().map(|gone| lost::problem(gone, Some(&plugin), rules.as_ref()));
    unknown.chain(lost).for_each(|warning| output.problem(&warning));
    if !is_shown(site, name) {
        let problem = Problem::nowhere(format!("no route of `{}` shows `{name}`", site.name));
        output.problem(&problem.help("name it in the `plugins` of a route").warning());
    }
    let was = in_words(site, name, before.as_ref());
    let text = told(site, name, &plugin, installed, &was, decision.as_ref());
    let (version, digest) = (plugin.manifest().version(), plugin.digest().to_string());
    output.result(&text, || {
        json!({
            "site": site.name, "name": name, "version": version, "digest": digest,
            "cells": plugin.table().size(),
            "overridden": breaches.iter().map(Breach::key).collect::<Vec<_>>(),
            "removed": removed.iter().map(lost::value).collect::<Vec<_>>(),
            "changed": installed == Installed::Live,
            "before": before.map(|was| json!({ "version": was.version, "digest": was.digest })),
        })
    });
    Ok(Exit::Success)
}

/// What was done, for people.
fn told(
    site: &Site,
    name: &str,
    plugin: &Plugin,
    installed: Installed,
    was: &str,
    decision: Option<&Decision>,
) -> String {
    let (version, digest) = (printable(plugin.manifest().version()), plugin.digest().to_string());
    let (short, on) = (digest.get(..12).unwrap_or(&digest), &site.name);
    let mut text = match installed {
        Installed::AlreadyLive => format!("`{name}` {version} ({short}) is live on `{on}` already\n"),
        Installed::Live => {
            format!("`{name}` {version} ({short}) is installed on `{on}`, in place of {was}\n")
        }
    };
    if let Some(decision) = decision {
        let by = decision.by();
        text += &format!("beyond the limits of {on}, as {by} said; the incident log has the reason\n");
    }
    if installed == Installed::Live {
        text += "a running `serve` takes it up within some seconds\n";
        text += &format!("to go back: cloakroom plugin rollback {name} --site {on}\n");
    }
    text
}

fn is_shown(site: &Site, name: &str) -> bool {
    let at = site.plugins.iter().position(|plugin| plugin.name == name);
    site.routes.iter().any(|route| at.is_some_and(|at| route.plugins.contains(&at)))
}

fn note(text: &str) -> Result<String, String> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(format!("it has {} bytes, at most {MAX_NOTE_BYTES} are kept", text.len()));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(format!("`{}` is no character of a note", control.escape_default())),
        None => Ok(text.to_owned()),
    }
}
