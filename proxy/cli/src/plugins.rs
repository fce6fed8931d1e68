//! From a plugin's file, or from what is installed in its place, to a loaded plugin.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cloakroom_plugin_host::{Limits, LoadError as PluginRefused, Loader, Plugin};
use cloakroom_plugin_store::{Index, PluginStore, StoreError, Version};
use cloakroom_rule_compiler::{RuleError, compile_with_warnings};
use cloakroom_settings::{self as settings, PluginFile, Problem, Settings, Site, Source};

use crate::exit::Exit;
use crate::report::Output;

/// The largest file that is read from the command line, as for files that a site names.
const MAX_RULE_FILE: u64 = 1 << 20;
const MAX_COMPONENT: u64 = 16 << 20;
/// Plugins that are loaded at once.
const AT_ONCE: usize = 2;

/// Loads plugins. Where there is a store, a table that was made once is not made again.
pub(crate) struct Plugins {
    loader: Loader,
    store: Option<PluginStore>,
}

/// What a site shows under the name of a plugin.
pub(crate) struct Shown {
    pub(crate) name: String,
    /// What is installed in place of the plugin's own file.
    pub(crate) installed: Option<Version>,
    /// `None` where there is nothing to show, or it was refused.
    pub(crate) plugin: Option<Plugin>,
}

/// A plugin of a site, and what was met on the way to it.
struct Found {
    shown: Shown,
    /// What keeps the proxy from starting.
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Plugins {
    /// Keeps tables below `store`, if there is one; nothing is opened yet.
    ///
    /// # Errors
    /// The system does not say where this program is.
    pub(crate) fn new(store: Option<&Path>) -> Result<Self, Problem> {
        let loader = Loader::new(Limits::default())
            .map_err(|cause| Problem::nowhere(format!("the plugin engine cannot start: {cause}")))?;
        Ok(Self { loader, store: store.map(PluginStore::new) })
    }

    /// Where plugins are installed.
    pub(crate) fn store(&self) -> Option<&PluginStore> {
        self.store.as_ref()
    }

    /// Takes a component through the door.
    ///
    /// # Errors
    /// Why the plugin is refused.
    pub(crate) fn load(&self, component: &[u8]) -> Result<Plugin, PluginRefused> {
        match &self.store {
            Some(store) => store.tabulated(component, |component| self.loader.load(component)),
            None => self.loader.load(component),
        }
    }

    /// Takes a file that is named on the command line through the door, and prints what is wrong with it.
    /// Gives the component too.
    ///
    /// # Errors
    /// How the command ends.
    pub(crate) fn load_file(&self, path: &Path, output: &Output) -> Result<(Vec<u8>, Plugin), Exit> {
        let file = read(path).map_err(|problem| {
            output.problem(&problem);
            Exit::Failure
        })?;
        let mut warnings = Vec::new();
        let compiled = component(&file, &mut warnings);
        warnings.iter().for_each(|warning| output.problem(warning));
        let component = compiled.map_err(|problems| {
            problems.iter().for_each(|problem| output.problem(problem));
            Exit::Wrong
        })?;
        let plugin = self.load(&component).map_err(|cause| {
            output.failure(format_args!("the plugin is refused: {cause}"));
            Exit::Wrong
        })?;
        Ok((component.into_owned(), plugin))
    }

    /// The versions that are installed on a site.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn index(&self, site: &Site) -> Result<Index, StoreError> {
        self.store.as_ref().map_or_else(|| Ok(Index::default()), |store| store.index(key(site)))
    }

    /// All plugins of all sites, in their order. `pending` are the versions of one site, by its name, as
    /// they would be.
    ///
    /// # Errors
    /// Mistakes of rule files. A refused plugin is told in `warnings`: the site goes on without it.
    pub(crate) fn of_sites(
        &self,
        settings: &Settings,
        pending: Option<(&str, &Index)>,
        warnings: &mut Vec<Problem>,
    ) -> Result<Vec<Vec<Shown>>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut jobs = Vec::new();
        for (at, site) in settings.sites.iter().enumerate() {
            let index = match pending {
                Some((name, index)) if name == site.name => Ok(index.clone()),
                _ => self.index(site),
            };
            let index = index.unwrap_or_else(|cause| {
                problems.push(unusable(&cause));
                Index::default()
            });
            let installed = |plugin: &settings::Plugin| index.live(&plugin.name).cloned();
            jobs.extend(site.plugins.iter().map(|plugin| (at, site, plugin, installed(plugin))));
        }
        let found =
            side_by_side(jobs, |(at, site, plugin, installed)| (at, self.find(site, plugin, installed)));
        let mut shown: Vec<Vec<Shown>> = settings.sites.iter().map(|_| Vec::new()).collect();
        for (at, found) in found {
            problems.extend(found.problems);
            warnings.extend(found.warnings);
            if let Some(of_site) = shown.get_mut(at) {
                of_site.push(found.shown);
            }
        }
        if problems.is_empty() { Ok(shown) } else { Err(problems) }
    }

    fn find(&self, site: &Site, plugin: &settings::Plugin, installed: Option<Version>) -> Found {
        let shown = Shown { name: plugin.name.clone(), installed, plugin: None };
        let mut found = Found { shown, problems: Vec::new(), warnings: Vec::new() };
        let place = |message: String| site.source.problem(plugin.at.clone(), "this plugin", message);
        let loaded = match (&found.shown.installed, &self.store, &plugin.file) {
            (Some(version), Some(store), _) => store
                .plugin(version, |component| self.loader.load(component))
                .map_err(|cause| cause.to_string()),
            (_, _, Some(file)) => match component(file, &mut found.warnings) {
                Ok(component) => self.load(&component).map_err(|cause| cause.to_string()),
                Err(problems) => {
                    found.problems = problems;
                    return found;
                }
            },
            (_, None, None) => {
                let message =
                    format!("`{}` has no `file`, and without a store nothing can be installed", plugin.name);
                let help =
                    "name a rule file or a component in `file`, or add `[store] path` to the main file";
                found.problems.push(place(message).help(help));
                return found;
            }
            (_, Some(_), None) => {
                let name = &plugin.name;
                let help = format!(
                    "`cloakroom plugin install FILE --site {} --as {name}`; until then its slots show the origin's own content",
                    site.name
                );
                found.warnings.push(place(format!("nothing is installed as `{name}`")).help(help).warning());
                return found;
            }
        };
        match loaded {
            Ok(plugin) => found.shown.plugin = Some(plugin),
            Err(cause) => found.warnings.push(
                place(format!("the plugin `{}` is refused: {cause}", plugin.name))
                    .help("its routes go on without it: its slots show the origin's own content"),
            ),
        }
        found
    }
}

/// The name under which the store knows a site.
pub(crate) fn key(site: &Site) -> &str {
    site.hosts.first().map_or("", String::as_str)
}

/// What the store says, for people.
pub(crate) fn unusable(cause: &StoreError) -> Problem {
    Problem::nowhere(cause.to_string())
}

/// Does jobs, [`AT_ONCE`] at a time; the answers are in the order of the jobs.
fn side_by_side<J: Send, A: Send>(jobs: Vec<J>, work: impl Fn(J) -> A + Sync) -> Vec<A> {
    let waiting = Mutex::new(jobs.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((at, job)) = next() {
                    let answer = work(job);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, answer));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// Compiles a rule file, or takes a component as it is. What a rule file may not have meant is added to
/// `warnings`.
///
/// # Errors
/// The mistakes of a rule file, with their places.
pub(crate) fn component<'f>(
    file: &'f PluginFile,
    warnings: &mut Vec<Problem>,
) -> Result<Cow<'f, [u8]>, Vec<Problem>> {
    match file {
        PluginFile::Component(bytes) => Ok(Cow::Borrowed(bytes)),
        PluginFile::Rules(source) => {
            let placed = |found: Vec<RuleError>| found.into_iter().map(|error| placed(source, error));
            let compiled =
                compile_with_warnings(source.text()).map_err(|errors| placed(errors).collect::<Vec<_>>())?;
            warnings.extend(placed(compiled.warnings).map(Problem::warning));
            Ok(Cow::Owned(compiled.component))
        }
    }
}

/// Reads a plugin file that is named on the command line.
pub(crate) fn read(path: &Path) -> Result<PluginFile, Problem> {
    let shown = path.display().to_string();
    let trouble = |why: &dyn std::fmt::Display| Problem::nowhere(format!("`{shown}` cannot be read: {why}"));
    let rules = path.extension().is_some_and(|extension| extension == "toml");
    if !rules && path.extension().is_none_or(|extension| extension != "wasm") {
        return Err(Problem::nowhere(format!("`{shown}` is neither a rule file nor a component"))
            .help("rule files end in `.toml`, components in `.wasm`"));
    }
    let size = std::fs::metadata(path).map_err(|cause| trouble(&cause))?.len();
    let most = if rules { MAX_RULE_FILE } else { MAX_COMPONENT };
    if size > most {
        return Err(trouble(&format_args!("it has {size} bytes, at most {most} are allowed")));
    }
    let bytes = std::fs::read(path).map_err(|cause| trouble(&cause))?;
    if !rules {
        return Ok(PluginFile::Component(bytes.into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| trouble(&"it is not UTF-8 text"))?;
    Ok(PluginFile::Rules(Source::new(&shown, &text)))
}

fn placed(source: &Source, error: RuleError) -> Problem {
    let problem = source.problem(error.span, "here", error.message);
    match error.help {
        Some(help) => problem.help(help),
        None => problem,
    }
}
