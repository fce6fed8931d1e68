//! Where plugins are installed: a configuration, one of its sites, and the store.

use std::path::Path;

use cloakroom_pipeline::Pipeline;
use cloakroom_plugin_host::{Lost, Plugin};
use cloakroom_plugin_store::{Change, PluginStore, Version};
use cloakroom_settings::{Problem, Settings, Site, closest};

use crate::assemble::{Around, assemble};
use crate::exit::Exit;
use crate::report::Output;
use crate::shown::{Plugins, Shown, key, unusable};

/// A configuration whose plugins can be installed.
pub(crate) struct Place {
    pub(crate) settings: Settings,
    pub(crate) plugins: Plugins,
}

impl Place {
    /// Reads a configuration; what is wrong with it is printed.
    ///
    /// # Errors
    /// How the command ends.
    pub(crate) fn open(config: &Path, output: &Output) -> Result<Self, Exit> {
        let settings = cloakroom_settings::load(config).map_err(|error| {
            output.refused(&error);
            Exit::Wrong
        })?;
        let plugins = Plugins::new(settings.store_folder.as_deref()).map_err(|problem| {
            output.problem(&problem);
            Exit::Failure
        })?;
        Ok(Self { settings, plugins })
    }

    /// The store.
    ///
    /// # Errors
    /// The configuration has none.
    pub(crate) fn store(&self) -> Result<&PluginStore, Problem> {
        self.plugins.store().ok_or_else(|| {
            Problem::nowhere("the configuration has no store, so nothing can be installed").help(
                "add a section `[store]` with `path = \"data\"`, or another folder, and start `serve` again",
            )
        })
    }

    /// The site that is called so, or has that host.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn site(&self, name: &str) -> Result<&Site, Problem> {
        site_of(&self.settings, name)
    }

    /// Builds what `serve` would show after the change of a plugin, and throws it away. Gives what the door takes out of
    /// the site's plugins, each with the plugin's name.
    ///
    /// # Errors
    /// What would keep `serve` from taking the change up.
    pub(crate) fn try_out(
        &self,
        site: &Site,
        name: &str,
        change: &Change<'_>,
    ) -> Result<Vec<(String, Lost)>, Vec<Problem>> {
        let pending = &[(site.name.as_str(), change.index())];
        let assembled = assemble(&self.settings, Around { plugins: &self.plugins, geo: None, pending })?;
        // What is wrong with others is not this change's.
        let at = self.settings.sites.iter().position(|of| of.name == site.name);
        let place = at.zip(site.plugins.iter().position(|plugin| plugin.name == name));
        let plugin = place.and_then(|(site, plugin)| assembled.shown.get(site)?.get(plugin));
        let is_missing = |shown: &Shown| shown.plugin.is_none() && shown.installed.is_some();
        let is_withheld = |shown: &Shown| !shown.beyond.is_empty();
        if plugin.is_some_and(|shown| is_missing(shown) || is_withheld(shown) || !shown.is_known) {
            let named = format!("`{name}`");
            let (own, others): (Vec<_>, Vec<_>) =
                assembled.refusals().partition(|problem| problem.message().contains(&named));
            return Err(if own.is_empty() { others } else { own });
        }
        let built = Pipeline::new(assembled.parts);
        let (_, reports) = built.map_err(|cause| vec![Problem::nowhere(cause.to_string())])?;
        let report = reports.into_iter().find(|report| report.host == key(site));
        Ok(report.into_iter().flat_map(|report| report.removed).collect())
    }

    /// What a site's door would take out of a plugin, which need not be installed there.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn lost(&self, site: &Site, plugin: &Plugin) -> Result<Vec<Lost>, Vec<Problem>> {
        let around = Around { plugins: &self.plugins, geo: None, pending: &[] };
        let (pipeline, _) = Pipeline::new(assemble(&self.settings, around)?.parts)
            .map_err(|cause| vec![Problem::nowhere(cause.to_string())])?;
        let at = self.settings.sites.iter().position(|of| of.name == site.name);
        Ok(at.and_then(|at| pipeline.lost(at, plugin)).unwrap_or_default())
    }
}

/// The site of a configuration that is called so, or has that host.
///
/// # Errors
/// There is none.
pub(crate) fn site_of<'s>(settings: &'s Settings, name: &str) -> Result<&'s Site, Problem> {
    let sites = &settings.sites;
    let is_it = |site: &&Site| site.name == name || site.hosts.iter().any(|host| host == name);
    sites.iter().find(is_it).ok_or_else(|| {
        let hosts = sites.iter().flat_map(|site| site.hosts.iter().map(String::as_str));
        let names: Vec<_> = sites.iter().map(|site| site.name.as_str()).chain(hosts).collect();
        Problem::nowhere(format!("there is no site `{}`", name.escape_debug())).help(known(name, &names))
    })
}

/// A version in words, or what is shown where there is none.
pub(crate) fn in_words(site: &Site, name: &str, version: Option<&Version>) -> String {
    let has_file = || site.plugins.iter().any(|plugin| plugin.name == name && plugin.file.is_some());
    match version {
        Some(version) => format!("{} ({})", version.version, version.short_digest()),
        None if has_file() => "the site's own file".to_owned(),
        None => "the origin's own content".to_owned(),
    }
}

/// The plugin's place on a site.
///
/// # Errors
/// The site lists none of that name.
pub(crate) fn listed(site: &Site, name: &str) -> Result<(), Problem> {
    if site.plugins.iter().any(|plugin| plugin.name == name) {
        return Ok(());
    }
    let names: Vec<_> = site.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let add = format!(
        "{}\na plugin that the site should show needs a `[[plugin]]` with its `name` in `{}`, and its name in a \
         route's `plugins`",
        known(name, &names),
        site.source.name()
    );
    Err(Problem::nowhere(format!("the site `{}` lists no plugin `{}`", site.name, name.escape_debug()))
        .help(add))
}

/// The problem of a store that cannot be used, and how the command ends.
pub(crate) fn store_trouble(output: &Output) -> impl Fn(cloakroom_plugin_store::StoreError) -> Exit {
    |cause| {
        output.problem(&unusable(&cause));
        Exit::Failure
    }
}

/// Prints a problem of what was asked for, and ends the command with it.
pub(crate) fn wrong(output: &Output) -> impl Fn(Problem) -> Exit {
    |problem| {
        output.problem(&problem);
        Exit::Wrong
    }
}

fn known(name: &str, names: &[&str]) -> String {
    const SHOWN: usize = 10;
    if let Some(near) = closest(name, names) {
        return format!("did you mean `{near}`?");
    }
    if names.is_empty() {
        return "there are none".to_owned();
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => format!("there are {}", shown.join(", ")),
        more => format!("there are {} and {more} more", shown.join(", ")),
    }
}
