//! What sites show: their plugins, each from its own file or from what is installed in its place.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cloakroom_audit::Breach;
use cloakroom_plugin_host::{LoadError as PluginRefused, Loader, Plugin, Progress, SignalUse};
use cloakroom_plugin_store::{Index, PluginStore, StoreError, Version};
use cloakroom_settings::{self as settings, Problem, Settings, Site};

use crate::exit::Exit;
use crate::judging::{self, Judge};
use crate::loading;
use crate::plugins;
use crate::report::Output;

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
    /// The store says what is installed.
    pub(crate) is_known: bool,
    /// What is installed in place of the plugin's own file.
    pub(crate) installed: Option<Version>,
    /// `None` where there is nothing to show, or it was refused.
    pub(crate) plugin: Option<Plugin>,
    /// Why its audit keeps it from being shown.
    pub(crate) beyond: Vec<Breach>,
}

/// A plugin of a site, and what was met on the way to it.
struct Found {
    shown: Shown,
    /// What keeps the proxy from starting.
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Found {
    /// Where the store does not say what is installed.
    fn unknown(plugin: &settings::Plugin) -> Self {
        let shown = Shown {
            name: plugin.name.clone(),
            is_known: false,
            installed: None,
            plugin: None,
            beyond: Vec::new(),
        };
        Self { shown, problems: Vec::new(), warnings: Vec::new() }
    }
}

impl Plugins {
    /// Keeps tables and compiled code below `store`, if there is one.
    ///
    /// # Errors
    /// The system does not say where this program is.
    pub(crate) fn new(store: Option<&Path>) -> Result<Self, Problem> {
        let loader = loading::loader(store.map(loading::code_below))
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
        self.load_telling(component, &|_| {})
    }

    fn load_telling(&self, component: &[u8], tell: &dyn Fn(Progress)) -> Result<Plugin, PluginRefused> {
        let load = |component: &[u8]| self.loader.load_telling(component, tell);
        match &self.store {
            Some(store) => store.tabulated(component, load),
            None => load(component),
        }
    }

    /// Takes a file that is named on the command line through the door, and prints what is wrong with it.
    /// Gives the component too.
    ///
    /// # Errors
    /// How the command ends.
    pub(crate) fn load_file(&self, path: &Path, output: &Output) -> Result<(Vec<u8>, Plugin), Exit> {
        let load = |component: &[u8]| loading::watched(|tell| self.load_telling(component, tell));
        plugins::open_with(path, output, load)
    }

    /// The versions that are installed on a site.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn index(&self, site: &Site) -> Result<Index, StoreError> {
        self.store.as_ref().map_or_else(|| Ok(Index::default()), |store| store.index(key(site)))
    }

    /// All plugins of all sites, in their order. `pending` stands in place of what the store says of some
    /// sites, by their names.
    ///
    /// # Errors
    /// Mistakes of rule files. A refused plugin is told in `warnings`: the site goes on without it.
    pub(crate) fn of_sites(
        &self,
        settings: &Settings,
        pending: &[(&str, &Index)],
        warnings: &mut Vec<Problem>,
    ) -> Result<Vec<Vec<Shown>>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut jobs = Vec::new();
        for (at, site) in settings.sites.iter().enumerate() {
            let pending = pending.iter().find(|(name, _)| *name == site.name);
            let index = pending.map_or_else(|| self.index(site), |(_, index)| Ok((*index).clone()));
            // Nobody knows then what the site shows, so it shows nothing of its plugins; all else goes on.
            match index {
                Ok(index) => jobs.extend(
                    site.plugins
                        .iter()
                        .map(|plugin| (at, site, plugin, Some(index.live(&plugin.name).cloned()))),
                ),
                Err(cause) => {
                    warnings.push(
                        site.source
                            .problem(
                                0..0,
                                "the plugins of this site",
                                format!("what is installed cannot be read: {cause}"),
                            )
                            .help(help_of(&cause)),
                    );
                    jobs.extend(site.plugins.iter().map(|plugin| (at, site, plugin, None)));
                }
            }
        }
        let found = side_by_side(jobs, |(at, site, plugin, installed)| {
            (
                at,
                installed
                    .map_or_else(|| Found::unknown(plugin), |installed| self.find(site, plugin, installed)),
            )
        });
        let mut shown: Vec<Vec<Shown>> = settings.sites.iter().map(|_| Vec::new()).collect();
        for (at, found) in found {
            problems.extend(found.problems);
            warnings.extend(found.warnings);
            if let Some(of_site) = shown.get_mut(at) {
                of_site.push(found.shown);
            }
        }
        warnings.extend(loading::shortfalls(&self.loader));
        if problems.is_empty() { Ok(shown) } else { Err(problems) }
    }

    fn find(&self, site: &Site, plugin: &settings::Plugin, installed: Option<Version>) -> Found {
        let shown =
            Shown { name: plugin.name.clone(), is_known: true, installed, plugin: None, beyond: Vec::new() };
        let mut found = Found { shown, problems: Vec::new(), warnings: Vec::new() };
        let place = |message: String| site.source.problem(plugin.at.clone(), "this plugin", message);
        let loaded = match (&found.shown.installed, &self.store, &plugin.file) {
            (Some(version), Some(store), file) => {
                // Going back to it is a bad time to hear of its mistakes.
                if let Some(file) = file {
                    let mistakes = plugins::component(file, &mut Vec::new()).err();
                    found.warnings.extend(mistakes.into_iter().flatten().map(Problem::warning));
                }
                store
                    .plugin(version, |component| self.loader.load(component))
                    .map_err(|cause| (cause.to_string(), help_of(&cause)))
            }
            (_, _, Some(file)) => match plugins::component(file, &mut found.warnings) {
                Ok(component) => self.load(&component).map_err(|cause| (cause.to_string(), REFUSED)),
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
            Ok(loaded) => {
                found.warnings.extend(unknown_values(site, &plugin.name, &loaded));
                let overridden =
                    found.shown.installed.as_ref().map_or(&[][..], |version| &version.overridden);
                let breaches = Judge::new(site, &plugin.name).breaches(&loaded, overridden);
                if breaches.is_empty() {
                    found.shown.plugin = Some(loaded);
                } else {
                    let beyond =
                        format!("the plugin `{}` is not shown: {}", plugin.name, judging::beyond(&breaches));
                    found.warnings.push(place(beyond).help(judging::BEYOND_HELP));
                    found.shown.beyond = breaches;
                }
            }
            Err((cause, help)) => found
                .warnings
                .push(place(format!("the plugin `{}` is refused: {cause}", plugin.name)).help(help)),
        }
        found
    }
}

/// The name under which the store knows a site.
pub(crate) fn key(site: &Site) -> &str {
    site.hosts.first().map_or("", String::as_str)
}

/// What to do about a plugin that is refused.
const REFUSED: &str = "its routes go on without it: its slots show the origin's own content";

/// What the store says, for people.
pub(crate) fn unusable(cause: &StoreError) -> Problem {
    Problem::nowhere(cause.to_string()).help(help_of(cause))
}

fn help_of(cause: &StoreError) -> &'static str {
    match cause {
        StoreError::File { .. } => {
            "run this as the user who runs `cloakroom serve`, to whom all of the store belongs"
        }
        StoreError::Index { .. } => {
            "put a whole copy of it there, or remove it: the plugins of the site are those of its own files then"
        }
        StoreError::Lost { .. } | StoreError::Component { .. } => {
            "install the same file again, or go back: `cloakroom plugin list` shows to what"
        }
        _ => REFUSED,
    }
}

/// The values that a plugin tells apart and the site does not: whatever is shown for them, nobody sees.
pub(crate) fn unknown_values(site: &Site, name: &str, plugin: &Plugin) -> Vec<Problem> {
    let of_signal = |(position, used): (usize, &SignalUse)| {
        let hierarchy = site.vocabulary.hierarchy(used.signal());
        let told = plugin.ids_for(position, hierarchy);
        let is_told = |at: usize| told.iter().any(|id| usize::from(*id) == at);
        let values = used.values().iter().enumerate().filter(|(at, _)| !is_told(*at));
        let values: Vec<_> = values.map(|(_, value)| format!("`{value}`")).take(10).collect();
        (!values.is_empty()).then(|| {
            let (signal, values) = (used.signal(), values.join(", "));
            let message = format!(
                "the plugin `{name}` asks for values of `{signal}` that `{}` never tells: {values}",
                site.name
            );
            Problem::nowhere(message).help("list them under `[signals]` if they are not misspelt").warning()
        })
    };
    plugin.manifest().signals().iter().enumerate().filter_map(of_signal).collect()
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
