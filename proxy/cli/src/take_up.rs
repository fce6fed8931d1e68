//! What is installed while `serve` runs is shown without a restart: a thread looks at the store and, when
//! other versions are live there, builds a pipeline of them beside the one that answers.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_boundary::Geo;
use cloakroom_pipeline::Live;
use cloakroom_plugin_store::{Index, Version};
use cloakroom_settings::Settings;

use crate::assemble::{Around, Assembled, assemble};
use crate::shown::{Plugins, Shown, key};

/// How often the store is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// The most periods between two tries of what has failed.
const LONGEST_WAIT: u32 = 8;

/// What a pipeline of other plugins is built of.
pub(crate) struct TakeUp {
    live: Arc<Live>,
    settings: Settings,
    geo: Option<Geo>,
    plugins: Plugins,
}

/// By site: what is installed in place of each plugin's own file; `None` where nobody knows.
type Installed = Vec<Option<Vec<Option<Version>>>>;

/// What was taken up last.
struct Taken {
    installed: Installed,
    /// Plugins that show nothing although they should.
    missing: Vec<(usize, usize)>,
    /// By site: the last list that could be read since.
    lists: Vec<Option<Index>>,
}

impl TakeUp {
    /// What `live` was built of.
    pub(crate) fn new(live: Arc<Live>, settings: Settings, geo: Option<Geo>, plugins: Plugins) -> Self {
        Self { live, settings, geo, plugins }
    }

    /// Looks at the store from now on, on a thread of its own that ends with the process. `shown` is what
    /// the pipeline shows that answers now, and `missing` what it should show beside that.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(self, shown: &[Vec<Shown>], missing: Vec<(usize, usize)>) -> std::io::Result<()> {
        let of_site = |of: &Vec<Shown>| {
            let is_known = of.iter().all(|shown| shown.is_known);
            is_known.then(|| of.iter().map(|shown| shown.installed.clone()).collect())
        };
        let installed = shown.iter().map(of_site).collect();
        let taken = Taken { installed, missing, lists: vec![None; shown.len()] };
        std::thread::Builder::new().name("take-up".to_owned()).spawn(move || self.watch(taken)).map(drop)
    }

    fn watch(&self, mut taken: Taken) {
        // One event for each trouble, however long it lasts; what went wrong is tried again.
        let mut trouble = None;
        let mut periods = 1;
        loop {
            std::thread::sleep(PERIOD.saturating_mul(periods));
            match self.look(&mut taken) {
                Ok(()) => (trouble, periods) = (None, 1),
                Err(cause) => {
                    if trouble.as_ref() != Some(&cause) {
                        tracing::error!(%cause, "installed plugins are not taken up; what is live goes on");
                    }
                    (trouble, periods) = (Some(cause), periods.saturating_mul(2).min(LONGEST_WAIT));
                }
            }
        }
    }

    /// Takes up what is installed now, if that is something else. A site whose list cannot be read goes on
    /// with the last one that could.
    fn look(&self, taken: &mut Taken) -> Result<(), String> {
        let mut unread = Ok(());
        for (site, list) in self.settings.sites.iter().zip(&mut taken.lists) {
            match self.plugins.index(site) {
                Ok(read) => *list = Some(read),
                Err(cause) => unread = Err(cause.to_string()),
            }
        }
        let of_site = |(site, list): (&cloakroom_settings::Site, &Option<Index>)| {
            let list = list.as_ref()?;
            Some(site.plugins.iter().map(|plugin| list.live(&plugin.name).cloned()).collect())
        };
        let lists = self.settings.sites.iter().zip(&taken.lists);
        let known = taken.installed.clone();
        let installed: Installed =
            lists.map(of_site).zip(known).map(|(now, before): (Option<_>, _)| now.or(before)).collect();
        if installed != taken.installed {
            taken.missing = self.replace(taken)?;
            self.tell(&taken.installed, &installed);
            taken.installed = installed;
        }
        unread
    }

    /// Builds the next pipeline and lets it answer. Gives what it should show and does not: only what was
    /// missing before, since what is shown must not be lost.
    fn replace(&self, taken: &Taken) -> Result<Vec<(usize, usize)>, String> {
        let lists = self.settings.sites.iter().zip(&taken.lists);
        let pending: Vec<_> =
            lists.filter_map(|(site, list)| Some((site.name.as_str(), list.as_ref()?))).collect();
        let around = Around { plugins: &self.plugins, geo: self.geo.clone(), pending: &pending };
        let assembled = assemble(&self.settings, around).map_err(|problems| {
            problems.iter().map(|problem| problem.message()).collect::<Vec<_>>().join("; ")
        })?;
        let missing: Vec<_> = assembled.cannot_be_shown().collect();
        if missing.iter().any(|place| !taken.missing.contains(place)) {
            let causes: Vec<_> = assembled.refusals().map(|problem| problem.message().to_owned()).collect();
            return Err(causes.join("; "));
        }
        let Assembled { mut parts, .. } = assembled;
        parts.store.clone_from(&self.settings.store_folder);
        self.live.replace(parts).map_err(|cause| cause.to_string())?;
        Ok(missing)
    }

    fn tell(&self, before: &Installed, now: &Installed) {
        for ((site, before), now) in self.settings.sites.iter().zip(before).zip(now) {
            for (at, plugin) in site.plugins.iter().enumerate() {
                let of = |all: &Option<Vec<Option<Version>>>| all.as_ref()?.get(at).cloned();
                let now = of(now);
                if of(before) != now {
                    let installed = now.flatten();
                    let version =
                        installed.as_ref().map_or("none is installed", |version| version.version.as_str());
                    let digest = installed.as_ref().map_or("", Version::short_digest);
                    tracing::info!(site = key(site), plugin = %plugin.name, version, digest, "plugin taken up");
                }
            }
        }
    }
}
