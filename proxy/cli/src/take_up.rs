//! What is installed while `serve` runs is shown without a restart: a thread looks at the store and, when
//! other versions are live there, builds a pipeline of them beside the one that answers.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_boundary::Geo;
use cloakroom_pipeline::Live;
use cloakroom_plugin_store::{StoreError, Version};
use cloakroom_settings::Settings;

use crate::assemble::{Around, assemble};
use crate::shown::{Plugins, Shown, key};

/// How often the store is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// What a pipeline of other plugins is built of.
pub(crate) struct TakeUp {
    live: Arc<Live>,
    settings: Settings,
    geo: Option<Geo>,
    plugins: Plugins,
}

/// By site and plugin: what is installed.
type Installed = Vec<Vec<Option<Version>>>;

impl TakeUp {
    /// What `live` was built of.
    pub(crate) fn new(live: Arc<Live>, settings: Settings, geo: Option<Geo>, plugins: Plugins) -> Self {
        Self { live, settings, geo, plugins }
    }

    /// Looks at the store from now on, on a thread of its own that ends with the process. `shown` is what
    /// the pipeline shows that answers now.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(self, shown: &[Vec<Shown>]) -> std::io::Result<()> {
        let installed = |of: &Vec<Shown>| of.iter().map(|shown| shown.installed.clone()).collect();
        // Where the store did not say what is installed, whatever it says later is news.
        let is_known = shown.iter().flatten().all(|shown| shown.is_known);
        let shown = is_known.then(|| shown.iter().map(installed).collect());
        std::thread::Builder::new().name("take-up".to_owned()).spawn(move || self.watch(shown)).map(drop)
    }

    fn watch(&self, mut seen: Option<Installed>) {
        // One event for a list that stays unreadable, and one for a version that stays unfit.
        let mut trouble = None;
        loop {
            std::thread::sleep(PERIOD);
            match self.installed() {
                Ok(installed) => {
                    trouble = None;
                    if seen.as_ref() != Some(&installed) {
                        self.take_up(seen.as_ref(), &installed);
                        seen = Some(installed);
                    }
                }
                Err(cause) => {
                    let cause = cause.to_string();
                    if trouble.as_ref() != Some(&cause) {
                        tracing::error!(%cause, "installed plugins cannot be looked at; what is live goes on");
                    }
                    trouble = Some(cause);
                }
            }
        }
    }

    fn installed(&self) -> Result<Installed, StoreError> {
        let of_site = |site| {
            let index = self.plugins.index(site)?;
            Ok(site.plugins.iter().map(|plugin| index.live(&plugin.name).cloned()).collect())
        };
        self.settings.sites.iter().map(of_site).collect()
    }

    fn take_up(&self, before: Option<&Installed>, now: &Installed) {
        if let Err(cause) = self.replace() {
            tracing::error!(%cause, "installed plugins are not taken up; what is live goes on");
            return;
        }
        for (at, (site, now)) in self.settings.sites.iter().zip(now).enumerate() {
            for (position, (plugin, now)) in site.plugins.iter().zip(now).enumerate() {
                let before = before.and_then(|before| before.get(at)?.get(position));
                if before != Some(now) {
                    let version = now.as_ref().map_or("none is installed", |now| &now.version);
                    let digest = now.as_ref().map_or("", |now| now.short_digest());
                    tracing::info!(site = key(site), plugin = %plugin.name, version, digest, "plugin taken up");
                }
            }
        }
    }

    fn replace(&self) -> Result<(), String> {
        let around = Around { plugins: &self.plugins, geo: self.geo.clone(), pending: None };
        let mut assembled = assemble(&self.settings, around).map_err(|problems| {
            problems.iter().map(|problem| problem.message()).collect::<Vec<_>>().join("; ")
        })?;
        let missing: Vec<_> = assembled.cannot_be_shown().collect();
        if !missing.is_empty() {
            let causes = assembled.warnings.iter().filter(|warning| !warning.is_warning());
            return Err(causes.map(|warning| warning.message()).collect::<Vec<_>>().join("; "));
        }
        assembled.parts.store.clone_from(&self.settings.store_folder);
        self.live.replace(assembled.parts).map(drop).map_err(|cause| cause.to_string())
    }
}
